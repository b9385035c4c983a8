"""From settings to what the rooms are handed: gateways, keyring, issuer, studio. Used by the entrances only.

How the database is opened stands in `opening.py`; its verbs are known here by the same names.
"""

import base64
import binascii
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from app import certificates
from app.certificates.rendering import Press
from app.commerce import orders
from app.foundation import identity, retention
from app.gateways import metrics
from app.gateways.bundle import Gateways
from app.gateways.channels.base import Channel
from app.gateways.channels.kinds import Kind, Surroundings
from app.gateways.channels.sign_in import sign_ins_of
from app.gateways.channels.table import CHANNELS
from app.gateways.files import FileStore, open_store
from app.gateways.registries.base import Registry
from app.gateways.registries.drp import Drp, DrpKeys
from app.gateways.timing import timed
from app.gateways.watching import watched
from app.gateways.webhooks import WebhookSender
from app.gateways.wechat import ContentServer, MessageServer, OfficialAccount, WeChatLogin, push_reader
from app.kernel.clock import utc_now
from app.kernel.mass import GRAMS_PER_KG
from app.kernel.text import Text
from app.opening import connect, font_folders, open_database, process_name, refuse_unfit
from app.programmes import donations, sharing
from app.registry import claims
from config.faults import Fault, missing, wrong
from config.places import RULES
from config.settings import Settings, SettingsUnfit, environment_name

__all__ = [
    "bounds", "channels", "connect", "font_folders", "gateways", "issuer", "keep", "keyring", "open_database", "press",
    "process_name", "profiles", "refuse_unfit", "secret", "share_metrics", "studio",
]  # fmt: skip

NOTICE_PATH: Final = "/notify"
"""Where the notices of channels arrive, each under its own name."""
DRAWING_THREADS: Final = 2
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
        messages=watched(
            "wechat_messages",
            MessageServer(settings.wechat_certificate_template, settings.wechat_refund_template, **mini),
        ),
        push=push_reader(settings.wechat_appid, settings.wechat_push_token, settings.wechat_push_key),
        files=open_store(settings),
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
        notices_days=settings.keep_notices_days,
        phone_messages_days=settings.keep_phone_messages_days,
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


def _unfit(knob: str, trouble: Exception) -> Fault:
    """Keys that are set and cannot be used together."""
    return wrong(environment_name(knob), knob.removesuffix("_…"), en=f": {trouble}", zh=f" 不可用：{trouble}")


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
