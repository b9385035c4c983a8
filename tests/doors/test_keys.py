"""Keys of organisations over HTTP: what a program may with one, what is refused, and when it ends."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel import ids
from app.kernel.clock import utc_now
from app.kernel.text import Text
from tests.doors.conftest import Caller, Door
from tests.doors.test_api_holdings import CDCER, TONNE, buy, held, org, retirement, send, stocked
from tests.doors.test_api_joint import line, placed
from tests.owning import as_owner
from tests.staff import verified

__all__ = ["stocked"]
COMPANY = Text(zh="示例碳汇公司", en="Sample Carbon")
OTHER = Text(zh="示例旁的公司", en="Sample Other")


async def made(maker: Caller, organisation_id: UUID, *roles: str, **more: Any) -> dict[str, str]:
    form = {"organisation": org(organisation_id), "name": "报名系统", "roles": roles or ("sponsor",)} | more
    answer = await maker.post("/api/v1/keys", json=form)
    assert answer.status_code == 201, answer.text
    return answer.json()


def program(door: Door, made_key: dict[str, str]) -> Caller:
    return Caller(door.app, token=made_key["key"])


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_program_buys_looks_moves_and_retires_for_its_organisation(stocked: Door) -> None:
    own = await verified(COMPANY)
    async with stocked.operator(own, Role.SPONSOR) as maker, program(stocked, await made(maker, own)) as caller:
        order = await buy(stocked, caller, own, 10 * TONNE)
        assert order["phase"] == "done"
        (account,) = await held(caller)
        assert await held(caller) == await held(maker) == {account: 10 * TONNE}
        retired = await send(caller, "/holdings/retirements", retirement(stocked, account, 2 * TONNE))
        assert retired.status_code == 201, retired.text
        joint = await placed(caller, own, line(stocked, 5_000, "CDCER"))
        assert joint.status_code == 201, joint.text
        again = f"/api/v1/orders/{joint.json()['id']}"
        assert (await caller.get(again)).json()["state"] == (await maker.get(again)).json()["state"] == "placed"
        assert (await caller.post(f"{again}/cancel")).json()["phase"] == "closed"
        (by,) = await fetch("SELECT person_id FROM purchase_order WHERE id = $1", ids.parse("ord", joint.json()["id"]))
        assert (
            await identity.name_of(by["person_id"], keyring=stocked.app.state.services.keyring) == "密钥 key 报名系统"
        )


async def test_what_a_person_has_or_decides_refuses_a_key(door: Door) -> None:
    own = await verified(COMPANY)
    async with door.operator(own, Role.SPONSOR) as maker, program(door, await made(maker, own)) as caller:
        for method, path, form in (
            ("GET", "/api/v1/me/consents", None),
            ("GET", "/api/v1/keys", None),
            ("POST", "/api/v1/keys", {"organisation": org(own), "name": "x", "roles": ["sponsor"]}),
            ("POST", "/api/v1/orders", {"mode": "metro", "km": 23, "scene": door.live}),
            ("POST", "/api/v1/holdings/retirements/approve", {"approval": "apr_x", "digest": "9f" * 32}),
            ("POST", "/api/v1/retirements/R-1/naming", {"agrees": True}),
            ("DELETE", "/api/v1/sessions/current", None),
        ):
            headers = {"idempotency-key": uuid4().hex, "accept": "application/json"}
            answer = await caller.request(method, path, json=form, headers=headers)
            assert code(answer) == (403, "API_KEY_NOT_HERE"), (method, path)
        for path in ("/organiser", "/organiser/keys", "/operator/inbox", "/operator", "/me"):
            answer = await caller.get(path, headers={"accept": "application/json"})
            assert code(answer) == (403, "API_KEY_NOT_HERE"), path


async def test_unknown_forged_expired_and_revoked_keys_get_one_answer(door: Door) -> None:
    own = await verified(COMPANY)
    async with door.operator(own, Role.SPONSOR) as maker:
        good, revoked, expired = [await made(maker, own, name=f"k{n}") for n in range(3)]
        assert (await maker.post(f"/api/v1/keys/{revoked['id']}/revoke")).status_code == 200
        key_id = ids.parse("key", expired["id"])
        await as_owner("UPDATE api_key SET made_at = now() - interval '2 days' WHERE person_id = $1", key_id)
        await as_owner("UPDATE api_key SET expires_at = now() WHERE person_id = $1", key_id)
        last = good["key"][-1]
        forged = good["key"][:-1] + ("0" if last != "0" else "1")
        unknown = f"ddk_{ids.public('key', ids.uuid7())[4:]}_{'0' * 32}"
        answers = set()
        for text in (unknown, forged, expired["key"], revoked["key"], "ddk_", "ddk_x_y", good["key"].lower()):
            async with Caller(door.app, token=text) as caller:
                answer = await caller.get("/api/v1/holdings")
                told = answer.json()
                answers.add((answer.status_code, told["code"], told["message"], tuple(sorted(told))))
        assert len(answers) == 1 and (*answers,)[0][:2] == (401, "API_KEY_REFUSED")
        async with program(door, good) as caller:
            assert (await caller.get("/api/v1/holdings")).status_code == 200
        assert "api_key_miss:" in await as_owner("SELECT string_agg(l::text, ' ') FROM limit_count l")


async def test_the_end_itself_is_not_within_a_key_s_time(door: Door) -> None:
    own = await verified(COMPANY)
    async with door.operator(own, Role.SPONSOR) as maker:
        one = await made(maker, own, days=1)
    (row,) = await fetch("SELECT expires_at FROM api_key")
    assert await identity.keys.find(one["key"], row["expires_at"]) is None
    assert await identity.keys.find(one["key"], row["expires_at"] - timedelta(microseconds=1)) is not None


async def test_a_key_revoked_between_two_requests_is_refused_at_the_second(door: Door) -> None:
    own = await verified(COMPANY)
    async with door.operator(own, Role.SPONSOR) as maker:
        one = await made(maker, own)
        async with program(door, one) as caller:
            assert (await caller.get("/api/v1/holdings")).status_code == 200
            for _ in range(2):  # a repeat changes nothing
                assert (await maker.post(f"/api/v1/keys/{one['id']}/revoke")).status_code == 200
            assert code(await caller.get("/api/v1/holdings")) == (401, "API_KEY_REFUSED")
        (told,) = (await maker.get("/api/v1/keys")).json()["keys"]
        assert told["state"] == "revoked" and told["last_used_on"] is not None
        assert (
            await fetch_value("SELECT count(*) FROM membership WHERE person_id = $1", ids.parse("key", one["id"])) == 0
        )


@pytest.mark.parametrize("end", ["role", "disabled", "forgotten"])
async def test_a_key_ends_with_the_power_of_whoever_made_it(door: Door, end: str) -> None:
    own = await verified(COMPANY)
    async with door.operator(own, Role.SPONSOR) as maker, door.operator(own, Role.SPONSOR) as colleague:
        one = await made(maker, own)
        async with program(door, one) as caller:
            assert (await caller.get("/api/v1/holdings")).status_code == 200
            (row,) = await fetch("SELECT maker_id FROM api_key")
            if end == "role":
                await identity.withdraw_role(row["maker_id"], own, Role.SPONSOR)
            elif end == "disabled":
                await identity.disable_operator(row["maker_id"], now=utc_now())
            else:
                await as_owner("UPDATE person SET state = 'erasing' WHERE id = $1", row["maker_id"])
            assert code(await caller.get("/api/v1/holdings")) == (401, "API_KEY_REFUSED")
        (told,) = (await colleague.get("/api/v1/keys")).json()["keys"]
        assert told["state"] == "ended"


async def test_a_kept_answer_is_told_to_no_key_that_has_ended(stocked: Door) -> None:
    own = await verified(COMPANY)
    async with stocked.operator(own, Role.SPONSOR) as maker, program(stocked, await made(maker, own)) as caller:
        form, key = {"payer": org(own), "lines": [{"grams": 5, "mix": CDCER}]}, uuid4().hex
        first = await send(caller, "/holdings/orders", form, key=key)
        again = await send(caller, "/holdings/orders", form, key=key)
        assert (first.status_code, again.headers["idempotent-replayed"]) == (201, "true")
        # Under the same key a person has an intent of their own.
        assert (await send(maker, "/holdings/orders", form, key=key)).json()["id"] != first.json()["id"]
        (row,) = await fetch("SELECT maker_id FROM api_key")
        await identity.withdraw_role(row["maker_id"], own, Role.SPONSOR)
        assert code(await send(caller, "/holdings/orders", form, key=key)) == (401, "API_KEY_REFUSED")


async def test_things_of_another_organisation_are_unknown_to_a_key(stocked: Door) -> None:
    own, other = await verified(COMPANY), await verified(OTHER)
    async with (
        stocked.operator(own, Role.SPONSOR) as maker,
        stocked.operator(other, Role.SPONSOR) as stranger,
        program(stocked, await made(maker, own)) as caller,
    ):
        order = await buy(stocked, stranger, other, TONNE)
        account = order["lines"][0]["account"]
        answers = [
            await caller.get(f"/api/v1/orders/{order['id']}"),
            await send(caller, "/holdings/retirements", retirement(stocked, account, 5)),
            await caller.get(f"/api/v1/gift-campaigns/{ids.public('gca', ids.uuid7())}"),
            await send(caller, f"/orders/{order['id']}/lines/{order['lines'][0]['id']}/return", {"grams": 5}),
        ]
        assert [one.status_code for one in answers] == [404] * 4, [one.text for one in answers]
        foreign = await send(caller, "/holdings/orders", {"payer": org(other), "lines": [{"grams": 5, "mix": CDCER}]})
        assert code(foreign) == (403, "SESSION_ROLE_MISSING")
        assert await held(caller) == {}
        # Nor does somebody of another organisation learn of the key, or end it.
        assert (await stranger.get("/api/v1/keys")).json() == {"keys": []}
        key_id = ids.public("key", await fetch_value("SELECT person_id FROM api_key"))
        assert code(await stranger.post(f"/api/v1/keys/{key_id}/revoke")) == (404, "IDENTITY_KEY_UNKNOWN")


async def test_a_key_owns_nothing_itself(stocked: Door) -> None:
    own = await verified(COMPANY)
    async with stocked.operator(own, Role.SPONSOR) as maker, program(stocked, await made(maker, own)) as caller:
        itself = await fetch_value("SELECT person_id FROM api_key")
        assert await fetch_value("SELECT count(*) FROM party WHERE id = $1", itself) == 0
        form = {"payer": org(itself), "lines": [{"grams": 5, "mix": CDCER}]}
        answer = await send(caller, "/holdings/orders", form)
        assert answer.status_code == 404 and await fetch_value("SELECT count(*) FROM purchase_order") == 0


async def test_a_key_has_no_more_than_its_maker_and_is_made_by_those_who_let_people_in(door: Door) -> None:
    own, other = await verified(COMPANY), await verified(OTHER)
    async with door.operator(own, Role.SPONSOR) as maker, door.operator(own, Role.OPERATOR) as operator:
        refused = (403, "IDENTITY_KEY_POWER_MISSING")

        async def asked(who: Caller, organisation_id: UUID, **more: Any) -> tuple[int, str]:
            form = {"organisation": org(organisation_id), "name": "x", "roles": ["sponsor"]} | more
            return code(await who.post("/api/v1/keys", json=form))

        assert await asked(maker, own, roles=["finance"]) == refused
        assert await asked(operator, own, roles=["operator"]) == refused
        assert await asked(maker, other) == refused
        assert await asked(maker, own, days=731) == (400, "REQUEST_INVALID")
        assert await asked(maker, own, name=" ") == (422, "IDENTITY_KEY_NAME_MISSING")
        assert await asked(maker, own, roles=["administrator"]) == (400, "REQUEST_INVALID")
        await as_owner("UPDATE organisation SET is_verified = false, approval_id = NULL WHERE id = $1", own)
        assert await asked(maker, own) == refused
    assert await fetch_value("SELECT count(*) FROM api_key") == 0


async def test_whoever_made_a_key_does_not_agree_to_what_it_proposed(stocked: Door) -> None:
    own = await verified(COMPANY)
    roles = (Role.SPONSOR, Role.OPERATOR, Role.FINANCE)
    limit_g = stocked.app.state.services.alone_g
    async with (
        stocked.operator(own, *roles) as maker,
        stocked.operator(own, *roles) as colleague,
        program(stocked, await made(maker, own, "sponsor", "operator", "finance")) as caller,
    ):
        order = await buy(stocked, maker, own, limit_g + TONNE)
        form = retirement(stocked, order["lines"][0]["account"], limit_g + 1)
        waits = (await send(caller, "/holdings/retirements", form)).json()
        agreed = {"approval": waits["approval"], "digest": waits["digest"]}
        answer = await maker.post("/api/v1/holdings/retirements/approve", json=agreed)
        assert answer.status_code == 403, answer.text
        (row,) = await fetch("SELECT maker_id, person_id FROM api_key")
        waits_for = "SELECT count(*) FROM approvals.waiting_for($1)"
        assert await fetch_value(waits_for, row["maker_id"]) == await fetch_value(waits_for, row["person_id"]) == 0
        answer = await colleague.post("/api/v1/holdings/retirements/approve", json=agreed)
        assert answer.status_code == 200, answer.text


async def test_a_key_in_an_address_is_refused_before_anything_is_looked_up(door: Door) -> None:
    own = await verified(COMPANY)
    async with door.operator(own, Role.SPONSOR) as maker, door.caller(accept="application/json") as caller:
        key = (await made(maker, own))["key"]
        for path in (f"/api/v1/holdings?key={key}", f"/{key}", f"/?x={key.replace('_', '%5F')}", f"/s/{key.lower()}"):
            assert code(await caller.get(path)) == (400, "API_KEY_IN_ADDRESS"), path


async def test_no_log_line_and_no_table_holds_a_key_in_clear(door: Door, capfd: pytest.CaptureFixture[str]) -> None:
    own = await verified(COMPANY)
    async with door.operator(own, Role.SPONSOR) as maker:
        key = (await made(maker, own))["key"]
        async with Caller(door.app, token=key) as caller:
            await caller.get("/api/v1/holdings")
            await caller.get(f"/api/v1/holdings?key={key}")
            await caller.post("/api/v1/holdings/orders", content=b"{")
    secret = key.rpartition("_")[2]
    out = capfd.readouterr()
    assert secret not in out.out + out.err
    rows = await as_owner("SELECT string_agg(k::text, '') FROM api_key k")
    assert secret not in rows
    assert secret not in (await as_owner("SELECT coalesce(string_agg(a::text, ''), '') FROM audit_entry a"))
    assert await fetch_value("SELECT (SELECT count(*) FROM intent) + (SELECT count(*) FROM intent_answer)") == 0


async def test_members_are_people_and_a_key_lets_nobody_in(door: Door) -> None:
    own = await verified(COMPANY)
    keyring = door.app.state.services.keyring
    async with door.operator(own, Role.SPONSOR) as maker:
        await made(maker, own)
        (row,) = await fetch("SELECT person_id, maker_id FROM api_key")
        members = await identity.list_members(own, by=row["maker_id"], keyring=keyring)
        assert [one.person_id for one in members] == [row["maker_id"]]
        with pytest.raises(identity.InviterMissing):
            await identity.invite(own, [Role.SPONSOR], by=row["person_id"], keyring=keyring, now=utc_now())
        assert not await as_owner("SELECT identity.may_give($1, $2, ARRAY['sponsor'])", row["person_id"], own)
