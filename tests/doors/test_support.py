"""A zone's owner records green certificates at its desk: a colleague agrees, the donor says whether they are named."""

import re
from base64 import b64encode
from hashlib import sha256

from app.foundation.identity import Role
from app.kernel.clock import beijing_day, utc_now
from tests.doors.conftest import PAGE
from tests.doors.test_api_holdings import TONNE, org, send
from tests.doors.test_bank_transfers import Sponsor, platform, sponsor
from tests.doors.test_donations import BOARD, DESK, _as_browser, _posts
from tests.owning import as_owner
from tests.rooms.programmes.donations.helpers import fill, sample_zone

__all__ = ["platform", "sponsor"]


async def test_green_certificates_are_recorded_agreed_to_and_listed_beside_the_tonnes(sponsor: Sponsor) -> None:
    zone = await sample_zone()
    await fill(sponsor.payer_id, 3 * TONNE)
    assert (await _posts(sponsor, sponsor.caller, {"do": "give", "give_t": "3"})).status_code == 303
    await as_owner(
        "UPDATE organisation SET country = 'CN', register_number = '91510100MA0000099X' WHERE id = $1", sponsor.payer_id
    )
    today, paper = beijing_day(utc_now()).isoformat(), b"%PDF-1.7 a paper"
    typed = {
        "support_donor": "CN 91510100MA0000099X", "kind": "green_certificate", "quantity": "1,200", "unit": "certificate",
        "told_zh": "示例风电场绿证", "told_en": "Sample wind farm", "received_on": today,
    }  # fmt: skip
    door = sponsor.at.door
    async with door.operator(zone.owner_id, Role.OPERATOR) as one, door.operator(zone.owner_id, Role.OPERATOR) as other:
        for who in (one, other):
            _as_browser(who)
        token = re.findall(r'name="csrf_token" value="([^"]+)"', (await one.get(DESK, headers=PAGE)).text)[0]
        for changed, words in (({"unit": "tree"}, "不用这个单位"), ({"quantity": "1.5"}, "请填写整数")):
            wrong = await one.post(
                f"{DESK}/support?lang=zh",
                data={"csrf_token": token} | typed | changed,
                files={"document": paper},
                headers=PAGE,
            )
            assert (wrong.status_code, words in wrong.text, "示例风电场绿证" in wrong.text) == (400, True, True), (
                wrong.text
            )
        sent = await one.post(
            f"{DESK}/support", data={"csrf_token": token} | typed, files={"document": paper}, headers=PAGE
        )
        assert sent.status_code == 303, sent.text
        page = (await other.get(f"{DESK}?lang=zh", headers=PAGE)).text
        assert "1,200 张" in page and sha256(paper).hexdigest()[:16] in page
        form = dict(re.findall(r'name="(approval|seen)" value="([^"]+)"', page))
        for who, status in ((one, 403), (other, 303)):
            agreed = await sponsor.posts(who, DESK, {"do": "agree_support", **form})
            assert agreed.status_code == status, agreed.text
        draft = await other.get(f"{DESK}/report.zip")
        assert (draft.status_code, draft.headers["content-disposition"]) == (
            200, 'attachment; filename="report-sample-games-draft.zip"',
        )  # fmt: skip
        assert draft.headers["repr-digest"] == f"sha-256=:{b64encode(sha256(draft.content).digest()).decode()}:"
    assert (await sponsor.caller.get(f"{DESK}/report.zip")).status_code == 403

    board = (await sponsor.second.get(f"{BOARD}?lang=zh", headers=PAGE)).text
    assert ("1,200 张" in board, "一位不留名的支持者" in board, "示例碳汇公司" in board) == (True, True, False)
    mine = (await sponsor.caller.get(f"{DESK}?lang=zh", headers=PAGE)).text
    (shown_id,) = set(re.findall(r'name="support" value="(sup_[0-9A-Z]{26})"', mine))
    named = await _posts(sponsor, sponsor.caller, {"do": "show_support", "support": shown_id, "named": "yes"})
    assert named.status_code == 303, named.text
    zone_page = (await sponsor.second.get("/z/sample-games?lang=en", headers=PAGE)).text
    assert ("1,200 certificates" in zone_page, "Sample Carbon" in zone_page) == (True, True)
    told = (await sponsor.second.get("/api/v1/zones/sample-games/board")).json()
    assert (told["given_grams"], told["donors"]) == (3 * TONNE, 1)
    (one_line,) = told["support"]
    assert (one_line["quantity"], one_line["donor"]["en"], one_line["document_sha256"]) == (
        1_200, "Sample Carbon", sha256(paper).hexdigest(),
    )  # fmt: skip


async def test_the_api_records_support_once_for_the_owner_s_people_alone(sponsor: Sponsor) -> None:
    zone = await sample_zone()
    asked = {
        "donor": org(sponsor.payer_id), "kind": "project", "unit": "fen", "quantity": 5_000_000, "told_zh": "示例造林",
        "told_en": "Sample planting", "received_on": "2026-11-01", "document": "9f" * 32,
    }  # fmt: skip
    refused = await send(sponsor.caller, "/zones/sample-games/support", asked)
    assert refused.status_code == 403, refused.text
    door = sponsor.at.door
    async with door.operator(zone.owner_id, Role.OPERATOR) as one, door.operator(zone.owner_id, Role.OPERATOR) as other:
        made = await send(one, "/zones/sample-games/support", asked, key="s")
        assert made.status_code == 201, made.text
        assert (await send(one, "/zones/sample-games/support", asked, key="s")).json() == made.json()
        wrong = await send(one, "/zones/sample-games/support", asked | {"unit": "certificate"})
        assert (wrong.status_code, "unit" in wrong.text) == (400, True), wrong.text
        agreed = await send(other, "/support/approve", made.json())
        assert (agreed.status_code, agreed.json()["support"]["text"]["zh"]) == (200, "¥50,000.00"), agreed.text
    shown = await send(sponsor.caller, f"/support/{agreed.json()['id']}/shown", {"shown_as": "name"})
    assert shown.json()["support"]["donor"]["zh"] == "示例碳汇公司", shown.text
