"""A form of an older page: whatever a person typed into it comes back with a page that is good, at every form there is."""

import html
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from litestar import Litestar

from app import scenarios
from app.commerce import orders
from app.foundation import approvals, identity, moderation
from app.foundation.identity import Role
from app.foundation.identity.applications import Applicant, Applied
from app.gateways.database import fetch
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.programmes import gifts, wall
from app.views import bills as words
from app.views.orders import statements
from app.web.kit.security import forms
from tests import zoned
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_gifts import scene_of
from tests.doors.test_pages_first_day import CODE
from tests.doors.test_pages_inbox import _lot
from tests.doors.test_pages_operator import Platform, platform, proposed, sold
from tests.doors.test_unpaid_bounds_at_doors import quoted
from tests.owning import as_owner
from tests.rooms.commerce.bills.conftest import found_difference
from tests.rooms.commerce.statements.conftest import found_finding
from tests.staff import staff, verified

__all__ = ["platform"]
REASON: Final = "号段与证书不符，请重新填报。"
Old = Callable[[Platform], Awaitable[tuple[Caller, str, dict[str, str]]]]
"""Somebody's browser, where the form goes, and what they typed into it."""


async def _organisation(_: Platform) -> identity.Verification:
    await identity.add_organisation(
        Text(zh="示例钢铁厂", en="Sample Steel"), kind=identity.OrganisationKind.COMPANY,
        register=identity.read_register("CN", CODE), papers="营业执照", by=await staff(Role.OPERATOR), now=utc_now(),
    )  # fmt: skip
    (waiting,) = await identity.open_verifications()
    return waiting


