"""Lists at the terminal: how long they may be, and that one says so when it was cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import click

from app.cli.output import line, say

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Rows of a list, and how many there are in all."""

    rows: Sequence[T]
    total: int


def limited(default: int, *, most: int = MOST) -> Callable[[F], F]:
    """The option that says how many rows are shown."""
    return click.option(
        "--limit", default=default, show_default=True, type=click.IntRange(1, most), help="At most so many."
    )


def print_cut(found: Listed[Any], *, as_json: bool) -> None:
    """Say that the list was cut, and how to see more of it; beside a JSON document on standard error."""
    shown, total = len(found.rows), found.total
    if shown >= total:
        return
    more = f"--limit {min(-(-total // 100) * 100, MOST)}"
    zh = f"以上是 {total:,} 条中的前 {shown:,} 条；加 {more} 可看更多"
    line(say(zh, f"the first {shown:,} of {total:,}; {more} shows more"), err=as_json)
