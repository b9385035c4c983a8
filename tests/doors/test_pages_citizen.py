"""The citizen's pages as a stranger's browser meets them: what they say where something is not as hoped."""

import html
import re

from app.gateways.database import fetch, transaction
from app.kernel import ids
from app.kernel.clock import utc_now
from app.registry import holdings
from app.registry.credits import Programme
from tests.doors.conftest import OWN_PAGE, PAGE, PUBLIC, Caller, Door


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


async def scanned(caller: Caller, code: str, **more: str) -> dict[str, str]:
    """What the scene's form would send."""
    chosen = {"mode": "metro", "km": "23", "pay": "own"} | more
    page = await caller.get(f"/s/{code}", params={name: chosen[name] for name in ("mode", "km")}, headers=PAGE)
    assert page.status_code in {200, 422}, page.text
    return fields(page.text) | chosen


async def test_one_button_places_one_order_and_makes_a_guest_in_the_readers_language(door: Door) -> None:
    async with door.caller(accept_language="en-GB") as visitor:
        form = await scanned(visitor, door.live)
        assert "set-cookie" not in (await visitor.get(f"/s/{door.live}")).headers
        answers = [await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [303, 303]
        assert answers[0].headers["location"] == answers[1].headers["location"]
        cookie = answers[0].headers["set-cookie"]
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        # Whoever reads English and never chose a language goes on reading English with the session.
        cashier = await visitor.get(answers[0].headers["location"], headers=PAGE)
        assert '<html lang="en">' in cashier.text
        assert cashier.headers["cache-control"] == "no-store"
        (row,) = await fetch("SELECT count(*) AS orders FROM purchase_order")
        assert row["orders"] == 1


async def test_a_form_with_another_intent_or_token_or_page_orders_nothing(door: Door) -> None:
    foreign = (
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"referer": "https://evil.example/x"},
    )
    cases: list[tuple[dict[str, str], dict[str, str], int]] = [
        ({"intent": "another"}, OWN_PAGE, 403),
        ({"csrf_token": "0" * 80}, OWN_PAGE, 403),
        ({"csrf_token": "ü"}, OWN_PAGE, 403),
        ({"intent": ""}, OWN_PAGE, 400),
        ({"intent": "x" * 300}, OWN_PAGE, 400),
        *(({}, headers, 403) for headers in foreign),
    ]
    for changed, headers, status in cases:
        async with door.caller() as visitor:
            form = await scanned(visitor, door.live) | changed
            answer = await visitor.post(f"/s/{door.live}", data=form, headers=headers | PAGE)
            assert (answer.status_code, "set-cookie" in answer.headers) == (status, False), (changed, headers)
            if headers is not OWN_PAGE:
                assert "请求不是从本站页面发出的" in answer.text
    assert not await fetch("SELECT id FROM purchase_order")


async def test_a_choice_that_does_not_fit_is_told_on_the_same_page(door: Door) -> None:
    cases = [
        ({"km": "100000"}, "之间", "km-fault"),
        ({"km": "-3"}, "应为", "km-fault"),
        ({"km": "1e3"}, "应为", "km-fault"),
        ({"km": "<b>"}, "应为", "km-fault"),
        ({"km": ""}, "应为", "km-fault"),
        ({"km": "99", "mode": "flight"}, "请选择本场景提供的出行方式", "notice"),
        ({"mode": "rocket"}, "请选择本场景提供的出行方式", "notice"),
    ]
    async with door.caller() as visitor:
        for wrong, said, place in cases:
            form = await scanned(visitor, door.live, **wrong)
            answer = await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE | PAGE)
            notice = re.search(rf'id="{place}"[^>]*>(.*?)</p>', answer.text)
            assert (answer.status_code, notice is not None and said in notice[1]) == (422, True), wrong
            assert f'name="km" inputmode="decimal" maxlength="12" value="{html.escape(form["km"])}"' in answer.text
            assert fields(answer.text)["intent"] == form["intent"]
        assert not await fetch("SELECT id FROM purchase_order")


async def test_whoever_walks_reads_a_thank_you_and_no_button(door: Door) -> None:
    async with door.caller() as visitor:
        page = await visitor.get(f"/s/{door.walking}?mode=walk_bike&km=3", headers=PAGE)
        assert page.status_code == 200
        assert "这样来没有排放，谢谢你。" in page.text
        assert re.search(r'<button class="btn" name="pay" value="own" hidden>', page.text)
        assert "可用的碳信用正在补充" not in page.text
        figure = await visitor.get(f"/api/v1/scenes/{door.walking}/estimate?mode=walk_bike&km=3")
        assert (figure.status_code, figure.json()["grams"], figure.json()["lines"]) == (200, 0, [])
        by_metro = await visitor.get(f"/s/{door.walking}?mode=metro&km=3", headers=PAGE)
        assert re.search(r'<button class="btn" name="pay" value="own">', by_metro.text)


