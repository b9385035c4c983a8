"""From settings to what the rooms are handed: gateways, keyring, issuer, studio. Used by the entrances only.

It also looks at the database before anybody works with it: production refuses one that may lose what it has
acknowledged, and a role that could write the books by hand.
"""

import base64
import binascii
import os
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import structlog
from tortoise import Tortoise

from app import certificates
from app.certificates.rendering import Press
from app.commerce import orders
from app.foundation import fonts, identity, retention
from app.gateways import metrics
from app.gateways.bundle import Gateways
from app.gateways.channels.base import Channel
from app.gateways.channels.kinds import Kind, Surroundings
from app.gateways.channels.sign_in import sign_ins_of
from app.gateways.channels.table import CHANNELS
from app.gateways.database import TROUBLE
from app.gateways.files import FileStore
from app.gateways.fitness import Finding, examine
from app.gateways.pool import WAIT_S
from app.gateways.registries.base import Registry
from app.gateways.registries.drp import Drp, DrpKeys
from app.gateways.timing import timed
from app.gateways.watching import watched
from app.gateways.webhooks import WebhookSender
from app.gateways.wechat import ContentServer, MessageServer, OfficialAccount, WeChatLogin, push_reader
from app.kernel.clock import utc_now
from app.kernel.mass import GRAMS_PER_KG
from app.kernel.text import Text
from app.programmes import donations, sharing
from app.registry import claims
from config.database import tortoise_config
from config.faults import EXAMPLES, Fault, missing, wrong
from config.places import RULES
from config.settings import Settings, SettingsUnfit, environment_name

NOTICE_PATH: Final = "/notify"
"""Where the notices of channels arrive, each under its own name."""
DRAWING_THREADS: Final = 2
REQUEST_COMMAND_S: Final = 15.0
"""The longest a statement of a request may take: whoever waits for an answer has gone by then."""
JOB_COMMAND_S: Final = 25.0
"""Of a job and the sweeper: as long as a whole job may take."""
PROOF_COMMAND_S: Final = 3600.0
"""A proof of very many rows takes long; a line that died without saying so is given up even then."""

TERMINAL: Final = "terminal"
"""A verb of the command line, as PostgreSQL knows it; the others are `api` and the queue that a worker serves."""

_NO_ADDRESS: Final = Fault(
    en="DATABASE_URL is missing: `make up` starts a server and tells it",
    zh="缺少 DATABASE_URL：make up 会启动一个数据库并给出地址",
    fix_en=f"such as DATABASE_URL={EXAMPLES['database_url']}, or `make up`",
    fix_zh=f"例如 DATABASE_URL={EXAMPLES['database_url']}，或 make up",
)
_log = structlog.get_logger()


def keyring(settings: Settings) -> identity.Keyring:
    """The secrets that open personal data.

    Raises:
        SettingsUnfit: the keys are missing or have another form.
    """
    if not settings.master_keys:
        raise SettingsUnfit([missing(environment_name("master_keys"), "master_keys")])
    pairs = [pair.partition("=") for pair in settings.master_keys.split(",") if pair]
    try:
        keys = {name: base64.b64decode(value, validate=True) for name, _, value in pairs}
        return identity.Keyring(
            current=pairs[0][0] if pairs else "",
            keys=keys,
            index_key=secret(settings, "index_key"),
            password_cost=identity.PasswordCost(
                memory_kib=settings.password_memory_kib,
                passes=settings.password_passes,
                lanes=settings.password_lanes,
            ),
        )
    except (ValueError, binascii.Error) as trouble:
        raise SettingsUnfit([_unfit("master_keys", trouble)]) from trouble


def secret(settings: Settings, knob: str) -> bytes:
    """A knob that holds base64."""
    return base64.b64decode(getattr(settings, knob), validate=True)


def issuer(settings: Settings) -> certificates.Issuer:
    """Who issues, and where certificates are verified."""
    return certificates.Issuer(
        name=Text(zh=settings.issuer_zh, en=settings.issuer_en),
        public_url=settings.public_url,
        is_sandbox=settings.is_sandbox,
    )


