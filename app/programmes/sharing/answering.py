"""A person says yes or no to each book that is asked for, once; and takes it back whenever they like."""

from collections.abc import Collection
from datetime import date
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from app.gateways.database import Tx, constraint, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.text import Language
from app.programmes.sharing.asking import find_asked
from app.programmes.sharing.errors import ShareAnswered, ShareNotAllowed, ShareOver, ShareUnknown
from app.programmes.sharing.rules import Book


async def may_share(person_id: UUID, *, tx: Tx | None = None) -> bool:
    """Whether somebody may share their account with an organisation: they are there, and did not say that they are under 14."""
    return bool(
        await fetch_value(
            "SELECT EXISTS (SELECT FROM person WHERE id = $1 AND state = 'active' AND NOT is_under_14)",
            person_id,
            tx=tx,
        )
    )


async def answer(typed: str, books: Collection[Book], *, by: UUID, language: Language, today: date) -> UUID:
    """Say yes to these books of the request behind a code, and no to the others; none at all is a no.

    Answers the request's id. Repeated with the same books: nothing happens.

    Raises:
        ShareUnknown: no such request for this person, now, or a book that it does not ask for.
        ShareNotAllowed: this person may share with nobody.
        ShareAnswered: they answered otherwise before.
        ShareOver: it ended while they answered.
    """
    asked = await find_asked(typed, by=by, today=today)
    wanted = set(books)
    if not wanted <= set(asked.books):
        raise ShareUnknown
    try:
        async with transaction() as tx:
            if not await may_share(by, tx=tx):
                raise ShareNotAllowed
            if await _answered(asked.id, by=by, tx=tx):
                if await _granted(asked.id, tx=tx) != wanted:
                    raise ShareAnswered
                return asked.id
            await fetch(
                "INSERT INTO share_answer (request_id, person_id, pseudonym, language) VALUES ($1, $2, $3, $4)",
                asked.id, by, uuid4(), language.value, tx=tx,
            )  # fmt: skip
            for book in sorted(wanted):
                await fetch(
                    "INSERT INTO share_grant (id, request_id, book) VALUES ($1, $2, $3)",
                    uuid7(), asked.id, book.value, tx=tx,
                )  # fmt: skip
    except IntegrityError as refusal:
        match constraint(refusal):
            case "share_answer_pkey":  # somebody was faster: this person in another tab, or another person
                return await answer(typed, books, by=by, language=language, today=today)
            case "share_grant_asked":
                raise ShareOver from refusal
            case "share_grant_allowed":  # they said so, or went, while they answered
                raise ShareNotAllowed from refusal
        raise
    return asked.id


async def revoke(request_id: UUID, *, by: UUID) -> None:
    """Take back all that was granted to a request: the reader's next read is refused. Repeated: nothing happens.

    Waits for a read that is under way, and none begins meanwhile.

    Raises:
        ShareUnknown: this person answered no such request.
    """
    if not await fetch_value("SELECT sharing.revoke($1, $2)", request_id, by):
        raise ShareUnknown


async def _answered(request_id: UUID, *, by: UUID, tx: Tx) -> bool:
    row = await fetch_one("SELECT person_id FROM share_answer WHERE request_id = $1", request_id, tx=tx)
    if row is not None and row["person_id"] != by:
        raise ShareUnknown
    return row is not None


async def _granted(request_id: UUID, *, tx: Tx) -> set[Book]:
    rows = await fetch("SELECT book FROM share_grant WHERE request_id = $1", request_id, tx=tx)
    return {Book(row["book"]) for row in rows}