async def test_a_scene_that_is_over_shows_its_results_and_takes_nothing(door: Door) -> None:
    async with door.caller() as visitor:
        page = await visitor.get(f"/s/{door.over}", headers=PAGE)
        assert (page.status_code, "示例昨日跑" in page.text, "已结束" in page.text) == (410, True, True)
        form = await scanned(visitor, door.live)
        posted = await visitor.post(f"/s/{door.over}", data=form, headers=OWN_PAGE | PAGE)
        assert posted.status_code == 410
        assert not await fetch("SELECT id FROM purchase_order")


async def test_a_scene_ahead_computes_and_says_when_it_opens(door: Door) -> None:
    async with door.caller() as visitor:
        page = await visitor.get(f"/s/{door.ahead}", headers=PAGE)
        assert page.status_code == 200
        assert "开放，现在可以先算一算" in page.text
        assert 'name="pay" value="own"' not in page.text
        form = await scanned(visitor, door.ahead)
        posted = await visitor.post(f"/s/{door.ahead}", data=form, headers=OWN_PAGE | PAGE)
        assert (posted.status_code, "活动尚未开始" in posted.text) == (422, True)


async def test_with_no_credits_left_the_page_says_so_in_place_of_the_button(door: Door) -> None:
    async with transaction() as tx:
        await holdings.reserve("test:all", Programme.CDCER, 99_999_000, expires_at=utc_now(), tx=tx)
    async with door.caller() as visitor:
        # Somebody whose page is older than the last gram is told on the page, too.
        form = await scanned(visitor, door.live)
        posted = await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE | PAGE)
        assert (posted.status_code, "可用减排量不足" in posted.text) == (422, True)
        async with transaction() as tx:
            await holdings.reserve("test:rest", Programme.CDCER, 1_000, expires_at=utc_now(), tx=tx)
        from app.views.prices import offers

        offers.forget()
        page = await visitor.get(f"/s/{door.live}", headers=PAGE)
        assert ("可用的碳信用正在补充" in page.text, 'name="pay" value="own"' in page.text) == (True, False)


async def test_an_unknown_code_asks_for_one_and_every_problem_page_is_dressed(door: Door) -> None:
    async with door.caller() as visitor:
        for path, status in (("/s/ZZZZZZ", 404), ("/nothing/here", 404), ("/o/ord_x", 401), ("/c/crt_x", 401)):
            page = await visitor.get(path, headers=PAGE)
            assert (page.status_code, "text/html" in page.headers["content-type"]) == (status, True)
            # Without the page's own policy the browser throws the style away.
            assert "style-src 'self' 'sha256-" in page.headers["content-security-policy"]
            assert re.search(r"req_[0-9A-Z]{26}", page.text)
            assert f'href="{path}?lang=en"' in page.text
        assert 'name="code"' in (await visitor.get("/s/ZZZZZZ", headers=PAGE)).text
        refused = await visitor.post("/", headers=PAGE)
        assert (refused.status_code, "<h1>这里不能这样操作</h1>" in refused.text) == (405, True), refused.text
        assert "GET" in refused.headers["allow"]
        twisted = await visitor.get("//evil.example/x", headers=PAGE)
        assert 'href="//evil' not in twisted.text
        english = await visitor.get("/s/ZZZZZZ?lang=en", headers=PAGE)
        assert "<h1>Nothing found here</h1>" in english.text


