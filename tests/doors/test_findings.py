"""What was found of a claim, over HTTP: the holder's JSON, anybody's, and the page; nothing personal in any of them."""

import json
import re
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

from app.foundation.identity import Role
from app.gateways.files import FolderStore
from app.kernel import ids
from tests.doors.conftest import PAGE, Caller, Door
from tests.rooms.conftest import organisation
from tests.rooms.registry.cancellations.conftest import Desk
from tests.staff import staff

NAME = "周听雨"


async def claimed(door: Door, caller: Caller, bank: Any, **more: Any) -> dict[str, Any]:
    """What an organisation ordered for itself, as the holder of its certificate sees that."""
    line = {
        "scene": door.live,
        "fulfil": "retire",
        "purpose": "organisation",
        "subject": "2022 年度",
        "period_from": "2022-01-01",
        "period_to": "2022-12-31",
        "emission_grams": 5_000,
        "mix": [{"programme": "CDCER"}],
    }
    form = {"payer": ids.public("org", bank), "lines": [line | more]}
    placed = await caller.post("/api/v1/orders/joint", json=form, headers={"idempotency-key": str(ids.uuid7())})
    assert placed.status_code == 201, placed.text
    paper = await door.paid(placed.json()["id"])
    return (await caller.get(f"/api/v1/certificates/{paper}")).json()


def words(html: str) -> str:
    """What a reader sees of a page."""
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).split())


