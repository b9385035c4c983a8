"""Citizens and guests come in: one person per openid, and nothing WeChat told in clear."""

import asyncio
from uuid import UUID

import pytest

from app.foundation import identity
from app.foundation.identity import BeingErased, SessionKind
from app.gateways.database import fetch, fetch_value
from app.gateways.wechat import LoginCodeRefused
from app.kernel.text import Language

TABLES = ("person", "person_key", "person_pii", "identity_session")


@pytest.fixture
def sign_in(wechat, wechat_server, keyring, now):
    async def come(openid, unionid=None, *, appid="wx1"):
        code = wechat_server.code_for(openid, unionid)
        return await identity.sign_in_with_wechat(code, wechat=wechat, appid=appid, keyring=keyring, now=now)

    return come


async def everything_kept() -> str:
    """All rows of the room's tables as PostgreSQL prints them, bytes as text where they are text."""
    rows = [await fetch(f"SELECT t::text AS row FROM {table} t") for table in TABLES]
    return "".join(row["row"] for table in rows for row in table)


async def test_a_first_sign_in_makes_a_person_whom_the_token_finds(sign_in, new_id, now):
    signed_in = await sign_in(new_id())
    assert signed_in.is_new
    found = await identity.find_session(signed_in.token, now)
    assert found == signed_in.session
    assert found.kind is SessionKind.CITIZEN and found.roles == frozenset()


async def test_a_second_sign_in_is_the_same_person_with_another_token(sign_in, new_id):
    openid = new_id()
    first, second = await sign_in(openid), await sign_in(openid)
    assert second.session.person_id == first.session.person_id
    assert not second.is_new and second.token != first.token


async def test_first_sign_ins_of_one_openid_at_once_give_one_person(sign_in, new_id):
    openid = new_id()
    people = await fetch_value("SELECT count(*) FROM person")
    together = await asyncio.gather(*(sign_in(openid) for _ in range(8)))
    assert len({one.session.person_id for one in together}) == 1
    assert sum(one.is_new for one in together) == 1
    assert await fetch_value("SELECT count(*) FROM person") == people + 1


async def test_one_openid_in_two_apps_is_two_persons(sign_in, new_id):
    openid = new_id()
    first, second = await sign_in(openid), await sign_in(openid, appid="wx2")
    assert first.session.person_id != second.session.person_id


async def test_a_known_unionid_in_another_app_is_the_same_person(sign_in, new_id, keyring):
    unionid, here, there = new_id(), new_id(), new_id()
    first, second = await sign_in(here, unionid), await sign_in(there, unionid, appid="wx2")
    person: UUID = first.session.person_id
    assert second.session.person_id == person and not second.is_new
    assert await identity.openid_of(person, "wx1", keyring=keyring) == here
    assert await identity.openid_of(person, "wx2", keyring=keyring) == there


async def test_first_sign_ins_from_two_apps_at_once_give_one_person(sign_in, new_id):
    unionid, here, there = new_id(), new_id(), new_id()
    together = await asyncio.gather(
        *(sign_in(here, unionid) for _ in range(4)), *(sign_in(there, unionid, appid="wx2") for _ in range(4))
    )
    assert len({one.session.person_id for one in together}) == 1


async def test_a_unionid_told_later_is_kept(sign_in, new_id):
    unionid, here, there = new_id(), new_id(), new_id()
    first = await sign_in(here)
    await sign_in(here, unionid)
    assert (await sign_in(there, unionid, appid="wx2")).session.person_id == first.session.person_id


async def test_an_openid_and_a_unionid_of_two_persons_leave_both_as_they_are(sign_in, new_id):
    unionid, here, there = new_id(), new_id(), new_id()
    by_openid, by_unionid = await sign_in(here), await sign_in(there, unionid, appid="wx2")
    again = await sign_in(here, unionid)
    assert again.session.person_id == by_openid.session.person_id != by_unionid.session.person_id


async def test_an_app_the_person_never_used_has_no_openid(sign_in, new_id, keyring):
    signed_in = await sign_in(new_id())
    assert await identity.openid_of(signed_in.session.person_id, "wx9", keyring=keyring) is None


async def test_nothing_wechat_told_and_no_token_is_kept_in_clear(sign_in, new_id):
    openid, unionid = new_id(), new_id()
    signed_in = await sign_in(openid, unionid)
    kept = await everything_kept()
    assert str(signed_in.session.person_id) in kept
    for secret in (openid, unionid, signed_in.token, "c2Vzc2lvbiBrZXkgb2YgV2VDaGF0"):
        assert secret not in kept and secret.encode().hex() not in kept
        assert secret not in repr(signed_in)


async def test_a_used_code_is_refused_and_leaves_nobody(wechat, wechat_server, new_id, keyring, now):
    code = wechat_server.code_for(new_id())
    await identity.sign_in_with_wechat(code, wechat=wechat, appid="wx1", keyring=keyring, now=now)
    people = await fetch_value("SELECT count(*) FROM person")
    with pytest.raises(LoginCodeRefused):
        await identity.sign_in_with_wechat(code, wechat=wechat, appid="wx1", keyring=keyring, now=now)
    assert await fetch_value("SELECT count(*) FROM person") == people


async def test_somebody_being_erased_is_told_so_and_their_sessions_are_over(sign_in, new_id, keyring, now):
    openid = new_id()
    signed_in = await sign_in(openid)
    await identity.destroy_key(signed_in.session.person_id)
    assert await identity.find_session(signed_in.token, now) is None
    assert await identity.openid_of(signed_in.session.person_id, "wx1", keyring=keyring) is None
    with pytest.raises(BeingErased):
        await sign_in(openid)


async def test_each_guest_is_a_new_person_of_whom_nothing_is_known(keyring, now):
    first = await identity.open_guest_session(Language.EN, keyring=keyring, now=now)
    second = await identity.open_guest_session(Language.EN, keyring=keyring, now=now)
    assert first.session.person_id != second.session.person_id
    found = await identity.find_session(first.token, now)
    assert found is not None and found.kind is SessionKind.GUEST and found.language is Language.EN
    assert not await fetch("SELECT 1 FROM person_pii WHERE person_id = $1", first.session.person_id)


async def test_a_language_chosen_later_is_read_from_the_next_request_on(keyring, now):
    guest = await identity.open_guest_session(Language.EN, keyring=keyring, now=now)
    await identity.set_language(guest.session.person_id, Language.ZH)
    found = await identity.find_session(guest.token, now)
    assert found is not None and found.language is Language.ZH