async def test_a_name_that_cannot_stand_on_a_certificate_is_told_at_the_cashier(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        cashier_url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        pay = fields((await visitor.get(cashier_url, headers=PAGE)).text) | {"method": "wechatpay.native"}
        too_long, hidden = "姓名最多 50 个字", "证书上无法印出这些字符"
        for name, said in (("长" * 51, too_long), ("a\u0007b", too_long), ("a\u202eb", hidden), ("a\u2066b", hidden)):
            paid = await visitor.post(cashier_url, data=pay | {"name": name}, headers=OWN_PAGE | PAGE)
            assert (paid.status_code, said in paid.text) == (422, True), name
        assert not await fetch("SELECT id FROM payment")


async def test_a_silent_channel_is_told_and_the_order_stays(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        cashier_url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        cashier = await visitor.get(cashier_url, headers=PAGE)
        pay = fields(cashier.text) | {"method": "wechatpay.native", "name": "林小川"}
        answer = await visitor.post(cashier_url, data=pay, headers=OWN_PAGE | PAGE)
        assert (answer.status_code, "支付渠道暂时没有回应" in answer.text) == (422, True)
        assert 'value="林小川"' in answer.text
        mine = await visitor.get("/me", headers=PAGE)
        assert (cashier_url in mine.text, "待支付" in mine.text) == (True, True)


async def test_inside_wechat_without_its_login_the_code_is_offered_instead_of_a_dead_end(door: Door) -> None:
    async with door.caller(user_agent="Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0") as visitor:
        form = await scanned(visitor, door.live)
        cashier_url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        cashier = await visitor.get(cashier_url, headers=PAGE)
        assert re.findall(r'name="method" value="([^"]+)"', cashier.text) == ["wechatpay.native"]
        jsapi = fields(cashier.text) | {"method": "wechatpay.jsapi"}
        refused = await visitor.post(cashier_url, data=jsapi, headers=OWN_PAGE | PAGE)
        assert (refused.status_code, "当前环境不能使用这种支付方式" in refused.text) == (400, True)


async def test_cancelling_is_asked_first_and_leads_back_to_the_same_choices(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live, mode="car", km="12")
        order_url = (await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)).headers["location"]
        question = await visitor.get(f"{order_url}/cancel", headers=PAGE)
        assert (question.status_code, "取消这个订单？" in question.text) == (200, True)
        (row,) = await fetch("SELECT state FROM purchase_order")
        assert row["state"] == "placed"
        forged = await visitor.post(f"{order_url}/cancel", data={"csrf_token": "0" * 80}, headers=OWN_PAGE | PAGE)
        assert forged.status_code == 403
        done = await visitor.post(f"{order_url}/cancel", data=fields(question.text), headers=OWN_PAGE)
        assert (done.status_code, done.headers["location"]) == (303, order_url)
        closed = await visitor.get(order_url, headers=PAGE)
        assert "已关闭" in closed.text
        assert f"/s/{door.live}?mode=car&amp;km=12" in closed.text
        again = await visitor.get(f"{order_url}/cancel", headers=PAGE)
        assert (again.status_code, again.headers["location"]) == (303, order_url)


async def test_my_page_counts_everything_and_shows_ten(door: Door) -> None:
    async with door.caller() as visitor:
        form = await scanned(visitor, door.live)
        await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)
        visitor.headers.update(OWN_PAGE)
        for number in range(12):
            placed = await visitor.order(door.live, key=f"me-{number}", km=10 + number)
            await door.paid(placed.json()["id"])
        page = await visitor.get("/me", headers=PAGE)
        assert page.headers["cache-control"] == "no-store"
        assert "12 张证书" in page.text
        assert len(re.findall(r'href="/c/crt_', page.text)) == 10
        assert len(page.text.encode()) < 120_000
        next_url = re.search(r'href="(/me\?after=[^"]+)"', page.text)
        assert next_url is not None
        rest = await visitor.get(next_url[1], headers=PAGE)
        assert len(re.findall(r'href="/c/crt_', rest.text)) == 2
        assert "12 张证书" in rest.text


async def test_a_phone_with_a_forgotten_session_is_a_guest_again(door: Door) -> None:
    async with door.caller(cookie="dd_session=long-gone") as visitor:
        form = await scanned(visitor, door.live)
        answer = await visitor.post(f"/s/{door.live}", data=form, headers=OWN_PAGE)
        assert answer.status_code == 303
        assert "dd_session=" in answer.headers["set-cookie"]
        assert (await visitor.get("/me", headers=PAGE)).status_code == 200


async def test_what_a_code_leads_to_is_printed_as_a_picture(door: Door) -> None:
    import io

    import zxingcpp
    from PIL import Image

    async with door.caller() as visitor:
        for path in ("", "?size=64", "?size=1024"):
            answer = await visitor.get(f"/s/{door.live.lower()}/qr.png{path}")
            picture = Image.open(io.BytesIO(answer.content)).convert("L")
            found = zxingcpp.read_barcodes(picture)
            assert [(one.text, one.ec_level) for one in found] == [(f"{PUBLIC}/s/{door.live}", "M")], path
            assert answer.headers["cache-control"] == "public, max-age=86400"
            assert picture.width <= int(path.partition("=")[2] or 512)
            # Four modules of white on every side.
            box = picture.point(lambda value: 255 - value).getbbox()
            assert box is not None
            assert box[0] * 29 >= 4 * (picture.width - 2 * box[0])
        svg = await visitor.get(f"/s/{door.live}/qr.svg")
        assert (svg.status_code, svg.headers["content-type"]) == (200, "image/svg+xml")
        side = int(re.search(r'viewBox="0 0 (\d+)', svg.text)[1])
        drawn = Image.new("L", (side * 8, side * 8), 255)
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg.text):
            drawn.paste(0, (int(x) * 8, int(y) * 8, (int(x) + int(width)) * 8, (int(y) + 1) * 8))
        assert [one.text for one in zxingcpp.read_barcodes(drawn)] == [f"{PUBLIC}/s/{door.live}"]
        assert (await visitor.get("/s/ZZZZZZ/qr.png")).status_code == 404
        wrong = await visitor.get(f"/s/{door.live}/qr.png?size=99999")
        assert (wrong.status_code, wrong.json()["detail"]["field"]) == (400, "/size")