async def test_what_was_found_is_told_to_its_holder_and_to_anybody_with_the_code_and_its_digest_fits(
    door: Door,
) -> None:
    bank, other = await organisation("示例总行"), await organisation("示例他行")
    async with (
        door.operator(bank, Role.OPERATOR) as caller,
        door.operator(other, Role.OPERATOR) as stranger,
        door.caller() as anybody,
    ):
        held = await claimed(door, caller, bank)
        own = await caller.get(f"/api/v1/certificates/{held['id']}/findings")
        public = await anybody.get(f"/api/v1/verify/{held['verify_code'].lower()}/findings")
        assert (own.status_code, public.status_code) == (200, 200)
        assert own.json() == public.json()
        assert public.headers["cache-control"].startswith("public")
        told = own.json()
        assert (told["state"], told["standing"], told["title"]["zh"]) == ("judged", "stands", "碳中和证明书")
        assert told["judged_on"] == told["document"]["retired_on"]
        canonical = json.dumps(told["document"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert sha256(canonical.encode()).hexdigest() == told["sha256"] == held["record"]["verdict"]["sha256"]
        said = {one["rule"]: (one["verdict"], one["severity"]) for one in told["document"]["findings"]}
        assert len(said) == 11
        assert (said["covers"], said["retired_12m"]) == (("pass", "warn"), ("fail", "warn"))

        assert (await stranger.get(f"/api/v1/certificates/{held['id']}/findings")).status_code == 404
        for path in ("/api/v1/verify/0000000000/findings", "/v/0000000000/findings"):
            assert (await anybody.get(path, headers=PAGE)).status_code == 404

        link = f"/v/{held['verify_code']}/findings"
        for page in (
            await anybody.get(f"/v/{held['verify_code']}", headers=PAGE),
            await caller.get(f"/c/{held['id']}", headers=PAGE),
        ):
            assert f'href="{link}"' in page.text
        for language, wanted in (
            ("zh", ("逐条判定", "声明成立", "示例总行", "2022 年度", "期满后及时注销 不满足 不满足时提示", "界限 2023-12-31",
                    "批次 CDCER-2022-0113")),
            ("en", ("Rule by rule", "the claim stands", "Sample company", "Retired in time Fail a failure is told",
                    "Limit 2023-12-31", "lot CDCER-2022-0113")),
        ):  # fmt: skip
            page = await anybody.get(f"{link}?lang={language}", headers=PAGE)
            assert page.status_code == 200
            for phrase in wanted:
                assert phrase in words(page.text), phrase
            assert told["sha256"] in page.text


async def test_both_judgements_are_told_and_the_claim_follows_the_registrys_own_day(door: Door, tmp_path: Path) -> None:
    bank = await organisation("示例总行")
    people = await staff(Role.OPERATOR), await staff(Role.REVIEWER)
    async with door.operator(bank, Role.OPERATOR) as caller, door.caller() as anybody:
        held = await claimed(door, caller, bank, period_from="2026-01-01", period_to="2026-11-01", profile="iso14068-1")
        path, page = f"/api/v1/verify/{held['verify_code']}/findings", f"/v/{held['verify_code']}/findings"
        before = (await anybody.get(path)).json()
        assert [one["stage"] for one in before["judgements"]] == ["settled"]
        assert (before["now"]["stage"], before["now"]["is_final"]) == ("settled", False)
        assert before["now"]["title"] == {
            "zh": "碳抵消（待上游注销）", "en": "Carbon offset (registry cancellation pending)",
        }  # fmt: skip
        shown = words((await anybody.get(page, headers=PAGE)).text)
        assert "碳抵消（待上游注销） · iso14068-1 1" in shown
        assert "上游注销后 全部克数在登记机构注销后，再按登记机构的日期判定一次" in shown

        await Desk(None, *people, FolderStore(tmp_path)).cancelled()  # type: ignore[arg-type]
        await door.work()

        after = (await anybody.get(path)).json()
        assert {name: after[name] for name in ("standing", "judged_on", "sha256", "document")} == {
            name: before[name] for name in ("standing", "judged_on", "sha256", "document")
        }, "what was frozen with the certificate stays"
        first, second = after["judgements"]
        assert first == before["judgements"][0]
        assert [(one["profile"], one["version"]) for one in (first, second)] == [("iso14068-1", "1")] * 2
        canonical = json.dumps(second["document"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert sha256(canonical.encode()).hexdigest() == second["sha256"] != first["sha256"]
        assert after["now"] == {
            "stage": "upstream", "standing": "open",
            "text": {"zh": "声明待定，覆盖 100.00%", "en": "the claim is open, 100.00 % covered"},
            "title": {"zh": "碳抵消", "en": "Carbon offset"}, "is_final": True,
        }  # fmt: skip
        assert (await caller.get(f"/api/v1/certificates/{held['id']}/findings")).json() == after
        shown = words((await anybody.get(f"{page}?lang=en", headers=PAGE)).text)
        for phrase in (
            "Carbon offset · iso14068-1 1",
            "When it was retired here",
            "After upstream cancellation",
            "· final",
        ):
            assert phrase in shown, phrase
        for answer in (
            await anybody.get(f"/v/{held['verify_code']}?lang=zh", headers=PAGE),
            await caller.get(f"/c/{held['id']}", headers=PAGE),
        ):
            assert "iso14068-1@1 · 声明待定，覆盖 100.00% · 碳抵消 逐条判定" in words(answer.text)


async def test_where_nothing_is_claimed_nobody_judged_and_no_name_is_told(door: Door) -> None:
    bank = await organisation("示例总行")
    async with door.guest() as citizen, door.operator(bank, Role.OPERATOR) as caller, door.caller() as anybody:
        paper = await door.paid((await citizen.order(door.live, name=NAME)).json()["id"])
        visit = (await citizen.get(f"/api/v1/certificates/{paper}")).json()
        gift = await claimed(door, caller, bank, purpose="donation", emission_grams=0, grams=1_000)
        for held in (visit, gift):
            told = (await anybody.get(f"/api/v1/verify/{held['verify_code']}/findings")).json()
            assert (told["state"], told["note"]["en"]) == ("nothing_claimed", "Not judged: nothing is claimed.")
            assert [told[name] for name in ("standing", "judged_on", "sha256", "document")] == [None] * 4
        assert "未作判定" in (await anybody.get(f"/v/{visit['verify_code']}", headers=PAGE)).text
        page = await anybody.get(f"/v/{visit['verify_code']}/findings", headers=PAGE)
        assert "未作判定：没有作出声明" in page.text
        assert NAME[0] not in words(page.text), "not even the first character of a name"
