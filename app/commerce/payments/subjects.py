"""What people pay for: a subject, `<kind>:<id>`, and what the room that owns the kind declares for it.

The table of kinds is `workers/subjects.py`; PostgreSQL keeps their names (`payment_subject_kind`), so that a payment of
any other kind is refused before money moves.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

from app.commerce.payments.errors import SubjectUnknown
from app.gateways.channels.base import Channel
from app.gateways.database import Tx, fetch
from app.kernel.money import Currency
from app.kernel.text import Text

T = TypeVar("T")
_SUBJECT: Final = re.compile(r"([a-z][a-z_]*):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One thing to be paid for, as a cashier shows it."""

    title: Text
    amount_minor: int
    currency: Currency
    expires_at: datetime
    """Until when its price stands."""


class Describe(Protocol):
    """What is to be paid for this id; None where there is no such thing."""

    async def __call__(self, subject_id: UUID, /) -> Description | None: ...


class Fulfil(Protocol):
    """Go on with what was paid, given as (id, payment), as a set in the caller's transaction; a repeat changes nothing.

    Money that cannot be earned goes back by `payments.refund`; it is never kept silently.
    """

    async def __call__(self, paid: Sequence[tuple[UUID, UUID]], /, *, tx: Tx) -> None: ...


class FinishRefunds(Protocol):
    """Money of these ids is back with its payers; as a set in the caller's transaction."""

    async def __call__(self, subject_ids: Sequence[UUID], /, *, tx: Tx) -> None: ...


class Refundable(Protocol):
    """What could be given back now, in minor units by line; a line of which nothing can be is absent."""

    async def __call__(self, subject_id: UUID, /, *, tx: Tx | None = None) -> Mapping[UUID, int]: ...


class GiveBack(Protocol):
    """Give grams of a line back, and its money with them, in the caller's transaction; answers the minor units.

    `key` names the intent: repeated with the same one nothing is given back again.
    """

    async def __call__(self, line_id: UUID, mass_g: int, /, *, key: str, by: UUID, tx: Tx) -> int: ...


class ExpireDue(Protocol):
    """End what nobody pays in time, closed at its channels first; answers how many ended."""

    async def __call__(self, *, channels: Mapping[str, Channel]) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectKind:
    """What a room declares for its kind of subject. Its proof of money is `sold`, the SQL function named beside it."""

    describe: Describe
    fulfil: Fulfil
    finish_refunds: FinishRefunds
    refundable: Refundable
    give_back: GiveBack
    expire_due: ExpireDue
    sold: str
    """As in `payment_subject_kind`: the function by which PostgreSQL asks what was sold."""


def read_subject(subject: str) -> tuple[str, UUID]:
    """The kind and the id of a subject.

    Raises:
        SubjectUnknown: it has another form.
    """
    if (match := _SUBJECT.fullmatch(subject)) is None:
        raise SubjectUnknown(subject=subject)
    return match[1], UUID(match[2])


def by_kind(subjects: Iterable[tuple[str, T]]) -> dict[str, list[tuple[UUID, T]]]:
    """Subjects and what comes with each, grouped by kind, the kinds in their order."""
    found: dict[str, list[tuple[UUID, T]]] = {}
    for subject, rest in subjects:
        kind, id_ = read_subject(subject)
        found.setdefault(kind, []).append((id_, rest))
    return dict(sorted(found.items()))


async def declared_kinds() -> set[str]:
    """The kinds that PostgreSQL lets be paid for."""
    return {row["kind"] for row in await fetch("SELECT kind FROM payment_subject_kind")}
