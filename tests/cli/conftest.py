"""What the tests of the command line share: an environment that production takes, and roles of PostgreSQL."""

import base64
import contextlib
import os
import secrets
import subprocess
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.gateways.postgresql.addresses import role_statements
from tests.conftest import Stand
from tests.rooms.conftest import river
from tests.scratch import scratch
from tests.stack import nursery

__all__ = ["river"]

CHEAPEST = {"DIANDIAN_PASSWORD_MEMORY_KIB": "19456", "DIANDIAN_PASSWORD_PASSES": "2", "DIANDIAN_PASSWORD_LANES": "1"}
"""The least that the settings let a password's hash cost, a fifth of what it costs by default."""


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture(scope="session")
def production(stand: Stand) -> dict[str, str]:
    """The environment of an installation that is fit for production, on the tests' own servers."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "DIANDIAN_PROFILE": "production",
        "DIANDIAN_PUBLIC_URL": "https://carbon.example",
        "DIANDIAN_MASTER_KEYS": f"m1={key()}",
        "DIANDIAN_INDEX_KEY": key(),
        "DIANDIAN_CSRF_KEY": key(),
        "DIANDIAN_WECHAT_APPID": "wx0123456789abcdef",
        "DIANDIAN_WECHAT_SECRET": secrets.token_hex(16),
        "DIANDIAN_WECHATPAY_MCHID": "1600000001",
        "DIANDIAN_WECHATPAY_SERIAL": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        "DIANDIAN_WECHATPAY_PRIVATE_KEY": private_key.decode(),
        "DIANDIAN_WECHATPAY_APIV3_KEY": secrets.token_hex(16),
        "DATABASE_URL": stand.app_url,
        "REDIS_URL": stand.redis_url,
    }


@contextlib.asynccontextmanager
async def role(stand: Stand, *statements: str) -> AsyncIterator[str]:
    """The address of a fresh role that is a member of the application's, after these statements about `{role}`."""
    name, password = f"t_{secrets.token_hex(4)}", secrets.token_hex(8)
    connection = await asyncpg.connect(stand.super_url)
    try:
        await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE ddt_app")
        await connection.execute(f"GRANT CONNECT ON DATABASE {urlsplit(stand.super_url).path[1:]} TO {name}")
        for statement in (*role_statements(name), *statements):
            await connection.execute(statement.format(role=name))
        parts = urlsplit(stand.super_url)
        yield urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"))
    finally:
        await connection.execute(f"DROP OWNED BY {name}")
        await connection.execute(f"DROP ROLE {name}")
        await connection.close()


def diandian(*arguments: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a verb as a person would, in a process that has read the program already."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("DIANDIAN_")}
    with scratch("verb") as folder:
        out, log = folder / "out", folder / "log"
        pid = nursery().begin([*arguments], quiet | {"LANG": "C.UTF-8"} | CHEAPEST | environment, log, out=out)
        code = nursery().wait(pid, 60)
        assert code is not None, f"{arguments} has not ended: {log.read_text('utf-8')}"
        return subprocess.CompletedProcess(arguments, code, out.read_text("utf-8"), log.read_text("utf-8"))
