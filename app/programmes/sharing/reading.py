"""A reader reads an account, and every read is written down with its answer; a person sees what they said, and who read."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.gateways.database import Row, Tx, fetch, fetch_as, fetch_one, transaction
from app.programmes.sharing import rules
from app.programmes.sharing.asking import REQUEST_COLUMNS, Request, find_request
from app.programmes.sharing.errors import ShareExpired, ShareRevoked, ShareUnknown
from app.programmes.sharing.figures import books_of
from app.programmes.sharing.rules import BLANK, Book, Books, Granularity, ReadOutcome, ShareState

_SHARES_MOST: Final = 100
_READS_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader is answered. A blank one says the same whoever did or did not answer."""

    request: Request
    books: Books
    pseudonym: UUID | None
    """The person, as this request alone knows them; None of a blank answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A request that this person answered, and where that stands."""

    request: Request
    books: tuple[Book, ...]
    """What they said yes to."""
    answered_at: datetime
    revoked_at: datetime | None
    state: ShareState


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One line of the log that a person sees."""

    request_id: UUID
    organisation_id: UUID
    key_id: UUID
    at: datetime
    outcome: ReadOutcome


async def read(request_id: UUID, *, by: UUID) -> Reading:
    """Read an account, as a key that may ask for this request. The read is written down in the same transaction.

    Raises:
        ShareUnknown: no such request, or of an organisation that this key does not ask for.
        ShareRevoked, ShareExpired: written down as well.
    """
    async with transaction() as tx:
        row = await fetch_one("SELECT * FROM sharing.begin_read($1, $2)", request_id, by, tx=tx)
        assert row is not None, "a function that always answers"
        if row["state"] == "unknown":
            raise ShareUnknown
        request = await find_request(request_id, tx=tx)
        books, outcome = BLANK, ReadOutcome.BLANK
        if row["state"] == "open":
            whole = await books_of(row["person_id"], request.period, request.granularity, tx=tx)
            books = rules.granted(whole, [Book(book) for book in row["books"]])
            outcome = ReadOutcome.BLANK if books.is_blank else ReadOutcome.FIGURES
        elif row["state"] in {ReadOutcome.REVOKED, ReadOutcome.EXPIRED}:
            outcome = ReadOutcome(row["state"])
        await _write_down(request_id, outcome, by=by, tx=tx)
    if outcome is ReadOutcome.REVOKED:
        raise ShareRevoked
    if outcome is ReadOutcome.EXPIRED:
        raise ShareExpired
    return Reading(request, books, row["pseudonym"] if outcome is ReadOutcome.FIGURES else None)


async def shares_of(person_id: UUID, *, today: date) -> list[Share]:
    """What this person answered, the latest first; at most a hundred, in one statement."""
    return await _shares(person_id, None, today=today)


async def find_share(request_id: UUID, *, by: UUID, today: date) -> Share:
    """One of them.

    Raises:
        ShareUnknown: this person answered no such request.
    """
    found = await _shares(by, request_id, today=today)
    if not found:
        raise ShareUnknown
    return found[0]


async def reads_of(person_id: UUID) -> list[Read]:
    """Every read of what this person answered, refused ones as well, the latest first; at most fifty."""
    return await fetch_as(
        Read,
        "SELECT d.request_id, r.organisation_id, d.key_id, d.at, d.outcome FROM share_answer a"
        " JOIN share_read d ON d.request_id = a.request_id JOIN share_request q ON q.id = a.request_id"
        " JOIN share_reader r ON r.id = q.reader_id WHERE a.person_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
        " ORDER BY d.id DESC LIMIT $2",
        person_id, _READS_MOST,
    )  # fmt: skip


async def _shares(person_id: UUID, request_id: UUID | None, *, today: date) -> list[Share]:
    rows = await fetch(
        f"SELECT {REQUEST_COLUMNS}, a.answered_at, g.books, g.revoked_at FROM share_answer a"
        " JOIN share_request q ON q.id = a.request_id JOIN share_reader r ON r.id = q.reader_id"
        " CROSS JOIN LATERAL (SELECT coalesce(array_agg(n.book ORDER BY n.book), '{}') AS books,"
        "  max(n.revoked_at) AS revoked_at FROM share_grant n WHERE n.request_id = a.request_id) g"
        " WHERE a.person_id = ANY(ARRAY(SELECT identity.persons_of($1))) AND ($2::uuid IS NULL OR a.request_id = $2)"
        " ORDER BY a.answered_at DESC, a.request_id DESC LIMIT $3",
        person_id, request_id, _SHARES_MOST,
    )  # fmt: skip
    return [_share(row, today=today) for row in rows]


def _share(row: Row, *, today: date) -> Share:
    answered_at, revoked_at = row.pop("answered_at"), row.pop("revoked_at")
    books = tuple(Book(book) for book in row.pop("books"))
    request = Request(**row | {"granularity": Granularity(row["granularity"])})
    return Share(
        request=request,
        books=books,
        answered_at=answered_at,
        revoked_at=revoked_at,
        state=rules.state_of(books=books, is_revoked=revoked_at is not None, until=request.share_until, today=today),
    )


async def _write_down(request_id: UUID, outcome: ReadOutcome, *, by: UUID, tx: Tx) -> None:
    await fetch(
        "INSERT INTO share_read (request_id, key_id, outcome) VALUES ($1, $2, $3)",
        request_id, by, outcome.value, tx=tx,
    )  # fmt: skip
