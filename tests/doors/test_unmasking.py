"""Staff see names, pictures and channels' messages masked; in full for a reason that is written down and told to the person."""

import html
from uuid import UUID

from app.foundation import identity, moderation, privacy
from app.foundation.identity import Role
from app.foundation.moderation import CheckState, ContentPurpose
from app.foundation.privacy import LookedAt, LookReason
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from tests.doors.conftest import PAGE
from tests.doors.test_pages_operator import Platform, fields, platform
from tests.owning import as_owner
from tests.staff import staff

__all__ = ["platform"]
NAME, WHY = "林小川", "本人来电，证书上的名字写错了"
LOOK = {"reason": "asked", "said": WHY}


async def _person(at: Platform) -> tuple[str, UUID]:
    """Somebody with an order and a name; the order's number."""
    async with at.door.guest() as citizen:
        number = (await citizen.order(at.door.live)).json()["id"]
    (row,) = await fetch("SELECT person_id FROM purchase_order")
    await identity.set_name(row["person_id"], NAME, keyring=at.door.app.state.services.keyring, now=utc_now())
    return number, row["person_id"]


async def test_a_name_is_shown_for_a_reason_once_it_is_written_down_who_looked_when_and_why(platform: Platform) -> None:
    number, person_id = await _person(platform)
    operator = await platform.come(Role.OPERATOR)
    page = await operator.get("/operator/names")
    seen = await operator.post("/operator/names", data=fields(page.text) | LOOK | {"number": number})

    assert (seen.status_code, NAME in seen.text) == (200, True)
    services = platform.door.app.state.services
    (look,) = await privacy.looks_at(person_id, keyring=services.keyring)
    assert (look.reason, look.what, look.said) == (LookReason.ASKED, LookedAt.NAME, WHY)
    (entry,) = await fetch("SELECT actor_id, at, action FROM audit_entry WHERE about LIKE 'person:%'")
    (member,) = await fetch(
        "SELECT person_id FROM membership WHERE role = 'operator' AND person_id = $1", entry["actor_id"]
    )
    assert member and entry["action"] == "person.unmasked"


async def test_the_person_reads_on_their_own_page_who_looked_and_why(platform: Platform) -> None:
    async with platform.door.guest() as citizen:
        number = (await citizen.order(platform.door.live)).json()["id"]
        operator = await platform.come(Role.OPERATOR)
        page = await operator.get("/operator/names")
        await operator.post("/operator/names", data=fields(page.text) | LOOK | {"number": number})
        own = await citizen.get("/me/privacy", headers=PAGE)
    assert WHY in own.text and "您填写的名字" in own.text


async def test_without_a_reason_in_words_nothing_is_shown_and_nothing_written(platform: Platform) -> None:
    number, person_id = await _person(platform)
    operator = await platform.come(Role.OPERATOR)
    page = fields((await operator.get("/operator/names")).text) | {"number": number}
    for bad in ({"reason": "asked", "said": "  查  "}, {"reason": "check", "said": WHY}, {"reason": "", "said": WHY}):
        told = await operator.post("/operator/names", data=page | bad)
        assert (told.status_code, NAME in told.text) == (422, False), bad
    assert await privacy.looks_at(person_id, keyring=platform.door.app.state.services.keyring) == ()


async def test_a_number_that_leads_to_nobody_is_said_to_be_so_and_writes_nothing(platform: Platform) -> None:
    operator = await platform.come(Role.OPERATOR)
    page = fields((await operator.get("/operator/names")).text)
    for number in ("ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", "7K3M9QFX2R", "x", ""):
        told = await operator.post("/operator/names", data=page | LOOK | {"number": number})
        assert told.status_code == 404, number
    assert await fetch_value("SELECT count(*) FROM audit_entry WHERE action = 'person.unmasked'") == 0


async def test_a_decided_name_is_masked_until_somebody_says_why(platform: Platform) -> None:
    services = platform.door.app.state.services
    _, person_id = await _person(platform)
    found = await moderation.ask_text(
        person_id, NAME, ContentPurpose.NAME, words=services.words, by_wechat=False, keyring=services.keyring
    )
    reviewer = await platform.come(Role.REVIEWER)
    here = "/operator/moderation"
    waiting = await reviewer.get(here)
    assert NAME in waiting.text
    assert (await reviewer.post(here, data=fields(waiting.text) | {"state": "passed"})).status_code == 303

    masked = await reviewer.get(here, params={"show": "recent"})
    assert NAME not in masked.text and "林*" in masked.text
    asked = {"csrf_token": fields(masked.text)["csrf_token"], "check": str(found.check_id), "show": "recent"}
    refused = await reviewer.post(f"{here}/unmask", data=asked | {"reason": "complaint", "said": "x"})
    assert (refused.status_code, NAME in refused.text) == (422, False)
    shown = await reviewer.post(f"{here}/unmask", data=asked | {"reason": "complaint", "said": WHY})
    assert (shown.status_code, NAME in shown.text) == (200, True)
    assert NAME not in (await reviewer.get(here, params={"show": "recent"})).text

    looks = await privacy.looks_at(person_id, keyring=services.keyring)
    assert [(one.reason, one.what, one.said) for one in looks] == [
        (LookReason.COMPLAINT, LookedAt.CONTENT, WHY), (LookReason.CHECK, LookedAt.CONTENT, None),
    ]  # fmt: skip


