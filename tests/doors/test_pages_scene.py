"""The scene's page as the place where a distance is typed and a price is agreed to."""

import asyncio
import re
import time

from app.gateways.database import fetch
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry import credits
from app.registry.credits import Programme
from app.views.answer_cache import KEPT_S
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_pages_citizen import fields, scanned
from tests.staff import price


def button(page: str) -> str | None:
    """The price on the button, where it is shown."""
    found = re.search(
        r'<button class="btn" name="pay" value="own"><span>[^<]*<span data-f="price">([^<]*)</span>', page
    )
    return found[1] if found else None


async def sell_by(door: Door, *modes: str) -> None:
    """Let the live scene offer these ways."""
    listed = ", ".join(f'"{mode}"' for mode in modes)
    await door.as_superuser(
        "SET session_replication_role = replica;"
        f" UPDATE scenario SET setup = jsonb_set(setup::jsonb, '{{modes}}', '[{listed}]') WHERE code = '{door.live}'"
    )


async def ordered(visitor: Caller, door: Door, mode: str, km: str) -> tuple[str | None, str]:
    """The price on the button of this choice, and that of the order it makes."""
    page = await visitor.get(f"/s/{door.live}", params={"mode": mode, "km": km}, headers=PAGE)
    form = fields(page.text) | {"mode": mode, "km": km, "pay": "own"}
    placed = await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE | PAGE)
    assert placed.status_code == 303, placed.text
    cashier = await visitor.get(placed.headers["location"], headers=PAGE)
    amount = re.search(r'<p class="hero-n">([^<]*)</p>', cashier.text)
    assert amount is not None
    return button(page.text), amount[1]


async def test_the_price_on_the_button_is_the_price_of_the_order(door: Door) -> None:
    await sell_by(door, "metro", "car", "hsr", "flight")
    cases = [("metro", km) for km in ("20.5", "0", "23", "0.000001", "22.4999", "99.9")]
    cases += [("flight", "50"), ("flight", "699.5"), ("hsr", "20.5"), ("car", "２０．５"), ("metro", "12 公里")]
    async with door.caller() as visitor:
        await visitor.enter()
        for mode, km in cases:
            figure = await visitor.get(f"/api/v1/scenes/{door.live}/estimate", params={"mode": mode, "km": km})
            shown, charged = await ordered(visitor, door, mode, km)
            assert shown == charged == figure.json()["price_text"], (mode, km)
            assert f"¥{figure.json()['amount_minor'] / 100:.2f}" == charged


async def test_a_flight_begins_where_flights_begin_and_every_mode_names_its_bounds(door: Door) -> None:
    await sell_by(door, "metro", "flight", "hsr")
    async with door.caller() as visitor:
        told = (await visitor.get(f"/api/v1/scenes/{door.live}")).json()["modes"]
        assert [(one["key"], one["km_min"], one["usual_km"]) for one in told] == [
            ("metro", 0, 10), ("flight", 50, 1000), ("hsr", 0, 300),
        ]  # fmt: skip
        page = await visitor.get(f"/s/{door.live}?mode=flight", headers=PAGE)
        assert (page.status_code, 'name="km" inputmode="decimal" maxlength="12" value="1000"' in page.text) == (
            200,
            True,
        )
        for one in told:
            bounds = f'data-min="{one["km_min"]}" data-max="{one["km_max"]}" data-usual="{one["usual_km"]}"'
            assert f'value="{one["key"]}" {bounds}' in page.text
            for km, fits in ((one["km_min"], True), (one["km_max"], True), (one["km_max"] + 1, False)):
                figure = await visitor.get(
                    f"/api/v1/scenes/{door.live}/estimate", params={"mode": one["key"], "km": str(km)}
                )
                assert (figure.status_code == 200) is fits, (one, km)
                if not fits:
                    assert (figure.json()["detail"]["field"], str(one["km_max"]) in figure.json()["message"]) == (
                        "/km",
                        True,
                    )


async def test_without_a_script_a_flight_of_the_metros_distance_is_no_dead_end(door: Door) -> None:
    await sell_by(door, "metro", "flight")
    async with door.caller() as visitor:
        form = fields((await visitor.get(f"/s/{door.live}", headers=PAGE)).text)
        # Nobody typed the metro's distance, so the flight gets one of its own.
        looked = await visitor.post(
            f"/s/{door.live}",
            data=form | {"mode": "flight", "km": form["was_km"], "pay": "look"},
            headers=OWN_PAGE | PAGE,
        )
        assert (looked.status_code, looked.headers["location"]) == (303, f"/s/{door.live}?mode=flight&km=1000")
        # Who typed it reads at the field what would be right, and finds it as it was typed.
        typed = await visitor.get(f"/s/{door.live}?mode=flight&km=23", headers=PAGE)
        assert typed.status_code == 422
        assert re.search(r'id="km-fault" role="alert">[^<]*50[^<]*20000', typed.text)
        assert 'value="23" aria-describedby="km-fault" aria-invalid="true"' in typed.text
        assert button(typed.text) is None
        assert "¥" not in re.sub(r"<ul class=.credits.>.*?</ul>", "", typed.text, flags=re.DOTALL)
        assert not (await fetch("SELECT id FROM purchase_order"))


