"""What a client may write into `biz_content`, call by call, with Alipay's forms and lengths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from app.sandbox.alipay import people
from app.sandbox.alipay.admission import Call, seconds
from app.sandbox.far_side import FarSide, Refusal

DEFAULT_LIFE_S: Final = {"wap": 15 * 24 * 3600, "precreate": 15 * 24 * 3600, "create": 15 * 24 * 3600}
"""How long a trade that has begun can be paid, where nothing shorter is asked for."""
CODE_LIFE_S: Final = 2 * 3600
"""How long a code or a link can begin a trade, where nothing shorter is asked for."""
_NUMBER: Final = re.compile(r"[0-9A-Za-z_]{1,64}")
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,8})\.([0-9]{2})", re.ASCII)
_LIFE: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])", re.ASCII)
_LIFE_S: Final = {"m": 60, "h": 3600, "d": 24 * 3600}
_BUYER: Final = re.compile(r"2088[0-9]{12}", re.ASCII)
_PRODUCTS: Final[Mapping[str, set[str | None]]] = {
    "wap": {"QUICK_WAP_WAY"},
    "precreate": {"FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE", None},
    "create": {"JSAPI_PAY", "FACE_TO_FACE_PAYMENT", None},
}
_ORDER: Final = {
    "out_trade_no", "total_amount", "subject", "body", "time_expire", "timeout_express", "product_code", "quit_url",
    "qr_code_timeout_express", "buyer_id", "buyer_open_id", "op_app_id",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """A trade to be prepared or made, found well-formed."""

    way: str
    """`wap`, `precreate` or `create`."""
    out_trade_no: str
    subject: str
    total_fen: int
    buyer_id: str | None
    expires_at: float
    code_until: float
    notify_url: str
    return_url: str
    quit_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundForm:
    """A refund to be made, found well-formed."""

    out_request_no: str
    fen: int
    reason: str


def read_order(far: FarSide, way: str, call: Call, *, app_id: str) -> OrderForm:
    """The content of `alipay.trade.{wap.pay|precreate|create}`."""
    told = _Fields(call.content)
    told.allow(_ORDER)
    if told.optional("product_code") not in _PRODUCTS[way]:
        told.refuse("product_code", "产品码不正确")
    if told.optional("op_app_id") not in {None, app_id}:
        told.refuse("op_app_id", "不是本应用")
    subject = told.text("subject", most=256)
    if re.search(r"[/=&]", subject):
        told.refuse("subject", "不可使用特殊字符")
    now = far.truth.now()
    until = told.moment("time_expire") if told.has("time_expire") else now + DEFAULT_LIFE_S[way]
    if until <= now:
        told.refuse("time_expire", "不能早于当前时间")
    life_s = told.life_s("qr_code_timeout_express") or CODE_LIFE_S
    buyer_id = told.optional("buyer_id")
    if way == "create" and buyer_id is None and told.has("buyer_open_id"):
        buyer_id = told.text("buyer_open_id", most=128)
        if not people.is_known(far, buyer_id):
            told.refuse("buyer_open_id", "买家不存在")
    elif way == "create" and not (buyer_id and _BUYER.fullmatch(buyer_id)):
        told.refuse("buyer_id", "买家不存在")
    return OrderForm(
        way=way,
        out_trade_no=told.text("out_trade_no", form=_NUMBER),
        subject=subject,
        total_fen=told.fen("total_amount"),
        buyer_id=buyer_id,
        expires_at=min(until, now + (told.life_s("timeout_express") or until - now)),
        code_until=now + life_s,
        notify_url=_address("notify_url", call.notify_url),
        return_url=_address("return_url", call.return_url),
        quit_url=_address("quit_url", told.optional("quit_url") or ""),
    )


def read_key(call: Call, *more: str) -> dict[str, str]:
    """Which trade is meant: by `out_trade_no`, or by `trade_no`; `more` are further fields that may stand there."""
    told = _Fields(call.content)
    told.allow({"out_trade_no", "trade_no", *more})
    name = "trade_no" if told.has("trade_no") else "out_trade_no"  # Alipay prefers its own
    return {name: told.text(name, form=_NUMBER)}


def read_refund(call: Call, *, total_fen: int) -> RefundForm:
    """The content of `alipay.trade.refund`; without `out_request_no` only all of it can go back."""
    told = _Fields(call.content)
    fen = told.fen("refund_amount")
    if not told.has("out_request_no") and fen != total_fen:
        told.refuse("out_request_no", "部分退款须有退款请求号")
    number = "out_request_no" if told.has("out_request_no") else "out_trade_no"
    return RefundForm(
        out_request_no=told.text(number, form=_NUMBER), fen=fen, reason=told.optional("refund_reason") or ""
    )


def read_refund_query(call: Call) -> tuple[str, list[Any]]:
    """The number of the refund asked about, and what more is wanted."""
    told = _Fields(call.content)
    options = call.content.get("query_options", [])
    if not isinstance(options, list):
        told.refuse("query_options", "须为数组")
    return told.text("out_request_no", form=_NUMBER), options


def read_bill(call: Call) -> str:
    """The day of a bill of trades."""
    told = _Fields(call.content)
    told.allow({"bill_type", "bill_date"})
    if told.text("bill_type", most=20) != "trade":
        told.refuse("bill_type", "只支持trade")
    return told.text("bill_date", form=re.compile(r"\d{4}-\d\d-\d\d", re.ASCII))


def read_certificate(call: Call) -> str:
    """The name of the certificate that is asked for."""
    told = _Fields(call.content)
    told.allow({"alipay_cert_sn"})
    return told.text("alipay_cert_sn", form=re.compile(r"[0-9a-f]{32}", re.ASCII))


def yuan(fen: int) -> str:
    """As answers, notices and bills write an amount."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