async def test_looking_at_the_list_again_and_again_writes_one_look_for_each_decision(platform: Platform) -> None:
    services = platform.door.app.state.services
    _, person_id = await _person(platform)
    found = await moderation.ask_text(
        person_id, NAME, ContentPurpose.NAME, words=services.words, by_wechat=False, keyring=services.keyring
    )
    reviewer = await platform.come(Role.REVIEWER)
    for _ in range(3):
        await reviewer.get("/operator/moderation")
    assert await privacy.looks_at(person_id, keyring=services.keyring) == ()
    by = await staff(Role.REVIEWER)
    await moderation.decide(found.check_id, CheckState.PASSED, reason=None, seen="waiting", by=by)
    await moderation.decide(found.check_id, CheckState.PASSED, reason=None, seen="passed", by=by)
    assert len(await privacy.looks_at(person_id, keyring=services.keyring)) == 1


async def test_an_auditor_sees_what_waits_masked_and_unmasks_nothing(platform: Platform) -> None:
    services = platform.door.app.state.services
    _, person_id = await _person(platform)
    found = await moderation.ask_text(
        person_id, NAME, ContentPurpose.NAME, words=services.words, by_wechat=False, keyring=services.keyring
    )
    auditor = await platform.come(Role.AUDITOR)
    page = await auditor.get("/operator/moderation")
    assert NAME not in page.text and "林*" in page.text and "/unmask" not in page.text
    form = {"csrf_token": fields(page.text)["csrf_token"], "check": str(found.check_id), "reason": "fault", "said": WHY}
    assert (await auditor.post("/operator/moderation/unmask", data=form)).status_code == 403


async def test_a_channels_message_is_read_word_for_word_only_once_it_is_written_down(platform: Platform) -> None:
    number, person_id = await _person(platform)
    finance = await platform.come(Role.FINANCE)
    await platform.door.money_comes(number)
    notice = await as_owner(
        "INSERT INTO payment_notice (channel, event_id, kind, reference, body, headers, content, fate, fact, received_at)"
        " SELECT channel, 'e1', 'TRANSACTION.SUCCESS', reference, 'openid-of-payer', '{}', 'openid-of-payer', 'parked',"
        " 'amount', now() FROM payment LIMIT 1 RETURNING id"
    )
    here = f"/operator/notices?state=all&open={notice}"
    masked = await finance.get(here)
    assert (masked.status_code, "openid-of-payer" in masked.text) == (200, False)
    form = fields(masked.text) | {"notice": str(notice), "reason": "fault"}
    refused = await finance.post("/operator/notices/unmask", data=form | {"said": ""})
    assert (refused.status_code, "openid-of-payer" in refused.text) == (422, False)
    shown = await finance.post("/operator/notices/unmask", data=form | {"said": WHY})
    assert (shown.status_code, "openid-of-payer" in html.unescape(shown.text)) == (200, True)

    (look,) = await privacy.looks_at(person_id, keyring=platform.door.app.state.services.keyring)
    assert (look.reason, look.what, look.said) == (LookReason.FAULT, LookedAt.MESSAGE, WHY)


async def test_a_message_of_nobody_we_know_is_written_down_about_itself(platform: Platform) -> None:
    notice = await as_owner(
        "INSERT INTO payment_notice (channel, event_id, kind, reference, body, headers, content, fate, fact, received_at)"
        " VALUES ('wechatpay', 'e1', 'TRANSACTION.SUCCESS', 'STRAY', '', '{}', '', 'parked', 'unknown_payment', now())"
        " RETURNING id"
    )
    finance = await platform.come(Role.FINANCE)
    form = fields((await finance.get("/operator/notices")).text) | {"notice": str(notice)} | LOOK
    assert (await finance.post("/operator/notices/unmask", data=form)).status_code == 200
    (entry,) = await fetch("SELECT about, after FROM audit_entry WHERE action = 'person.unmasked'")
    assert entry["about"] == f"payment_notice:{notice}"
    assert WHY not in str(entry["after"])


async def test_the_words_of_a_look_go_with_the_person(platform: Platform) -> None:
    number, person_id = await _person(platform)
    services = platform.door.app.state.services
    ground = privacy.read_ground("authority", WHY)
    await privacy.unmask(person_id, ground, by=await staff(Role.OPERATOR), keyring=services.keyring)
    await identity.erase(person_id, now=utc_now())
    (look,) = await privacy.looks_at(person_id, keyring=services.keyring)
    assert (look.reason, look.said) == (LookReason.AUTHORITY, None), number
