"""What a client may write: the bodies of `/v3/…`, field by field, with WeChat's lengths and character sets.

Stricter than WeChat in one way: a field we do not know is refused, since it is usually a misspelt one.
"""

import ipaddress
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from app.sandbox.addresses import is_loopback
from app.sandbox.far_side import FarSide, Refusal

OUT_TRADE_NO: Final = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
OUT_REFUND_NO: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
H5_TYPES: Final = frozenset({"iOS", "Android", "Wap"})
DEFAULT_LIFE_S: Final = 7 * 24 * 3600
"""How long a trade can be paid when its `time_expire` is left out."""
MAX_FEN: Final = 10**10
"""A hundred million yuan: far above any limit of a merchant, below every limit of an integer column."""

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """A transaction to be opened, found well-formed."""

    trade_type: str
    out_trade_no: str
    description: str
    attach: str | None
    total_fen: int
    notify_url: str
    expires_at: float
    openid: str | None
    content: str
    """The whole body in one canonical spelling: the same number with another content is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundForm:
    """A refund to be made, found well-formed."""

    out_refund_no: str
    out_trade_no: str | None
    transaction_id: str | None
    refund_fen: int
    total_fen: int
    notify_url: str | None
    content: str


def read_open(far: FarSide, trade_type: str, body: bytes) -> OpenForm:
    """The body of POST `/v3/pay/transactions/{jsapi|h5|native}`; `trade_type` in upper case, `MWEB` for h5."""
    data = _Fields.of(body)
    _check_parties(far, data)
    fields = {"appid", "mchid", "description", "out_trade_no", "time_expire", "attach", "notify_url", "goods_tag"}
    data.allow(fields | {"support_fapiao", "amount", "payer", "detail", "scene_info", "settle_info"})
    amount = data.object("amount")
    amount.allow({"total", "currency"})
    if amount.optional_text("currency", most=16) not in {None, "CNY"}:
        amount.refuse("currency", "只支持CNY")
    data.optional_text("goods_tag", most=32)
    return OpenForm(
        trade_type=trade_type,
        out_trade_no=data.text("out_trade_no", form=OUT_TRADE_NO),
        description=data.text("description", most=127),
        attach=data.optional_text("attach", most=128),
        total_fen=amount.fen("total"),
        notify_url=data.notify_url(),
        expires_at=_expiry(far, data),
        openid=_payer(far, data, trade_type),
        content=data.content,
    )


def read_refund(body: bytes) -> RefundForm:
    """The body of POST `/v3/refund/domestic/refunds`."""
    data = _Fields.of(body)
    fields = {"transaction_id", "out_trade_no", "out_refund_no", "reason", "notify_url", "funds_account"}
    data.allow(fields | {"amount", "goods_detail"})
    amount = data.object("amount")
    amount.allow({"refund", "total", "currency", "from"})
    if amount.text("currency", most=16) != "CNY":
        amount.refuse("currency", "只支持CNY")
    data.optional_text("reason", most=80)
    transaction_id = data.optional_text("transaction_id", most=32)
    out_trade_no = data.optional_text("out_trade_no", form=OUT_TRADE_NO)
    if (transaction_id is None) == (out_trade_no is None):
        data.refuse("transaction_id", "transaction_id与out_trade_no二选一")
    return RefundForm(
        out_refund_no=data.text("out_refund_no", form=OUT_REFUND_NO),
        out_trade_no=out_trade_no,
        transaction_id=transaction_id,
        refund_fen=amount.fen("refund"),
        total_fen=amount.fen("total"),
        notify_url=data.notify_url() if data.has("notify_url") else None,
        content=data.content,
    )


def read_close(far: FarSide, body: bytes) -> None:
    """The body of a close: the merchant number and nothing else."""
    data = _Fields.of(body)
    data.allow({"mchid"})
    check_mchid(far, data.text("mchid", most=32), location="body")


def check_mchid(far: FarSide, mchid: str | None, *, location: str) -> None:
    """The merchant named in a body or a query is the one who signed."""
    if mchid != far.keys.mchid:
        raise Refusal(
            400, "PARAM_ERROR", f"{location}中的mchid与签名商户号不一致", expected=far.keys.mchid, got=str(mchid)
        )


def _check_parties(far: FarSide, data: "_Fields") -> None:
    check_mchid(far, data.text("mchid", most=32), location="body")
    if (appid := data.text("appid", most=32)) not in {far.keys.appid, far.keys.account_appid}:
        raise Refusal(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配", expected=far.keys.appid, got=appid)


def _expiry(far: FarSide, data: "_Fields") -> float:
    text = data.optional_text("time_expire", most=64)
    if text is None:
        return far.truth.now() + DEFAULT_LIFE_S
    if not _RFC3339.fullmatch(text):
        data.refuse("time_expire", "须为RFC3339格式")
    try:
        expires_at = datetime.fromisoformat(text).timestamp()
    except ValueError:
        data.refuse("time_expire", "须为RFC3339格式")
    if expires_at <= far.truth.now():
        data.refuse("time_expire", "不能早于当前时间")
    return expires_at


def _payer(far: FarSide, data: "_Fields", trade_type: str) -> str | None:
    scene = data.object("scene_info", required=trade_type == "MWEB")
    if trade_type == "MWEB":
        address = scene.text("payer_client_ip", most=45)
        try:
            ipaddress.ip_address(address)
        except ValueError:
            scene.refuse("payer_client_ip", "须为IPv4或IPv6地址")
        if scene.object("h5_info").text("type", most=32) not in H5_TYPES:
            scene.refuse("h5_info/type", "须为iOS、Android或Wap")
    payer = data.object("payer", required=trade_type == "JSAPI")
    openid = payer.text("openid", most=128) if trade_type == "JSAPI" else payer.optional_text("openid", most=128)
    # An openid is somebody within one app only, and a snapshot's account is nobody.
    own = (
        "SELECT 1 FROM account_person WHERE openid = ? AND NOT is_snapshot"
        if data.text("appid", most=32) == far.keys.account_appid
        else "SELECT 1 FROM person WHERE openid = ?"
    )
    if openid is not None and far.truth.row(own, openid) is None:
        raise Refusal(400, "PARAM_ERROR", "无效的openid", field="/payer/openid", got=openid)
    return openid


class _Fields:
    """One JSON object and where it stands; every getter refuses in dialect with the field's pointer."""

    def __init__(self, values: dict[str, Any], pointer: str = "") -> None:
        self._values = values
        self._pointer = pointer

    @classmethod
    def of(cls, body: bytes) -> "_Fields":
        try:
            values = json.loads(body, object_pairs_hook=_unrepeated)
        except (ValueError, RecursionError):
            raise Refusal(400, "PARAM_ERROR", "请求体不是合法的JSON", got=body.decode("utf-8", "replace")) from None
        if not isinstance(values, dict):
            raise Refusal(400, "PARAM_ERROR", "请求体须为JSON对象")
        return cls(values)

    @property
    def content(self) -> str:
        return json.dumps(self._values, sort_keys=True)

    def has(self, name: str) -> bool:
        return name in self._values

    def refuse(self, name: str, why: str) -> NoReturn:
        pointer, value = f"{self._pointer}/{name}", self._values.get(name)
        raise Refusal(400, "PARAM_ERROR", f"输入源“/body{pointer}”{why}", field=pointer, got=repr(value))

    def allow(self, names: set[str]) -> None:
        for name in self._values.keys() - names:
            self.refuse(name, "未知字段")

    def object(self, name: str, *, required: bool = True) -> "_Fields":
        value = self._values.get(name, None if required else {})
        if not isinstance(value, dict):
            self.refuse(name, "须为对象")
        return _Fields(value, f"{self._pointer}/{name}")

    def optional_text(self, name: str, *, most: int = 0, form: re.Pattern[str] | None = None) -> str | None:
        """Like `text`; None when it is left out."""
        return self.text(name, most=most, form=form) if name in self._values else None

    def text(self, name: str, *, most: int = 0, form: re.Pattern[str] | None = None) -> str:
        """A string of one to `most` characters, or of that form."""
        value = self._values.get(name)
        if not isinstance(value, str):
            self.refuse(name, "须为字符串")
        if form is not None and not form.fullmatch(value):
            self.refuse(name, f"须符合{form.pattern}")
        if form is None and not 1 <= len(value) <= most:
            self.refuse(name, f"长度须为1至{most}个字符")
        if any(letter > "\uffff" or letter < " " or "\ud800" <= letter <= "\udfff" for letter in value):
            self.refuse(name, "只支持1至3字节的UTF-8可见字符")
        return value

    def fen(self, name: str) -> int:
        value = self._values.get(name)
        if type(value) is not int or not 1 <= value <= MAX_FEN:
            self.refuse(name, "须为不小于1的整数")
        return value

    def notify_url(self) -> str:
        url = self.text("notify_url", most=255)
        try:
            parts = urlsplit(url)
            has_host = bool(parts.hostname) and parts.port != 0
        except ValueError:
            self.refuse("notify_url", "不是合法的地址")
        if not has_host or parts.username is not None or "?" in url or "#" in url or " " in url:
            self.refuse("notify_url", "须为不带参数的完整地址")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
            self.refuse("notify_url", "须为https地址")
        return url


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands twice")
    return values
