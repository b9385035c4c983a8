"""The inbox: one page for everything that takes two people, by role and age, decided with the digest it showed."""

import re
from dataclasses import replace

from app.foundation import approvals
from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel.money import Currency
from app.registry import credits
from app.views import inbox
from tests.doors.conftest import Caller
from tests.doors.test_pages_operator import Platform, fields, platform, proposed, reported, sold
from tests.rooms.registry.credits.test_credits_two_people import LOT
from tests.staff import staff

__all__ = ["platform"]
HERE = "/operator/inbox"


async def _lot(tonnes: int = 120) -> approvals.Approval:
    return await credits.propose_lot(
        replace(LOT, tonnes=tonnes, certificate_number=f"证-{tonnes}"), by=await staff(Role.OPERATOR)
    )


async def _form(reader: Caller, url: str, **typed: str) -> dict[str, str]:
    return fields((await reader.get(url)).text) | typed


async def test_what_waits_is_listed_by_role_and_opens_in_words(platform: Platform) -> None:
    waiting = await _lot()
    reviewer = await platform.come(Role.REVIEWER)

    listed = (await reader_page(reviewer, HERE)).replace("\n", "")
    assert re.search(rf'<a class="stat" href="{HERE}\?role=reviewer"><dl><dt>待复核</dt><dd>1</dd>', listed)
    assert "要我复核，1 件" in listed
    assert f'href="{HERE}/{waiting.id}"' in listed

    for language, words in (
        ("zh", ("120 t 林草碳普惠", "示例草原", "SCLC-001", "输入数量以确认")),
        ("en", ("120 t", "Sample grassland", "Type the figure")),
    ):
        page = await reader_page(reviewer, f"{HERE}/{waiting.id}?lang={language}")
        assert all(word in page for word in words), (language, words)
        assert waiting.sha256 in page


async def test_a_role_of_the_strip_shows_only_what_that_role_decides(platform: Platform) -> None:
    waiting = await _lot()
    reviewer = await platform.come(Role.REVIEWER)

    theirs = await reader_page(reviewer, f"{HERE}?role=reviewer")
    assert f'href="{HERE}/{waiting.id}?role=reviewer"' in theirs
    assert f'href="{HERE}" aria-current="page"><dl><dt>待复核</dt>' in theirs
    prices = await credits.price_list(credits.Programme.CDCER)
    await credits.propose_price(
        credits.Programme.CDCER, per_tonne_minor=prices[0].per_tonne_minor + 100, currency=Currency.CNY,
        valid_from=prices[0].valid_from, by=await staff(Role.OPERATOR),
    )  # fmt: skip
    assert str(waiting.id) not in await reader_page(reviewer, f"{HERE}?role=finance")
    assert str(waiting.id) in await reader_page(reviewer, f"{HERE}?role=nobody")


async def test_tonnes_are_approved_by_typing_them_and_the_digest_that_was_shown(platform: Platform) -> None:
    waiting = await _lot()
    reviewer, url = await platform.come(Role.REVIEWER), f"{HERE}/{waiting.id}"

    for typed in ("", "12", "121 t"):
        refused = await reviewer.post(f"{url}/approve", data=await _form(reviewer, url, typed=typed))
        assert (refused.status_code, "数量与提请的不一致" in refused.text) == (400, True), typed
    stale = await reviewer.post(f"{url}/approve", data=await _form(reviewer, url, typed="120", seen="00" * 32))
    assert (stale.status_code, "不一致，请刷新" in stale.text) == (409, True)

    done = await reviewer.post(f"{url}/approve", data=await _form(reviewer, url, typed="１２０ t"))
    assert (done.status_code, done.headers["location"]) == (303, url)
    assert "已同意" in await reader_page(reviewer, url)
    assert await fetch_value("SELECT count(*) FROM credit_lot WHERE is_raw_only") == 1
    again = await reviewer.post(f"{url}/return", data=await _form(reviewer, HERE, seen=waiting.sha256, reason="晚了"))
    assert again.status_code == 409


async def test_who_proposed_sees_no_button_to_approve_and_takes_it_back(platform: Platform) -> None:
    both = await platform.come(Role.OPERATOR, Role.REVIEWER)
    await sold(platform.door)
    cancellation = await proposed(both)
    waiting = await approvals.find_open("upstream_cancellation", cancellation.rpartition("/")[2])
    assert waiting is not None
    url = f"{HERE}/{waiting.id}"

    page = await reader_page(both, url)
    assert "/approve" not in page
    assert "我交出去的，等别人，1 件" in page
    own = await both.post(f"{url}/approve", data=fields(page) | {"seen": waiting.sha256, "typed": "1"})
    assert own.status_code in {403, 409}
    taken = await both.post(f"{url}/withdraw", data=await _form(both, url, reason="填错了"))
    assert taken.status_code == 303
    assert await fetch_value("SELECT state FROM upstream_cancellation") == "returned"


