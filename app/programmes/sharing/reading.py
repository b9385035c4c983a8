"""A reader reads an account, and every read is written down with its answer; a person sees what they said, and who read."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_as, fetch_one, transaction
from app.programmes.sharing import rules
from app.programmes.sharing.asking import Request, find_request
from app.programmes.sharing.errors import ShareExpired, ShareRevoked, ShareUnknown
from app.programmes.sharing.figures import books_of
from app.programmes.sharing.rules import BLANK, Book, Books, ReadOutcome, ShareState

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
    """What this person answered, the latest first; at most a hundred."""
    rows = await fetch(
        "SELECT a.request_id, a.answered_at, coalesce(array_agg(g.book ORDER BY g.book) FILTER (WHERE g.id IS NOT NULL),"
        " '{}') AS books, max(g.revoked_at) AS revoked_at FROM share_answer a"
        " LEFT JOIN share_grant g ON g.request_id = a.request_id WHERE a.person_id = ANY(ARRAY(SELECT identity.persons_of($1)))"
        " GROUP BY a.request_id ORDER BY a.answered_at DESC LIMIT $2",
        person_id, _SHARES_MOST,
    )  # fmt: skip
    shares = []
    for row in rows:
        request, books = await find_request(row["request_id"]), tuple(Book(book) for book in row["books"])
        state = rules.state_of(
            books=books, is_revoked=row["revoked_at"] is not None, until=request.share_until, today=today
        )
        shares.append(
            Share(
                request=request, books=books, answered_at=row["answered_at"], revoked_at=row["revoked_at"], state=state
            )
        )
    return shares


async def find_share(request_id: UUID, *, by: UUID, today: date) -> Share:
    """One of them.

    Raises:
        ShareUnknown: this person answered no such request.
    """
    found = next((one for one in await shares_of(by, today=today) if one.request.id == request_id), None)
    if found is None:
        raise ShareUnknown
    return found


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


async def _write_down(request_id: UUID, outcome: ReadOutcome, *, by: UUID, tx: Tx) -> None:
    await fetch(
        "INSERT INTO share_read (request_id, key_id, outcome) VALUES ($1, $2, $3)",
        request_id, by, outcome.value, tx=tx,
    )  # fmt: skip
