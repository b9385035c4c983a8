"""A browser guest and a mini-program user become one: an act on both sides, grams move, rows stay, reads follow, for good."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.foundation import identity
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from tests.books import books_add_up
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_account_sharing import YES, answer, reading
from tests.doors.test_devices import code_of, fields, look, send
from tests.doors.test_gift_cards import cards_of
from tests.doors.test_gift_cards import use as use_card
from tests.doors.test_gifts import KG, collect, hosting
from tests.doors.test_gifts_abused import Device, device
from tests.doors.test_held_gifts import use
from tests.doors.test_personal_figures import EXAMPLES

__all__ = ["device"]


async def shown(guest: Caller) -> str:
    """The code in the guest's browser."""
    page = await look(guest, "/me/link")
    assert (await send(guest, page, "/me/link")).headers["location"] == "/me/link"
    (code,) = re.findall(r'class="code"[^>]*>([^<]+)<', await look(guest, "/me/link"))
    return code


async def typed(mini: Caller, code: str) -> httpx.Response:
    return await mini.post("/api/v1/account/links", json={"code": code})


async def said(guest: Caller, word: str = "yes") -> None:
    assert (await send(guest, await look(guest, "/me/link"), "/me/link/answer", answer=word)).status_code == 303


async def finished(mini: Caller, begun: dict[str, Any]) -> httpx.Response:
    return await mini.post(f"/api/v1/account/links/{begun['id']}/finish")


async def link(guest: Caller, mini: Caller) -> None:
    begun = (await typed(mini, await shown(guest))).json()
    await said(guest)
    done = await finished(mini, begun)
    assert done.status_code == 200, done.text


