"""What is kept of a person, in one place: their consents, their age, all of it to take along, and the end of it."""

import re

import pypdfium2

from app.gateways.database import fetch_value
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_devices import look, send

HERE = "/me/privacy"


async def states(caller: Caller) -> dict[str, str]:
    return {one["purpose"]: one["state"] for one in (await caller.get("/api/v1/me/consents")).json()["items"]}


async def test_everybody_reads_what_is_kept_in_both_languages_with_the_days_of_the_settings(door: Door) -> None:
    async with door.caller() as nobody:
        zh, en = [(await nobody.get(HERE, params={"lang": one}, headers=PAGE)).text for one in ("zh", "en")]
    days = door.app.state.services.keep.answers_days
    assert f"答复：{days} 天后删除" in zh and f"Answers: deleted after {days} days" in en
    assert "/me/privacy/erase" not in zh + en, "nobody is known, so there is nothing to erase"


async def test_a_switch_of_this_page_leads_back_to_it(door: Door) -> None:
    async with door.guest() as somebody:
        page = await look(somebody, HERE)
        (form,) = re.findall(r'<form class="agree"[^>]*id="consent-wall">.*?</form>', page, re.DOTALL)
        told = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        answer = await somebody.post("/me/consents", data=told, headers=OWN_PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me/privacy#consent-wall")
        elsewhere = await somebody.post("/me/consents", data=told | {"back": "https://x.example"}, headers=OWN_PAGE)
        assert elsewhere.headers["location"] == "/me#consent-wall"


async def test_under_14_closes_wall_board_sharing_and_paying_abroad_and_nothing_else(door: Door) -> None:
    async with door.guest() as somebody:
        purposes = (("wall", 2), ("board", 1), ("sharing", 1), ("abroad", 1), ("notices", 1))
        words = [{"purpose": name, "version": version, "given": True} for name, version in purposes]
        assert (await somebody.put("/api/v1/me/consents", json={"items": words})).status_code == 200
        page = await look(somebody, HERE)
        assert (await send(somebody, page, f"{HERE}/age", under_14="yes")).status_code == 303
        closed = dict.fromkeys(("wall", "board", "sharing", "abroad"), "withdrawn") | {"notices": "given"}
        assert await states(somebody) == closed
        again = await somebody.put("/api/v1/me/consents", json={"items": words[:1]})
        assert (again.status_code, again.json()["code"]) == (422, "CONSENTS_MINOR")
        page = await look(somebody, HERE)
        assert "consent-wall" not in page and "consent-notices" in page and "checked" in page
        assert (await send(somebody, page, f"{HERE}/age")).status_code == 303, "taken back: each is asked anew"
        assert await states(somebody) == closed
        assert (await somebody.put("/api/v1/me/consents", json={"items": words[:1]})).status_code == 200


async def test_the_export_holds_ones_orders_and_names_and_nothing_of_others(door: Door) -> None:
    async with door.guest() as somebody, door.guest() as other:
        order = (await somebody.order(door.live, name="周听雨")).json()["id"]
        await door.paid(order)
        await other.order(door.live, name="何远")
        told = await somebody.get(f"{HERE}/export.json")
        assert (
            told.headers["content-type"].startswith("application/json") and "no-store" in told.headers["cache-control"]
        )
        groups = told.json()["groups"]
        assert [one["mass_g"] > 0 for one in groups["certificates"]["retirement"]] == [True]
        assert told.json()["tables"]["sale_line"] == {"zh": "订单的每一行", "en": "Lines of orders"}
        assert told.json()["units"]["mass_g"] == {"zh": "克 CO₂e", "en": "g CO₂e"}
        assert len(groups["orders"]["purchase_order"]) == len(groups["orders"]["payment"]) == 1
        assert groups["certificates"]["certificate"][0]["name"] == "周听雨"
        assert "何远" not in told.text and "token_hash" not in told.text
        paper = await somebody.get(f"{HERE}/export.pdf")
        assert paper.content.startswith(b"%PDF-") and paper.headers["content-disposition"].endswith('"diandian.pdf"')
        pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paper.content)]
        printed = "".join(pages).replace("\u200b", "")  # between letters, so that long words break
        assert "周听雨" in printed and "'total_g'" not in printed, "fields as the JSON file has them"
        unbroken = "".join(printed.split())
        for words in ("订单的每一行·sale_line", "mass_g(克CO₂e)"):
            assert words in unbroken, words


async def test_erasing_asks_for_the_word_and_is_over_at_once(door: Door) -> None:
    async with door.guest() as somebody:
        await door.paid((await somebody.order(door.live, name="周听雨")).json()["id"])
        code = (await somebody.get("/api/v1/certificates")).json()["items"][0]["verify_code"]
        page = await look(somebody, f"{HERE}/erase")
        assert (await send(somebody, page, f"{HERE}/erase", sure="是")).status_code == 422
        assert (await somebody.get("/api/v1/certificates")).status_code == 200
        done = await send(somebody, page, f"{HERE}/erase", sure=" 删除 ")
        assert done.status_code == 200 and "已删除" in done.text
        assert (await somebody.get("/api/v1/certificates")).status_code == 401
        seen = await somebody.get(f"/api/v1/verify/{code}")
        assert seen.status_code == 200 and "周" not in seen.text


async def test_a_member_of_an_organisation_is_told_to_leave_it_first(door: Door) -> None:
    async with door.guest() as somebody:
        person = await fetch_value("SELECT person_id FROM identity_session")
        page = await look(somebody, f"{HERE}/erase")
        await door.as_superuser(
            "INSERT INTO operator (id, person_id, password_hash, created_at)"
            f" VALUES (gen_random_uuid(), '{person}', 'x', now())"
        )
        refused = await send(somebody, page, f"{HERE}/erase", sure="删除")
        assert refused.status_code == 409 and "机构的工作人员" in refused.text
        assert await fetch_value("SELECT state FROM person WHERE id = $1", person) == "active"
