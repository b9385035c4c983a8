"""Setting the city's event up, as the helper is asked to: its screen's token is kept for the next start."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from app.cli.demo.files import read_screen, write_screen
from app.cli.output import read_language
from app.cli.seeding.event import open_event
from app.cli.setup import describe_error
from app.kernel.errors import DomainError
from config.loading import load


def event(*, environment: Mapping[str, str], data: str) -> dict[str, str | None]:
    """`token` of a screen, null in data of an early release; or `fault`, why there is no event.

    A fact about the data, such as credits that somebody used, is no reason to end the demo.
    """
    known = read_screen(Path(data))
    try:
        token = asyncio.run(open_event(load(environment), screen=known))
    except DomainError as fact:
        return {"fault": describe_error(fact, read_language())}
    if token is not None and token != known:
        write_screen(Path(data), token)
    return {"token": token}
