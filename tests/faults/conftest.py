"""One stack for all fault tests: each finds it whole, and after each the books add up, here and at the far side."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults.seeing import books_agree
from tests.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole product, running, on servers that may be killed."""
    with Stack() as stack:
        yield stack


@pytest.fixture
async def whole(stack: Stack) -> AsyncIterator[Stack]:
    """The stack with every process at work, before and (in its books) after."""
    await stack.heal()
    yield stack
    await stack.heal()
    await books_agree(stack)


@pytest.fixture
async def undrawn(stack: Stack) -> AsyncIterator[Stack]:
    """The same without the worker that draws, which takes more time than all the others together.

    For tests that do not look at files; what waits to be drawn is crossed out at the end.
    """
    names = ("sandbox", "serve", "worker")
    await stack.heal(names)
    yield stack
    await stack.heal(names)
    # First, since a slow test leaves them waiting for longer than anything else may wait.
    await stack.sql("UPDATE outbox_message SET done_at = clock_timestamp() WHERE queue = 'render' AND done_at IS NULL")
    await books_agree(stack)
