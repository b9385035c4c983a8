"""Five hundred nicknames on the big screen in a real browser: none runs, none asks a stranger for anything, each is shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Route

from app.kernel.text import Language
from app.programmes import wall
from app.programmes.wall import frames
from app.views.wall.board import WallBoard, WallBoards, WallRow
from app.web.kit.responses import pages
from tests.pages import test_templates_render as samples
from tests.pages.payloads import PAYLOADS
from tests.pages.test_payloads_browser import watched
from tests.pages.test_templates_browser import browser

__all__ = ["browser"]

AT_ONCE = 57
"""Names that one screen is told, so that they are on it together."""
SHOWN = """() => [...document.querySelectorAll("#turns .turn")].map((one) => one.querySelector("h2 bdi").textContent)"""
pytestmark = pytest.mark.browser


def batched(names: Sequence[str], most: int) -> list[Sequence[str]]:
    """All of them, so many at a time."""
    return [names[at : at + most] for at in range(0, len(names), most)]


def turn(number: int, name: str, *, began: datetime) -> wall.TurnFrame:
    """Somebody who is called so, on the screen for ten minutes."""
    shown = wall.Shown(
        id=number, no=number, person_id=UUID(int=number), name=name, mass_g=12_400, slot=number, slots=12,
        show_from=began, show_to=began + timedelta(minutes=10),
    )  # fmt: skip
    return wall.turn_frame(shown)


def streamed(began: datetime, *events: tuple[str, Any]) -> bytes:
    """A stream that has told all this."""
    told = frames.hello(at_ms=wall.milliseconds(began), facts={"cursor": 1})
    return told + b"".join(frames.frame(kind, data, event_id=at) for at, (kind, data) in enumerate(events, 1))


async def show(
    browser: Browser, events: Sequence[tuple[str, Any]], began: datetime, wanted: str, *, asked: str = SHOWN
) -> tuple[list[str], list[str]]:
    """Tell a screen these events; answers the names that it shows, and what happened that no name may cause."""
    view: Any = samples.sample_pages(Language.EN)["wall_idle"]
    view = replace(view, now_ms=wall.milliseconds(began))

    async def told(route: Route) -> None:
        await route.fulfill(body=streamed(began, *events), content_type="text/event-stream")

    async with watched(browser) as tab:
        await tab.page.route("**/stream*", told)
        policy = pages.content_security_policy(view.template)
        await tab.open(pages.render(view.template, view, Language.EN), policy=policy)
        await tab.page.wait_for_selector(wanted, state="attached")
        return await tab.page.evaluate(asked), tab.happened


async def test_none_of_five_hundred_nicknames_runs_on_the_screen_and_each_is_shown_letter_for_letter(
    browser: Browser,
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    assert len(PAYLOADS) >= 500
    for some in batched(PAYLOADS, AT_ONCE):
        events = [("turn", turn(number, name, began=began)) for number, name in enumerate(some, 1)]
        shown, happened = await show(browser, events, began, f"#turns .turn:nth-of-type({len(some)})")
        assert happened == []
        assert shown == [name[: frames.NAME_MOST] or "A participant" for name in some]


async def test_none_runs_in_the_photo_slot_on_a_board_or_as_a_picture(browser: Browser) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    happened: list[str] = []
    for some in batched(PAYLOADS, AT_ONCE):
        boards = WallBoards(
            boards=tuple(
                WallBoard(
                    title=dict.fromkeys(Language, name),
                    rows=(WallRow(place=1, name=dict.fromkeys(Language, name), mass=(name, name)),),
                )
                for name in some
            )
        )
        events = [
            *(("photo", turn(number, name, began=began)) for number, name in enumerate(some, 1)),
            ("turn", turn(1, some[0], began=began)),
            *(("picture", {"turn": 1, "face": name}) for name in some),
            ("board", boards),
        ]
        _, told = await show(browser, events, began, "#photo .turn")
        happened += told
    assert happened == []


async def test_a_picture_that_was_taken_off_gives_way_to_the_default_one_and_nobody_moves(browser: Browser) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    events = [
        ("turn", turn(1, "Emma", began=began)),
        ("picture", {"turn": 1, "face": f"{'0' * 64}.webp"}),
        ("photo", turn(2, "Kenji", began=began)),
        ("cleared", {"turn": 2}),
    ]
    shown, happened = await show(
        browser, events, began, '#turns .face[src^="data:image/svg"]',
        asked="""() => [document.querySelector("#turns h2").textContent, String(document.getElementById("photo").hidden)]""",
    )  # fmt: skip
    assert (shown, happened) == (["Emma", "true"], [])
