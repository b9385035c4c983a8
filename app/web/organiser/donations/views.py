"""What the pages of donations show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from app.kernel import mass
from app.programmes.donations import Stage
from app.views.console import Console, Tone
from app.views.page import Amount
from app.web.organiser.donations.support import OwnSupport, WaitingSupport


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLine:
    """One donation of the reader's organisations."""

    shown_id: str
    donor: str
    mass_g: int
    at: datetime
    stage: Stage
    """Transferred or retired."""
    tone: Tone
    is_named: bool
    paper: str | None
    """The number of its certificate; None: not issued yet."""
    paper_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentLine:
    """One intent."""

    shown_id: str
    donor: str
    mass_g: int | None
    amount: Amount | None
    due_on: date
    stage: Stage
    tone: Tone
    digest: str | None
    """Of its agreement, the first digits; None: none is kept."""
    is_open: bool
    order_url: str | None
    """Of the order whose payment gives it."""
    is_named: bool
    """Whether they agreed to be shown by name once it is given."""

    @property
    def tonnes(self) -> str:
        """Of what is meant in grams, exact."""
        return mass.exact_t(self.mass_g or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLine:
    """A zone that may be given to."""

    url: str
    title: str
    owner: str
    donated_g: int
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DonationsPage(Console):
    """The zones, and what the reader's organisations gave."""

    template: ClassVar[str] = "organiser/donations.html"

    zones: tuple[ZoneLine, ...]
    given: tuple[GivenLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorChoice:
    """An organisation that the reader gives for."""

    shown_id: str
    name: str
    held_g: int

    @property
    def option(self) -> tuple[str, str]:
        """As a choice takes it."""
        return self.shown_id, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A retirement of all of the account that waits for a second person."""

    shown_id: str
    digest: str
    mass_g: int
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GivePage(Console):
    """One zone: giving to it, or, for its owner's people, retiring what it was given. Forms go by POST to `action`."""

    template: ClassVar[str] = "organiser/give.html"

    title: str
    zone_url: str
    board_url: str
    action: str
    upload_action: str
    donors: tuple[DonorChoice, ...]
    """Empty: the reader gives for nobody verified."""
    is_own: bool
    """The reader acts for the zone's owner."""
    held_g: int
    """In the zone's account."""
    donated_g: int
    donors_g: int
    emission_g: int | None
    percent: str | None
    alone_g: int
    waiting: Waiting | None
    given: tuple[GivenLine, ...]
    intents: tuple[IntentLine, ...]
    report_url: str = ""
    """Of the closing report; empty: not for this reader."""
    report_digest: str | None = None
    """Of the one that is kept; None: none is."""
    support_action: str = ""
    support_waiting: tuple[WaitingSupport, ...] = ()
    """Of the zone's owner: what was recorded in its own unit, for another of its people."""
    support: tuple[OwnSupport, ...] = ()
    """What the reader's organisations gave in units of their own."""
    typed: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    """Of the forms: sent twice, each is one wish."""
    today: str = ""
