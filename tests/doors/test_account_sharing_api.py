"""A person's own program does what their page does: looks at a request, answers it, sees who read, takes it back, states."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from tests.doors.conftest import Caller, Door
from tests.doors.test_account_sharing import BROWSER, code, person, reading
from tests.statements import counted

HERE = "/api/v1/me/sharing"


async def say(who: Caller, request: dict[str, Any], **books: bool) -> Any:
    return await who.put(f"{HERE}/requests/{request['code']}/answer", json={"books": books})


async def make(who: Caller, *, key: str, **more: Any) -> Any:
    today = beijing_day(utc_now())
    form = {"period_from": f"{today:%Y}-01-01", "period_to": today.isoformat()} | more
    return await who.post(f"{HERE}/statements", json=form, headers={"idempotency-key": key})


async def test_a_program_answers_each_book_sees_every_read_and_takes_it_back(door: Door) -> None:
    async with reading(door) as bank, person(door) as who:
        request = (await bank.ask()).json()
        asked = await who.get(f"{HERE}/requests/{request['code'].lower()}")
        assert (asked.status_code, asked.headers["cache-control"]) == (200, "no-store")
        told = asked.json()
        assert (told["organisation"], told["purpose"], told["books"], told["may_answer"]) == (
            "示例农商银行", "用于绿色消费贷评估", ["emitted", "retired"], True,
        )  # fmt: skip
        first, again = [await say(who, request, emitted=False, retired=True) for _ in range(2)]
        assert (first.status_code, first.json()) == (200, again.json()), first.text
        share = first.json()
        assert (share["state"], share["granted"], share["withheld"]) == ("live", ["retired"], ["emitted"])
        assert (await bank.read(request)).json()["books"]["retired"]["total_grams"] > 0

        for _ in range(2):  # a repeat changes nothing
            gone = await who.put(f"{HERE}/{share['id']}/revoke")
            assert (gone.status_code, gone.json()["state"]) == (200, "revoked"), gone.text
        assert code(await bank.read(request)) == (403, "SHARING_REVOKED")
        reads = (await who.get(f"{HERE}/reads")).json()["items"]
        assert [(one["outcome"], one["share"], one["organisation"]) for one in reads] == [
            ("revoked", share["id"], "示例农商银行"), ("figures", share["id"], "示例农商银行"),
        ]  # fmt: skip
        assert (await who.get(HERE)).json()["items"] == [gone.json()]
        page = (await who.get("/me/sharing", headers=BROWSER)).text
        assert f'id="{share["id"]}"' in page


async def test_a_no_to_all_of_it_is_kept_and_tells_the_reader_nothing(door: Door) -> None:
    async with reading(door) as bank, person(door) as who:
        request = (await bank.ask()).json()
        nobody_yet = await bank.read(request)
        refused = await say(who, request, emitted=False, retired=False)
        assert (refused.json()["state"], refused.json()["granted"]) == ("refused", [])
        assert (await bank.read(request)).content == nobody_yet.content
        assert code(await say(who, request, emitted=True, retired=True)) == (409, "SHARING_ANSWERED")


@pytest.mark.parametrize("books", [{}, {"retired": True}])
async def test_every_book_is_answered_and_no_other(door: Door, books: dict[str, bool]) -> None:
    async with reading(door) as bank, person(door, has_retired=False) as who:
        request = (await bank.ask()).json()
        half = await say(who, request, **books)
        assert (half.status_code, half.json()["detail"]["field"]) == (400, "/books")
        other = (await bank.ask(books=["retired"])).json()
        assert (await say(who, other, emitted=True, retired=True)).status_code == 400
        assert (await who.get(HERE)).json()["items"] == []


async def test_what_is_anothers_is_unknown_and_codes_that_are_none_are_counted(door: Door) -> None:
    async with reading(door) as bank, person(door, has_retired=False) as who, person(door, has_retired=False) as other:
        request = (await bank.ask()).json()
        share = (await say(who, request, emitted=True, retired=True)).json()
        assert code(await other.put(f"{HERE}/{share['id']}/revoke")) == (404, "SHARING_UNKNOWN")
        assert code(await say(other, request, emitted=True, retired=True)) == (404, "SHARING_UNKNOWN")
        assert ((await other.get(HERE)).json()["items"], (await other.get(f"{HERE}/reads")).json()["items"]) == ([], [])
        replies = [(await other.get(f"{HERE}/requests/ABCD-EFGH")).status_code for _ in range(12)]
        assert (replies[0], replies[-1]) == (404, 429)


async def test_somebody_under_14_is_told_that_they_cannot_share(door: Door) -> None:
    async with reading(door) as bank, person(door, has_retired=False) as who:
        request = (await bank.ask()).json()
        await door.as_superuser("UPDATE person SET is_under_14 = true")
        assert (await who.get(f"{HERE}/requests/{request['code']}")).json()["may_answer"] is False
        assert code(await say(who, request, emitted=True, retired=True)) == (422, "SHARING_NOT_ALLOWED")


async def test_a_statement_is_made_once_for_a_key_and_its_paper_is_told_when_it_is_there(door: Door) -> None:
    async with person(door) as who:
        made, again = [await make(who, key="s-1", granularity="months", name="林小川") for _ in range(2)]
        assert (made.status_code, made.json()) == (201, again.json()), made.text
        assert (made.json()["number"], made.json()["record_url"]) == (None, None)
        await door.work()
        (line,) = (await who.get(f"{HERE}/statements")).json()["items"]
        record = (await who.get(line["record_url"])).json()
        mass_g = await fetch_value("SELECT sum(mass_g)::bigint FROM retirement WHERE state = 'settled'")
        assert (line["id"], record["number"]) == (made.json()["id"], line["number"])
        assert record["books"]["retired"]["total_g"] == mass_g
        assert (await who.get(f"/api/v1/verify{line['verify_url'].removeprefix('/v')}")).json()["valid"] is True
        later = await make(who, key="s-2", period_to="2199-01-01")
        backwards = await make(who, key="s-3", period_to="2000-01-01")
        for refused in (later, backwards):
            assert (refused.status_code, refused.json()["detail"]["field"]) == (400, "/period_to")
        other = await make(who, key="s-1", granularity="totals")
        assert other.status_code in {409, 422}


async def test_however_much_is_shared_the_page_asks_the_database_as_often(door: Door) -> None:
    names = [Text(zh=f"示例{name}银行", en=f"Sample {name}") for name in ("甲", "乙")]
    async with person(door, has_retired=False) as who:
        asked = []
        for round_, name in enumerate(names):
            async with reading(door, name) as bank:
                for _ in range(1 + 2 * round_):
                    request = (
                        await bank.ask(share_until=(beijing_day(utc_now()) + timedelta(days=9)).isoformat())
                    ).json()
                    await say(who, request, emitted=True, retired=True)
                    await bank.read(request)
                    assert (await make(who, key=uuid4().hex)).status_code == 201
            await door.work()
            await who.get("/me/sharing", headers=BROWSER)
            with counted() as statements:
                assert (await who.get("/me/sharing", headers=BROWSER)).status_code == 200
            asked.append(len(statements))
        assert asked[0] == asked[1] > 5