def gateways(settings: Settings) -> Gateways:
    """Every wire of this process; close them at its end."""
    built = channels(settings)
    mini: dict[str, Any] = {
        "appid": settings.wechat_appid,
        "secret": settings.wechat_secret,
        "base_url": settings.wechat_url,
    }
    return Gateways(
        channels=built,
        sign_ins=sign_ins_of(built),
        wechat=watched("wechat", WeChatLogin(**mini)),
        account=_account(settings),
        content=watched("wechat_content", ContentServer(**mini)),
        messages=watched("wechat_messages", MessageServer(settings.wechat_certificate_template, **mini)),
        push=push_reader(settings.wechat_appid, settings.wechat_push_token, settings.wechat_push_key),
        files=FileStore(settings.data_folder / "files"),
        clock=utc_now,
        registries=_registries(settings),
        # The sandbox alone may be told on loopback; production refuses to know of one (config/loading.py).
        webhooks=timed("webhooks", WebhookSender(rehearsal_url=settings.sandbox_url if settings.is_sandbox else "")),
    )


def channels(settings: Settings, kinds: Sequence[Kind] = CHANNELS) -> dict[str, Channel]:
    """The ways to be paid that are set up, in the order of their table.

    Raises:
        SettingsUnfit: one is set up in part, or with what it cannot use.
    """
    found: dict[str, Channel] = {}
    for kind in kinds:
        values = settings.channels.get(kind.name, {})
        if not kind.is_set_up(values):
            continue
        if names := [f"{kind.name}_{name}" for name in kind.lacking(values)]:
            raise SettingsUnfit([missing(environment_name(name), name) for name in names])
        around = Surroundings(
            notify_url=f"{settings.public_url}{NOTICE_PATH}/{kind.name}",
            mini_program_appid=settings.wechat_appid,
            account_appid=settings.wechat_account_appid or None,
        )
        try:
            found[kind.name] = watched(kind.name, kind.build(values, around))
        except ValueError as trouble:
            raise SettingsUnfit([_unfit(f"{kind.name}_…", trouble)]) from trouble
    return found


def _account(settings: Settings) -> OfficialAccount | None:
    if not settings.wechat_account_appid:
        return None
    one = OfficialAccount(
        appid=settings.wechat_account_appid,
        secret=settings.wechat_account_secret,
        base_url=settings.wechat_url,
        open_url=settings.wechat_open_url,
    )
    return watched("wechat_account", one)


def profiles(settings: Settings) -> claims.ProfileSet:
    """The rule profiles that claims may ask for, and the one that judges those which ask for none.

    Raises:
        ProfileUnknown, ProfileFileBroken: `diandian doctor` says so before.
    """
    known = claims.load_profiles(RULES)
    return claims.ProfileSet(known, claims.choose(known, settings.rule_profile))


def keep(settings: Settings) -> retention.Keep:
    """How long information is kept."""
    return retention.Keep(
        messages_days=settings.keep_messages_days,
        answers_days=settings.keep_answers_days,
        sessions_days=settings.keep_sessions_days,
        attempts_days=settings.keep_attempts_days,
        figures_days=settings.keep_figures_days,
        guests_days=settings.keep_guests_days,
    )


def bounds(settings: Settings) -> orders.Bounds:
    """How much may be set aside without being paid."""
    return orders.Bounds(
        person_permille=settings.unpaid_person_permille,
        address_permille=settings.unpaid_address_permille,
        organisation_permille=settings.unpaid_organisation_permille,
        total_permille=settings.unpaid_total_permille,
        floor_g=settings.unpaid_floor_kg * GRAMS_PER_KG,
        orders_most=settings.unpaid_orders,
        quoted_for=timedelta(hours=settings.quoted_hours),
    )


def font_folders(settings: Settings) -> list[Path]:
    """Where there are fonts besides those that every installation has."""
    return [Path(folder) for folder in settings.font_folders.split(":") if folder]


def share_metrics(settings: Settings, kind: str) -> None:
    """Count and time together with the other processes of this machine; before anything is counted. Where the folder
    cannot be written, alone: nobody shall be without an answer for want of a figure.
    """
    try:
        metrics.share(settings.data_folder / "metrics", kind)
    except (OSError, metrics.FolderFull) as trouble:
        _log.warning("metrics.alone", error=type(trouble).__name__)


PAPERS: Final = {
    kind.code: kind for kind in (certificates.NEUTRALITY, donations.CONTRIBUTION, sharing.ACCOUNT_STATEMENT)
}
"""Every kind of paper that is drawn, by its code; a room adds its own here and a row of `paper_kind` by a migration."""


def studio(settings: Settings, files: FileStore) -> certificates.Studio:
    """What drawing needs; loads fonts, so only a process that draws builds it."""
    return certificates.Studio(
        press=press(settings),
        papers=PAPERS,
        threads=ThreadPoolExecutor(DRAWING_THREADS, thread_name_prefix="drawing"),
        files=files,
        keyring=keyring(settings),
    )


