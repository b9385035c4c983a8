"""What a demo's processes are given: settings from the sandbox's keys and secrets of its own, a ready database.

Tests of the whole stack use the same, so that they meet what a demo meets.
"""

import base64
import os
import secrets
from pathlib import Path

import httpx
from tortoise import Tortoise

from app import wiring
from app.cli.seeding.scenes import LIVE_CODE
from app.embedded import Servers
from app.gateways.database import fetch
from app.sandbox import keys as sandbox_keys
from app.sandbox import registry_keys
from config.settings import PROJECT, Settings, environment_name

REGISTRY_PROGRAMMES = "CDCER,CCER"
"""The programmes whose registry the sandbox plays; the others are dealt with by hand, as most are."""


def environment(data: Path, servers: Servers | None, *, public: str, sandbox: str, run: str = "") -> dict[str, str]:
    """The environment of every process over the data in this folder; keys and secrets are made on first use.

    `run` is what `/readyz` will tell, so that a stranger on our port is noticed. Without `servers` the addresses of
    PostgreSQL and Redis are the ones of this process.
    """
    keys = sandbox_keys.ensure(data / "sandbox")
    registry = registry_keys.ensure(data / "sandbox")
    knobs = {
        "profile": "embedded",
        "public_url": public,
        "data_folder": str(data),
        "master_keys": f"demo={_kept_secret(data, 'master')}",
        "index_key": _kept_secret(data, "index"),
        "csrf_key": _kept_secret(data, "csrf"),
        "wechat_appid": keys.appid,
        "wechat_secret": keys.app_secret,
        "wechat_url": sandbox,
        "wechat_account_appid": keys.account_appid,
        "wechat_account_secret": keys.account_secret,
        "wechat_open_url": sandbox,
        "wechatpay_url": sandbox,
        "wechatpay_mchid": keys.mchid,
        "wechatpay_serial": keys.merchant_serial,
        "wechatpay_private_key": keys.merchant_private_key_pem,
        "wechatpay_apiv3_key": keys.apiv3_key,
        "wechatpay_public_key_id": keys.platform_public_key_id,
        "wechatpay_public_key": keys.platform_public_key_pem,
        "wechatpay_certificates": keys.platform_certificate_pem,
        "bank_holder": "SANDBOX 样张 示例环境交易所",
        "bank_branch": "SANDBOX 样张 示例银行成都分行",
        "bank_account": "SANDBOX 0000 0000 0000 0000",
        "registry_url": sandbox,
        "registry_programmes": REGISTRY_PROGRAMMES,
        "registry_name": registry.registry,
        "registry_account": registry.account,
        "registry_key_id": registry.client_key_id,
        "registry_private_key": registry.client_private_pem,
        "registry_public_key_id": registry.registry_key_id,
        "registry_public_key": registry.registry_public_pem,
        "sandbox_url": sandbox,
        "demo_key": _kept_secret(data, "demo"),
        "demo_scene": LIVE_CODE,
        "demo_run": run,
        "drain_s": "0",  # no proxy stands before it
        **sandbox_keys.knobs(data / "sandbox", sandbox),
    }
    given = dict(os.environ) | {environment_name(name): value for name, value in knobs.items()}
    given |= {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(PROJECT)}
    if servers is not None:
        given |= {
            "DATABASE_URL": servers.database_url("ddt_app"),
            "DATABASE_OWNER_URL": servers.database_url("ddt_owner"),
            "REDIS_URL": servers.redis_url,
        }
    return given


async def issue_registry_units(settings: Settings, folder: Path) -> None:
    """Let the sandbox's registry hold the units of its programmes' lots; a repeat changes nothing."""
    await wiring.open_database(settings)
    try:
        blocks = await fetch(
            "SELECT programme, serial_raw AS serial, block_start AS first, block_stop - 1 AS last FROM credit_lot"
            " WHERE programme = ANY($1::text[])",
            settings.registry_programmes.split(","),
        )
    finally:
        await Tortoise.close_connections()
    token = sandbox_keys.ensure(folder).control_token
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.post(
            f"{settings.registry_url}/_sandbox/registry/units",
            json=blocks,
            headers={"authorization": f"Bearer {token}"},
        )
    answer.raise_for_status()


async def tell_wechat_where(settings: Settings, folder: Path) -> None:
    """Enter the address of WeChat's push, as an organisation does in its mini-program's console; a repeat changes nothing."""
    token = sandbox_keys.ensure(folder).control_token
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.post(
            f"{settings.wechat_url}/_sandbox/wx/push_url",
            json={"url": f"{settings.public_url}/notify/wechat/messages"},
            headers={"authorization": f"Bearer {token}"},
        )
    answer.raise_for_status()


def _kept_secret(data: Path, name: str) -> str:
    """A key of this folder's own, made once and kept beside its data."""
    path = data / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return path.read_text()
