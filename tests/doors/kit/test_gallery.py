"""The page of all components is there in a rehearsal, in both languages, and not in production."""

import dataclasses

import pytest

from app.main import create_app
from config.settings import Settings
from tests.doors.conftest import PAGE, Caller, Door


@pytest.mark.parametrize(("language", "says"), [("zh", "部件"), ("en", "Components")])
async def test_a_rehearsal_shows_every_component(door: Door, language: str, says: str) -> None:
    answer = await door.caller(**PAGE).get(f"/kit?lang={language}")

    assert (answer.status_code, f"<h1>{says}</h1>" in answer.text) == (200, True)


async def test_a_row_of_its_list_is_opened_by_the_address(door: Door) -> None:
    page = (await door.caller(**PAGE).get("/kit?show=mine&q=x")).text

    assert 'href="/kit?show=mine&amp;q=x&amp;page=2"' in page


async def test_production_has_no_such_page(settings: Settings) -> None:
    production = create_app(dataclasses.replace(settings, profile="production", demo_key=""))

    assert (await Caller(production, **PAGE).get("/kit")).status_code == 404