def told(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


@pytest.fixture
async def pair(door: Door, device: Device) -> AsyncIterator[tuple[Caller, Caller]]:
    """A guest's browser, and a person of the mini-program."""
    async with door.guest() as guest, await device("openid-of-a-mini-person") as mini:
        yield guest, mini


async def numbers(caller: Caller) -> set[str]:
    return {one["number"] for one in (await caller.get("/api/v1/certificates")).json()["items"]}


async def person_of(caller: Caller) -> UUID:
    """By what they have done last."""
    await keep_a_day(caller)
    return await fetch_value("SELECT person_id FROM personal_figure ORDER BY id DESC LIMIT 1")


async def keep_a_day(caller: Caller) -> dict[str, Any]:
    inputs = {name: value for name, value in EXAMPLES["P1"]["inputs"].items() if name not in {"mode", "activity_year"}}
    form = {"span": "day", "inputs": inputs}
    kept = await caller.post("/api/v1/account/figures", json=form, headers={"idempotency-key": uuid4().hex})
    assert kept.status_code == 201, kept.text
    return kept.json()


async def test_certificates_orders_and_figures_of_both_are_read_by_both_and_rows_stay(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    for one in (guest, mini):
        await door.paid((await one.order(door.live)).json()["id"])
    unpaid = (await guest.order(door.walking)).json()["id"]
    before = await numbers(guest) | await numbers(mini)
    holders = await fetch("SELECT holder_id FROM certificate ORDER BY id")

    begun = (await typed(mini, (await shown(guest)).lower().replace(" ", "-"))).json()
    asked = await look(guest, "/me/link")
    assert f"<b>{begun['number']}</b>" in asked
    assert "不能撤销" in asked and "不能撤销" in begun["text"], "both are told before that there is no way back"
    assert begun["is_confirmed"] is False
    await said(guest)
    assert (await mini.get(f"/api/v1/account/links/{begun['id']}")).json()["is_confirmed"] is True
    for _ in range(2):  # a repeat changes nothing
        assert len((await finished(mini, begun)).json()["items"]) == 1

    assert "已关联" in await look(guest, "/me/link")
    assert await numbers(guest) == await numbers(mini) == before and len(before) == 2
    assert await fetch("SELECT holder_id FROM certificate ORDER BY id") == holders
    years = (await mini.get("/api/v1/account")).json()["years"]
    assert (years[0]["retired"]["retirements"], (await guest.get("/api/v1/account")).json()["years"]) == (2, years)
    entries = (await mini.get("/api/v1/account/entries")).json()["items"]
    assert len(entries) == 2
    assert len((await mini.get("/api/v1/account/ranges")).json()["items"]) == 2
    # An order that the guest had begun is paid by the one person, and its paper is theirs.
    assert (await mini.get(f"/api/v1/orders/{unpaid}")).status_code == 200
    await door.paid(unpaid)
    assert len(await numbers(mini)) == 3
    assert await books_add_up(door.stand.app_url) == []


async def test_grams_in_the_guests_account_move_and_are_used_by_the_one_person_under_the_givers_name(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    async with hosting(door, amount="fixed", each_grams=10 * KG, delivers="account") as host:
        gift = (await collect(guest, host.code)).json()["id"]
        await door.work()
        assert (await use(guest, gift, 4 * KG, name="林小川")).status_code == 201
        await link(guest, mini)
        held = (await mini.get("/api/v1/account/grams")).json()
        assert [one["grams"] for one in held["held"]] == [6 * KG]
        balances = await fetch(
            "SELECT split_part(path, ':', 3)::uuid = l.kept_id AS is_kept, sum(balance)::bigint AS grams"
            " FROM ledger_account CROSS JOIN person_link l WHERE path LIKE 'held:person:%' GROUP BY 1 ORDER BY 1"
        )
        assert [dict(one) for one in balances] == [{"is_kept": False, "grams": 0}, {"is_kept": True, "grams": 6 * KG}]
        assert await books_add_up(door.stand.app_url) == []
        used = await use(mini, gift, 6 * KG, name="林小川")
        assert (used.status_code, used.json()["left_grams"]) == (201, 0)
        await door.work()
        (one,) = (await mini.get("/api/v1/held-gifts")).json()["gifts"]
        for each in one["uses"]:
            paper = (await mini.get(each["certificate_url"], headers=PAGE)).text
            assert "林小川" in paper and "示例工会" in paper
    assert await books_add_up(door.stand.app_url) == []


async def test_a_gift_that_a_worker_brings_after_the_link_goes_into_the_one_account(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    async with hosting(door, amount="fixed", each_grams=10 * KG, delivers="account") as host:
        gift = (await collect(guest, host.code)).json()["id"]
        await link(guest, mini)
        await door.work()
        assert (await use(mini, gift, 10 * KG)).status_code == 201
        await door.work()
        assert len(await numbers(mini)) == 1
    assert await books_add_up(door.stand.app_url) == []


async def test_what_one_of_them_collected_the_other_does_not_get_again(door: Door, pair: tuple[Caller, Caller]) -> None:
    guest, mini = pair
    async with hosting(door) as host:
        first = await collect(guest, host.code)
        await link(guest, mini)
        again = await collect(mini, host.code)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        assert await fetch_value("SELECT people FROM gift_pool") == 1


async def test_what_both_had_collected_before_stands_and_a_third_is_not_given(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    async with hosting(door) as host:
        for one in (guest, mini):
            assert (await collect(one, host.code)).status_code == 201
        await link(guest, mini)
        for one in (guest, mini):
            assert (await collect(one, host.code)).status_code == 200
        assert await fetch_value("SELECT people FROM gift_pool") == 2
        await door.work()
    assert await books_add_up(door.stand.app_url) == []


async def test_a_card_of_the_guest_is_used_by_the_one_person(door: Door, pair: tuple[Caller, Caller]) -> None:
    guest, mini = pair
    async with hosting(door, audience="cards") as host:
        _, codes = await cards_of(host)
        assert (await use_card(guest, host.code, codes[0])).status_code == 201
        await link(guest, mini)
        assert (await use_card(mini, host.code)).status_code == 201
        (mine,) = (await mini.get("/api/v1/cards")).json()["cards"]
        assert [line["kind"] for line in mine["history"]] == ["issued", "bound", "used", "used"]


async def test_a_figure_of_the_guest_is_neutralised_by_the_one_person_as_the_same_claim(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    figure = await keep_a_day(guest)

    async def retired(who: Caller) -> httpx.Response:
        return await who.post(
            f"/api/v1/account/figures/{figure['id']}/orders", json={"grams": 1_000, "buy_more": True, "name": "林小川"},
            headers={"idempotency-key": uuid4().hex},
        )  # fmt: skip

    await door.paid((await retired(guest)).json()["id"])
    await link(guest, mini)
    more = await retired(mini)
    assert more.status_code == 201, more.text
    await door.paid(more.json()["id"])
    assert await fetch_value("SELECT count(DISTINCT coalesce(supplements_id, id)) FROM claim") == 1
    (one,) = (await mini.get("/api/v1/account/figures")).json()["items"]
    assert one["id"] == figure["id"]
    for certificate in (await mini.get("/api/v1/certificates")).json()["items"]:
        assert "林小川" in (await mini.get(f"/c/{certificate['id']}", headers=PAGE)).text


async def test_what_the_guest_shared_and_agreed_to_ends_and_what_the_other_shares_tells_of_both(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    for one in (guest, mini):
        await door.paid((await one.order(door.live)).json()["id"])
    async with reading(door) as bank:
        of_guest, of_mini = (await bank.ask()).json(), (await bank.ask()).json()
        assert (await answer(guest, of_guest, **YES)).status_code == 303
        assert (await answer(mini, of_mini, **YES)).status_code == 303
        (wall,) = [one for one in (await guest.get("/api/v1/me/consents")).json()["items"] if one["purpose"] == "wall"]
        agreed = {"purpose": "wall", "given": True, "version": wall["version"]}
        assert (await guest.put("/api/v1/me/consents", json={"items": [agreed]})).status_code == 200
        half_g = (await bank.read(of_mini)).json()["books"]["retired"]["total_grams"]
        await link(guest, mini)
        assert (await bank.read(of_guest)).status_code == 403
        assert (await bank.read(of_mini)).json()["books"]["retired"]["total_grams"] == 2 * half_g
        assert await fetch_value("SELECT state FROM consent ORDER BY id DESC LIMIT 1") == "withdrawn"
        assert not any(one["given"] for one in (await mini.get("/api/v1/me/consents")).json()["items"])


async def test_the_export_of_the_one_person_has_the_names_and_rows_of_both(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    for one, name in ((guest, "林访客"), (mini, "林微信")):
        await door.paid((await one.order(door.live, name=name)).json()["id"])
    await link(guest, mini)
    exported = (await guest.get("/me/privacy/export.json")).text
    assert "林访客" in exported and "林微信" in exported


@pytest.mark.parametrize("who", ["guest", "mini"])
async def test_erasing_either_destroys_both_keys_and_ends_every_session(
    door: Door, pair: tuple[Caller, Caller], who: str
) -> None:
    guest, mini = pair
    await door.paid((await guest.order(door.live, name="林访客")).json()["id"])
    await link(guest, mini)
    row = (await fetch("SELECT linked_id, kept_id FROM person_link"))[0]
    await identity.erase(row["linked_id"] if who == "guest" else row["kept_id"], now=utc_now())
    assert (
        await fetch_value(
            "SELECT count(*) FROM person_key WHERE person_id IN ($1, $2)", row["linked_id"], row["kept_id"]
        )
        == 0
    )
    assert [one["state"] for one in await fetch("SELECT state FROM person WHERE id IN ($1, $2)", *row.values())] == [
        "erased"
    ] * 2
    for one in (guest, mini):
        assert (await one.get("/api/v1/certificates")).status_code == 401
    verify = await fetch_value("SELECT verify_code FROM certificate")
    async with door.caller() as anybody:
        public = await anybody.get(f"/v/{verify}", headers=PAGE)
        assert (public.status_code, "林访客" in public.text) == (200, False)


async def test_the_mini_programs_user_comes_back_as_the_one_person_and_the_browser_is_a_device_of_theirs(
    door: Door, pair: tuple[Caller, Caller], device: Device
) -> None:
    guest, mini = pair
    await door.paid((await guest.order(door.live)).json()["id"])
    await link(guest, mini)
    async with await device("openid-of-a-mini-person") as later:
        assert await numbers(later) == await numbers(guest) and len(await numbers(later)) == 1
        listed = await look(later, "/me/devices")
        (browser,) = re.findall(r'name="id" value="([^"]+)"', listed)[-1:]
        assert browser
    # A device that joins the guest's browser by a code is theirs as well.
    async with door.caller() as second:
        await second.post("/move", data={"code": await code_of(guest)}, headers=OWN_PAGE | PAGE)
        page = await look(guest, "/me/devices/move")
        await send(guest, page, "/me/devices/move/answer", answer="yes")
        assert (await send(second, await look(second, "/move/wait"), "/move/finish")).status_code == 303
        assert await numbers(second) == await numbers(mini)


async def test_nothing_is_linked_before_the_browser_has_said_yes_and_no_means_no(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    begun = (await typed(mini, await shown(guest))).json()
    assert told(await finished(mini, begun)) == (410, "IDENTITY_LINK_OVER")
    await said(guest, "no")
    assert told(await finished(mini, begun)) == (410, "IDENTITY_LINK_OVER")
    assert await fetch_value("SELECT count(*) FROM person_link") == 0


async def test_a_code_links_only_who_typed_it_first_and_opens_no_device(
    door: Door, pair: tuple[Caller, Caller], device: Device
) -> None:
    guest, mini = pair
    async with await device("openid-of-another") as other, door.caller() as stranger:
        code = await shown(guest)
        taken = await stranger.post("/move", data={"code": code}, headers=OWN_PAGE | PAGE)
        assert taken.status_code == 404, "a code that links moves no device"
        begun = (await typed(mini, code)).json()
        assert told(await typed(other, code)) == (404, "IDENTITY_MOVE_CODE_OVER")
        await said(guest)
        assert told(await finished(other, begun)) == (410, "IDENTITY_LINK_OVER")
        move = await code_of(guest)
        assert told(await typed(other, move)) == (404, "IDENTITY_MOVE_CODE_OVER"), "nor does a device's code link"
        assert told(await finished(mini, begun)) == (410, "IDENTITY_LINK_OVER"), "one code of a person runs at a time"


async def test_the_sixth_code_is_refused_though_it_is_right(door: Door, pair: tuple[Caller, Caller]) -> None:
    guest, mini = pair
    code = await shown(guest)
    assert [(await typed(mini, "AAAA 7777")).status_code for _ in range(5)] == [404] * 5
    assert (await typed(mini, code)).status_code == 429


async def test_a_guest_types_no_code_and_a_mini_programs_user_shows_none(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    code = await shown(guest)
    async with door.guest() as other:
        assert (await typed(other, code)).status_code == 403
    assert "您已经是小程序用户" in await look(mini, "/me/link")


async def test_a_linked_browser_is_linked_to_nobody_else_and_its_page_says_so(
    door: Door, pair: tuple[Caller, Caller], device: Device
) -> None:
    guest, mini = pair
    form = fields(await look(guest, "/me/link"), "/me/link")
    await link(guest, mini)
    again = await guest.post("/me/link", data=form, headers=OWN_PAGE | PAGE)
    assert (again.status_code, "已经关联过" in again.text) == (409, True)


async def test_several_browsers_are_linked_to_one_person_but_not_a_ninth(
    door: Door, pair: tuple[Caller, Caller]
) -> None:
    guest, mini = pair
    await link(guest, mini)
    kept = await fetch_value("SELECT kept_id FROM person_link")
    for _ in range(8):
        async with door.guest() as other:
            whole = await person_of(other)
            await door.as_superuser(
                "INSERT INTO person_link (id, linked_id, kept_id, linked_at)"
                f" SELECT gen_random_uuid(), '{whole}', '{kept}', now()"
                " WHERE (SELECT count(*) FROM person_link) < 8"
            )
    async with door.guest() as ninth:
        begun = (await typed(mini, await shown(ninth))).json()
        await said(ninth)
        assert told(await finished(mini, begun)) == (409, "IDENTITY_LINKED_TOO_OFTEN")


async def test_postgresql_refuses_chains_rings_minors_staff_the_erased_and_two_of_one_app(
    door: Door, pair: tuple[Caller, Caller], device: Device
) -> None:
    guest, mini = pair
    async with door.guest() as second, await device("openid-of-another") as other:
        a, b, m, o = [await person_of(one) for one in (guest, second, mini, other)]

        async def refused(linked: UUID, kept: UUID) -> str:
            try:
                await door.as_superuser(
                    "INSERT INTO person_link (id, linked_id, kept_id, linked_at)"
                    f" VALUES (gen_random_uuid(), '{linked}', '{kept}', now())"
                )
            except Exception as refusal:  # noqa: BLE001 - whatever PostgreSQL says
                return str(getattr(refusal, "constraint_name", refusal))
            return "linked"

        assert await refused(a, b) == "person_link_apps_check", "a guest keeps nobody"
        assert await refused(o, m) == "person_link_apps_check", "two of one app"
        assert await refused(m, m) in {"person_link_two_check", "person_link_apps_check"}
        await door.as_superuser(f"UPDATE person SET is_under_14 = true WHERE id = '{b}'")
        assert await refused(b, m) == "person_link_of_age_check"
        await door.as_superuser(f"UPDATE person SET is_under_14 = false WHERE id = '{b}'")
        assert await refused(a, m) == "linked"
        assert await refused(a, o) == "person_link_chain_check", "nobody is linked twice"
        assert await refused(b, a) == "person_link_chain_check", "who was linked keeps nobody"
        assert await refused(m, o) == "person_link_chain_check", "who keeps somebody is not linked"
        await identity.erase(b, now=utc_now())
        assert await refused(b, o) == "person_link_active_check"
        for statement in ("DELETE FROM person_link", "UPDATE person_link SET linked_at = now()"):
            with pytest.raises(Exception, match="stays"):
                await door.as_superuser(statement)


async def test_two_links_of_one_browser_at_once_make_one(door: Door, pair: tuple[Caller, Caller]) -> None:
    guest, mini = pair
    begun = (await typed(mini, await shown(guest))).json()
    await said(guest)
    answers = await asyncio.gather(*(finished(mini, begun) for _ in range(6)))
    assert {one.status_code for one in answers} <= {200, 410}
    assert 200 in {one.status_code for one in answers}
    assert await fetch_value("SELECT count(*) FROM person_link") == 1
    assert (await finished(mini, begun)).status_code == 200


async def test_a_link_whose_ten_minutes_are_over_is_none(door: Door, pair: tuple[Caller, Caller]) -> None:
    guest, mini = pair
    begun = (await typed(mini, await shown(guest))).json()
    await said(guest)
    await door.as_superuser(
        "ALTER TABLE device_move DISABLE TRIGGER ALL; UPDATE device_move SET made_at = made_at - interval '11 min',"
        " taken_at = taken_at - interval '11 min', expires_at = expires_at - interval '11 min';"
        " ALTER TABLE device_move ENABLE TRIGGER ALL"
    )
    assert told(await finished(mini, begun)) == (410, "IDENTITY_LINK_OVER")
