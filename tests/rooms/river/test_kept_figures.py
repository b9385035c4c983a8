"""A calculation is kept as figures beside the form it shares, and comes back as it was computed."""

import json

from app import footprint
from app.gateways.database import fetch, fetch_one, fetch_value
from tests.rooms.conftest import River, connected


async def test_a_kept_calculation_is_put_together_in_sql_as_it_is_in_the_program(river: River):
    await river.order()
    row = await fetch_one(
        "SELECT id, calculation, footprint.whole(calculation, form_id, figures) AS whole FROM footprint"
    )
    assert row is not None and row["calculation"] is None
    kept = (await footprint.find_many([row["id"]]))[row["id"]].calculation
    assert json.loads(row["whole"]) == footprint.as_json(kept)


async def test_two_trips_share_one_form(river: River):
    await river.order("k1", km="8")
    await river.order("k2", km="46")
    rows = await fetch("SELECT form_id, figures FROM footprint")
    assert len({row["form_id"] for row in rows}) == 1
    assert len({row["figures"] for row in rows}) == 2
    assert await fetch_value("SELECT count(*) FROM footprint_form") == 1


async def test_a_calculation_from_before_forms_reads_as_it_did(river: River):
    await river.order()
    async with connected(river.stand.super_url) as connection:
        before = await connection.fetchval(
            "UPDATE footprint SET calculation = footprint.whole(calculation, form_id, figures), form_id = NULL,"
            " figures = NULL RETURNING id"
        )
    whole = await fetch_value("SELECT calculation FROM footprint")
    assert footprint.as_json((await footprint.find_many([before]))[before].calculation) == json.loads(whole)
