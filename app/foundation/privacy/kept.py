"""The list of rows that name a person, read from `rows.toml`."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.foundation.retention import Kind

_UNNAMED: Final = "$1::uuid IS NULL"
"""Says of a table that it holds something of persons and names none of them."""
_FILE: Final = Path(__file__).with_name("rows.toml")


class Until(StrEnum):
    """How long a group is kept."""

    ERASED = "erased"
    """Until the person is erased."""
    EVER = "ever"
    """For ever: what was retired, promised or agreed to is proof."""
    BOOKS = "books"
    """As long as the law wants books and vouchers kept, and for ever in ours."""
    SHORT = "short"
    """Days, as retention says."""


class After(StrEnum):
    """What becomes of a group when the person is erased."""

    DELETED = "deleted"
    NAMELESS = "nameless"
    """The rows stay and name nobody."""
    STAFF = "staff"
    """Whoever acted for an organisation is not erased here."""


class LookedAt(StrEnum):
    """What of a person somebody saw."""

    NAME = "name"
    """The name that they gave."""
    MESSAGE = "message"
    """What a payment channel said word for word: who paid stands in it."""
    CONTENT = "content"
    """A name or picture that was checked before others see it."""
    EMAIL = "email"
    """The address that they want an invoice sent to."""
    SCREEN = "screen"
    """Their picture, by whoever runs the big screen."""


class KeptFileBroken(Exception):
    """The file of rows is not as it must be; the message names the fault."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table that name a person."""

    table: str
    where: str
    """SQL of `$1`, the person."""
    column: str | None
    """The foreign key; None where none says it."""
    sealed: str | None
    """The purpose under which its sealed columns open; `identity`: that of each datum."""

    @property
    def is_unnamed(self) -> bool:
        """Nobody can tell whose a row is: it has its term, and is in no export."""
        return self.where == _UNNAMED


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are kept for one purpose and one time."""

    key: str
    until: Until
    after: After
    kinds: tuple[Kind, ...]
    """What of it goes sooner, by retention."""
    rows: tuple[Rows, ...]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decisions about what others see of a person: whoever decided has looked at it."""

    what: LookedAt
    at: str
    """SQL of when."""
    source: str
    """SQL of the tables."""
    where: str
    """SQL of `$1`, the person."""


@cache
def decisions() -> tuple[Decisions, ...]:
    """Every kind of decision that takes a look.

    Raises:
        KeptFileBroken: see there.
    """
    try:
        return tuple(
            Decisions(LookedAt(one["what"]), one["at"], one["from"], one["where"]) for one in _told()["decision"]
        )
    except (KeyError, ValueError) as fault:
        raise KeptFileBroken(f"{_FILE.name}: {fault}") from fault


@cache
def kept() -> tuple[Group, ...]:
    """Every group, in the order of the page.

    Raises:
        KeptFileBroken: see there.
    """
    try:
        return tuple(
            Group(
                one["key"],
                Until(one["until"]),
                After(one["after"]),
                tuple(Kind(kind) for kind in one["kinds"]),
                tuple(_rows(row) for row in one["rows"]),
            )
            for one in _told()["group"]
        )
    except (KeyError, ValueError) as fault:
        raise KeptFileBroken(f"{_FILE.name}: {fault}") from fault


def _told() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))


def _rows(told: dict[str, str]) -> Rows:
    table, column = told["table"], told.get("column")
    if (
        not all(part.isidentifier() for part in table.split("."))
        or (column is None) == ("where" not in told)
        or not (column or "x").isidentifier()
    ):
        raise KeptFileBroken(f"{_FILE.name}: {table} wants a column or a where")
    return Rows(table, told.get("where") or f"{column} = $1", column, told.get("sealed"))
