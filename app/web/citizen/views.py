"""What each citizen page needs: the exact context of its template, and the JSON its script asks for.

A view is filled by a handler and read by one template under the name `view`. Texts that come from rows
(titles, projects, places) are already in the reader's language; masses are grams, money is minor units,
instants are aware. Pictures are `Markup`: only our own generators make them.

Every page class names its template in `template`: `pages.render(view.template, view, language)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal

import msgspec
from markupsafe import Markup

from app.cancellations import UpstreamState
from app.kernel import money
from app.kernel.money import Currency
from app.web.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money as a page shows it."""

    minor: int
    currency: Currency

    def __str__(self) -> str:
        return money.text(self.minor, self.currency)


# ---- the scene: /s/{code} -------------------------------------------------------------------------------------------


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a figure, with what it was computed from. A line of the estimate's JSON and of 怎么算的."""

    label: str
    """`地铁`, `午餐`."""
    quantity: str
    """`往返 46 km`, `1 份`."""
    mass_text: str
    """`1.3 kg`."""
    factor: str
    """The number as the source prints it: `0.0283`."""
    unit: str
    """`kg CO₂e / 人·km`."""
    source: str
    edition: str
    confidence: str | None = None
    """A sentence where the factor is not confirmed; None where it is."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure and its price: what the scene page shows and what its script asks for.

    Answer of `GET /api/v1/scenes/{code}/estimate?mode=&km=`. An input that is refused answers with a problem
    document, whose `message` the page shows as it is.
    """

    grams: int
    """What would be retired. Zero: nothing to neutralise, and no button."""
    mass_text: str
    """`12.4 kg`: number, one space, unit (`app.kernel.mass.text`)."""
    price_text: str
    """`¥0.62`."""
    floored: bool
    """The price is the smallest there is (不足 1 分按 1 分), and the page says so."""
    summary: str
    """`往返 46 km + 午餐 1 份 + 参赛包`."""
    lines: tuple[Line, ...]


ModeIcon = Literal["metro", "car", "train", "flight", "bus", "walk", "bike", "taxi", "coach"]
"""The drawings there are for a way to travel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A way to travel, as a chip."""

    key: str
    label: str
    """At most 3 characters in Chinese, 7 in English."""
    icon: ModeIcon
    km_max: int
    """Where the slider ends; the field takes no more."""


