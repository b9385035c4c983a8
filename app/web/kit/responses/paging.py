"""Lists in pieces: `?limit=20&after=…` gives `{items, next, has_more}`.

A cursor holds the sort values of the last row shown, so rows that arrive meanwhile shift nothing.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from app.views import errors

T = TypeVar("T")
Row = TypeVar("Row")
Key = TypeVar("Key")

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=100, description="How many entries, 1 to 100; 每页条数")]
After = Annotated[
    str | None,
    QueryParameter(name="after", max_length=300, description="`next` of the piece before; 上一页返回的 next"),
]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One piece of a list."""

    items: tuple[T, ...]
    next: str | None
    """Send it as `after` to go on; null at the end."""
    has_more: bool


def cut(rows: Sequence[Row], limit: int, *, key: Callable[[Row], object], show: Callable[[Row], T]) -> Page[T]:
    """The page of `rows`, of which the caller has fetched `limit + 1` if there were so many."""
    shown, has_more = rows[:limit], len(rows) > limit
    return Page(
        items=tuple(show(row) for row in shown),
        next=cursor(key(shown[-1])) if has_more else None,
        has_more=has_more,
    )


def cursor(key: object) -> str:
    """The opaque text for a sort key (a value or a tuple of times, ids, numbers)."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def read(after: str | None, type_: type[Key]) -> Key | None:
    """The sort key behind `after`, checked to be of `type_`; None for the first page.

    Raises:
        CursorMalformed: nothing that `cursor` wrote for such a key.
    """
    if after is None:
        return None
    try:
        raw = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        key: Key = msgspec.json.decode(raw, type=type_)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise errors.CursorMalformed from None
    return key
