"""An organisation signs itself up: alone, without mail, and with nothing but a draft before two of ours have seen it."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.foundation import approvals, identity
from app.foundation.identity import Role
from app.foundation.identity.organisation_rules import credit_code
from app.gateways.database import fetch, fetch_one, fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Text
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.test_api_holdings import CDCER, org, send
from tests.owning import as_owner
from tests.staff import staff

PASSWORD = "correct horse battery"
CODE = credit_code("91350100M000100Y4")
FORM = {
    "name_zh": "示例自行车协会", "name_en": "", "kind": "association", "country": "cn", "register_number": CODE,
    "purpose": "为骑行活动的来宾赠送减排量", "name": "王小明", "email": "wang@cycling.example", "password": PASSWORD,
    "password_again": PASSWORD,
}  # fmt: skip


async def sign_up(door: Door, **more: str) -> httpx.Response:
    async with door.caller(**OWN_PAGE, **PAGE) as caller:
        return await caller.post("/organiser/sign-up", data=FORM | more)


async def sponsor(door: Door) -> Caller:
    """Whoever signed it up, past the second factor."""
    keyring = door.app.state.services.keyring
    opened = await identity.sign_in_operator(FORM["email"], PASSWORD, keyring=keyring, now=utc_now())
    return Caller(door.app, token=opened.token)


async def the_organisation() -> Any:
    row = await fetch_one("SELECT * FROM organisation WHERE register_number = $1", CODE)
    assert row is not None
    return row


async def verify() -> None:
    own, papers = (await the_organisation())["id"], "社会团体法人登记证书"
    approval_id = await identity.propose_verification(own, papers=papers, by=await staff(Role.OPERATOR))
    found = await approvals.find(approval_id)
    await identity.verify_organisation(approval_id, seen=found.sha256, by=await staff(Role.REVIEWER))


async def test_a_stranger_signs_up_and_is_led_to_the_second_factor(door: Door) -> None:
    answer = await sign_up(door)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/operator/factor?next=/organiser/application"
    own = await the_organisation()
    assert (own["name_zh"], own["name_en"], own["kind"], own["is_verified"]) == (
        "示例自行车协会", "示例自行车协会", "association", False,
    )  # fmt: skip
    (member,) = await fetch("SELECT * FROM membership WHERE organisation_id = $1", own["id"])
    assert member["role"] == "sponsor"
    async with await sponsor(door) as caller:
        page = (await caller.get("/organiser/application", headers=PAGE)).text
        assert "待核验" in page and "示例自行车协会" in page and CODE in page
        assert "/organiser/application" in (await caller.get("/organiser", headers=PAGE)).text


async def test_the_same_code_twice_is_told_to_ask_its_members_and_nothing_of_who_they_are(door: Door) -> None:
    assert (await sign_up(door)).status_code == 303
    again = await sign_up(door, email="other@x.example", name="李雷", name_zh="另一个名称", purpose="测试")
    assert again.status_code == 409 and "索取邀请链接" in again.text
    assert "wang@cycling.example" not in again.text and "王小明" not in again.text
    assert "另一个名称" in again.text, "nothing that was typed is lost"
    assert PASSWORD not in again.text
    assert await fetch_value("SELECT count(*) FROM organisation_application") == 1


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"register_number": CODE[:-1] + "0"}, 400, "register_number"),
        ({"country": "China"}, 400, "country"),
        ({"name_zh": " \u202e "}, 400, "name_zh"),
        ({"purpose": ""}, 422, "purpose"),
        ({"purpose": "x" * 301}, 422, "purpose"),
        ({"name": ""}, 400, "name"),
        ({"email": "nobody"}, 400, "email"),
        ({"password": "short", "password_again": "short"}, 422, "password"),
        ({"password_again": "something else"}, 400, "password_again"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    door: Door, wrong: dict[str, str], status: int, field: str
) -> None:
    answer = await sign_up(door, **wrong)
    assert answer.status_code == status, answer.text
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', answer.text), field
    assert await fetch_value("SELECT count(*) FROM organisation_application") == 0
    assert await fetch_value("SELECT count(*) FROM organisation WHERE register_number IS NOT NULL") == 0


async def test_an_applicant_neither_buys_nor_invites_nor_makes_keys_and_a_verified_one_does(door: Door) -> None:
    await sign_up(door)
    own = (await the_organisation())["id"]
    (row,) = await fetch("SELECT applicant_id FROM organisation_application")
    keyring = door.app.state.services.keyring
    form = {"payer": org(own), "lines": [{"grams": 5, "mix": CDCER}]}
    async with await sponsor(door) as caller:
        bought = await send(caller, "/holdings/orders", form)
        assert (bought.status_code, bought.json()["code"]) == (403, "IDENTITY_APPLICANT_UNVERIFIED")
        key = {"organisation": org(own), "name": "x", "roles": ["sponsor"]}
        assert (await caller.post("/api/v1/keys", json=key)).status_code == 403
        with pytest.raises(identity.OrganisationUnverified):
            await identity.invite(own, [Role.SPONSOR], by=row["applicant_id"], keyring=keyring, now=utc_now())
        await verify()
        assert (await send(caller, "/holdings/orders", form)).status_code == 201
        assert (await caller.post("/api/v1/keys", json=key)).status_code == 201
        assert "已核验" in (await caller.get("/organiser/application", headers=PAGE)).text


async def test_nothing_of_an_applicant_is_public(door: Door) -> None:
    await sign_up(door)
    async with door.caller(**PAGE) as caller:
        for path in ("/", "/verify", "/books", "/api/v1/books"):
            assert "示例自行车协会" not in (await caller.get(path)).text


async def test_what_an_applicant_wants_is_sealed_and_read_by_ours_also_where_the_release_before_kept_it(
    door: Door,
) -> None:
    await sign_up(door)
    keyring = door.app.state.services.keyring
    for _ in range(2):
        (row,) = await fetch("SELECT purpose, purpose_sealed FROM organisation_application")
        assert (row["purpose"], FORM["purpose"].encode() in bytes(row["purpose_sealed"])) == ("—", False)
        (waiting,) = await identity.applications.list_waiting(keyring=keyring)
        assert waiting.purpose == FORM["purpose"]
        await as_owner("UPDATE organisation_application SET purpose = $1, purpose_sealed = NULL", FORM["purpose"])
        (waiting,) = await identity.applications.list_waiting(keyring=keyring)
        assert waiting.purpose == FORM["purpose"], "read in clear until it is sealed"
        assert [await identity.applications.seal_purposes_due(keyring=keyring) for _ in range(2)] == [1, 0]


async def test_what_cannot_be_sealed_any_more_keeps_no_other_waiting(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_up(door)
    (row,) = await fetch("SELECT applicant_id FROM organisation_application")
    await identity.destroy_key(row["applicant_id"])
    other = {"name_zh": "另一协会", "register_number": credit_code("91350100M000200Y4"), "email": "li@other.example"}
    assert (await sign_up(door, **other)).status_code < 400
    await as_owner("UPDATE organisation_application SET purpose = $1, purpose_sealed = NULL", FORM["purpose"])
    monkeypatch.setattr("app.foundation.identity.applications.sealing.SEALED_MOST", 1)
    keyring = door.app.state.services.keyring
    assert [await identity.applications.seal_purposes_due(keyring=keyring) for _ in range(2)] == [1, 0]


async def test_what_was_sent_back_says_why_and_is_sent_again(door: Door) -> None:
    await sign_up(door)
    own = (await the_organisation())["id"]
    keyring = door.app.state.services.keyring
    (waiting,) = await identity.applications.list_waiting(keyring=keyring)
    assert (waiting.applicant, waiting.email) == ("王小明", "wang@cycling.example")
    assert await identity.applications.send_back(
        own, reason="证书上的名称不同", by=await staff(Role.OPERATOR), now=utc_now()
    )
    assert await identity.applications.list_waiting(keyring=keyring) == []
    (row,) = await fetch("SELECT applicant_id FROM organisation_application")
    async with await sponsor(door) as caller:
        assert "证书上的名称不同" in (await caller.get("/organiser/application", headers=PAGE)).text
    mended = identity.applications.Applied(
        Text(zh="示例自行车运动协会", en="Sample Cycling"),
        identity.OrganisationKind.ASSOCIATION, identity.read_register("CN", CODE), "赠送",
    )  # fmt: skip
    with pytest.raises(identity.RoleMissing):
        await identity.applications.send_again(
            own, mended, by=await staff(Role.OPERATOR), keyring=keyring, now=utc_now()
        )
    await identity.applications.send_again(own, mended, by=row["applicant_id"], keyring=keyring, now=utc_now())
    with pytest.raises(identity.applications.ApplicationNotReturned):
        await identity.applications.send_again(own, mended, by=row["applicant_id"], keyring=keyring, now=utc_now())
    assert [one.organisation.name.zh for one in await identity.applications.list_waiting(keyring=keyring)] == [
        "示例自行车运动协会"
    ]


async def test_a_second_person_who_says_no_tells_the_applicant(door: Door) -> None:
    await sign_up(door)
    own = (await the_organisation())["id"]
    approval_id = await identity.propose_verification(own, papers="证书", by=await staff(Role.OPERATOR))
    await identity.end_verification(approval_id, reason="证书已过期", by=await staff(Role.REVIEWER))
    async with await sponsor(door) as caller:
        page = (await caller.get("/organiser/application", headers=PAGE)).text
        assert "证书已过期" in page and "重新提交" in page


async def test_the_inbox_and_the_list_tell_the_application_in_words(door: Door) -> None:
    await sign_up(door)
    house = await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange'")
    async with door.operator(house, Role.OPERATOR) as caller:
        inbox = (await caller.get("/operator/inbox", headers=PAGE)).text
        assert "机构申请" in inbox and "示例自行车协会" in inbox and "王小明" in inbox
        listed = (await caller.get("/operator/organisations", headers=PAGE)).text
        for words in (FORM["purpose"], CODE, "wang@cycling.example"):
            assert words in listed


async def test_an_address_signs_up_so_often_and_no_more(door: Door) -> None:
    async with door.caller(**OWN_PAGE, **PAGE) as caller:
        forms = [FORM | {"email": f"{uuid4().hex}@x.example", "register_number": "x"} for _ in range(22)]
        statuses = [(await caller.post("/organiser/sign-up", data=form)).status_code for form in forms]
    assert statuses[-1] == 429 and statuses[0] == 400
