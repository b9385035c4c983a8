"""A company donates through the doors: it buys by bank transfer and gives, or gives of what it holds.

The board and the certificate say so to anybody; the zone's owner retires all of it, and nothing of it is used otherwise.
"""

import re
from io import BytesIO
from typing import Any

import msgspec
from openpyxl import load_workbook

from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import public
from app.programmes import donations
from app.views.certificates.contribution_form import VerifiedContribution
from app.web.kit.requests import cookies
from tests.doors.conftest import PAGE, Caller
from tests.doors.test_api_holdings import CDCER, TONNE, org, send
from tests.doors.test_bank_transfers import Sponsor, platform, sponsor
from tests.rooms.programmes.donations.helpers import fill, sample_zone
from workers.sweep import sweep_once

__all__ = ["platform", "sponsor"]
DESK = "/organiser/donations/sample-games"
BOARD = "/z/sample-games/board"


def _as_browser(who: Caller) -> None:
    """Their session lies in a cookie, as a browser has it, so that forms of it are theirs."""
    who.cookies.set(cookies.SESSION, who.headers["authorization"].removeprefix("Bearer "))


async def _posts(at: Sponsor, who: Caller, form: dict[str, str]) -> Any:
    if "authorization" in who.headers:
        _as_browser(who)
    return await at.posts(who, DESK, {"donor": org(at.payer_id), "intent_key": "k"} | form)


async def _paid_by_bank(at: Sponsor, order_id: str) -> None:
    remark = (await at.chooses(order_id))["remark"]
    approval = await at.records(remark)
    seen = re.findall(r'name="seen" value="([0-9a-f]{64})"', (await at.second.get(approval)).text)[0]
    agreed = await at.posts(at.second, f"{approval}/approve", {"seen": seen, "typed": "150"})
    assert agreed.status_code == 303, agreed.text
    await at.at.door.work()


async def test_a_company_buys_by_bank_transfer_and_gives_and_the_board_changes_once_two_people_saw_the_money(
    sponsor: Sponsor,
) -> None:
    await sample_zone()
    shown = await sponsor.caller.get(f"{DESK}?lang=zh", headers=PAGE)
    assert shown.status_code == 200, shown.text
    assert "购买并捐赠" in shown.text
    for form in ({"do": "buy", "buy_t": "四百"}, {"do": "buy", "buy_t": "0"}, {"do": "buy", "buy_t": "1.0000001"}):
        wrong = await _posts(sponsor, sponsor.caller, form)
        assert (wrong.status_code, "请填写吨数" in wrong.text) == (400, True), form

    bought = await _posts(sponsor, sponsor.caller, {"do": "buy", "buy_t": "3", "named": "yes"})
    assert bought.status_code == 303, bought.text
    again = await _posts(sponsor, sponsor.caller, {"do": "buy", "buy_t": "3", "named": "yes"})
    assert (again.status_code, again.headers.get("location")) in {(303, bought.headers["location"]), (409, None)}
    order_id = bought.headers["location"].removeprefix("/o/")
    board = (await sponsor.caller.get(f"{BOARD}?lang=zh", headers=PAGE)).text
    assert "还没有捐赠" in board, "what is only ordered is not given"

    await _paid_by_bank(sponsor, order_id)
    services = sponsor.at.door.app.state.services
    swept = await sweep_once(services.gateways, keyring=services.keyring)
    assert swept["donations_given"] == 1
    assert (await sweep_once(services.gateways, keyring=services.keyring))["donations_given"] == 0
    await sponsor.at.door.work()
    for language, words in (("zh", ("示例碳汇公司", "特别贡献榜", "划转")), ("en", ("Sample Carbon", "transferred"))):
        text = (await sponsor.caller.get(f"{BOARD}?lang={language}", headers=PAGE)).text
        for word in (*words, "3"):
            assert word in text, (language, word)
    assert "示例碳汇公司" in (await sponsor.caller.get("/z/sample-games?lang=zh", headers=PAGE)).text

    desk = (await sponsor.caller.get(f"{DESK}?lang=zh", headers=PAGE)).text
    (number,) = set(re.findall(r"DD-\d{8}-CT-[0-9A-Z]{9}", desk))
    code = await fetch_value("SELECT verify_code FROM certificate WHERE number = $1", number)
    told = await sponsor.second.get(f"/v/{code}?lang=zh", headers=PAGE)
    assert (told.status_code, "特别贡献证书" in told.text, "示例碳汇公司" in told.text) == (200, True, True)

    verified = (await sponsor.second.get(f"/api/v1/verify/{code}")).json()
    assert (verified["valid"], verified["paper"], verified["holder"]) == (True, "contribution", "示例碳汇公司")
    assert (verified["record"]["number"], verified["record"]["mass_g"]) == (number, 3 * TONNE)
    msgspec.convert(verified, VerifiedContribution)
    findings = await sponsor.second.get(f"/api/v1/verify/{code}/findings")
    assert (findings.status_code, findings.json()["code"]) == (404, "CERTIFICATE_FINDINGS_ABSENT"), findings.text
    assert (await sponsor.second.get(f"/v/{code}/findings", headers=PAGE)).headers["location"] == f"/v/{code}"

    (shown_id,) = set(re.findall(r'name="donation" value="(don_[0-9A-Z]{26})"', desk))
    hidden = await _posts(sponsor, sponsor.caller, {"do": "show", "donation": shown_id})
    assert hidden.status_code == 303, hidden.text
    board = (await sponsor.caller.get(f"{BOARD}?lang=zh", headers=PAGE)).text
    assert ("示例碳汇公司" in board, "一位不留名的捐赠者" in board) == (False, True)