class GiftState(StrEnum):
    """How far the pool reaches."""

    FULL = "full"
    """Covers this figure."""
    PARTIAL = "partial"
    """Covers a part; the reader may pay the rest."""
    EMPTY = "empty"
    """Nothing left: one calm sentence and the paid way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """What the organiser gives (赠碳)."""

    state: GiftState
    giver: str
    mass_g: int
    """What one person may be given: the most of it when full, what is left when partial, 0 when empty."""
    rest: Amount | None = None
    """What remains to be paid; only with `partial`."""
    until: datetime | None = None
    until_today: bool = False
    """`until` lies in the present day in Beijing: the hour suffices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Where the money goes (去向): one programme and project the scene draws from."""

    programme: str
    project: str
    place: str
    vintage: str
    per_tonne: Amount


class SceneState(StrEnum):
    """The states in which a scene page has its form. An ended scene has `EndedPage`."""

    LIVE = "live"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenePage(Page):
    """A scene one can act in.

    The form is sent by POST to `order_action` with `mode`, `km`, `intent`, `csrf_token` and `pay`, which is `own` or
    `gift` after the button that was tapped. Without a script the choices are sent by GET to the page itself.
    """

    template: ClassVar[str] = "citizen/scene.html"

    code: str
    state: SceneState
    title: str
    organiser: str
    held_on: date | None
    begins_on: date | None = None
    """Said while not begun."""
    neutralised: int
    """How many certificates the scene already has."""
    gift: Gift | None = None
    modes: tuple[Mode, ...]
    """Empty: this scene asks for no trip, and the card is left out."""
    mode: str
    """Key of the chosen mode; empty without modes."""
    km: int
    """One way."""
    km_max: int
    """Of the chosen mode."""
    estimate: Estimate
    credits: tuple[Credit, ...]
    can_order: bool = True
    """False: no credits to sell at present; the page says so instead of the button."""
    order_action: str
    intent: str
    """Idempotency key of this intent: new for each page shown, kept when it is shown again with a notice."""
    csrf_token: str
    notice: str | None = None
    """A message about the last try (`GIFT_POOL_EMPTY` and the like); the choices are kept."""
    ring: Markup
    landscape: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedPage(Page):
    """A closed scene with its results, sent with 410."""

    template: ClassVar[str] = "citizen/ended.html"

    code: str
    title: str
    kind: str
    organiser: str
    month: str
    """`2024-04`, as the report prints it."""
    mass_g: int
    neutralised: int | None
    """None where the count is not public."""
    ring: Markup
    landscape: Markup


# ---- the order: /o/{order} ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PayMethod:
    """A method that can work in this browser."""

    key: str
    """What the form sends as `method`: `wechatpay.h5`."""
    label: str
    """`微信支付`."""
    note: str
    """`打开微信付款`, `用微信扫一扫`."""
    icon: Literal["wechatpay"] = "wechatpay"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierPage(Page):
    """How to pay an order that waits for payment.

    POST to `pay_action` with `method`, `name` (≤ 40, may be empty), `intent`, `csrf_token`; the handler answers with a
    redirect to the channel (H5) or shows this page again with `qr` (native) or `jsapi` filled.
    """

    template: ClassVar[str] = "citizen/cashier.html"

    order_id: str
    """`ord_…`"""
    amount: Amount
    mass_g: int
    programme: str
    project: str
    scene_title: str
    floored: bool
    expires_at: datetime
    methods: tuple[PayMethod, ...]
    """In the order of this browser; the first is chosen."""
    name: str
    """What the reader typed for the certificate; empty: 访客 / Visitor."""
    pay_action: str
    cancel_url: str
    """Where the reader is asked whether it is meant."""
    done_url: str
    """Where 已完成支付 leads (GET): the waiting page, which asks the channel at once."""
    back_url: str
    """The scene, with its choices."""
    intent: str
    csrf_token: str
    qr: Markup | None = None
    """The native QR code as our own SVG, with a quiet zone of 4 modules."""
    till_url: str | None = None
    """The sandbox's page behind that code; only in a sandbox, where nobody's WeChat can scan it."""
    jsapi: Mapping[str, str] | None = None
    """The call-up inside WeChat: appId, timeStamp, nonceStr, package, signType, paySign."""
    notice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPage(Page):
    """Asks whether an unpaid order is to be given up; POST to `cancel_action` does it."""

    template: ClassVar[str] = "citizen/cancel.html"

    amount: Amount
    mass_g: int
    scene_title: str
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
    """已完成: only in the JSON, since the page then leads to the certificate."""
    REFUNDED = "refunded"
    """已退款"""
    CLOSED = "closed"
    """已关闭"""


class OrderStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `GET /api/v1/orders/{id}` that the waiting page's script reads; the resource may hold more."""

    phase: OrderPhase
    retirement_number: str | None = None
    certificate_url: str | None = None
    """`/c/…`, once done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Why and how money comes back."""

    reason: str
    """One sentence, in the reader's language."""
    channel: str
    expected_on: date
    settled: bool
    """Whether the channel has confirmed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage(Page):
    """An order on its way. Never shown with `done`: redirect to the certificate."""

    template: ClassVar[str] = "citizen/order.html"

    order_id: str
    phase: OrderPhase
    amount: Amount
    mass_g: int
    scene_title: str
    scene_url: str
    expires_at: datetime
    pay_url: str
    """The cashier of the same order: 重新支付 never makes a second order number."""
    retirement_number: str | None = None
    """Known from 证书生成中 on."""
    refund: Refund | None = None
    """Only with `refunded`."""
    refresh_s: int | None = 3
    """Seconds between reloads without a script; None when waiting longer is of no use."""
    ring: Markup
    """Of the order's certificate, with progress 1: the script lets its dots fly in."""


# ---- the certificate: /c/{id} ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLine:
    """The grams [start_g, stop_g) of one lot that were retired."""

    programme: str
    project: str
    lot: str
    """The lot's code."""
    serial: str
    """As the registry wrote it."""
    start_g: int
    stop_g: int

    @property
    def mass_g(self) -> int:
        return self.stop_g - self.start_g


@dataclass(frozen=True, slots=True)
class UpstreamProof:
    """A registry's confirmation that tonnes are cancelled there in which grams of the certificate lie."""

    lot: str
    registry_reference: str
    cancelled_on: date


class CertificateStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the certificate's JSON that the page's script reads while the picture is being drawn."""

    ready: bool


class PartyRole(StrEnum):
    """What a party is to a retirement."""

    PAYER = "payer"
    """付款方."""
    HOLDER = "holder"
    """持有方: whose credits they were."""
    BENEFICIARY = "beneficiary"
    """受益方: who may claim it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """A party of a retirement whose parties are not all the same."""

    role: PartyRole
    name: str | None
    """Of an organisation; None of a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """On which ground the payer pays for another."""

    ground: str
    document: str | None
    sha256: str | None


class Standing(StrEnum):
    """What a rule profile says of a claim."""

    STANDS = "stands"
    """声明成立."""
    OPEN = "open"
    """声明待定."""
    BLOCKED = "blocked"
    """声明不成立."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedClaim:
    """What a rule profile said when the grams were retired."""

    profile: str
    """With its version: `local@1`."""
    standing: Standing
    pending: bool
    """The claimed period was not over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePage(Page):
    """A certificate for its holder."""

    template: ClassVar[str] = "citizen/certificate.html"

    number: str
    holder: str
    mass_g: int
    scene_title: str
    """With what within the scene was made neutral, where that is told."""
    is_statement: bool = False
    """Of an organisation, which did not take part in the scene itself."""
    parties: tuple[PartyLine, ...] = ()
    mandate: Mandate | None = None
    judged: JudgedClaim | None = None
    retirement_number: str
    retired_at: datetime
    slices: tuple[SliceLine, ...]
    upstream: UpstreamState = UpstreamState.POOLED
    proofs: tuple[UpstreamProof, ...] = ()
    image_url: str | None
    """The PNG of 1080×1526; None while it is being drawn."""
    pdf_zh_url: str
    pdf_en_url: str
    verify_code: str
    """Without dashes; the page groups it."""
    verify_url: str
    """Path of the public page: `/v/…`."""
    share_url: str
    """Absolute, for whoever receives it."""
    status_url: str
    """JSON with `ready`."""
    refresh_s: int | None = 3
    ring: Markup


# ---- my certificates: /me -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MineItem:
    """One certificate, or one order on its way to it."""

    url: str
    title: str
    mass_g: int
    at: datetime
    number: str | None
    """None while there is no certificate."""
    phase: OrderPhase
    ring: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class MinePage(Page):
    """What this browser's visitor has done."""

    template: ClassVar[str] = "citizen/mine.html"

    total_g: int
    count: int
    items: tuple[MineItem, ...]
    """Newest first; orders under way before certificates."""
    next_url: str | None
    ring: Markup


# ---- anybody: /verify, /v/{code}, / ---------------------------------------------------------------------------------


class CodeHint(StrEnum):
    """Why a typed verify code cannot be one; says nothing about whether a certificate exists."""

    SHAPE = "shape"
    """Not ten characters of the alphabet."""
    CHECK = "check"
    """The check character does not fit the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyFormPage(Page):
    """Asks for a verify code (验真码); GET to `/verify?code=`."""

    template: ClassVar[str] = "public/verify.html"

    typed: str = ""
    hint: CodeHint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The public part of a certificate."""

    number: str
    masked_name: str
    mass_g: int
    subject: str
    parties: tuple[PartyLine, ...] = ()
    mandate: Mandate | None = None
    judged: JudgedClaim | None = None
    slices: tuple[SliceLine, ...]
    retired_at: datetime
    retirement_number: str
    upstream: UpstreamState
    proofs: tuple[UpstreamProof, ...] = ()
    issuer: str
    sha256: str
    """64 hexadecimal digits of the record."""
    superseded_by: str | None = None
    """Number of the certificate that replaced it."""
    suspended: str | None = None
    """What is said about a methodology of it that is not sold any more; the retirement stands."""
    ring: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPage(Page):
    """The answer to a verify code. `found` is None for an unknown code and for one withdrawn from the public alike."""

    template: ClassVar[str] = "public/verified.html"

    code: str
    found: Verified | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneCard:
    """A scene in a list."""

    url: str
    title: str
    organiser: str
    held_on: date | None
    neutralised: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    """What this is; a code to enter (GET to `/go?code=`), a certificate to check, scenes that are open."""

    template: ClassVar[str] = "public/home.html"

    scenes: tuple[SceneCard, ...]
    typed: str = ""
    unknown: bool = False
    """The typed code opens nothing."""
    landscape: Markup
