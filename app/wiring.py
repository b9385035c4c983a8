"""From settings to what the rooms are handed: gateways, keyring, issuer, studio. Used by the entrances only.

It also looks at the database before anybody works with it: production refuses one that may lose what it has
acknowledged, and a role that could write the books by hand.
"""

import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import structlog
from tortoise import Tortoise

from app import certificates, claims, fonts, identity, orders, retention
from app.certificates.rendering import Press
from app.gateways.bundle import Gateways
from app.gateways.channels.base import Channel, ChannelName
from app.gateways.channels.wechatpay import WeChatPay, WeChatPayKeys
from app.gateways.database import TROUBLE
from app.gateways.files import FileStore
from app.gateways.pool import WAIT_S
from app.gateways.registries.base import Registry
from app.gateways.registries.drp import Drp, DrpKeys
from app.gateways.wechat import WeChatLogin
from app.gateways.wechat_account import OfficialAccount
from app.kernel.clock import utc_now
from app.kernel.mass import GRAMS_PER_KG
from app.kernel.text import Text
from config.database import tortoise_config
from config.places import RULES
from config.settings import Settings, SettingsUnfit, environment_name

NOTICE_PATH: Final = "/notify/wechatpay"
DRAWING_THREADS: Final = 2
REQUEST_COMMAND_S: Final = 15.0
"""The longest a statement of a request may take: whoever waits for an answer has gone by then."""
JOB_COMMAND_S: Final = 25.0
"""Of a job and the sweeper: as long as a whole job may take."""
PROOF_COMMAND_S: Final = 3600.0
"""A proof of very many rows takes long; a line that died without saying so is given up even then."""

_WANTED: Final = (
    # name of PostgreSQL's setting, values that will do, what to do
    ("fsync", ("on",), "set fsync = on: without it a power cut loses or breaks what was committed"),
    ("full_page_writes", ("on",), "set full_page_writes = on: torn pages cannot be repaired without it"),
    (
        "synchronous_commit",
        ("on", "local", "remote_write", "remote_apply"),
        "set synchronous_commit = on, for the role too: off acknowledges what a crash forgets",
    ),
    ("data_checksums", ("on",), "run pg_checksums --enable on the stopped server: rot on disk goes unseen without"),
    ("wal_level", ("replica", "logical"), "set wal_level = replica: no backup to a point in time without it"),
    (
        "TimeZone",
        ("UTC", "Etc/UTC", "GMT"),
        "set timezone = 'UTC': days are cut in Beijing time by us, never by the server",
    ),
)
_ROLE: Final = r"""
WITH book AS (
    SELECT c.oid, c.relname::text AS name, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
      AND (c.relname LIKE 'ledger\_%'
           OR c.relname IN ('retirement_slice', 'retirement_allocation', 'certificate', 'holding_transfer')))
SELECT current_user::text AS role,
       EXISTS (SELECT FROM pg_roles r WHERE r.rolsuper AND pg_has_role(current_user, r.oid, 'MEMBER')) AS is_superuser,
       coalesce(array_agg(name ORDER BY name) FILTER (WHERE pg_has_role(current_user, relowner, 'MEMBER')), '{}') AS owned,
       coalesce(array_agg(name ORDER BY name) FILTER (
           WHERE has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
              OR has_any_column_privilege(oid, 'INSERT, UPDATE')), '{}') AS writable
FROM book
"""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at in the database: whether production may rest on it, and what to do where not."""

    name: str
    is_fit: bool
    detail: str
    fix: str


def keyring(settings: Settings) -> identity.Keyring:
    """The secrets that open personal data.

    Raises:
        SettingsUnfit: the keys are missing or have another form.
    """
    pairs = [pair.partition("=") for pair in settings.master_keys.split(",") if pair]
    try:
        keys = {name: base64.b64decode(value, validate=True) for name, _, value in pairs}
        return identity.Keyring(
            current=pairs[0][0] if pairs else "", keys=keys, index_key=secret(settings, "index_key")
        )
    except (ValueError, binascii.Error) as trouble:
        raise SettingsUnfit([f"{environment_name('master_keys')}: {trouble}"]) from trouble


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
    channels: dict[ChannelName, Channel] = {}
    if settings.wechatpay_mchid:
        channels[ChannelName.WECHATPAY] = _wechatpay(settings)
    return Gateways(
        channels=channels,
        wechat=WeChatLogin(appid=settings.wechat_appid, secret=settings.wechat_secret, base_url=settings.wechat_url),
        account=_account(settings),
        files=FileStore(settings.data_folder / "files"),
        clock=utc_now,
        registries=_registries(settings),
    )


def _account(settings: Settings) -> OfficialAccount | None:
    if not settings.wechat_account_appid:
        return None
    return OfficialAccount(
        appid=settings.wechat_account_appid,
        secret=settings.wechat_account_secret,
        base_url=settings.wechat_url,
        open_url=settings.wechat_open_url,
    )


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


def studio(settings: Settings, files: FileStore) -> certificates.Studio:
    """What drawing needs; loads fonts, so only a process that draws builds it."""
    seal = Path(settings.seal_file).read_bytes() if settings.seal_file else None
    return certificates.Studio(
        press=Press(font_folders=font_folders(settings), seal=seal),
        threads=ThreadPoolExecutor(DRAWING_THREADS, thread_name_prefix="drawing"),
        files=files,
        keyring=keyring(settings),
    )


async def open_database(settings: Settings, *, is_answering: bool = False) -> None:
    """Look at the database, then let Tortoise meet it for the whole process, in whichever task a request runs.

    `is_answering`: somebody waits for an answer, so callers wait less for a connection and for a statement.

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
            fault = f"{environment_name('database_url')}: no connection ({type(trouble).__name__})"
            raise SettingsUnfit([fault]) from trouble
        return  # whoever asks it next will say so, and it may be back by then
    if unfit and not settings.is_sandbox:
        raise SettingsUnfit([f"{finding.name} is {finding.detail}; {finding.fix}" for finding in unfit])
    for finding in unfit:
        _log.warning("database.unfit", name=finding.name, state=finding.detail)