async def test_a_cancellation_by_hand_can_be_approved_here_once_its_proof_is_there(platform: Platform) -> None:
    await sold(platform.door)
    maker, reviewer = await platform.two()
    cancellation = await proposed(maker)
    reference = cancellation.rpartition("/")[2]
    first = await approvals.find_open("upstream_cancellation", reference)
    assert first is not None
    assert "还在等提请人填报回执" in await reader_page(reviewer, f"{HERE}/{first.id}")

    assert await reported(maker, cancellation) == 303
    second = await approvals.find_open("upstream_cancellation", reference)
    assert second is not None
    url = f"{HERE}/{second.id}"
    assert "VN-2026-1" in await reader_page(reviewer, url)
    done = await reviewer.post(f"{url}/approve", data=await _form(reviewer, url, typed="1"))
    assert done.status_code == 303, done.text
    assert await fetch_value("SELECT state FROM upstream_cancellation") == "cancelled"


async def test_a_price_shows_what_stands_now_and_is_sent_back_with_a_reason(platform: Platform) -> None:
    now = (await credits.price_list(credits.Programme.CDCER))[0]
    wanted = await credits.propose_price(
        credits.Programme.CDCER, per_tonne_minor=now.per_tonne_minor + 100, currency=Currency.CNY,
        valid_from=now.valid_from, by=await staff(Role.OPERATOR),
    )  # fmt: skip
    finance, url = await platform.come(Role.FINANCE), f"{HERE}/{wanted.id}"
    page = await reader_page(finance, url)
    assert re.search(r"<del>.+ / t</del> <ins>.+ / t</ins>", page)

    short = await finance.post(f"{url}/return", data=await _form(finance, url, reason="x"))
    assert (short.status_code, "2 至 400 个字" in short.text) == (400, True)
    sent = await finance.post(f"{url}/return", data=await _form(finance, url, reason="先别涨价"))
    assert sent.status_code == 303
    assert "先别涨价" in await reader_page(finance, url)


async def test_an_invitation_to_the_platform_is_agreed_to_here_and_its_link_waits_until_then(
    platform: Platform,
) -> None:
    first, second = await platform.come(Role.ADMINISTRATOR), await platform.come(Role.ADMINISTRATOR)
    members = (await first.get("/operator/people")).headers["location"]
    typed = fields((await first.get(members)).text) | {"role_finance": "on", "label": "王小明"}
    made = (await first.post(members, data=typed)).text
    assert "待另一位管理员同意" in made
    link, waiting = re.search(r"(/join/[\w-]{43})", made), re.search(rf'href="({HERE}/[0-9a-f-]{{36}})"', made)
    assert link and waiting
    url, stranger = waiting[1], platform.door.caller()
    for language, words in (("zh", "正等待另一位管理员同意"), ("en", "waits for a second administrator")):
        early = await stranger.get(f"{link[1]}?lang={language}")
        assert (early.status_code, words in early.text, "<form" in early.text) == (200, True, False), early.text
    assert "/approve" not in await reader_page(first, url)
    for language, words in (("zh", ("财务", "王小明", "邀请有效至")), ("en", ("finance", "王小明", "Good until"))):
        page = await reader_page(second, f"{url}?lang={language}")
        assert all(word in page for word in words), (language, words)
    done = await second.post(f"{url}/approve", data=await _form(second, url))
    assert (done.status_code, done.headers["location"]) == (303, url)
    assert "<form" in (await stranger.get(link[1])).text
    await stranger.aclose()


async def test_an_invitation_sent_back_here_opens_nothing_any_more(platform: Platform) -> None:
    first, second = await platform.come(Role.ADMINISTRATOR), await platform.come(Role.ADMINISTRATOR)
    members = (await first.get("/operator/people")).headers["location"]
    made = (await first.post(members, data=fields((await first.get(members)).text) | {"role_auditor": "on"})).text
    link, waiting = re.search(r"(/join/[\w-]{43})", made), re.search(rf'href="({HERE}/[0-9a-f-]{{36}})"', made)
    assert link and waiting
    url = waiting[1]
    sent = await second.post(f"{url}/return", data=await _form(second, url, reason="不认识此人"))
    assert sent.status_code == 303
    assert (await first.get(link[1])).status_code == 410
    assert "没有未使用的邀请" in (await first.get(members)).text


async def test_what_another_role_decides_is_shown_and_not_offered(platform: Platform) -> None:
    waiting = await _lot()
    finance = await platform.come(Role.FINANCE)

    assert "等其他人，1 件" in await reader_page(finance, HERE)
    page = await reader_page(finance, f"{HERE}/{waiting.id}")
    assert "/approve" not in page
    forged = await finance.post(
        f"{HERE}/{waiting.id}/approve", data=fields(page) | {"seen": waiting.sha256, "typed": "120"}
    )
    assert forged.status_code == 403


async def test_every_kind_that_migrations_bring_has_its_words_and_its_way(platform: Platform) -> None:
    assert platform
    assert {kind.code for kind in await approvals.list_kinds()} == set(inbox.HANDLERS)


async def reader_page(reader: Caller, url: str) -> str:
    answer = await reader.get(url)
    assert answer.status_code == 200, answer.text
    return answer.text