async def test_what_is_given_by_key_is_given_once_and_the_owner_retires_it_whole_and_nothing_else(
    sponsor: Sponsor,
) -> None:
    zone = await sample_zone()
    await fill(sponsor.payer_id, 5 * TONNE)
    asked = {"zone": "sample-games", "donor": org(sponsor.payer_id), "grams": 5 * TONNE, "shown_as": "name"}
    first = await send(sponsor.caller, "/donations", asked, key="one")
    assert first.status_code == 201, first.text
    assert (await send(sponsor.caller, "/donations", asked, key="one")).json() == first.json()
    for changed, status, code in (
        ({"grams": 1}, 409, "CREDITS_EXHAUSTED"),
        ({"zone": "nowhere"}, 404, "ZONES_ZONE_UNKNOWN"),
        ({"donor": "org_x"}, 404, "DONATIONS_DONATION_UNKNOWN"),
        ({"grams": 0}, 400, "REQUEST_INVALID"),
    ):
        refused = await send(sponsor.caller, "/donations", asked | changed)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    listed = (await sponsor.caller.get("/api/v1/donations")).json()["donations"]
    assert [(one["grams"], one["retirement"]) for one in listed] == [(5 * TONNE, None)]
    await sponsor.at.door.work()

    async with sponsor.at.door.operator(zone.owner_id, Role.OPERATOR) as owner:
        account = public("acc", zone.account_id)
        taken = {"source": account, "organisation": org(sponsor.payer_id), "grams": 1, "mix": CDCER, "reason": "x"}
        moved = await send(owner, "/holdings/transfers", taken)
        assert (moved.status_code, moved.json()["code"]) == (422, "DONATIONS_GIVEN_STAYS"), moved.text
        desk = (await owner.get(DESK, headers=PAGE)).text
        assert "整体注销" in desk and "全部注销" in desk
        _as_browser(owner)
        done = await sponsor.posts(owner, DESK, {"do": "retire", "intent_key": "all"})
        assert done.status_code == 303, done.text
        await sponsor.at.door.work()
        assert "没有可注销" in (await owner.get(DESK, headers=PAGE)).text

    told = (await sponsor.second.get("/api/v1/zones/sample-games/board")).json()
    assert (told["given_grams"], told["donors_retired_grams"], told["account_grams"]) == (5 * TONNE, 5 * TONNE, 0)
    assert told["retirement"].startswith("R-")
    assert told["boards"][0]["places"][0]["name"] == {"zh": "示例碳汇公司", "en": "Sample Carbon"}
    sheet = await sponsor.second.get(f"{BOARD}.xlsx")
    book = load_workbook(BytesIO(sheet.content))
    assert book["榜 organisations"]["C2"].value == 5 * TONNE
    assert book["区段 Ranges"]["A2"].value == told["retirement"]


async def test_a_name_that_was_agreed_to_with_an_intent_stands_on_the_board_once_it_is_given(sponsor: Sponsor) -> None:
    await sample_zone()
    await fill(sponsor.payer_id, 2 * TONNE)
    due_on = beijing_day(utc_now()).isoformat()
    meant = await _posts(sponsor, sponsor.caller, {"do": "intend", "intend_t": "2", "due_on": due_on, "named": "yes"})
    assert meant.status_code == 303, meant.text
    desk = (await sponsor.caller.get(DESK, headers=PAGE)).text
    (form,) = [part for part in desk.split("<form") if 'value="give"' in part and 'name="intent"' in part]
    given = await _posts(sponsor, sponsor.caller, dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)))
    assert given.status_code == 303, given.text
    assert "示例碳汇公司" in (await sponsor.caller.get(f"{BOARD}?lang=zh", headers=PAGE)).text


async def test_nobody_else_gives_for_a_company_and_two_of_the_owner_s_people_agree_above_the_limit(
    sponsor: Sponsor,
) -> None:
    zone = await sample_zone()
    await fill(sponsor.payer_id, 60 * TONNE)
    stranger = await _posts(sponsor, sponsor.clerk, {"do": "give", "give_t": "1"})
    assert stranger.status_code == 404, stranger.text
    given = await _posts(sponsor, sponsor.caller, {"do": "give", "give_t": "60"})
    assert given.status_code == 303, given.text
    door = sponsor.at.door
    async with door.operator(zone.owner_id, Role.OPERATOR) as one, door.operator(zone.owner_id, Role.OPERATOR) as other:
        for who in (one, other):
            _as_browser(who)
        assert (await sponsor.posts(one, DESK, {"do": "retire", "intent_key": "all"})).status_code == 303
        page = (await other.get(DESK, headers=PAGE)).text
        form = dict(re.findall(r'name="(approval|seen)" value="([^"]+)"', page))
        for who, status in ((one, 403), (other, 303)):
            agreed = await sponsor.posts(who, DESK, {"do": "agree", **form})
            assert agreed.status_code == status, agreed.text
    await door.work()
    assert (await donations.neutrality(zone)).donors_g == 60 * TONNE
