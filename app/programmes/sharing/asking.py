"""A reader asks one person: which books of which period, how fine, why, until when. Its code goes to that person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.gateways.database import Tx, constraint, fetch, fetch_as
from app.kernel import ids
from app.kernel.days import Period
from app.kernel.graphemes import has_controls, tidied
from app.kernel.text import Text
from app.programmes.sharing import rules
from app.programmes.sharing.enrolling import reader_of_key
from app.programmes.sharing.errors import ShareKeyUsedOtherwise, SharePowerMissing, ShareUnfit, ShareUnknown
from app.programmes.sharing.rules import Book, Granularity

_LIST_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What is asked for."""

    purpose: Text
    books: Collection[Book]
    granularity: Granularity
    period: Period
    """Of the figures."""
    share_until: date
    """The last Beijing day on which it may be answered and read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it stands, for ever. Whether anybody answered is not in it."""

    id: UUID
    reader_id: UUID
    organisation_id: UUID
    code: str
    purpose_zh: str
    purpose_en: str
    asks_emitted: bool
    asks_retired: bool
    granularity: Granularity
    period_from: date
    period_to: date
    share_until: date
    asked_at: datetime

    @property
    def purpose(self) -> Text:
        """As the person reads it."""
        return Text(zh=self.purpose_zh, en=self.purpose_en)

    @property
    def books(self) -> tuple[Book, ...]:
        """What is asked for, in the order shown."""
        asked = ((Book.EMITTED, self.asks_emitted), (Book.RETIRED, self.asks_retired))
        return tuple(book for book, is_asked in asked if is_asked)

    @property
    def period(self) -> Period:
        """Of the figures."""
        return Period(self.period_from, self.period_to)


async def ask(new: NewRequest, *, by: UUID, key: str, today: date) -> Request:
    """Write a request down, as a key that may ask; the same `key` answers the request that is there.

    Raises:
        SharePowerMissing: `by` is no key that may ask now.
        ShareUnfit: purpose, books, period or last day do not fit; nothing was written.
        ShareKeyUsedOtherwise: `key` stands for another request.
    """
    reader = await reader_of_key(by)
    if reader is None:
        raise SharePowerMissing
    purpose = _fit(new, today=today)
    try:
        await fetch(
            "INSERT INTO share_request (id, reader_id, key_id, intent_key, code, purpose_zh, purpose_en, asks_emitted,"
            " asks_retired, granularity, period_from, period_to, share_until)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
            " ON CONFLICT ON CONSTRAINT share_request_intent_key DO NOTHING",
            ids.uuid7(), reader.id, by, key, ids.checked_code(rules.CODE_LENGTH - 1), purpose.zh, purpose.en,
            Book.EMITTED in new.books, Book.RETIRED in new.books, new.granularity.value, new.period.first,
            new.period.last, new.share_until,
        )  # fmt: skip
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == "share_request_power":
            raise SharePowerMissing from refusal
        raise
    (kept,) = await fetch_as(Request, f"{_REQUESTS} WHERE q.key_id = $1 AND q.intent_key = $2", by, key)
    told = (kept.purpose, set(kept.books), kept.granularity, kept.period, kept.share_until)
    if told != (purpose, set(new.books), new.granularity, new.period, new.share_until):
        raise ShareKeyUsedOtherwise
    return kept


async def list_requests(*, by: UUID) -> list[Request]:
    """What this key's organisation asked, the latest first; at most two hundred. Nothing in it tells who answered.

    Raises:
        SharePowerMissing: `by` is no key that may ask now.
    """
    reader = await reader_of_key(by)
    if reader is None:
        raise SharePowerMissing
    return await fetch_as(
        Request, f"{_REQUESTS} WHERE q.reader_id = $1 ORDER BY q.id DESC LIMIT $2", reader.id, _LIST_MOST
    )


async def list_of_organisation(organisation_id: UUID, *, limit: int) -> list[Request]:
    """The same for a page of its own people, whoever may see that."""
    return await fetch_as(
        Request, f"{_REQUESTS} WHERE r.organisation_id = $1 ORDER BY q.id DESC LIMIT $2", organisation_id, limit
    )


async def find_request(request_id: UUID, *, tx: Tx | None = None) -> Request:
    """A request by its id.

    Raises:
        ShareUnknown: there is none.
    """
    found = await fetch_as(Request, f"{_REQUESTS} WHERE q.id = $1", request_id, tx=tx)
    if not found:
        raise ShareUnknown
    return found[0]


async def find_asked(typed: str, *, by: UUID | None, today: date) -> Request:
    """The request behind the code that a person typed or followed; dashes, blanks and lower case are forgiven.

    Raises:
        ShareUnknown: no such code, its days are over, its reader may not ask any more, or another person answered it.
    """
    code = ids.read_checked_code(typed, length=rules.CODE_LENGTH)
    found = [] if code is None else await fetch_as(
        Request,
        f"{_REQUESTS} WHERE q.code = $1 AND q.share_until >= $2 AND r.ended_at IS NULL AND NOT EXISTS"
        " (SELECT FROM share_answer a WHERE a.request_id = q.id AND a.person_id IS DISTINCT FROM $3)",
        code, today, by,
    )  # fmt: skip
    if not found:
        raise ShareUnknown
    return found[0]


def _fit(new: NewRequest, *, today: date) -> Text:
    purpose = Text(zh=tidied(new.purpose.zh), en=tidied(new.purpose.en))
    for language, text in (("zh", purpose.zh), ("en", purpose.en)):
        most = rules.PURPOSE_MOST[language]
        if not 2 <= len(text) <= most or has_controls(text):
            raise ShareUnfit(
                field=f"/purpose/{language}", problem_zh=f"用途须为 2 至 {most} 个字符",
                problem_en=f"the purpose has 2 to {most} characters",
            )  # fmt: skip
    if not new.books:
        raise ShareUnfit(field="/books", problem_zh="请至少选择一本账", problem_en="ask for one book at least")
    if not rules.is_fit_period(new.period, today=today, may_end_later=True):
        raise ShareUnfit(
            field="/period_from", problem_zh="数据期间不得晚于今天开始，且不超过三年",
            problem_en="the period begins today at the latest and spans three years at most",
        )  # fmt: skip
    if not today <= new.share_until <= today + timedelta(days=rules.SHARE_MOST_DAYS):
        raise ShareUnfit(
            field="/share_until", problem_zh="有效期须在今天至一年之内",
            problem_en="the last day lies between today and a year from now",
        )  # fmt: skip
    return purpose


REQUEST_COLUMNS: Final = (
    "q.id, q.reader_id, r.organisation_id, q.code, q.purpose_zh, q.purpose_en, q.asks_emitted, q.asks_retired,"
    " q.granularity, q.period_from, q.period_to, q.share_until, q.asked_at"
)
"""The fields of `Request`, of a request `q` and its reader `r`."""
_REQUESTS: Final = f"SELECT {REQUEST_COLUMNS} FROM share_request q JOIN share_reader r ON r.id = q.reader_id"
