"""Who there is, how long a session lives, what a password must be: pure, the caller passes `now`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.foundation.identity.errors import PasswordUnfit
from app.kernel.text import Language, Text
from app.kernel.typed import typed_code


class PersonState(StrEnum):
    """How far a person is on the way to being forgotten."""

    ACTIVE = "active"
    """May sign in."""
    ERASING = "erasing"
    """The data key is destroyed or about to be; nobody can sign in as them."""
    ERASED = "erased"
    """Nothing personal is left; the id stays for the books."""


class DatumKind(StrEnum):
    """The personal data we keep, each sealed."""

    OPENID = "openid"
    """WeChat's id of a person within one of our appids."""
    UNIONID = "unionid"
    """WeChat's id of a person across our appids."""
    EMAIL = "email"
    """What an operator signs in with."""
    NAME = "name"
    """What the person wants to be called."""


class SessionKind(StrEnum):
    """Which way somebody came in."""

    CITIZEN = "citizen"
    """Through WeChat."""
    GUEST = "guest"
    """A browser without any sign-in."""
    OPERATOR = "operator"
    """With email and password, and a second factor."""
    PENDING = "pending"
    """A right password, and the second factor still to come: opens the page that asks for it and nothing else."""
    KEY = "key"
    """A program of an organisation, with a key (`identity.keys`); never kept as a session."""


class Role(StrEnum):
    """What an operator may do, within one organisation."""

    SPONSOR = "sponsor"
    """主办方、赞助方: sets up scenes, buys ahead, gives away."""
    OPERATOR = "operator"
    """经办: prepares; never approves what it prepared."""
    REVIEWER = "reviewer"
    """复核: approves or returns what another prepared."""
    FINANCE = "finance"
    """财务: bills, refunds, reconciliation."""
    AUDITOR = "auditor"
    """审计: reads everything, changes nothing."""
    COURT = "court"
    """法院、行政机关: restoration orders and their proof."""
    ADMINISTRATOR = "administrator"
    """管理员: organisations, operators and their roles; moves neither money nor credits."""


class OrganisationKind(StrEnum):
    """What an organisation is in law."""

    COMPANY = "company"
    """企业."""
    AGENCY = "agency"
    """机关单位."""
    COURT = "court"
    """法院."""
    ASSOCIATION = "association"
    """社会组织."""
    EXCHANGE = "exchange"
    """交易所: who runs the platform."""


class PartyKind(StrEnum):
    """What may pay, hold or benefit."""

    PERSON = "person"
    """Known by a random id; a name, where there is one, is sealed."""
    ORGANISATION = "organisation"
    """Its names are public."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is asking. Holds no personal datum, so it may be logged."""

    person_id: UUID
    kind: SessionKind
    roles: frozenset[str]
    """Everything the operator may do in some organisation; `holds_role` asks for one of them. Empty for others."""
    expires_at: datetime
    """The first instant at which the session is refused."""
    language: Language = Language.ZH
    """The person's setting."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened, with the only copy of its token there will ever be."""

    token: str = field(repr=False)
    session: Session
    is_new: bool
    """The person did not exist before."""


@dataclass(frozen=True, slots=True)
class OrganisationCard:
    """What others may know of an organisation."""

    id: UUID
    name: Text
    kind: OrganisationKind
    is_verified: bool
    register: "Register | None" = None
    """None where it was written down before registers were asked for."""


@dataclass(frozen=True, slots=True)
class Register:
    """What tells an organisation from every other; names identify nobody."""

    country: str
    """ISO 3166-1, two letters."""
    number: str
    """In China the unified social credit code (统一社会信用代码, GB 32100)."""


@dataclass(frozen=True, slots=True)
class PartyCard:
    """What anybody may know of a party."""

    id: UUID
    kind: PartyKind
    name: Text | None
    """Of an organisation; None of a person."""
    is_verified: bool = False
    """Of an organisation: whether its papers were seen."""


LIFETIME: Final[Mapping[SessionKind, timedelta]] = {
    SessionKind.CITIZEN: timedelta(days=30),
    SessionKind.GUEST: timedelta(days=30),
    SessionKind.OPERATOR: timedelta(hours=12),
    SessionKind.PENDING: timedelta(minutes=15),
}
"""How long a session lives; for citizens and guests counted from the last day it was used."""

EXTENDED_EVERY: Final = timedelta(days=1)
"""A session in use is extended at most this often, so that reading rarely writes."""

FAILURE_WINDOW: Final = timedelta(hours=1)

NAMES_MOST: Final = 200
"""Characters of an organisation's name."""

PASSWORD_LEAST: Final = 12
"""Characters. Length instead of character classes: NIST SP 800-63B, section 5.1.1.2."""

PASSWORD_MOST: Final = 256


def expiry(kind: SessionKind, now: datetime) -> datetime:
    """When a session opened or extended at `now` is first refused."""
    return now + LIFETIME[kind]


def is_live(expires_at: datetime, now: datetime) -> bool:
    """Whether a session is still accepted; the end itself is not."""
    return now < expires_at


def extended(kind: SessionKind, expires_at: datetime, now: datetime) -> datetime | None:
    """The later end that a session used at `now` earns, or None when it is not due.

    Due from exactly one day after it was opened or last extended. An operator's session is never extended.
    """
    assert is_live(expires_at, now), (expires_at, now)
    later = expiry(kind, now)
    is_due = kind not in {SessionKind.OPERATOR, SessionKind.PENDING} and later - expires_at >= EXTENDED_EVERY
    return later if is_due else None


def retry_after_s(oldest_failure_at: datetime, now: datetime) -> int:
    """Whole seconds, at least one, until the oldest counted failure is an hour old and no longer counts."""
    rest = oldest_failure_at + FAILURE_WINDOW - now
    return max(1, -(-rest // timedelta(seconds=1)))


def plain_email(typed: str) -> str | None:
    """The address in the one form we compare: one width, trimmed, lower case; None where it cannot be one."""
    email = typed_code(typed).lower()
    name, at, host = email.rpartition("@")
    is_plain = email.isprintable() and not any(letter.isspace() for letter in email) and len(email) <= 254
    return email if is_plain and name and at and "." in host.strip(".") else None


def check_password(password: str) -> None:
    """Refuse a password nobody should choose.

    Raises:
        PasswordUnfit: shorter than 12 or longer than 256 characters.
    """
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise PasswordUnfit(least=PASSWORD_LEAST, most=PASSWORD_MOST)