async def examine(url: str) -> list[Finding]:
    """What production must know of the server and of the role behind this address.

    Raises:
        OSError, TimeoutError, asyncpg.PostgresError: nobody answers, or not to this role.
    """
    # No settings of ours: what the server gives this role by itself is the question.
    connection = await asyncpg.connect(url, timeout=5)
    try:
        found = dict(await connection.fetch("SELECT name, setting FROM pg_settings"))
        role = await connection.fetchrow(_ROLE)
    finally:
        await connection.close(timeout=2)
    owned, writable = ", ".join(role["owned"]), ", ".join(role["writable"])
    fix = "let DATABASE_URL sign in as ddt_app, which migrations grant what it needs and no more"
    return [
        Finding(
            "role", not role["is_superuser"], role["role"] + (", a superuser" if role["is_superuser"] else ""), fix
        ),
        Finding("owner of the books", not owned, f"{role['role']}: {owned}" if owned else "another role", fix),
        Finding(
            "writer of the books", not writable, f"{role['role']}: {writable}" if writable else "functions only", fix
        ),
        *(Finding(name, found.get(name) in good, found.get(name, "unknown"), fix) for name, good, fix in _WANTED),
    ]


async def connect(settings: Settings) -> Any:  # noqa: ANN401 - asyncpg is typed in part only
    """A connection of its own, outside the pool: for listening, advisory locks and proofs."""
    _demand_address(settings)
    alive = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
    return await asyncpg.connect(
        settings.database_url,
        timeout=5,
        command_timeout=PROOF_COMMAND_S,
        server_settings={"timezone": "UTC", **alive},
    )


def _demand_address(settings: Settings) -> None:
    """Without one, asyncpg would try whatever listens at the usual place."""
    if not settings.database_url:
        raise SettingsUnfit([f"{environment_name('database_url')} is missing: `make up` starts a server and tells it"])


def _wechatpay(settings: Settings) -> WeChatPay:
    changed_at = settings.wechatpay_apiv3_changed_at
    try:
        keys = WeChatPayKeys(
            mchid=settings.wechatpay_mchid,
            appid=settings.wechat_appid,
            page_appid=settings.wechat_account_appid or None,
            merchant_serial=settings.wechatpay_serial,
            merchant_private_key=settings.wechatpay_private_key,
            api_v3_key=settings.wechatpay_apiv3_key,
            previous_api_v3_key=settings.wechatpay_apiv3_key_old or None,
            api_v3_key_changed_at=datetime.fromisoformat(changed_at) if changed_at else None,
            platform_public_keys=(
                {settings.wechatpay_public_key_id: settings.wechatpay_public_key}
                if settings.wechatpay_public_key_id
                else {}
            ),
            platform_certificates=tuple(_split_pem(settings.wechatpay_certificates)),
            base_url=settings.wechatpay_url,
            notify_url=settings.public_url + NOTICE_PATH,
        )
        return WeChatPay(keys)
    except ValueError as trouble:
        raise SettingsUnfit([f"DIANDIAN_WECHATPAY_…: {trouble}"]) from trouble


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
        raise SettingsUnfit([f"DIANDIAN_REGISTRY_…: {trouble}"]) from trouble
    one = Drp(keys)
    return {name.strip(): one for name in settings.registry_programmes.split(",") if name.strip()}


def _split_pem(text: str) -> list[str]:
    end = "-----END CERTIFICATE-----"
    return [part.strip() + "\n" + end + "\n" for part in text.split(end) if part.strip()]