async def test_another_choice_than_the_button_was_for_is_shown_with_its_price_before_it_is_ordered(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        answer = await visitor.post(f"/s/{door.live}", data=form | {"mode": "car", "km": "80"}, headers=OWN_PAGE | PAGE)
        assert (answer.status_code, "金额已经重新算过" in answer.text) == (409, True)
        assert not await fetch("SELECT id FROM purchase_order")
        again = fields(answer.text) | {"mode": "car", "km": "80", "pay": "own"}
        assert again["intent"] == form["intent"]
        assert (await visitor.post(f"/s/{door.live}", data=again, headers=OWN_PAGE)).status_code == 303


async def test_a_price_that_moved_since_the_page_was_shown_is_shown_before_it_is_charged(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        await price(Programme.CDCER, 2 * (await credits.price_list(Programme.CDCER))[0].per_tonne_minor)
        answer = await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE | PAGE)
        assert answer.status_code == 409
        assert fields(answer.text)["price"] != form["price"]
        quote = await credits.quote(Programme.CDCER, 1, currency=Currency.CNY, on=beijing_day(utc_now()))
        assert f"¥{quote.per_tonne.tonne_minor / 100:.2f}/吨" in answer.text


async def test_a_form_that_expired_comes_back_with_all_that_was_typed(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live, mode="car", km="12.5")
        answer = await visitor.post(f"/s/{door.live}", data=form | {"csrf_token": "old"}, headers=OWN_PAGE | PAGE)
        assert (answer.status_code, "页面已过期" in answer.text) == (403, True)
        again = fields(answer.text)
        assert again["intent"] != form["intent"]
        assert re.search(r'value="car"[^>]* checked', answer.text)
        assert 'name="km" inputmode="decimal" maxlength="12" value="12.5"' in answer.text
        sent = await visitor.post(
            f"/s/{door.live}", data=again | {"mode": "car", "km": "12.5", "pay": "own"}, headers=OWN_PAGE
        )
        assert sent.status_code == 303


async def test_every_error_page_leads_back_to_the_page_its_step_belongs_to(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        refused = [
            (
                await visitor.post(f"/s/{door.live}", data={"km": "9" * 9_000_000}, headers=OWN_PAGE | PAGE),
                f"/s/{door.live}",
            ),
            (await visitor.post(f"{url}/cancel", data={"csrf_token": "old"}, headers=OWN_PAGE | PAGE), url),
            (await visitor.request("PUT", url, headers=OWN_PAGE | PAGE), url),
            (await visitor.get("/nothing/here", headers=PAGE), "/"),
            (await visitor.get("/o/ord_x", headers=PAGE), "/"),
        ]
        for answer, back in refused:
            assert answer.status_code >= 400
            assert f'<a class="btn" href="{back}">' in answer.text, (answer.status_code, back)


async def test_a_payment_that_is_refused_keeps_the_name_that_was_typed(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        good = fields((await visitor.get(url, headers=PAGE)).text) | {"name": "林小川"}
        for wrong, status in (
            ({"csrf_token": "old"}, 403),
            ({"method": "wechatpay.jsapi"}, 400),
            ({"method": ""}, 400),
        ):
            answer = await visitor.post(url, data=good | wrong, headers=OWN_PAGE | PAGE)
            assert (answer.status_code, 'value="林小川"' in answer.text) == (status, True), wrong
            assert 'role="alert"' in answer.text
        assert not await fetch("SELECT id FROM payment")


async def test_who_tries_to_pay_too_often_is_told_so_and_keeps_the_name_that_was_typed(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        pay = fields((await visitor.get(url, headers=PAGE)).text) | {"name": "林小川", "method": ""}
        told = []
        for _ in range(60):  # 30 a minute; the busier the machine, the more of them
            told.append((answer := await visitor.post(url, data=pay, headers=OWN_PAGE | PAGE)).status_code)
            if answer.status_code == 429:
                break
        assert set(told) == {400, 429}
        assert ('value="林小川"' in answer.text, 'role="alert"' in answer.text) == (True, True)


async def test_a_scene_that_is_closed_is_told_as_open_for_a_second_at_most_and_ordering_there_is_refused_at_once(
    door: Door,
) -> None:
    async with door.guest() as visitor:
        assert (await visitor.get(f"/api/v1/scenes/{door.live}")).status_code == 200
        kept_until = max(until for until, _ in door.app.state.services.answers._answers.values())
        assert kept_until <= time.monotonic() + KEPT_S <= time.monotonic() + 1
        await door.as_superuser(f"UPDATE scenario SET state = 'closed' WHERE code = '{door.live}'")
        assert (await visitor.order(door.live)).status_code in {409, 410}
        while time.monotonic() < kept_until:  # noqa: ASYNC110 - the cache asks the clock
            await asyncio.sleep(0.05)
        told = await visitor.get(f"/api/v1/scenes/{door.live}")
        assert (told.status_code, told.json()["phase"]) == (410, "over")


async def test_a_kept_scene_is_told_in_each_language(door: Door) -> None:
    async with door.caller() as visitor, door.caller(accept_language="en") as foreigner:
        for _ in range(2):
            zh = await visitor.get(f"/api/v1/scenes/{door.live}")
            en = await foreigner.get(f"/api/v1/scenes/{door.live}")
            assert zh.json()["modes"][0]["label"] != en.json()["modes"][0]["label"]
            assert (zh.headers["content-language"], en.headers["content-language"]) == ("zh-CN", "en")
