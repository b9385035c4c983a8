"""What each page of the wizard shows."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from app.kernel.text import Text
from app.scenarios import DraftState, Layers
from app.views.console import Console
from app.views.page import Amount
from app.views.scene import Estimate, Mode
from app.views.scene_drafts.content import Step
from app.views.scene_drafts.counting import ActivityRow, HostFigure
from app.views.scene_drafts.paying import GiftCost
from app.web.organiser.scene_drafts.host import HostGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class WizardPage(Console):
    """What every step knows. Its form goes by POST to `action`, where it leads on in the field `do`."""

    template: ClassVar[str] = "draft.html"

    draft: str
    """`sdr_…`; empty before the first save."""
    step: Step
    title: str
    organiser: str
    revision: int
    saved_at: datetime | None
    state: DraftState
    action: str
    preview_url: str
    """Empty before the first save."""
    typed: dict[str, str] = field(default_factory=dict)
    """Of the form: as it is, or as it was typed last."""
    faults: dict[str, str] = field(default_factory=dict)
    """By the field's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPage(WizardPage):
    """Step one: what it is called, where and when."""

    template: ClassVar[str] = "organiser/scene_drafts/draft_kind.html"

    kinds: tuple[str, ...]
    organisers: tuple[tuple[str, str], ...] = ()
    """To choose among before the first save, id and name."""
    new_id: str = ""
    """The draft's id to be: two taps make one draft."""


@dataclass(frozen=True, slots=True)
class TemplateChip:
    """A template to begin from."""

    key: str
    name: str
    icon: str
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingPage(WizardPage):
    """Step two: how a visitor's emissions are counted."""

    template: ClassVar[str] = "organiser/scene_drafts/draft_counting.html"

    templates: tuple[TemplateChip, ...]
    modes: tuple[Mode, ...]
    """Every way there is."""
    firsts: tuple[tuple[str, str], ...]
    """The same to choose one from, key and name."""
    rows: tuple[ActivityRow, ...]
    estimate: Estimate | None
    host: HostFigure | None
    host_url: str
    layers: Layers | None
    """None: the organiser answers for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPage(WizardPage):
    """Beside step two: the host's own figure by the event calculator."""

    template: ClassVar[str] = "organiser/scene_drafts/draft_host.html"

    groups: tuple[HostGroup, ...]
    travel_modes: tuple[tuple[str, str], ...]
    travel_rows: range
    materials: tuple[tuple[str, str], ...]
    material_rows: range
    host: HostFigure | None
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsPage(WizardPage):
    """Beside step two: whose emissions the organiser answers for."""

    template: ClassVar[str] = "organiser/scene_drafts/draft_groups.html"

    rows: range
    """Of people's groups: those there are, and one to go on with; the first is of whoever comes without a code."""
    host: HostFigure | None
    layers: Layers | None
    back_url: str


@dataclass(frozen=True, slots=True)
class ProgrammeChoice:
    """A programme whose credits the scene may sell."""

    key: str
    name: str
    price: Amount | None
    open_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayingPage(WizardPage):
    """Step three: who pays."""

    template: ClassVar[str] = "organiser/scene_drafts/draft_paying.html"

    payers: tuple[str, ...]
    programmes: tuple[ProgrammeChoice, ...]
    estimate: Estimate | None
    cost: GiftCost | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to be put right first, and where."""

    text: str
    step: Step
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage(WizardPage):
    """Step four: everything once more in both languages, and what becomes of it."""

    template: ClassVar[str] = "organiser/scene_drafts/draft_review.html"

    name: Text | None
    place: Text | None
    scene_kind: str
    starts_on: date | None
    ends_on: date | None
    modes: tuple[Text, ...]
    default_km: int | None
    most_km: int | None
    activities: Text | None
    estimate: Estimate | None
    host: HostFigure | None
    layers: Layers | None
    payer: str
    programme: str
    cost: GiftCost | None
    gift_kind: str
    gift_delivers: str
    each_g: int | None
    gift_starts_at: datetime | None
    gift_ends_at: datetime | None
    message: Text | None
    problems: tuple[Problem, ...]
    is_verified: bool
    has_changed: bool
    waits_since: datetime | None
    decided_at: datetime | None
    reason: str | None
    code: str | None
    scan_url: str
    urls: dict[str, str]
    """Of each step, and of the two pages beside the second."""
