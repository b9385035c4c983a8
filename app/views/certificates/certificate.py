"""The certificate, `/c/{id}`, for its holder."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup

from app.cancellations import UpstreamState
from app.views.certificates.record import JudgedClaim, Mandate, PartyLine, ReachLine, SliceLine, UpstreamProof
from app.views.page import Page


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
    """What the certificate calls itself."""
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
