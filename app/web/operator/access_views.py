"""What the pages need that let people in. Texts from rows are already in the reader's language."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from markupsafe import Markup

from app.views.console import Age, Console
from app.views.listing import Filter, Paging, Search
from app.views.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage(Page):
    """A form that somebody meets who is not signed in, or not wholly."""

    csrf_token: str = ""
    notice: str | None = None
    """Why the last try was refused."""
    fault_field: str = ""
    """The field at fault, without its slash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage(AskPage):
    """Asks for the authenticator's code, or a recovery code. POST to the page itself with `code` and `next`."""

    template: ClassVar[str] = "operator/code.html"

    goal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPage(AskPage):
    """Shows an authenticator what it is to know. POST to the page itself with `code` and `next`."""

    template: ClassVar[str] = "operator/factor.html"

    goal: str
    qr: Markup
    secret: str
    """In groups of four."""
    uri: str
    """For a telephone that shows this very page."""
    may_wait: bool
    """POST to `/operator/factor/later`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesPage(Page):
    """The recovery codes, this once."""

    template: ClassVar[str] = "operator/codes.html"

    codes: tuple[str, ...]
    goal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPage(AskPage):
    """An invitation. POST to the page itself with `name`, `email`, `password`, `password_again`; or, signed in, nothing."""

    template: ClassVar[str] = "operator/join.html"

    action: str
    state: Literal["open", "waiting", "used", "revoked", "expired"]
    organisation: str
    roles: tuple[str, ...]
    expires_at: datetime
    is_known: bool
    """Somebody is signed in, who may take it with the account they have."""
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPage(AskPage):
    """A new password. POST to the page itself with `password` and `password_again`."""

    template: ClassVar[str] = "operator/reset.html"

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """Somebody with roles; POST `person` and `role` to `take_action`."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...]
    takable: tuple[str, ...]
    """Those that this reader may take away."""
    has_factor: bool
    is_disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """An invitation nobody has used; POST `invitation` to `revoke_action`."""

    id: str
    label: str
    roles: tuple[str, ...]
    is_open: bool
    is_waiting: bool
    """For another administrator."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersPage(Console):
    """Who acts for an organisation, and who is invited. POST to the page itself with `label` and `role_<name>`."""

    template: ClassVar[str] = "operator/members.html"

    organisation: str
    is_verified: bool
    givable: tuple[str, ...]
    members: tuple[MemberRow, ...]
    invitations: tuple[InvitationRow, ...]
    take_action: str
    revoke_action: str
    link: str | None = None
    """Just made; shown this once."""
    waits_url: str | None = None
    """Where another administrator agrees to it; None: it is open."""
    label: str = ""
    chosen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRow:
    """An organisation in the list."""

    url: str
    """Its members; empty where this reader has no say."""
    name: str
    kind: str
    number: str
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationCard:
    """What a second person is to agree to; POST `seen` to `verify_action`, or `reason` to `return_action`."""

    id: str
    url: str
    """The list with it in the drawer."""
    name_zh: str
    name_en: str
    kind: str
    number: str
    papers: str
    sha256: str
    maker: str
    proposed_at: datetime
    age: Age
    is_own: bool
    may_verify: bool
    verify_action: str
    return_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCard:
    """An organisation that signed itself up; POST `papers` to `propose_action`, or `reason` to `return_action`."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    number: str
    purpose: str
    contact: str
    email: str
    age: Age
    propose_action: str
    return_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationsPage(Console):
    """Organisations, and what waits. POST to the page itself with the fields of `typed`."""

    template: ClassVar[str] = "operator/organisations.html"

    filters: tuple[Filter, ...]
    search: Search
    waiting: tuple[VerificationCard, ...]
    open: VerificationCard | None
    """Which of them stands in the drawer."""
    is_asked: bool = False
    """The address asks for it; else it is the first of them."""
    closed_url: str
    applications: tuple[ApplicationCard, ...] = ()
    """For those who may propose them."""
    organisations: tuple[OrganisationRow, ...]
    paging: Paging
    may_add: bool
    kinds: tuple[str, ...]
    typed: dict[str, str] = field(default_factory=dict)