class _Fields:
    """One `biz_content`; every getter refuses in dialect."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def refuse(self, name: str, why: str) -> NoReturn:
        raise Refusal(
            40004, "ACQ.INVALID_PARAMETER", f"参数无效：{name}{why}", field=name, got=repr(self._values.get(name))
        )

    def allow(self, names: set[str]) -> None:
        for name in self._values.keys() - names:
            self.refuse(name, "未知")

    def has(self, name: str) -> bool:
        return bool(self._values.get(name))

    def optional(self, name: str) -> str | None:
        return self.text(name, most=512) if self.has(name) else None

    def text(self, name: str, *, most: int = 0, form: re.Pattern[str] | None = None) -> str:
        value = self._values.get(name)
        if not isinstance(value, str):
            self.refuse(name, "须为字符串")
        if form is not None and not form.fullmatch(value):
            self.refuse(name, f"须符合{form.pattern}")
        if form is None and not 1 <= len(value) <= most:
            self.refuse(name, f"长度须为1至{most}")
        return value

    def fen(self, name: str) -> int:
        found = _AMOUNT.fullmatch(self.text(name, most=16))
        fen = int(found[1]) * 100 + int(found[2]) if found else 0
        if fen == 0:
            self.refuse(name, "须为大于零的两位小数")
        return fen

    def moment(self, name: str) -> float:
        at = seconds(self.text(name, most=19))
        if at is None:
            self.refuse(name, "须为yyyy-MM-dd HH:mm:ss")
        return at

    def life_s(self, name: str) -> float | None:
        if not self.has(name):
            return None
        found = _LIFE.fullmatch(self.text(name, most=8))
        if found is None:
            self.refuse(name, "须为数字加m、h或d")
        return int(found[1]) * _LIFE_S[found[2]]


def _address(name: str, url: str) -> str:
    try:
        is_one = not url or (
            urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname) and " " not in url
        )
    except ValueError:
        is_one = False
    if not is_one or len(url) > 256:
        raise Refusal(40002, "isv.invalid-parameter", f"{name}不是合法的地址", field=name, got=url)
    return url
