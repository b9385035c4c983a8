"""The certificate, `/c/{id}`, for its holder, and what is shown while a file of it is drawn."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from app.registry.cancellations import UpstreamState
from app.views.certificates.record import (
    FigureLine,
    JudgedClaim,
    Mandate,
    PartyLine,
    ReachLine,
    SliceLine,
    UpstreamProof,
)
from app.views.certificates.sheet import Sheet
from app.views.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class OnScreen:
    """What is said of the big screen of the scene, with its form: POST `agree` or `withdraw` to `action`."""

    state: str
    said: str
    title: str
    text: str
    version: int
    can_withdraw: bool
    asks_again: bool
    """They have a turn by older words: the form of the present ones stands below it."""
    photo_s: int | None
    """How long a photo moment takes; None: none can be taken now. POST to `action`/photo."""
    photos_left: int
    is_screen_off: bool
    """Their turn is over and no screen is on."""
    action: str
    ask_url: str
    """Where the script asks anew."""
    intent: str
    csrf_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePage(Page):
    """A certificate for its holder."""

    template: ClassVar[str] = "citizen/certificate.html"

    number: str
    holder: str
    mass_g: int
    scene_title: str
    """With what within the scene was made neutral, where that is told."""
    called: str
    """What the certificate calls itself; while its actual figure is short or lapsed, what it may be called today."""
    figure: FigureLine | None = None
    superseded_by: str | None = None
    """Number of the certificate that replaced it."""
    reach: ReachLine
    naming: str | None = None
    """Of an organisation: whether it is verified, and by whose word it is named."""
    is_neutral: bool
    """Whether 中和 may be said of it."""
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
    sheet: Sheet
    image_url: str
    """The picture of 1080×1527 pixels, drawn when it is first asked for, as the two below."""
    poster_url: str
    """The page of its poster, a picture to be sent."""
    pdf_zh_url: str
    pdf_en_url: str
    verify_code: str
    """Without dashes; the page groups it."""
    verify_url: str
    """Path of the public page: `/v/…`."""
    share_url: str
    """Absolute, for whoever receives it."""
    screen: OnScreen | None = None
    """Of the big screen of its scene; None where there is none, or it is never shown."""
    is_in_wechat: bool = False
    """Whether WeChat shows the page: it shares by its own menu, and only what anybody may open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingPage(Page):
    """A file of a certificate is being drawn: shown in its place until it is there, also without a script."""

    template: ClassVar[str] = "citizen/drawing.html"

    certificate_url: str
    refresh_s: int
    ring: Markup