async def _approve(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    return await at.come(Role.REVIEWER), f"/operator/inbox/{(await _lot()).id}/approve", {"typed": "119 t"}


async def _return(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    return await at.come(Role.REVIEWER), f"/operator/inbox/{(await _lot()).id}/return", {"reason": REASON}


async def _take_back(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    await sold(at.door)
    maker = await at.come(Role.OPERATOR)
    waiting = await approvals.find_open("upstream_cancellation", (await proposed(maker)).rpartition("/")[2])
    assert waiting is not None
    return maker, f"/operator/inbox/{waiting.id}/withdraw", {"reason": REASON}


async def _gift(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    organisation_id = await verified(Text(zh="示例工会", en="Sample Union"))
    caller = await at.come(Role.SPONSOR, organisation_id=organisation_id)
    typed = {"do": "new", "each_kg": "12.5", "message_zh": "谢谢你来", "message_en": "Thank you for coming"}
    return caller, f"/organiser/{await scene_of(organisation_id)}/gift", typed


async def _wall_settings(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    organisation_id = await verified(Text(zh="示例工会", en="Sample Union"))
    caller, code = await at.come(Role.SPONSOR, organisation_id=organisation_id), await scene_of(organisation_id)
    return caller, f"/organiser/{code}/wall/settings", {"turn_s": "45", "wait_s": "97"}


async def _wall_screen(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    organisation_id = await verified(Text(zh="示例工会", en="Sample Union"))
    caller, code = await at.come(Role.SPONSOR, organisation_id=organisation_id), await scene_of(organisation_id)
    await wall.open_wall((await scenarios.open_scene(code, today=beijing_day(utc_now()))).id)
    return caller, f"/organiser/{code}/wall/screens", {"label": "大厅东侧"}


async def _donation(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    await zoned.zone()
    organisation_id = await verified(Text(zh="示例碳汇公司", en="Sample Carbon"))
    caller = await at.come(Role.SPONSOR, organisation_id=organisation_id)
    typed = {"do": "intend", "donor": ids.public("org", organisation_id), "intend_t": "12.5", "due_on": "2199-01-31"}
    return caller, "/organiser/donations/games", typed


async def _codes(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    organisation_id = await verified(Text(zh="示例工会", en="Sample Union"))
    caller, code = await at.come(Role.SPONSOR, organisation_id=organisation_id), await scene_of(organisation_id)
    (row,) = await fetch("SELECT id FROM scenario WHERE code = $1", code)
    now = utc_now()
    asked = gifts.CampaignDraft(
        audience=gifts.Audience.CODES, amount=gifts.AmountKind.FIXED, each_g=1, most_people=None, starts_at=now,
        ends_at=now + timedelta(hours=1),
    )  # fmt: skip
    (member,) = await fetch("SELECT person_id FROM membership WHERE organisation_id = $1", organisation_id)
    await gifts.draft(row["id"], asked, by=member["person_id"], now=now)
    return caller, f"/organiser/{code}/gift/codes", {"label": "志愿者", "count": "200"}


async def _endpoint(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    organisation_id = await verified(Text(zh="示例工会", en="Sample Union"))
    caller = await at.come(Role.SPONSOR, organisation_id=organisation_id)
    return caller, "/organiser/webhooks", {"do": "new", "label": "值班系统", "url": "https://hooks.example.org/"}


async def _reserve(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    for _ in range(2):
        await quoted(at.door)
    last = (await orders.list_quoted(limit=9))[-1]  # not the one that the page opens by itself
    return await at.come(Role.OPERATOR), "/operator/orders", {"order": ids.public("ord", last.id), "reason": REASON}


async def _record(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    typed = {"remark": "DD7K3M9QXR", "amount": "150.00", "bank_number": "ICBC-91", "payer_name": "示例钢铁厂"}
    return await at.come(Role.FINANCE), "/operator/transfers", typed | {"value_day": "2026-11-27"}


async def _record_row(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    number = statements.finding_number(await found_finding(at.door.app.state.services.keyring))
    return await at.come(Role.FINANCE), f"/operator/statements/findings/{number}/record", {"remark": "DD7K3M9QXR"}


async def _explain_row(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    number = statements.finding_number(await found_finding(at.door.app.state.services.keyring))
    typed = {"reason": "银行利息，已入账", "evidence": "CASE-92"}
    return await at.come(Role.FINANCE), f"/operator/statements/findings/{number}/explain", typed


async def _explain(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    number = words.number_of(await found_difference())
    typed = {"reason": "渠道漏列，已去函", "evidence": "CASE-91"}
    return await at.come(Role.FINANCE), f"/operator/bills/differences/{number}/explain", typed


async def _add(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    typed = {"name_zh": "示例总工会", "name_en": "Sample Union", "register_number": CODE, "papers": "登记证书"}
    return await at.come(Role.OPERATOR), "/operator/organisations", typed


async def _refuse(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    verification = await _organisation(at)
    return await at.come(Role.REVIEWER), f"/operator/organisations/{verification.id}/return", {"reason": REASON}


async def _invite(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    administrator = await at.come(Role.ADMINISTRATOR)
    return administrator, f"/members/{ids.public('org', at.organisation_id)}", {"label": "财务部的陈女士"}


async def _withdraw(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    await sold(at.door)
    maker = await at.come(Role.OPERATOR)
    return maker, f"{await proposed(maker)}/withdraw", {"reason": REASON}


async def _send_back(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    await sold(at.door)
    maker, checker = await at.two()
    return checker, f"{await proposed(maker)}/return", {"reason": REASON}


async def _sponsor(at: Platform) -> Caller:
    return await at.come(Role.SPONSOR, organisation_id=await verified(Text(zh="示例工会", en="Sample Union")))


async def _key(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    return await _sponsor(at), "/organiser/keys", {"name": "夜间同步", "days": "91"}


async def _scene(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    return await _sponsor(at), "/organiser/scenes/new", {"title_zh": "示例骑行日", "place_zh": "东门广场"}


async def _step_of_scene(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    caller = await _sponsor(at)
    (row,) = await fetch("SELECT organisation_id, person_id FROM membership ORDER BY created_at DESC LIMIT 1")
    draft = await scenarios.begin(row["organisation_id"], {}, by=row["person_id"])
    return (
        caller,
        f"/organiser/scenes/{ids.public('sdr', draft)}/kind",
        {"title_zh": "示例骑行日", "place_zh": "东门广场"},
    )


async def _applied(at: Platform) -> UUID:
    organisation_id, _ = await identity.applications.send(
        Applied(
            Text(zh="示例钢铁厂", en=""), identity.OrganisationKind.COMPANY, identity.read_register("CN", CODE), "职工活动"
        ),
        Applicant("陈一", "chen@example.org", "correct horse battery"), language=Language.ZH,
        keyring=at.door.app.state.services.keyring, now=utc_now(),
    )  # fmt: skip
    return organisation_id


async def _mend(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    organisation_id = await _applied(at)
    await identity.applications.send_back(organisation_id, reason=REASON, by=await staff(Role.OPERATOR), now=utc_now())
    caller = await at.come(Role.SPONSOR, organisation_id=organisation_id)
    return caller, "/organiser/application", {"name_zh": "示例钢铁总厂", "purpose": "职工和来宾的活动"}


async def _papers(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    shown = ids.public("org", await _applied(at))
    return await at.come(Role.OPERATOR), f"/operator/organisations/applications/{shown}/propose", {"papers": "营业执照"}


async def _back(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    shown = ids.public("org", await _applied(at))
    return await at.come(Role.OPERATOR), f"/operator/organisations/applications/{shown}/return", {"reason": REASON}


async def _rate(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    typed = {"rate": "7.1234", "day": "2026-11-27", "source": "示例外汇牌价", "url": "https://rates.example.org/usd"}
    return await at.come(Role.FINANCE), "/operator/rates", typed


async def _reader(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    organisation_id = await verified(Text(zh="示例农商银行", en="Sample Rural Bank"))
    typed = {"organisation": ids.public("org", organisation_id), "ground": "绿色消费贷评估，合同 2026-11"}
    return await at.come(Role.OPERATOR), "/operator/readers", typed


async def _name(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    typed = {"number": "7K3M9QFX2R", "said": "本人来电，想知道证书上写的是什么"}
    return await at.come(Role.OPERATOR), "/operator/names", typed


async def _notice(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    caller = await at.come(Role.FINANCE)
    number = await as_owner(
        "INSERT INTO payment_notice (channel, event_id, kind, reference, body, headers, content, fate, fact, received_at)"
        " VALUES ('wechatpay', 'old', 'TRANSACTION.SUCCESS', 'STRAY', '', '{}', '', 'parked', 'unknown_payment', now())"
        " RETURNING id"
    )
    return caller, "/operator/notices/unmask", {"notice": str(number), "said": "付款人来电，没有对应的支付单"}


async def _check(at: Platform) -> tuple[Caller, str, dict[str, str]]:
    services = at.door.app.state.services
    guest = await identity.open_guest_session(Language.ZH, keyring=services.keyring, now=utc_now())
    found = await moderation.ask_text(
        guest.session.person_id, "林小川", moderation.ContentPurpose.NAME, words=services.words, by_wechat=False,
        keyring=services.keyring,
    )  # fmt: skip
    await moderation.decide(
        found.check_id, moderation.CheckState.PASSED, reason=None, seen="waiting", by=await staff(Role.REVIEWER)
    )
    typed = {"check": str(found.check_id), "show": "recent", "said": "有人投诉这个名字"}
    return await at.come(Role.REVIEWER), "/operator/moderation/unmask", typed


TYPED: Final[dict[str, Old]] = {
    "/operator/names": _name,
    "/operator/notices/unmask": _notice,
    "/operator/moderation/unmask": _check,
    "/operator/readers": _reader,
    "/organiser/keys": _key,
    "/organiser/scenes/new": _scene,
    "/organiser/scenes/{draft:str}/{step:str}": _step_of_scene,
    "/organiser/application": _mend,
    "/operator/organisations/applications/{organisation:str}/propose": _papers,
    "/operator/organisations/applications/{organisation:str}/return": _back,
    "/operator/inbox/{approval:uuid}/approve": _approve,
    "/operator/inbox/{approval:uuid}/return": _return,
    "/operator/inbox/{approval:uuid}/withdraw": _take_back,
    "/operator/orders": _reserve,
    "/operator/organisations": _add,
    "/organiser/{code:str}/wall/settings": _wall_settings,
    "/organiser/{code:str}/wall/screens": _wall_screen,
    "/organiser/donations/{slug:str}": _donation,
    "/operator/transfers": _record,
    "/operator/statements/findings/{number:str}/record": _record_row,
    "/operator/statements/findings/{number:str}/explain": _explain_row,
    "/operator/rates": _rate,
    "/operator/bills/differences/{number:str}/explain": _explain,
    "/organiser/{code:str}/gift": _gift,
    "/organiser/{code:str}/gift/codes": _codes,
    "/organiser/webhooks": _endpoint,
    "/operator/organisations/{verification:uuid}/return": _refuse,
    "/members/{organisation:str}": _invite,
    "/operator/cancellations/{reference:str}/withdraw": _withdraw,
    "/operator/cancellations/{reference:str}/return": _send_back,
}
"""Forms of the consoles into which somebody types."""
ELSEWHERE: Final = {
    "/organiser/donations/{slug:str}/support": "a file goes with it: test_support.py",
    "/me/sharing/statements": "test_account_sharing.py",
    "/move": "the code is the proof, no form of it is old; what is wrong stays: test_devices.py",
    "/operator/cancellations/{reference:str}/report": "a file goes with it: test_pages_operator.py",
    "/organiser/{code:str}/gift/logo": "a file alone, which no page can fill in again: test_gift_logos.py",
    "/operator/statements": "a file goes with it: test_bank_statements.py",
    "/operator/refunds/again": "test_finance_pages.py",
    "/operator/refunds/by-hand": "test_finance_pages.py",
    "/operator/notices/decide": "test_finance_pages.py",
    "/operator/invoices": "test_invoices.py",
    "/operator/invoices/unmask": "test_invoices.py",
    "/operator/invoices/take": "test_invoices.py",
    "/me/give": "test_giving_on.py",
    "/take": "test_giving_on.py",
    "/organiser/invoices": "test_invoices.py",
    "/s/{code:str}": "test_pages_scene.py",
    "/me/footprint": "test_personal_figures.py",
    "/me/footprint/{figure:str}": "test_personal_figures.py",
    "/o/{order_id:str}": "test_pages_scene.py",
    "/g/{gift:str}": "test_gifts.py",
    "/s/{code:str}/code": "test_gift_codes.py",
    "/card": "test_gift_cards.py",
    "/join/{token:str}": "the link is the proof, no form of it is old; what is wrong stays: test_pages_first_day.py",
    "/organiser/sign-up": "no form of it is old; what is wrong stays: test_sign_up.py",
    "/operator/sign-in": "no form of it is old; a wrong word leaves the email: test_pages_operator.py",
}
NOTHING: Final = {
    "/operator/readers/end": "a button",
    "/organiser/sharing": "a choice of a key",
    "/me/sharing/ask": "a yes or no to each, which is asked again",
    "/me/sharing/{share:str}/revoke": "a button",
    "/me/devices/revoke": "a button",
    "/me/devices/revoke-others": "a button",
    "/me/devices/move": "a button",
    "/me/devices/move/answer": "buttons",
    "/me/link": "a button",
    "/me/link/answer": "buttons",
    "/move/finish": "a button",
    "/me/privacy/age": "a tick",
    "/me/privacy/erase": "a tick that must be meant",
    "/operator/moderation": "one tap; nothing was typed",
    "/wall/{token:str}/turns": "a key pressed at the screen",
    "/c/{certificate_id:str}/wall": "a tick and a button",
    "/organiser/{code:str}/wall/turns": "buttons",
    "/organiser/screen-checks": "buttons",
    "/c/{certificate_id:str}/wall/photo": "a button",
    "/organiser/{code:str}/wall/revoke": "a button",
    "/organiser/donations/{slug:str}/agreement": "a file alone, which no page can fill in again",
    "/me/avatar": "a file, which no page can give back",
    "/me/avatar/remove": "nothing was typed",
    "/notify/wechat/messages": "no form: WeChat's push",
    "/notify/{channel:str}": "no form: a channel's",
    "/reset/{token:str}": "passwords are never shown again",
    "/operator/code": "a code of half a minute",
    "/operator/factor": "a code of half a minute",
    "/operator/factor/later": "a button",
    "/join/{token:str}/as": "a button",
    "/operator/sign-out": "a button",
    "/operator/wechat/link": "a button",
    "/operator/wechat/unlink": "a button",
    "/operator/wechat/sign-in": "a button",
    "/operator/wechat/finish": "a button, or a code of half a minute",
    "/w/confirm": "a button, on a phone",
    "/g/{gift:str}/use": "grams to use now; refused it says what is left, and nothing is lost",
    "/operator/organisations/{verification:uuid}/verify": "a tick that must be meant",
    "/operator/statements/{number:str}/take": "a button",
    "/operator/statements/findings/{number:str}/take": "a button",
    "/operator/bills/{day:str}/fetch": "a button",
    "/operator/bills/{day:str}/propose": "a button",
    "/operator/bills/differences/{number:str}/take": "a button",
    "/operator/bills/differences/{number:str}/ask": "a button",
    "/operator/cancellations": "a question about what the page shows",
    "/operator/cancellations/{reference:str}/approve": "a tick that must be meant",
    "/members/{organisation:str}/revoke": "a button",
    "/organiser/keys/revoke": "a button",
    "/organiser/scenes/{draft:str}/discard": "a button",
    "/organiser/scenes/{draft:str}/restore": "a button",
    "/members/{organisation:str}/take-role": "a button",
    "/naming/{number:str}": "two buttons",
    "/o/{order_id:str}/cancel": "a question",
    "/o/{order_id:str}/abroad": "a yes to what the page shows",
    "/me/give/{offer:str}/take-back": "a button",
    "/me/consents": "buttons",
    "/operator/payments/ask": "a button",
    "/operator/notices/again": "a button",
}
"""Forms into which nobody types anything that could be lost, and why."""


def test_every_form_of_a_page_is_in_one_of_the_lists(application: Litestar) -> None:
    served = {
        route.path
        for route in application.routes
        if "POST" in getattr(route, "methods", ()) and not route.path.startswith(("/api/", "/demo/", "/sandbox"))
    }
    assert served == TYPED.keys() | ELSEWHERE.keys() | NOTHING.keys()


@pytest.mark.parametrize("path", TYPED)
async def test_what_was_typed_into_an_old_form_comes_back_with_a_new_one(platform: Platform, path: str) -> None:
    browser, url, typed = await TYPED[path](platform)
    answer = await browser.post(url, data=typed | {forms.FIELD: "old"})
    assert (answer.status_code, "页面已过期" in answer.text) == (403, True)
    shown = html.unescape(answer.text)
    assert [value for value in typed.values() if value not in shown] == []
    assert f'name="{forms.FIELD}"' in shown
    # The form that comes back is the one that was sent, and it is good.
    assert f'action="{url}"' in shown, url


_ID, _CODE = "0190a5da-c967-74bb-bcce-b302099a8057", "ord_01M8KEKZAXEJERH4PRGQ7NTS7Q"
BACK: Final = {
    f"/operator/inbox/{_ID}/approve": f"/operator/inbox/{_ID}",
    "/operator/orders": "/operator/orders",
    "/operator/organisations": "/operator/organisations",
    f"/operator/organisations/{_ID}/return": "/operator/organisations",
    "/operator/cancellations/UC-20261129-7K3M9QFX/report": "/operator/cancellations/UC-20261129-7K3M9QFX",
    "/operator/sign-out": "/operator",
    "/organiser/H7QP3K/gift/logo": "/organiser/H7QP3K/gift",
    "/members/org_01M8KEKZAXEJERH4PRGQ7NTS7Q/revoke": "/members/org_01M8KEKZAXEJERH4PRGQ7NTS7Q",
    "/naming/R-20261129-7K3M9QFX": "/naming/R-20261129-7K3M9QFX",
    "/join/abc_DEF-9/as": "/join/abc_DEF-9",
    "/reset/abc_DEF-9": "/reset/abc_DEF-9",
    "/me/consents": "/me",
    f"/o/{_CODE}/cancel": f"/o/{_CODE}",
    "/s/H7QP3K": "/s/H7QP3K",
}


@pytest.mark.parametrize("path", BACK)
async def test_a_refusal_at_any_form_leads_back_to_the_page_that_the_form_stands_on(door: Door, path: str) -> None:
    async with door.caller(**OWN_PAGE, **PAGE) as browser:
        refused = await browser.request("PUT", path)
        assert refused.status_code == 405
        assert f'<a class="btn" href="{BACK[path]}">' in refused.text


async def test_whoever_is_signed_out_while_typing_is_led_through_the_sign_in_to_the_same_page(door: Door) -> None:
    async with door.caller(**OWN_PAGE, **PAGE) as browser:
        refused = await browser.post("/operator/organisations", data={"name_zh": "示例总工会"})
        assert (refused.status_code, '<a class="btn" href="/operator/organisations">' in refused.text) == (401, True)
        again = await browser.get("/operator/organisations")
        assert again.headers["location"] == "/operator/sign-in?next=/operator/organisations"
