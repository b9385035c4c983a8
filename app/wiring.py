"""From settings to what the rooms are handed: gateways, keyring, issuer, studio. Used by the entrances only."""

import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
from tortoise import Tortoise

from app import certificates, identity
from app.certificates.rendering import Press
from app.gateways.bundle import Gateways
from app.gateways.channels.base import Channel, ChannelName
from app.gateways.channels.wechatpay import WeChatPay, WeChatPayKeys
from app.gateways.files import FileStore
from app.gateways.wechat import WeChatLogin
from app.kernel.clock import utc_now
from app.kernel.text import Text
from config.database import tortoise_config
from config.settings import Settings, SettingsUnfit, environment_name

NOTICE_PATH: Final = "/notify/wechatpay"
DRAWING_THREADS: Final = 2


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
    """Every wire of this process; close the channels at its end."""
    channels: dict[ChannelName, Channel] = {}
    if settings.wechatpay_mchid:
        channels[ChannelName.WECHATPAY] = WeChatPay(_wechatpay_keys(settings))
    return Gateways(
        channels=channels,
        wechat=WeChatLogin(appid=settings.wechat_appid, secret=settings.wechat_secret, base_url=settings.wechat_url),
        files=FileStore(settings.data_folder / "files"),
        clock=utc_now,
    )


def studio(settings: Settings, files: FileStore) -> certificates.Studio:
    """What drawing needs; loads fonts, so only a process that draws builds it."""
    seal = Path(settings.seal_file).read_bytes() if settings.seal_file else None
    return certificates.Studio(
        press=Press(font_folders=[Path(folder) for folder in settings.font_folders.split(":") if folder], seal=seal),
        threads=ThreadPoolExecutor(DRAWING_THREADS, thread_name_prefix="drawing"),
        files=files,
        keyring=keyring(settings),
    )


async def open_database(settings: Settings) -> None:
    """Let Tortoise meet PostgreSQL for the whole process, in whichever task a request runs."""
    # A ContextVar would hide the connection from requests: they are other tasks than the lifespan (tortoise-orm #2244).
    await Tortoise.init(
        config=tortoise_config(settings.database_url, pool_size=settings.pool_size), _enable_global_fallback=True
    )


async def connect(settings: Settings) -> Any:  # noqa: ANN401 - asyncpg is typed in part only
    """A connection of its own, outside the pool: for listening and advisory locks."""
    return await asyncpg.connect(settings.database_url, timeout=5, server_settings={"timezone": "UTC"})


def _wechatpay_keys(settings: Settings) -> WeChatPayKeys:
    changed_at = settings.wechatpay_apiv3_changed_at
    try:
        return WeChatPayKeys(
            mchid=settings.wechatpay_mchid,
            appid=settings.wechat_appid,
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
    except ValueError as trouble:
        raise SettingsUnfit([f"DIANDIAN_WECHATPAY_…: {trouble}"]) from trouble


def _split_pem(text: str) -> list[str]:
    end = "-----END CERTIFICATE-----"
    return [part.strip() + "\n" + end + "\n" for part in text.split(end) if part.strip()]
