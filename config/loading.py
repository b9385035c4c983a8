"""Reading the settings from the environment and from files of secrets, and everything that can be wrong with them.

A secret may stand in a file of its own, named by `DIANDIAN_<NAME>_FILE` (`DATABASE_URL_FILE` likewise), or several
together in one file, named by `DIANDIAN_SECRET_FILE`: lines `NAME=value`, a PEM as it is from the line of its name
on, comments after `#`; a line may name a `_FILE` too. What the environment says itself goes before its `_FILE`, and
that before the common file.
"""

import base64
import binascii
import difflib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.kinds import Kind, Knob
from app.gateways.channels.table import CHANNELS
from config.faults import (
    ALIKE,
    OPTIMIZED,
    PROFILE,
    SECOND_FACTOR,
    Fault,
    from_sandbox,
    missing,
    not_here,
    unknown,
    wrong,
)
from config.secret_files import COMMON_FILE, common_file, text_of
from config.settings import Settings, SettingsUnfit, environment_name

_REQUIRED: Final = ("database_url", "master_keys", "index_key", "csrf_key", "wechat_appid", "wechat_secret")
_SCHEMES: Final = {
    "database_url": ("postgresql", "postgres"),
    "database_owner_url": ("postgresql", "postgres"),
    "redis_url": ("redis", "rediss", "unix"),
    "public_url": ("http", "https"),
    "wechat_url": ("http", "https"),
    "wechat_open_url": ("http", "https"),
    "registry_url": ("http", "https"),
    "sandbox_url": ("http", "https"),
}
_BOUNDS: Final = {
    "pool_size": (2, 200),
    "pool_wait_s": (1, 60),
    "api_processes": (1, 1000),
    "proxy_hops": (1, 8),
    "guests_per_address": (10, 1_000_000),
    "password_memory_kib": (19_456, 1_048_576),
    "password_passes": (2, 32),
    "password_lanes": (1, 16),
    "keep_messages_days": (1, 3650),
    "keep_answers_days": (30, 3650),
    "keep_sessions_days": (1, 3650),
    "keep_attempts_days": (1, 365),
    "keep_figures_days": (1, 3650),
    "keep_guests_days": (1, 3650),
    "keep_notices_days": (1095, 36_500),
    "unpaid_person_permille": (1, 1000),
    "unpaid_address_permille": (1, 1000),
    "unpaid_organisation_permille": (1, 1000),
    "unpaid_total_permille": (1, 1000),
    "unpaid_floor_kg": (0, 1_000_000),
    "unpaid_orders": (1, 10_000),
    "unpaid_ipv6_prefix": (16, 64),
    "exchange_rate_days": (0, 31),
    "retire_alone_tonnes": (0, 1_000_000_000),
    "quoted_hours": (1, 720),
}
"""Knobs that are whole numbers, and what they may be."""
_SANDBOX_STARTS: Final = {
    "wechat_appid": "wxsandbox",
    "wechat_secret": "sandbox",
    "wechat_push_token": "sandbox",
    "wechat_push_key": "SANDBOX",
    "wechat_account_appid": "wxsandbox",
    "wechat_account_secret": "sandbox",
    "registry_name": "DRP-SANDBOX",
    "registry_account": "DRP-SANDBOX",
    "registry_key_id": "DRP-SANDBOX",
    "registry_public_key_id": "DRP-SANDBOX",
}
"""How the sandbox marks its keys; channels say it of their own. Source: app/sandbox/keys.py, docs/wire/sandbox.md."""
_ACCOUNT: Final = ("wechat_account_appid", "wechat_account_secret")
"""What an official account needs, both of it or none."""
_PUSH: Final = ("wechat_push_token", "wechat_push_key")
"""What WeChat's message push needs, both or none."""
_REGISTRY: Final = (
    "registry_programmes", "registry_name", "registry_account", "registry_key_id", "registry_private_key",
    "registry_public_key_id", "registry_public_key",
)  # fmt: skip
"""What a registry with a wire needs, all of it or none."""
_DEMO_MASTER_KEY: Final = "demo"
"""The id under which a demo keeps the key it makes for itself."""
_OF_THE_TERMINAL: Final = (
    "DIANDIAN_OPERATOR_EMAIL", "DIANDIAN_OPERATOR_PASSWORD", "DIANDIAN_OPERATOR_CODE",
    "DIANDIAN_OPERATOR_TOKEN",
    "DIANDIAN_SECOND_EMAIL", "DIANDIAN_SECOND_PASSWORD", "DIANDIAN_SECOND_CODE",
)  # fmt: skip
"""No knobs: who acts at the command line, read by its verbs."""
_KEY_BYTES: Final = 32
_AES_KEY: Final = re.compile(r"[0-9A-Za-z]{43}")
"""An EncodingAESKey of WeChat's."""
_TOKEN_LENGTH_MIN: Final = 20


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from the environment and check them against the profile.

    Raises:
        SettingsUnfit: a knob has the wrong form, is missing or unknown, or comes from the sandbox in production.
    """
    settings, faults = examine(environment)
    if faults:
        raise SettingsUnfit(faults)
    return settings


def examine(environment: Mapping[str, str] = os.environ) -> tuple[Settings, list[Fault]]:
    """The settings as far as they can be read, and everything that is wrong with them: for whoever tells a person."""
    faults: list[Fault] = []
    found: dict[str, object] = {}
    channels: dict[str, dict[str, str]] = {}
    of_channels = {f"{kind.name}_{knob.name}": (kind, knob) for kind, knob in _channel_knobs()}
    for knob, value in _values(environment, faults).items():
        if knob in of_channels:
            kind, one = of_channels[knob]
            channels.setdefault(kind.name, {})[one.name] = value.rstrip("/") if one.is_address else value
        elif knob in _BOUNDS:
            least, most = _BOUNDS[knob]
            if value.isdecimal() and least <= int(value) <= most:
                found[knob] = int(value)
            else:
                faults.append(_no_number(knob, least, most))
        elif knob == "data_folder":
            found[knob] = Path(value).resolve()
        else:
            found[knob] = value.rstrip("/") if knob.endswith("_url") and value.startswith("http") else value
    settings = Settings(**found, channels=channels)  # type: ignore[arg-type]
    if settings.profile not in {"embedded", "production"}:
        faults.append(PROFILE)
    if settings.second_factor not in {"", "required", "offered"}:
        faults.append(SECOND_FACTOR)
    faults += _form_faults(settings)
    if settings.profile == "production":
        faults += _production_faults(settings, environment)
    return settings, faults


def _values(environment: Mapping[str, str], faults: list[Fault]) -> dict[str, str]:
    """What is said about each knob: by the environment, else by a file of its own, else by the common file."""
    common = common_file(environment, faults)
    faults += _unknown_names(common)
    values: dict[str, str] = {}
    for knob in _knobs():
        name = environment_name(knob)
        for said in (environment, common):
            if name in said:
                values.setdefault(knob, said[name])
            elif knob not in values and (path := said.get(f"{name}_FILE")):
                values[knob] = text_of(path, f"{name}_FILE", faults).strip()
    return values


def _channel_knobs() -> Iterator[tuple[Kind, Knob]]:
    yield from ((kind, knob) for kind in CHANNELS for knob in kind.knobs)


def _knobs() -> Iterator[str]:
    """The names of all knobs: our own, and those that the channels declare."""
    yield from (knob.name for knob in fields(Settings) if knob.name != "channels")
    yield from (f"{kind.name}_{knob.name}" for kind, knob in _channel_knobs())


def _unknown_names(names: Iterable[str], *, also: str = "") -> Iterator[Fault]:
    """Names that are no knob's: a slip of the pen would else leave a knob at its default, silently."""
    known = {environment_name(knob) for knob in _knobs()}
    for name in sorted(names):
        if name == also or name in known or name.removesuffix("_FILE") in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        yield unknown(name, near[0] if near else None)


