"""A code that its holder does not want, at the doors: declined for good, or passed on once; each is told the truth."""

import asyncio
import re

import pytest

from tests.doors.conftest import OWN_PAGE, PAGE, Door
from tests.doors.test_gifts import codes_of, collect, hosting
from tests.doors.test_pages_operator import fields


async def test_a_code_is_passed_on_by_the_page_and_the_new_link_collects(door: Door) -> None:
    async with hosting(door, audience="codes") as host, door.caller() as holder, door.caller() as friend:
        _, codes = await codes_of(host)
        typed = codes[0].replace("-", "")
        scene = (await holder.get(f"/s/{host.code}?gift_code={typed}", headers=PAGE)).text
        assert f'href="/s/{host.code}/code?gift_code={typed}"' in scene
        asks = (await holder.get(f"/s/{host.code}/code?gift_code={typed}", headers=PAGE)).text
        assert "不能撤销" in asks  # before anything is done
        done = await holder.post(
            f"/s/{host.code}/code", data=fields(asks) | {"gift_code": typed, "do": "pass_on"}, headers=OWN_PAGE | PAGE
        )
        assert (done.status_code, done.headers["cache-control"]) == (200, "no-store")
        link = re.search(r"https?://[^<\s]+/(s/\w+\?gift_code=\w+)", done.text)
        assert link is not None, done.text
        again = await holder.post(
            f"/s/{host.code}/code", data=fields(asks) | {"gift_code": typed, "do": "pass_on"}, headers=OWN_PAGE | PAGE
        )
        assert link[1] in again.text  # an answer that was lost is told again, to them
        other = await friend.post(
            f"/s/{host.code}/code", data=fields(asks) | {"gift_code": typed, "do": "pass_on"}, headers=OWN_PAGE | PAGE
        )
        assert (other.status_code, link[1] in other.text, "已经转给别人" in other.text) == (409, False, True)
        page = (await friend.get(f"/{link[1]}", headers=PAGE)).text
        form = fields(page) | {"mode": "metro", "km": "23", "pay": "gift", "gift_code": link[1].partition("=")[2]}
        tapped = await friend.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert tapped.headers["location"].startswith("/g/gft_")


async def test_a_code_is_declined_calmly_and_its_holder_may_pay_themselves(door: Door) -> None:
    async with hosting(door, audience="codes") as host, door.caller() as holder:
        _, codes = await codes_of(host)
        asks = (await holder.get(f"/s/{host.code}/code", headers=PAGE)).text
        old = await holder.post(
            f"/s/{host.code}/code",
            data={"gift_code": codes[0], "do": "decline", "csrf_token": "0" * 80},
            headers=OWN_PAGE | PAGE,
        )
        assert (old.status_code, f'value="{codes[0]}"' in old.text) == (403, True)
        wrong = await holder.post(
            f"/s/{host.code}/code",
            data=fields(asks) | {"gift_code": "0" * 20, "do": "decline"},
            headers=OWN_PAGE | PAGE,
        )
        assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (404, True)
        done = await holder.post(
            f"/s/{host.code}/code",
            data=fields(asks) | {"gift_code": codes[0], "do": "decline"},
            headers=OWN_PAGE | PAGE,
        )
        assert (done.status_code, "已谢绝" in done.text, f'href="/s/{host.code}"' in done.text) == (200, True, True)
        page = (await holder.get(f"/s/{host.code}?gift_code={codes[0]}", headers=PAGE)).text
        form = fields(page) | {"mode": "metro", "km": "23", "pay": "gift", "gift_code": codes[0]}
        tapped = await holder.post(f"/s/{host.code}", data=form, headers=OWN_PAGE | PAGE)
        assert (tapped.status_code, "已谢绝赠碳" in tapped.text) == (422, True)
        own = await holder.post(
            f"/s/{host.code}",
            data=fields(tapped.text) | {"mode": "metro", "km": "23", "pay": "own"},
            headers=OWN_PAGE | PAGE,
        )
        assert own.headers["location"].startswith("/o/ord_")


async def test_by_the_api_one_of_many_wins_and_the_sponsor_sees_counts_alone(door: Door) -> None:
    async with hosting(door, audience="codes") as host, door.guest() as first, door.guest() as second:
        batch, codes = await codes_of(host)
        at = f"/api/v1/scenes/{host.code}/gift-code"
        taps = await asyncio.gather(
            *(one.post(f"{at}/pass-on", json={"gift_code": codes[0]}) for one in (first, second) for _ in range(4))
        )
        won = [tap.json()["gift_code"] for tap in taps if tap.status_code == 200]
        assert (len(set(won)), len(won)) == (1, 4)
        assert {tap.json()["code"] for tap in taps if tap.status_code != 200} == {"GIFTS_CODE_PASSED_ON"}
        further = await second.post(f"{at}/pass-on", json={"gift_code": won[0]})
        assert (further.status_code, further.json()["code"]) == (409, "GIFTS_CODE_PASSED_ONCE")
        assert (await collect(second, host.code, gift_code=won[0])).status_code == 201
        late = await first.post(f"{at}/decline", json={"gift_code": won[0]})
        assert (late.status_code, late.json()["code"]) == (409, "GIFTS_CODE_USED")
        assert (await first.post(f"{at}/decline", json={"gift_code": codes[1]})).json() == {"scene": host.code}
        listed = (await host.caller.get(f"/api/v1/gift-campaigns/{host.campaign['id']}/codes")).json()["batches"]
        assert [(one["id"], one["used"], one["declined"], one["passed_on"]) for one in listed] == [(batch, 1, 1, 1)]
        desk = (await (await host.browser()).get(f"/organiser/{host.code}/gift")).text.replace("\u00a0", " ")
        assert "谢绝 1 · 转出 1" in desk


@pytest.mark.parametrize("step", ["decline", "pass-on"])
async def test_guesses_are_counted_with_those_of_collecting(door: Door, step: str) -> None:
    async with hosting(door, audience="codes") as host, door.guest() as guesser:
        _, codes = await codes_of(host)
        for no in range(5):
            assert (await collect(guesser, host.code, gift_code=f"{no:020d}")).status_code == 404
        at = f"/api/v1/scenes/{host.code}/gift-code/{step}"
        told = [(await guesser.post(at, json={"gift_code": f"{no:020d}"})).status_code for no in range(7)]
        assert told == [404] * 5 + [429] * 2
        assert (await guesser.post(at, json={"gift_code": codes[0]})).status_code == 429
