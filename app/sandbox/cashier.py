"""The cashier (收银台): the page a payer sees, with one button for each named outcome. Works without JavaScript."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from app.sandbox.addresses import may_go_back, origin
from app.sandbox.channels import CannotBePaid, FarChannel, Outcome, Sale, channels
from app.sandbox.far_side import FarSide

_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_TEXTS: Final = {
    "title": ("收银台", "Cashier"),
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
    """One request to the cashier: which sale, in which language, and where the payer goes afterwards."""

    channel: FarChannel
    sale: Sale
    english: bool
    back: str | None
    """None where nobody gave an address, or one we do not send a payer to."""
    asked_back: str | None

    def address(self, **more: str) -> str:
        """The cashier's own address of this visit."""
        query = {"lang": "en" if self.english else "zh", "redirect_url": self.asked_back or "", **more}
        return f"/cashier/{self.sale.token}?" + urlencode({name: value for name, value in query.items() if value})


@get("/cashier/{token:str}", media_type=MediaType.HTML)
async def show(request: Request[Any, Any, Any], far: FarSide, token: str) -> Response[str]:
    """The amount and six buttons, or how it ended."""
    visit = _visit(request, far, token)
    if visit is None:
        return _page(request, None, "unknown", status=404)
    done = request.query_params.get("done", "")
    return _page(
        request, visit, visit.sale.obstacle or (f"done.{done}" if done in {Outcome.DECLINED, Outcome.CANCEL} else None)
    )


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
        sent_to = visit.channel.bring_about(far, visit.sale.reference, outcome, by_link=True)
    except CannotBePaid as fact:
        return _page(request, visit, fact.reason, status=409)
    if sent_to is not None and not may_go_back(sent_to, notify_url=visit.sale.notify_url):
        sent_to = None
    return Redirect(sent_to or visit.back or visit.address(done=outcome.value), status_code=303)


ROUTES: Final[list[HTTPRouteHandler]] = [show, decide]


def _visit(request: Request[Any, Any, Any], far: FarSide, token: str) -> Visit | None:
    found = ((channel, channel.find(far, token)) for channel in channels().values())
    channel, sale = next(((channel, sale) for channel, sale in found if sale is not None), (None, None))
    if channel is None or sale is None:
        return None
    asked = request.query_params.get("redirect_url") or sale.back
    back = asked if asked and may_go_back(asked, notify_url=sale.notify_url) else None
    return Visit(channel=channel, sale=sale, english=_prefers_english(request), back=back, asked_back=asked)


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
        amount=_amount(visit.sale.amount_minor) if visit else "",
        outcomes=list(Outcome),
        said=said,
        is_final=said in {"paid", "closed", "expired", "link", "unknown"},
    )
    # A form's redirect counts as its target for browsers, so the way back stands in the policy too.
    targets = ["'self'"] + ([origin(visit.back)] if visit and visit.back else [])
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {' '.join(targets)}; base-uri 'none'"
    headers = {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Content-Language": "en" if english else "zh-CN",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content=content, status_code=status, media_type=MediaType.HTML, headers=headers)


def _amount(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}"