def _form_faults(settings: Settings) -> Iterator[Fault]:
    """What cannot be right in any profile."""
    for knob, schemes in _SCHEMES.items():
        if not (value := getattr(settings, knob)):
            continue
        parts = urlsplit(value)
        if parts.scheme not in schemes:
            yield _scheme(knob, *schemes)
        elif knob in {"database_url", "database_owner_url"} and not parts.path.strip("/"):
            yield _wrong(
                knob, en=" names no database: …@host:5432/diandian", zh=" 没有写明数据库：…@host:5432/diandian"
            )
    for pair in settings.master_keys.split(","):
        if pair and not all(pair.partition("=")):
            yield _wrong("master_keys", en=" must be id=base64, joined by commas", zh=" 应为 id=base64，用逗号连接")
    yield from _channel_form_faults(settings)
    yield from _front_faults(settings)
    yield from _halves(settings)
    if settings.wechat_push_key and not _AES_KEY.fullmatch(settings.wechat_push_key):
        yield _wrong("wechat_push_key", en=" must have 43 letters and digits", zh=" 应为 43 位字母与数字")
    for knob, key in _keys(settings):
        if len(key) != _KEY_BYTES:
            yield _wrong(
                knob,
                en=" must be base64 of 32 bytes: `openssl rand -base64 32` makes one",
                zh=" 应为 32 字节的 base64：openssl rand -base64 32 可生成",
            )