async def test_wechats_verification_files_are_served_and_nothing_else(door: Door, tmp_path, monkeypatch) -> None:
    from app.web.kit import wechat_files

    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "MP_verify_a1B2.txt").write_text("a1B2")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "inside" / "link.txt").symlink_to(tmp_path / "secret.txt")
    monkeypatch.setattr(wechat_files, "FOLDER", tmp_path / "inside")
    async with door.caller() as anybody:
        for path in ("/MP_verify_a1B2.txt", "/s/MP_verify_a1B2.txt"):
            answer = await anybody.get(path)
            assert (answer.status_code, answer.text) == (200, "a1B2")
            assert answer.headers["content-type"].startswith("text/plain")
        for path in ("/../secret.txt", "/..%2Fsecret.txt", "/s/..%2Fsecret.txt", "/link.txt", "/other.txt", "/.txt"):
            assert (await anybody.get(path)).status_code == 404, path
        assert b"Disallow: /c/" in (await anybody.get("/robots.txt")).content


async def test_the_scene_weighs_at_most_15_kb_with_everything_it_loads(door: Door) -> None:
    async with door.caller(accept_encoding="gzip") as phone:
        weight, seen, left = 0, set(), [f"/s/{door.live}"]
        while left:
            path = left.pop()
            seen.add(path)
            async with phone.stream("GET", path, headers=PAGE) as answer:
                raw = b"".join([chunk async for chunk in answer.aiter_raw()])
                headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
            assert answer.status_code == 200
            assert answer.headers.get("content-encoding") == "gzip" or len(raw) < 700, path
            weight += len(raw) + headers
            if path.startswith("/s/"):
                import gzip

                # The picture for whoever shares the link lies hidden, and no browser loads it (test_templates_browser.py).
                text = re.sub(r"<div hidden><img .*?</div>", "", gzip.decompress(raw).decode())
                left += sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text)) - seen)
        assert len(seen) >= 3
        assert weight <= 15 * 1024, weight


async def test_head_says_what_get_would_without_a_body(door: Door) -> None:
    async with door.caller() as anybody:
        for path in ("/", f"/s/{door.live}", f"/api/v1/scenes/{door.live}", "/robots.txt", f"/s/{door.live}/qr.svg"):
            head, get = await anybody.head(path, headers=PAGE), await anybody.get(path, headers=PAGE)
            assert (head.status_code, head.content) == (get.status_code, b""), path
            assert head.headers["content-type"] == get.headers["content-type"]
        assert (await anybody.head("/s/ZZZZZZ")).status_code == 404
        assert (await anybody.head("/api/v1/orders")).status_code == 405
        options = await anybody.options(f"/s/{door.live}")
        assert (options.status_code, "GET" in options.headers["allow"]) == (204, True)


async def test_another_phone_sees_no_order_and_no_certificate(door: Door) -> None:
    async with door.guest() as owner, door.guest() as other:
        order_id = (await owner.order(door.live, name="林小川")).json()["id"]
        certificate_id = await door.paid(order_id)
        assert ids.parse("crt", certificate_id) is not None
        for path in (f"/o/{order_id}", f"/c/{certificate_id}", f"/o/{order_id}/cancel"):
            assert (await owner.get(path, headers=PAGE)).status_code in {200, 303}
            refused = await other.get(path, headers=PAGE)
            assert (refused.status_code, "林小川" in refused.text) == (404, False), path
        page = await owner.get(f"/c/{certificate_id}", headers=PAGE)
        assert (page.headers["cache-control"], "林小川" in page.text) == ("no-store", True)


async def test_a_certificate_is_shared_by_its_public_link_and_wechat_is_told_how(door: Door) -> None:
    inside = {"user-agent": "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0"}
    async with door.guest() as owner:
        certificate_id = await door.paid((await owner.order(door.live, name="林小川")).json()["id"])
        page = (await owner.get(f"/c/{certificate_id}", headers=PAGE)).text
        shared = re.search(rf'data-link="({PUBLIC}(/v/\w+))"', page)
        assert shared and f'<a class="btn" id="open" href="{shared[2]}">' in page
        assert "share.js" in page and "右上角" not in page
        page = (await owner.get(f"/c/{certificate_id}", headers=PAGE | inside)).text
        assert f'<a class="btn" id="open" href="{shared[2]}">' in page
        assert "share.js" not in page and "右上角" in page