def press(settings: Settings) -> Press:
    """What prints, with this installation's fonts and seal; loading them takes a while."""
    seal = Path(settings.seal_file).read_bytes() if settings.seal_file else None
    return Press(font_folders=font_folders(settings), seal=seal)


async def open_database(settings: Settings, *, is_answering: bool = False, kind: str = TERMINAL) -> None:
    """Look at the database, then let Tortoise meet it for the whole process, in whichever task a request runs.

    `is_answering`: somebody waits for an answer, so callers wait less for a connection and for a statement. `kind`:
    as which process PostgreSQL knows us (`process_name`).

    Raises:
        SettingsUnfit: there is no address; or, in production, the server or the role is not fit, or is silent.
    """
    _demand_address(settings)
    fonts.use_folders(font_folders(settings))
    await refuse_unfit(settings)
    # A ContextVar would hide the connection from requests: they are other tasks than the lifespan (tortoise-orm #2244).
    await Tortoise.init(
        config=tortoise_config(
            settings.database_url,
            pool_size=settings.pool_size,
            wait_s=settings.pool_wait_s if is_answering else WAIT_S,
            command_s=REQUEST_COMMAND_S if is_answering else JOB_COMMAND_S,
            name=process_name(kind),
        ),
        _enable_global_fallback=True,
    )


async def refuse_unfit(settings: Settings) -> None:
    """Production refuses a database it must not run on; elsewhere each finding is a warning in the log.

    Raises:
        SettingsUnfit: with one sentence for each finding; also when nobody answers, since then nothing is known.
    """
    try:
        unfit = [finding for finding in await examine(settings.database_url) if not finding.is_fit]
    except (TimeoutError, ValueError, *TROUBLE) as trouble:
        if not settings.is_sandbox:
            raise SettingsUnfit([_silent(trouble)]) from trouble
        return  # whoever asks it next will say so, and it may be back by then
    if unfit and not settings.is_sandbox:
        raise SettingsUnfit([_as_fault(finding) for finding in unfit])
    for finding in unfit:
        _log.warning("database.unfit", name=finding.name, state=finding.detail.en)


def process_name(kind: str) -> str:
    """What a process of ours is called in `pg_stat_activity`: its kind, and who it is among others of it."""
    return f"diandian {kind} {socket.gethostname()[:32]}:{os.getpid()}"[:63]


async def connect(settings: Settings, *, kind: str = TERMINAL) -> Any:  # noqa: ANN401 - asyncpg is typed in part only
    """A connection of its own, outside the pool: for listening, advisory locks and proofs."""
    _demand_address(settings)
    alive = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
    told = {"timezone": "UTC", "jit": "off", "application_name": process_name(kind), **alive}
    return await asyncpg.connect(
        settings.database_url, timeout=5, command_timeout=PROOF_COMMAND_S, server_settings=told
    )


def _demand_address(settings: Settings) -> None:
    """Without one, asyncpg would try whatever listens at the usual place."""
    if not settings.database_url:
        raise SettingsUnfit([_NO_ADDRESS])


def _unfit(knob: str, trouble: Exception) -> Fault:
    """Keys that are set and cannot be used together."""
    return wrong(environment_name(knob), knob.removesuffix("_…"), en=f": {trouble}", zh=f" 不可用：{trouble}")


def _silent(trouble: BaseException) -> Fault:
    name, kind = environment_name("database_url"), type(trouble).__name__
    return Fault(
        en=f"{name}: no connection ({kind})",
        zh=f"{name}：连不上（{kind}）",
        fix_en="is the server up, and does DATABASE_URL name it, its role and its password?",
        fix_zh="看服务器是否在运行，DATABASE_URL 的地址、角色与口令是否正确",
    )


def _as_fault(finding: Finding) -> Fault:
    return Fault(
        en=f"{finding.name} is {finding.detail.en}; {finding.fix.en}",
        zh=f"数据库的 {finding.name} 为 {finding.detail.zh}",
        fix_en=finding.fix.en,
        fix_zh=finding.fix.zh,
    )


def _registries(settings: Settings) -> dict[str, Registry]:
    if not settings.registry_url:
        return {}
    try:
        keys = DrpKeys(
            registry=settings.registry_name,
            account=settings.registry_account,
            key_id=settings.registry_key_id,
            private_key=settings.registry_private_key,
            registry_keys={settings.registry_public_key_id: settings.registry_public_key},
            base_url=settings.registry_url,
        )
    except ValueError as trouble:
        raise SettingsUnfit([_unfit("registry_…", trouble)]) from trouble
    one: Registry = watched("registry", Drp(keys))
    return {name.strip(): one for name in settings.registry_programmes.split(",") if name.strip()}
