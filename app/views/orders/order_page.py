"""The order, `/o/{order}`: its cashier, giving it up, and waiting for what was paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from markupsafe import Markup

from app.views.orders.order_lines import LinesShown
from app.views.page import Amount, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PayMethod:
    """A method that can work in this browser."""

    key: str
    """What the form sends as `method`: `<channel>.<method>`."""
    label: str
    """`微信支付`."""
    note: str
    """`打开微信付款`, `用微信扫一扫`."""
    mark: str
    """One character that stands for the channel, in a disc."""
    has_failed: bool = False
    """It was tried just now and nothing was paid; it may be tried again."""


class Stranger(StrEnum):
    """Why nobody is known inside WeChat who could pay there."""

    SNAPSHOT = "snapshot"
    """快照页: WeChat shows the page to a made-up account, which cannot pay; the reader must open the whole page."""
    UNKNOWN = "unknown"
    """WeChat was silent, or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateShown:
    """The exchange rate that an order was priced by, and keeps."""

    text: str
    """`1 USD = 7.1234 CNY`."""
    day: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSmall:
    """A way to pay that works here but takes no amount as small as this order's."""

    label: str
    least: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLimit:
    """The zone of the order's scene takes nothing that works here."""

    title: str
    url: str
    ways: tuple[str, ...]
    """What it takes elsewhere, as people call it; empty: nothing that is set up now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferShown:
    """Where to transfer to."""

    holder: str
    bank: str
    account: str
    remark: str
    is_recorded: bool
    """Somebody has recorded that it came; a second person looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierPage(Page):
    """How to pay an order that waits for payment.

    POST to `pay_action` with `method`, `name` (may be empty), `intent`, `csrf_token`; the handler answers with a
    redirect to the channel or shows this page again with `qr`, `call_up` or `transfer` filled.
    """

    template: ClassVar[str] = "citizen/cashier.html"

    order_id: str
    """`ord_…`"""
    amount: Amount
    mass_g: int
    needed_g: int | None = None
    """What the footprint needs, where `mass_g` is more because of the smallest amount that can be paid."""
    rate: RateShown | None = None
    too_small: tuple[TooSmall, ...] = ()
    zone_limit: ZoneLimit | None = None
    """Only where there is no way to pay here, and the zone is why."""
    programme: str
    project: str
    scene_title: str | None
    """None: nothing of it is retired for a scene."""
    floored: bool
    expires_at: datetime
    methods: tuple[PayMethod, ...]
    """In the order of this browser; the first is chosen. What just failed comes after every other channel's."""
    name: str
    """What the reader typed for the certificate; empty: 访客 / Visitor."""
    pay_action: str
    cancel_url: str
    """Where the reader is asked whether it is meant."""
    done_url: str
    """Where 已完成支付 leads (GET): the waiting page, which asks the channel at once."""
    back_url: str
    """The scene, with its choices; without one, what the reader holds."""
    intent: str
    csrf_token: str
    qr: Markup | None = None
    """The code to scan as our own SVG, with a quiet zone of 4 modules."""
    scanner: str = ""
    """The app it is scanned with: `微信`, `支付宝`."""
    transfer: TransferShown | None = None
    """The account to transfer to; shown again each time, as long as the attempt stands."""
    till_url: str | None = None
    """The sandbox's page behind that code; only in a sandbox, where nobody's phone can scan it."""
    lines: LinesShown | None = None
    """Of a joint order only; its statements bear the names of organisations, so none is asked for."""
    name_fault: str | None = None
    """What is wrong with the name, beside its field."""
    call_up: Mapping[str, str] | None = None
    """What the app around this page is handed, as it stands, so that it asks for the password."""
    notice: str | None = None
    unpaid: bool = False
    """The reader came back from paying, and the channel says that nothing was paid."""
    stranger: Stranger | None = None
    """Inside WeChat, and nobody is known who could pay there: the page says why, and what to do."""
    wechat_url: str = ""
    """Where WeChat is asked once more."""
    is_quoted: bool = False
    """Nothing is set aside for it: its credits are taken when its money comes."""
    lasts_days: bool = False
    """It waits for its money longer than a day, so that an hour alone does not say until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPage(Page):
    """Asks whether an unpaid order is to be given up; POST to `cancel_action` does it."""

    template: ClassVar[str] = "citizen/cancel.html"

    amount: Amount
    mass_g: int
    scene_title: str | None
    order_url: str
    cancel_action: str
    csrf_token: str


class OrderPhase(StrEnum):
    """What an order page or the order's JSON says; the server alone moves it."""

    UNPAID = "unpaid"
    """待支付"""
    CONFIRMING = "confirming"
    """支付确认中"""
    RETIRING = "retiring"
    """注销中"""
    CERTIFYING = "certifying"
    """证书生成中"""
    DONE = "done"
    """已完成: the page of one line then leads to its certificate; that of several shows them all."""
    REFUNDING = "refunding"
    """退款中: the money is on its way back, and not there yet."""
    REFUNDED = "refunded"
    """已退款: the channel says that the payer has it."""
    CLOSED = "closed"
    """已关闭"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Why and how money comes back."""

    reason: str
    """One sentence, in the reader's language."""
    channel: str
    expected_on: date
    done_on: date | None
    """When the channel gave all of it back; None: it has not yet."""
    is_refused: bool = False
    """The channel would not: a person of ours sees to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage(Page):
    """An order on its way; one of several lines also when it has arrived, since each line has a statement of its own."""

    template: ClassVar[str] = "citizen/order.html"

    order_id: str
    phase: OrderPhase
    amount: Amount
    mass_g: int
    needed_g: int | None = None
    """As on the cashier."""
    rate: RateShown | None = None
    scene_title: str | None
    """None: nothing of it is retired for a scene."""
    scene_url: str
    expires_at: datetime
    pay_url: str
    """The cashier of the same order: 重新支付 never makes a second order number."""
    retirement_number: str | None = None
    """Known from 证书生成中 on."""
    refund: Refund | None = None
    """Only with `refunding` and `refunded`."""
    refresh_s: int | None = 3
    """Seconds between reloads without a script; None when waiting longer is of no use."""
    refresh_url: str | None = None
    """What is loaded then; None: the same page."""
    lines: LinesShown | None = None
    """Of a joint order only."""
    told: tuple[str, ...] = ()
    """What the channel did about its payment without us, one sentence each: given back, disputed, reversed."""
    certificate_url: str | None = None
    """Of an order of one line that is done."""
    ring: Markup
    """Of the order's certificate, with progress 1: the script lets its dots fly in."""
