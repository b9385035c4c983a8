"""What the pages for anybody need: home, `/`; the verification form, `/verify`, and its answer, `/v/{code}`."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
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
from app.views.page import Page


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
    naming: str | None = None
    """Of an organisation: whether it is verified, and by whose word it is named."""
    mass_g: int
    subject: str
    title: str
    """What the certificate calls itself; while its actual figure is short or lapsed, what it may be called today."""
    figure: FigureLine | None = None
    reach: ReachLine
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
    poster_url: str | None = None
    """The picture that a messenger shows beside the link: the poster with less of the name, where its holder shared it."""
    share_url: str = ""
    """This page's own address, whole, for messengers; and with it `share_origin` before a path."""
    share_origin: str = ""
