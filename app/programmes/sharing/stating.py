"""A statement (碳账户声明) of one's account: the figures as they stand now, kept for ever, with a paper anybody can verify."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from app.foundation import outbox
from app.gateways.database import Tx, fetch, fetch_as, transaction
from app.kernel.days import Period
from app.kernel.ids import uuid7
from app.programmes.sharing import rules
from app.programmes.sharing.errors import ShareKeyUsedOtherwise, ShareUnfit
from app.programmes.sharing.events import StatementMade
from app.programmes.sharing.figures import books_of
from app.programmes.sharing.rules import Books, Granularity

_LIST_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement as it was made."""

    id: UUID
    person_id: UUID
    granularity: Granularity
    period_from: date
    period_to: date
    figures: str
    """`Books` as JSON."""
    name_sealed: bytes | None
    language: str
    made_at: datetime

    @property
    def period(self) -> Period:
        """Of the figures, both days included."""
        return Period(self.period_from, self.period_to)

    @property
    def books(self) -> Books:
        """The figures, as they stood."""
        return rules.read_books(self.figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """What somebody wants a statement of."""

    period: Period
    granularity: Granularity
    name_sealed: bytes | None
    """For the paper, sealed under their key as any name on a paper; None: without a name."""
    language: str


async def make_statement(new: NewStatement, *, by: UUID, key: str, today: date) -> UUID:
    """Keep the figures as they stand and have the paper issued; the same `key` answers the statement that is there.

    Raises:
        ShareUnfit: a period that ends later than today, begins before there were any, or is longer than three years.
        ShareKeyUsedOtherwise: `key` stands for another statement.
    """
    if not rules.is_fit_period(new.period, today=today, may_end_later=False):
        raise ShareUnfit(
            field="/period_to", problem_zh="期间须在今天或之前结束，且不超过三年",
            problem_en="the period ends today at the latest and spans three years at most",
        )  # fmt: skip
    statement_id = uuid7()
    async with transaction() as tx:
        books = await books_of(by, new.period, new.granularity, tx=tx)
        written = await fetch(
            "INSERT INTO account_statement (id, person_id, intent_key, granularity, period_from, period_to, figures,"
            " name_sealed, language) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            " ON CONFLICT ON CONSTRAINT account_statement_intent_key DO NOTHING RETURNING id",
            statement_id, by, key, new.granularity.value, new.period.first, new.period.last,
            msgspec.json.encode(books).decode(), new.name_sealed, new.language, tx=tx,
        )  # fmt: skip
        if written:
            await outbox.record(StatementMade(statement_id=statement_id), tx=tx)
    if written:
        outbox.nudge()
        return statement_id
    (kept,) = await fetch_as(Statement, f"{_COLUMNS} WHERE person_id = $1 AND intent_key = $2", by, key)
    if (kept.period, kept.granularity) != (new.period, new.granularity):
        raise ShareKeyUsedOtherwise
    return kept.id


async def statements_of(person_id: UUID) -> list[Statement]:
    """This person's, the latest first; at most twenty."""
    return await fetch_as(
        Statement,
        f"{_COLUMNS} WHERE person_id = ANY(ARRAY(SELECT identity.persons_of($1))) ORDER BY id DESC LIMIT $2",
        person_id,
        _LIST_MOST,
    )


async def find_statements(statement_ids: list[UUID], *, tx: Tx | None = None) -> list[Statement]:
    """These statements, the earliest first; unknown ones are absent."""
    return await fetch_as(Statement, f"{_COLUMNS} WHERE id = ANY($1::uuid[]) ORDER BY id", statement_ids, tx=tx)


_COLUMNS: Final = (
    "SELECT id, person_id, granularity, period_from, period_to, figures::text AS figures, name_sealed,"
    " language, made_at FROM account_statement"
)
