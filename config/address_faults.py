"""What can be wrong with an address: its scheme, its database, and what PostgreSQL's own may say besides."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from app.gateways.postgresql import addresses
from config.faults import Fault, wrong
from config.settings import Settings, environment_name

_POSTGRESQL: Final = ("database_url", "database_direct_url", "database_read_url", "database_owner_url")
_SCHEMES: Final = {
    **dict.fromkeys(_POSTGRESQL, ("postgresql", "postgres")),
    "redis_url": ("redis", "rediss", "unix"),
    "public_url": ("http", "https"),
    "wechat_url": ("http", "https"),
    "wechat_open_url": ("http", "https"),
    "files_url": ("s3",),
    "files_endpoint": ("http", "https"),
    "registry_url": ("http", "https"),
    "sandbox_url": ("http", "https"),
}


def address_faults(settings: Settings) -> Iterator[Fault]:
    """Of every address that is set; none of it is shown but names."""
    for knob, schemes in _SCHEMES.items():
        if not (value := getattr(settings, knob)):
            continue
        if value.partition(":")[0] not in schemes:
            yield scheme(knob, *schemes)
        elif knob in _POSTGRESQL:
            yield from _postgresql(knob, value)


def scheme(knob: str, *schemes: str) -> Fault:
    """An address that must begin otherwise."""
    starts = [f"{scheme}://" for scheme in schemes]
    en, zh = f" must begin with {' or '.join(starts)}", f" 应以 {' 或 '.join(starts)} 开头"
    return wrong(environment_name(knob), knob, en=en, zh=zh)


def _postgresql(knob: str, value: str) -> Iterator[Fault]:
    name = environment_name(knob)
    if told := addresses.unfit(value, is_replica=knob == "database_read_url"):
        yield Fault(
            en=f"{name} says what we cannot keep: {told}",
            zh=f"{name} 中有我们做不到的内容：{told}",
            fix_en="leave it out; hosts joined by commas, sslmode, sslrootcert, passfile and the like may stand there",
            fix_zh="去掉它；可以写逗号分隔的多个主机、sslmode、sslrootcert、passfile 等",
        )
    elif not urlsplit(value).path.strip("/"):
        en, zh = " names no database: …@host:5432/diandian", " 没有写明数据库：…@host:5432/diandian"
        yield wrong(name, knob, en=en, zh=zh)
