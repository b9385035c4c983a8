"""The personal calculator at the doors: worked examples through the page, a kept figure, and retiring for it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.gateways.database import fetch, fetch_value
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_pages_operator import fields

EXAMPLES = {
    one["id"]: one
    for one in json.loads(
        (Path(__file__).parents[1] / "data" / "worked_examples.json").read_text("utf-8")
    )["examples"]
}  # fmt: skip


def typed(inputs: dict[str, Any]) -> dict[str, str]:
    """What somebody types into the page for these inputs."""
    form = {"span": inputs["mode"]}
    for name, value in inputs.items():
        match name, value:
            case "mode", _:
                pass
            case "activity_year", year:
                form |= {"activity_year": str(year)} if inputs["mode"] == "year" else {"on": f"{year}-05-20"}
            case "flights", flights:
                for no, flight in enumerate(flights):
                    form |= {f"flight_{no}_km": flight["km"], f"flight_{no}_cabin": flight["cabin"]}
                    form |= {f"flight_{no}_round_trip": "on"} if flight["round_trip"] else {}
            case _, True:
                form[name] = "on"
            case _:
                form[name] = str(value)
    return form


async def kept(visitor: Caller, example: str) -> str:
    """Fill the page in and keep the figure, without a script; its address."""
    span = EXAMPLES[example]["inputs"]["mode"]
    form = fields((await visitor.get(f"/me/footprint?span={span}", headers=PAGE)).text)
    form = {name: form[name] for name in ("intent", "csrf_token")} | typed(EXAMPLES[example]["inputs"])
    answer = await visitor.post("/me/footprint", data=form | {"do": "keep"}, headers=OWN_PAGE | PAGE)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.mark.parametrize(("example", "shown"), [("P1", "6,852"), ("P2", "4,087,389")])
async def test_the_worked_examples_come_out_to_the_gram_through_the_page(door: Door, example: str, shown: str) -> None:
    async with door.caller() as visitor:
        form = typed(EXAMPLES[example]["inputs"])
        looked = await visitor.post("/me/footprint", data=form | {"do": "look"}, headers=OWN_PAGE | PAGE)
        assert (looked.status_code, f"{shown} 克" in looked.text) == (200, True)
        assert not await fetch("SELECT id FROM footprint")
        page = (await visitor.get(await kept(visitor, example), headers=PAGE)).text
        assert f"{shown} 克" in page
        english = await visitor.post("/me/footprint?lang=en", data=form | {"do": "look"}, headers=OWN_PAGE | PAGE)
        assert f"{shown} g" in english.text
    (row,) = await fetch(
        "SELECT f.total_g, f.factor_set_version FROM personal_figure p JOIN footprint f ON f.id = p.footprint_id"
    )
    assert row["total_g"] == EXAMPLES[example]["total_grams"]
    assert row["factor_set_version"] == door.app.state.services.factor_set.version


async def test_a_tap_that_comes_twice_keeps_one_figure(door: Door) -> None:
    async with door.caller() as visitor:
        form = fields((await visitor.get("/me/footprint", headers=PAGE)).text)
        form = {name: form[name] for name in ("intent", "csrf_token")} | {"span": "day", "metro_km": "10", "do": "keep"}
        first = await visitor.post("/me/footprint", data=form, headers=OWN_PAGE | PAGE)
        again = await visitor.post("/me/footprint", data=form, headers=OWN_PAGE | PAGE)
        assert first.headers["location"] == again.headers["location"]
        other = await visitor.post("/me/footprint", data=form | {"metro_km": "11"}, headers=OWN_PAGE | PAGE)
        assert (other.status_code, "已经记过另一笔" in other.text) == (409, True)
    assert await fetch_value("SELECT count(*) FROM footprint") == 1


async def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(door: Door) -> None:
    async with door.caller() as visitor:
        for form, name in (
            ({"metro_km": "abc"}, "metro_km"),
            ({"household_size": "0", "electricity_kwh": "3"}, "household_size"),
            ({"flight_1_km": "30", "flight_1_cabin": "economy"}, "flight_1_km"),
            ({"on": "2999-01-01", "metro_km": "1"}, "on"),
            ({"meals_beef": "1", "diet": "balanced", "diet_days": "1"}, "meals_beef"),
        ):
            answer = await visitor.post(
                "/me/footprint", data={"span": "day", "do": "look"} | form, headers=OWN_PAGE | PAGE
            )
            assert (answer.status_code, f'id="{name}-fault"' in answer.text) == (answer.status_code, True), name
            assert answer.status_code in {400, 422}
            assert f'value="{form[name]}"' in answer.text
        nothing = await visitor.post("/me/footprint", data={"span": "day", "do": "look"}, headers=OWN_PAGE | PAGE)
        assert "请至少填一项" in nothing.text
        more = await visitor.post(
            "/me/footprint", data={"span": "year", "do": "flights", "flights": "2"}, headers=OWN_PAGE | PAGE
        )
        assert 'name="flight_4_km"' in more.text


async def test_a_part_of_a_figure_is_retired_as_a_personal_claim_of_its_own_days_and_the_rest_adds_to_it(
    door: Door,
) -> None:
    async with door.caller() as visitor:
        figure = await kept(visitor, "P2")
        for kg, status in (("0", 400), ("5000", 400), ("x", 400)):
            page = fields((await visitor.get(figure, headers=PAGE)).text)
            refused = await visitor.post(figure, data=page | {"kg": kg}, headers=OWN_PAGE | PAGE)
            assert (refused.status_code, 'id="kg-fault"' in refused.text) == (status, True), refused.text
        page = fields((await visitor.get(figure, headers=PAGE)).text)
        placed = await visitor.post(figure, data=page | {"kg": "100"}, headers=OWN_PAGE | PAGE)
        again = await visitor.post(figure, data=page | {"kg": "100"}, headers=OWN_PAGE | PAGE)
        assert placed.status_code == 303, placed.text
        assert placed.headers["location"] == again.headers["location"]
        cashier = await visitor.get(placed.headers["location"], headers=PAGE)
        assert "个人碳足迹" in cashier.text
        visitor.headers.update(OWN_PAGE)
        certificate = await door.paid(placed.headers["location"].removeprefix("/o/"))
        paper = (await visitor.get(f"/c/{certificate}", headers=PAGE)).text
        assert "抵消了声明期内自己的部分" in re.sub("<[^>]+>", "", paper)
        assert "2024-01-01" in paper
        told = (await visitor.get(figure, headers=PAGE)).text
        assert ("100,000 克" in told, "4,087,389 克" in told) == (True, True)
        page = fields(told)
        rest = await visitor.post(figure, data=page | {"kg": "3987.389"}, headers=OWN_PAGE | PAGE)
        await door.paid(rest.headers["location"].removeprefix("/o/"))
        assert "已经不少于它的排放" in (await visitor.get(figure, headers=PAGE)).text
    root, more = await fetch("SELECT * FROM claim ORDER BY made_at")
    assert (root["purpose"], root["layer"], str(root["period_from"]), str(root["period_to"])) == (
        "personal", "own", "2024-01-01", "2024-12-31",
    )  # fmt: skip
    assert (more["supplements_id"], more["emission_g"]) == (root["id"], 4_087_389)


async def test_a_form_that_became_too_old_comes_back_with_what_was_typed(door: Door) -> None:
    async with door.caller() as visitor:
        old = {"span": "day", "metro_km": "17", "do": "keep", "intent": "x", "csrf_token": "0" * 80}
        again = await visitor.post("/me/footprint", data=old, headers=OWN_PAGE | PAGE)
        assert (again.status_code, 'value="17"' in again.text) == (403, True)
        figure = await kept(visitor, "P1")
        old = {"kg": "1.5", "intent": "x", "csrf_token": "0" * 80}
        again = await visitor.post(figure, data=old, headers=OWN_PAGE | PAGE)
        assert (again.status_code, 'value="1.5"' in again.text) == (403, True)
        placed = await visitor.post(figure, data=fields(again.text) | {"kg": "1.5"}, headers=OWN_PAGE | PAGE)
        assert placed.status_code == 303


async def test_somebody_elses_figure_is_nobodys(door: Door) -> None:
    async with door.caller() as visitor, door.guest() as stranger:
        figure = await kept(visitor, "P1")
        assert (await stranger.get(figure, headers=PAGE)).status_code == 404
        assert (await stranger.get("/s/GEREN0", headers=PAGE)).status_code == 404


async def test_new_factors_leave_kept_figures_as_they_are(door: Door) -> None:
    services = door.app.state.services
    old = services.factor_set
    metro = replace(old.factors["metro.cn"], value=old.factors["metro.cn"].value * 2, text="0.08628")
    new = replace(old, version="2099.1", factors={**old.factors, "metro.cn": metro}, content_sha256="0" * 64)
    async with door.caller() as visitor:
        figure = await kept(visitor, "P1")
        form = typed(EXAMPLES["P1"]["inputs"]) | {"do": "look"}
        door.app.state.services = replace(services, factor_set=new)
        try:
            looked = await visitor.post("/me/footprint", data=form, headers=OWN_PAGE | PAGE)
            page = (await visitor.get(figure, headers=PAGE)).text
        finally:
            door.app.state.services = services  # other tests share the application
    assert "7,392 克" in looked.text
    assert ("6,852 克" in page, old.version in page, "2099.1" in page) == (True, True, False)
