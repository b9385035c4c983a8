"""What can be wrong with the settings: in both languages, each with its own remedy."""

from typing import Final, Self

from app.gateways.channels.table import CHANNELS

_BASE64: Final = '"$(openssl rand -base64 32)"'
EXAMPLES: Final = {
    "database_url": "postgresql://ddt_app:…@db.example:5432/diandian",
    "database_direct_url": "postgresql://ddt_app:…@primary.example:5432,standby.example:5432/diandian",
    "database_read_url": "postgresql://ddt_app:…@standby.example:5432/diandian",
    "database_owner_url": "postgresql://ddt_owner:…@db.example:5432/diandian",
    "redis_url": "redis://cache.example:6379/0",
    "public_url": "https://carbon.example",
    "wechat_url": "https://api.weixin.qq.com",
    "wechat_open_url": "https://open.weixin.qq.com",
    "files_url": "s3://diandian-files",
    "files_endpoint": "https://s3.example",
    "registry_url": "https://registry.example",
    "sandbox_url": "http://127.0.0.1:8701",
    "master_keys": '"m1=$(openssl rand -base64 32)"',
    "index_key": _BASE64,
    "csrf_key": _BASE64,
    "metrics_token": '"$(openssl rand -hex 24)"',
    "trusted_proxies": "127.0.0.1/32,10.0.0.0/8",
    "registry_programmes": "CDCER,CCER",
}
"""What a knob may be set to, as a shell reads it."""
_MINI: Final = ("微信公众平台，小程序，开发设置", "WeChat's mini-program console, development settings")
_PUSH: Final = (
    "微信公众平台，小程序，消息推送（安全模式，JSON）",
    "WeChat's mini-program console, message push (secure mode, JSON)",
)
_ACCOUNT: Final = ("微信公众平台，公众号，基本配置", "WeChat's official-account console, basic settings")
_REGISTRY: Final = ("登记机构开户时给出", "told by the registry when the account is opened")
_STORAGE: Final = ("对象存储控制台，访问密钥", "the object storage's console, access keys")
_FOUND: Final = {
    "files_key_id": _STORAGE,
    "files_secret": _STORAGE,
    "wechat_appid": _MINI,
    "wechat_secret": _MINI,
    "wechat_push_token": _PUSH,
    "wechat_push_key": _PUSH,
    "wechat_account_appid": _ACCOUNT,
    "wechat_account_secret": _ACCOUNT,
    "registry_name": _REGISTRY,
    "registry_account": _REGISTRY,
    "registry_key_id": _REGISTRY,
    "registry_private_key": ("openssl genpkey -algorithm ed25519",) * 2,
    "registry_public_key_id": _REGISTRY,
    "registry_public_key": _REGISTRY,
    **{f"{kind.name}_{knob.name}": (knob.found.zh, knob.found.en) for kind in CHANNELS for knob in kind.knobs},
}
"""Where the value of a knob is found that others give us."""


class Fault(str):
    """What is wrong, in English; it knows its Chinese, and what to do in both."""

    __slots__ = ("fix_en", "fix_zh", "zh")

    zh: str
    fix_zh: str
    fix_en: str

    def __new__(cls, *, en: str, zh: str, fix_en: str, fix_zh: str = "") -> Self:
        """The remedy may be the same in both: a command, or an assignment."""
        made = super().__new__(cls, en)
        made.zh, made.fix_en, made.fix_zh = zh, fix_en, fix_zh or fix_en
        return made


PROFILE: Final = Fault(
    en="DIANDIAN_PROFILE must be embedded or production",
    zh="DIANDIAN_PROFILE 应为 embedded 或 production",
    fix_en="DIANDIAN_PROFILE=production where money is real; else unset it",
    fix_zh="收真钱的环境设 DIANDIAN_PROFILE=production，否则 unset",
)
SECOND_FACTOR: Final = Fault(
    en="DIANDIAN_SECOND_FACTOR must be required or offered",
    zh="DIANDIAN_SECOND_FACTOR 应为 required 或 offered",
    fix_en="DIANDIAN_SECOND_FACTOR=required, or unset it",
    fix_zh="设 DIANDIAN_SECOND_FACTOR=required，或 unset",
)
OPTIMIZED: Final = Fault(
    en="python -O must not be used: our assertions stay on in production",
    zh="不得使用 python -O：正式环境保留断言",
    fix_en="start Python without -O; unset PYTHONOPTIMIZE",
    fix_zh="启动时去掉 -O，并 unset PYTHONOPTIMIZE",
)
ALIKE: Final = Fault(
    en="the master, index and csrf keys must all differ",
    zh="主密钥、索引密钥与表单密钥必须各不相同",
    fix_en="make each anew: openssl rand -base64 32",
    fix_zh="各自重新生成：openssl rand -base64 32",
)


def missing(name: str, knob: str) -> Fault:
    """A knob that must be set."""
    zh, en = setting(name, knob)
    return Fault(en=f"{name} is missing", zh=f"缺少 {name}", fix_en=en, fix_zh=zh)


def from_sandbox(name: str, knob: str) -> Fault:
    """A knob with a value that the sandbox made."""
    zh, en = setting(name, knob)
    return Fault(en=f"{name} comes from the sandbox", zh=f"{name} 是沙箱的值", fix_en=en, fix_zh=zh)


def not_here(name: str, *, en: str = "", zh: str = "") -> Fault:
    """What only a rehearsal may have set."""
    return Fault(
        en=f"{name} must not be set in production{en}", zh=f"正式环境不得设置 {name}{zh}", fix_en=f"unset {name}"
    )


def unreadable(name: str, path: str, trouble: Exception) -> Fault:
    """A file that is named and cannot be read."""
    said = getattr(trouble, "strerror", None) or "it is no text"
    no_text = "不是 UTF-8 文本"
    return Fault(
        en=f"{name} cannot be read: {said}",
        zh=f"{name} 指定的文件读不出：{said if said != 'it is no text' else no_text}",
        fix_en=f"name a file that this user may read: ls -l {path}",
        fix_zh=f"指向本用户可读的文件：ls -l {path}",
    )


def unknown(name: str, near: str | None) -> Fault:
    """A name that is no knob's."""
    return Fault(
        en=f"{name} is no knob of ours" + (f"; did you mean {near}?" if near else ""),
        zh=f"没有名为 {name} 的设置" + (f"；是不是 {near}？" if near else ""),
        fix_en=f"call it {near}, or unset {name}" if near else f"unset {name}",
        fix_zh=f"改名为 {near}，或 unset {name}" if near else f"unset {name}",
    )


def wrong(name: str, knob: str, *, en: str, zh: str) -> Fault:
    """A knob whose value cannot be right; `en` and `zh` say why, after its name."""
    fix_zh, fix_en = setting(name, knob)
    return Fault(en=f"{name}{en}", zh=f"{name}{zh}", fix_en=fix_en, fix_zh=fix_zh)


def setting(name: str, knob: str) -> tuple[str, str]:
    """How a knob is set, in Chinese and in English."""
    if example := EXAMPLES.get(knob):
        return f"例如 {name}={example}", f"such as {name}={example}"
    if where := _FOUND.get(knob):
        return f"设置 {name}：{where[0]}", f"set {name}: {where[1]}"
    return f"设置 {name}", f"set {name}"
