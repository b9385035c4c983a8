"""At the terminal, too, a claim is told by its actual figure: short, lapsed and covered."""

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest

from app.gateways.database import fetch_one, fetch_value
from tests.cli.conftest import diandian
from tests.rooms.conftest import River, organisation
from tests.rooms.registry.retirements.test_truing_up import LAST, ahead, entered, papers

DUE = LAST.replace(year=LAST.year + 1)


@pytest.fixture
async def bank(river: River) -> UUID:
    return await organisation("示例总行")


async def test_certificate_verify_and_claims_show_tell_how_the_claim_stands_today(river: River, bank: UUID) -> None:
    id_ = await ahead(river, bank)
    row = await fetch_one("SELECT number, verify_code FROM certificate WHERE retirement_id = $1", id_)
    assert row is not None
    environments = {
        "en": {"DATABASE_URL": river.stand.app_url},
        "zh": {"DATABASE_URL": river.stand.app_url, "LC_ALL": "zh_CN.UTF-8"},
    }
    ways = (("certificate", "verify"), ("claims", "show"))

    def told(*way: str, language: str = "en") -> str:
        shown = diandian(*way, row["verify_code"], environment=environments[language])
        assert shown.returncode == 0, shown.stderr
        return " ".join(shown.stdout.split())

    def document(*way: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(
            diandian(*way, row["verify_code"], "--json", environment=environments["en"]).stdout
        )
        return found

    assert [document(*way)["figure"] for way in ways] == [None, None]
    for on, state, says in (
        (LAST, "short", {"en": f"Short: 0.00003 t more to retire until {DUE}", "zh": f"待补足：还须在 {DUE} 前"}),
        (
            DUE + timedelta(days=1),
            "lapsed",
            {"en": f"Lapsed: the difference was not retired by {DUE}", "zh": "声明已失效"},
        ),
    ):
        await entered(river, id_, 130, on=on)
        for way in ways:
            assert says["en"] in (said := told(*way)) and "76.92 % covered" in said and "the claim stands" not in said
            assert (
                says["zh"] in (said := told(*way, language="zh")) and "覆盖 76.92%" in said and "声明成立" not in said
            )
            figure = document(*way)["figure"]
            assert isinstance(figure, dict)
            assert (figure["state"], figure["actual_g"], figure["retired_g"], figure["percent"]) == (
                state,
                130,
                100,
                "76.92",
            )
        now = document("claims", "show")["now"]
        assert isinstance(now, dict) and now["standing"] == {"short": "open", "lapsed": "blocked"}[state]
        assert re.search(
            r"now [?✘] the claim (waits to be topped up|has lapsed), offset in part", told("claims", "show")
        )

    await ahead(river, bank, "ahead:2", 30)
    await entered(river, id_, 130)
    await papers(id_)
    newest = await fetch_value("SELECT number FROM certificate WHERE retirement_id = $1 AND version = 2", id_)
    assert f"replaced {newest}" in told("certificate", "verify")
    for way in ways:
        assert "Trued up: enough is retired" in (said := told(*way)) and "100.00 % covered" in said
