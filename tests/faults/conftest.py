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
