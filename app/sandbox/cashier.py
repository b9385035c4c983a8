"""The cashier (收银台): the page a payer sees, with one button for each named outcome. Works without JavaScript."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from app.sandbox.far_side import FarSide
from app.sandbox.truth import Row
from app.sandbox.wechatpay import outcomes, trades
from app.sandbox.wechatpay.forms import is_loopback
from app.sandbox.wechatpay.outcomes import Outcome

_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_TEXTS: Final = {
    "title": ("收银台", "Cashier"),
    "wechatpay": ("微信支付", "WeChat Pay"),
    "to_pay": ("待支付", "To pay"),
    "amount": ("订单金额", "Order amount"),
    "order": ("商户订单号", "Order number"),
    "choose": ("选择这次支付的结果", "Choose how this payment ends"),
    "no_money": ("沙箱环境，不产生真实资金往来。", "A sandbox: no real money moves."),
    "return": ("返回商户", "Back to the merchant"),
    "other": ("English", "中文"),
    Outcome.SUCCESS: ("支付成功", "Pay"),
    Outcome.DECLINED: ("余额不足", "Balance too low"),
    Outcome.CANCEL: ("取消支付", "Cancel"),
    Outcome.SUCCESS_NO_NOTIFY: ("支付成功，但丢失回调", "Pay, notice lost"),
    Outcome.DUPLICATE_NOTIFY: ("支付成功，回调重复三次", "Pay, notice three times"),
    Outcome.DELAY_15S: ("支付成功，回调延迟 15 秒", "Pay, notice 15 s late"),
    "paid": ("支付成功", "Paid"),
    "done.declined": ("余额不足，未扣款", "Balance too low; nothing was charged"),
    "done.cancel": ("已取消，未扣款", "Cancelled; nothing was charged"),
    "closed": ("订单已关闭", "This order is closed"),
    "expired": ("订单已过期", "This order has expired"),
    "link": ("支付链接已失效，请返回商户重新发起", "This link is too old; please go back and start again"),
    "unknown": ("没有这笔订单", "There is no such order"),
    "what": ("无法识别的操作", "Unknown choice"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request to the cashier: which trade, in which language, and where the payer goes afterwards."""

    trade: Row
    english: bool
    back: str | None
    """None where the client gave no address, or one we do not send a payer to."""
    asked_back: str | None

    def address(self, **more: str) -> str:
        """The cashier's own address of this visit."""
        query = {"lang": "en" if self.english else "zh", "redirect_url": self.asked_back or "", **more}
        return f"/cashier/{self.trade['token']}?" + urlencode({name: value for name, value in query.items() if value})


@get("/cashier/{token:str}", media_type=MediaType.HTML)
async def show(request: Request[Any, Any, Any], far: FarSide, token: str) -> Response[str]:
    """The amount and six buttons, or how it ended."""
    visit = _visit(request, far, token)
    if visit is None:
        return _page(request, None, "unknown", status=404)
    done = request.query_params.get("done", "")
    reason = trades.obstacle(far, visit.trade, by_link=True)
    return _page(request, visit, reason or (f"done.{done}" if done in {Outcome.DECLINED, Outcome.CANCEL} else None))


@post("/cashier/{token:str}", media_type=MediaType.HTML, status_code=200)
async def decide(request: Request[Any, Any, Any], far: FarSide, token: str) -> Response[Any]:
    """Bring the chosen outcome about, then back to the merchant (303) or to the page that says so."""
    visit = _visit(request, far, token)
    if visit is None:
        return _page(request, None, "unknown", status=404)
    try:
        outcome = Outcome(str((await request.form()).get("outcome", "")))
    except ValueError:
        return _page(request, visit, "what", status=400)
    try:
        outcomes.bring_about(far, visit.trade["out_trade_no"], outcome, by_link=True)
    except trades.CannotBePaid as fact:
        return _page(request, visit, fact.reason, status=409)
    return Redirect(visit.back or visit.address(done=outcome.value), status_code=303)


ROUTES: Final[list[HTTPRouteHandler]] = [show, decide]


def may_go_back(url: str, *, notify_url: str) -> bool:
    """Whether a payer may be sent there: http(s), to this machine or to the host that gets the notices."""
    if len(url) > 2048 or re.search(r"[\s\\\x00-\x1f]", url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host or port == 0 or parts.username is not None:
        return False
    return is_loopback(url) or host == urlsplit(notify_url).hostname


def _visit(request: Request[Any, Any, Any], far: FarSide, token: str) -> Visit | None:
    trade = trades.find(far, token=token) or trades.find(far, prepay_id=token)
    if trade is None:
        return None
    asked = request.query_params.get("redirect_url")
    back = asked if asked and may_go_back(asked, notify_url=trade["notify_url"]) else None
    return Visit(trade=trade, english=_prefers_english(request), back=back, asked_back=asked)


def _prefers_english(request: Request[Any, Any, Any]) -> bool:
    wish: str = request.query_params.get("lang") or request.headers.get("accept-language") or ""
    first = wish.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0].strip().lower()
    return bool(first) and first != "*" and not first.startswith("zh")


def _page(
    request: Request[Any, Any, Any], visit: Visit | None, said: str | None, *, status: int = 200
) -> Response[str]:
    english = visit.english if visit else _prefers_english(request)
    nonce = secrets.token_urlsafe(12)

    def text(name: str) -> str:
        return _TEXTS[name][english]

    content = _PAGES.get_template("cashier.html").render(
        lang="en" if english else "zh-CN",
        other_lang="zh" if english else "en",
        nonce=nonce,
        text=text,
        visit=visit,
        amount=_yuan(visit.trade["total"]) if visit else "",
        outcomes=list(Outcome),
        said=said,
        is_final=said in {"paid", "closed", "expired", "link", "unknown"},
    )
    # A form's redirect counts as its target for browsers, so the way back stands in the policy too.
    targets = ["'self'"] + ([_origin(visit.back)] if visit and visit.back else [])
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {' '.join(targets)}; base-uri 'none'"
    headers = {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Content-Language": "en" if english else "zh-CN",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content=content, status_code=status, media_type=MediaType.HTML, headers=headers)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"