def _channel_form_faults(settings: Settings) -> Iterator[Fault]:
    for kind, one in _channel_knobs():
        value = settings.channels.get(kind.name, {}).get(one.name)
        if one.is_address and value and urlsplit(value).scheme not in {"http", "https"}:
            yield _scheme(f"{kind.name}_{one.name}", "http", "https")


def _halves(settings: Settings) -> Iterator[Fault]:
    """What is set in part only."""
    wanted = [*(_REGISTRY if settings.registry_url else ())]
    for both in (_ACCOUNT, _PUSH):
        wanted += both if any(getattr(settings, name) for name in both) else ()
    yield from (missing(environment_name(name), name) for name in wanted if not getattr(settings, name))


def _keys(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Our own keys that are set, with their knobs; one that is no base64 is empty."""
    wrapping = [pair.partition("=")[2] for pair in settings.master_keys.split(",") if all(pair.partition("="))]
    ours = [("index_key", settings.index_key), ("csrf_key", settings.csrf_key)]
    for knob, value in (
        *(("master_keys", value) for value in wrapping),
        *((knob, value) for knob, value in ours if value),
    ):
        try:
            yield knob, base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            yield knob, b""


def _front_faults(settings: Settings) -> Iterator[Fault]:
    """What the front would stumble over."""
    for network in filter(None, (part.strip() for part in settings.trusted_proxies.split(","))):
        try:
            ip_network(network)
        except ValueError as trouble:
            yield _wrong("trusted_proxies", en=f": {trouble}", zh=f"：{network} 不是网段（CIDR）")
    if 0 < len(settings.metrics_token) < _TOKEN_LENGTH_MIN:
        least = _TOKEN_LENGTH_MIN
        yield _wrong("metrics_token", en=f" must have at least {least} characters", zh=f" 至少要有 {least} 个字符")


def _production_faults(settings: Settings, environment: Mapping[str, str]) -> Iterator[Fault]:
    """What only a rehearsal may have."""
    yield from _process_faults(environment)
    for name in _REQUIRED:
        if not getattr(settings, name):
            yield missing(environment_name(name), name)
    for name in ("sandbox_url", "demo_key", "demo_run"):
        if getattr(settings, name):
            yield not_here(environment_name(name))
    for name in (
        "public_url",
        "wechat_url",
        "wechat_open_url",
        *(["registry_url"] if settings.registry_url else []),
    ):
        if not getattr(settings, name).startswith("https://"):
            yield _scheme(name, "https")
    yield from _channel_faults(settings)
    yield from _rehearsed_keys(settings)


def _channel_faults(settings: Settings) -> Iterator[Fault]:
    """Ways to be paid: one at least, each whole, and none with what the sandbox or an example made."""
    used = [kind for kind in CHANNELS if kind.is_set_up(settings.channels.get(kind.name, {}))]
    for kind in used or CHANNELS[:1]:
        values = settings.channels.get(kind.name, {})
        lacking = kind.lacking(values)
        for knob in kind.knobs:
            name, value = f"{kind.name}_{knob.name}", values.get(knob.name, knob.default)
            if knob.name in lacking:
                yield missing(environment_name(name), name)
            elif knob.is_address and not value.startswith("https://"):
                yield _scheme(name, "https")
            elif knob.sandbox_start and value.lower().startswith(knob.sandbox_start.lower()):
                yield from_sandbox(environment_name(name), name)
        for knob_name, why in kind.rehearsed(values):
            yield _wrong(f"{kind.name}_{knob_name}", en=why.en, zh=why.zh)


def _process_faults(environment: Mapping[str, str]) -> Iterator[Fault]:
    """Names that are no knob's, and switches of Python and its libraries that only a rehearsal may use."""
    ours = [name for name in environment if name.startswith("DIANDIAN_") and name not in _OF_THE_TERMINAL]
    yield from _unknown_names(ours, also=COMMON_FILE)
    if environment.get("FAULT_POINT"):
        yield not_here("FAULT_POINT")
    for name in ("LITESTAR_DEBUG", "PYTHONASYNCIODEBUG"):
        if environment.get(name, "").lower() not in {"", "0", "false"}:
            yield not_here(name, en=": debug answers show code and local values", zh="：调试应答会露出代码和变量")
    if sys.flags.optimize:
        yield OPTIMIZED


def _rehearsed_keys(settings: Settings) -> Iterator[Fault]:
    """Keys of the sandbox, of a demo, of an example, and keys that are none."""
    for knob, start in _SANDBOX_STARTS.items():
        if getattr(settings, knob).lower().startswith(start.lower()):
            yield from_sandbox(environment_name(knob), knob)
    if any(pair.partition("=")[0] == _DEMO_MASTER_KEY for pair in settings.master_keys.split(",")):
        yield _wrong(
            "master_keys",
            en=f" comes from a demo: its id is {_DEMO_MASTER_KEY}",
            zh=f" 来自演示：它的 id 是 {_DEMO_MASTER_KEY}",
        )
    keys = list(_keys(settings))
    if len({key for _, key in keys}) < len(keys):
        yield ALIKE
    for knob, key in keys:
        if len(set(key)) == 1:
            yield _wrong(knob, en=" repeats one byte: that is no key", zh=" 只是一个字节的重复，不是密钥")


def _wrong(knob: str, *, en: str, zh: str) -> Fault:
    return wrong(environment_name(knob), knob, en=en, zh=zh)


def _scheme(knob: str, *schemes: str) -> Fault:
    starts = [f"{scheme}://" for scheme in schemes]
    return _wrong(knob, en=f" must begin with {' or '.join(starts)}", zh=f" 应以 {' 或 '.join(starts)} 开头")


def _no_number(knob: str, least: int, most: int) -> Fault:
    name, default = environment_name(knob), getattr(Settings(), knob)
    return Fault(
        en=f"{name} must be a number from {least} to {most}",
        zh=f"{name} 应为 {least} 到 {most} 的整数",
        fix_en=f"such as {name}={default}, or unset it",
        fix_zh=f"例如 {name}={default}，或 unset {name}",
    )
