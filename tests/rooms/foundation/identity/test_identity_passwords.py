"""Passwords: Argon2id in a bounded line, older hashes read and made anew at a sign-in, damaged ones refused."""

import asyncio
import secrets
from dataclasses import replace

import pytest
from argon2 import extract_parameters

from app.foundation import identity
from app.foundation.identity import (
    PasswordCost,
    PasswordHashBroken,
    PasswordsCrowded,
    Role,
    SessionKind,
    WrongCredentials,
)
from app.foundation.identity.credentials import hashing_passwords
from app.foundation.identity.credentials.hashing_passwords import hash_password, is_outdated, is_password
from app.gateways.database import fetch, fetch_value
from app.gateways.waiting import Threads
from app.kernel.text import Text
from tests import staff
from tests.rooms.foundation.identity.conftest import CHEAP

PASSWORD = "correct horse 电池"
SLOW = PasswordCost(memory_kib=32 * 1024, passes=2, lanes=1)
# Made once by the first release, with N = 2^15, r = 8, p = 3.
SCRYPT = "scrypt$15$8$3$kP2wS5ks2V1+ef7YI0VpWA==$WCkKltoOwYeXGle4tkhwdmLALHvkPuudxh1rKMdutJw="
# The same at a thousandth of its cost.
OLD = "scrypt$4$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$dFNGbfCRGlifgBazJLIiXvYQTGDG1JuBX/vq/Ucp0nw="
BROKEN = (
    "",
    "plain text",
    "scrypt$15$8$3$kP2wS5ks2V1+ef7YI0VpWA==",
    "scrypt$x$8$3$kP2wS5ks2V1+ef7YI0VpWA==$WCkK",
    "scrypt$60$8$3$kP2wS5ks2V1+ef7YI0VpWA==$WCkK",
    "scrypt$15$8$3$not base64$WCkK",
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdA",
    "$argon2id$v=19$m=0,t=0,p=0$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNo",
    "$argon2xx$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aGFzaA",
)


@pytest.fixture
def email():
    return f"li.na.{secrets.token_hex(6)}@example.cn"


@pytest.fixture
async def operator(email, keyring, now):
    exchange = await staff.exchange(Text(zh="示例交易所", en="Sample Exchange"))
    return await staff.enrolled(email, PASSWORD, exchange, [Role.REVIEWER], keyring=keyring, now=now)


async def kept(operator):
    return await fetch_value("SELECT password_hash FROM operator WHERE person_id = $1", operator)


async def keep(operator, hashed):
    await fetch("UPDATE operator SET password_hash = $2 WHERE person_id = $1", operator, hashed)


async def test_one_password_kept_twice_gives_two_hashes_and_each_knows_it():
    first, second = [await hash_password(PASSWORD, cost=CHEAP) for _ in range(2)]
    assert first != second
    assert [await is_password(PASSWORD, hashed, cost=CHEAP) for hashed in (first, second)] == [True, True]
    assert not await is_password(PASSWORD + " ", first, cost=CHEAP)


async def test_a_hash_says_its_algorithm_and_cost_and_the_usual_cost_is_that_of_rfc_9106():
    hashed = await hash_password(PASSWORD, cost=PasswordCost())
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert len(hashed) <= 160  # the column's width
    assert not is_outdated(hashed, cost=PasswordCost())


async def test_a_hash_of_another_cost_or_of_scrypt_is_read_and_known_as_outdated():
    dearer = replace(CHEAP, passes=2)
    hashed = await hash_password(PASSWORD, cost=CHEAP)
    assert await is_password(PASSWORD, hashed, cost=dearer)
    assert is_outdated(hashed, cost=dearer) and not is_outdated(hashed, cost=CHEAP)
    assert await is_password(PASSWORD, SCRYPT, cost=CHEAP)
    assert not await is_password(PASSWORD + "!", SCRYPT, cost=CHEAP)
    assert is_outdated(SCRYPT, cost=CHEAP)


async def test_a_password_with_a_lone_surrogate_is_a_password_like_any_other():
    hashed = await hash_password("\udc80 and eleven more", cost=CHEAP)
    assert await is_password("\udc80 and eleven more", hashed, cost=CHEAP)


async def test_an_outdated_hash_is_made_anew_at_the_sign_in_and_stays_when_the_password_was_wrong(
    operator, email, keyring, now
):
    await keep(operator, OLD)
    with pytest.raises(WrongCredentials):
        await identity.sign_in_operator(email, PASSWORD + "!", keyring=keyring, now=now)
    assert await kept(operator) == OLD
    assert await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    renewed = await kept(operator)
    assert renewed.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    assert await kept(operator) == renewed


async def test_a_hash_is_made_anew_in_a_browser_too(operator, email, keyring, now):
    await keep(operator, OLD)
    opened = await identity.begin_sign_in(email, PASSWORD, place="", needs_factor=True, keyring=keyring, now=now)
    assert opened.session.kind is SessionKind.PENDING
    assert (await kept(operator)).startswith("$argon2id$")


async def test_a_password_set_while_another_is_hashed_anew_stays(monkeypatch, operator, email, keyring, now):
    await keep(operator, OLD)
    changed = await hash_password("another long password", cost=CHEAP)
    from app.foundation.identity.credentials import signing_in_operators

    async def meanwhile(*args, **kwargs):
        await keep(operator, changed)
        return await hash_password(*args, **kwargs)

    monkeypatch.setattr(signing_in_operators, "hash_password", meanwhile)
    await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    assert await kept(operator) == changed


async def test_sign_ins_at_once_make_one_outdated_hash_anew_and_all_come_in(operator, email, keyring, now):
    await keep(operator, OLD)
    opened = await asyncio.gather(
        *(identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now) for _ in range(5))
    )
    assert len({one.token for one in opened}) == 5
    assert await is_password(PASSWORD, await kept(operator), cost=CHEAP)


async def test_in_a_crowd_the_hash_stays_as_it_is_and_the_sign_in_goes_on(monkeypatch, operator, email, keyring, now):
    await keep(operator, OLD)
    from app.foundation.identity.credentials import signing_in_operators

    async def crowded(*_args, **_kwargs):
        raise PasswordsCrowded(retry_after_s=3)

    monkeypatch.setattr(signing_in_operators, "hash_password", crowded)
    assert await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    assert await kept(operator) == OLD


@pytest.mark.parametrize("damaged", BROKEN)
async def test_a_damaged_hash_is_refused_with_a_fact_and_never_opens(damaged, operator, email, keyring, now):
    await keep(operator, damaged)
    with pytest.raises(PasswordHashBroken):
        await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    assert await kept(operator) == damaged


async def test_an_email_nobody_has_takes_as_long_as_a_wrong_password(monkeypatch, email, keyring, now):
    dear = replace(keyring, password_cost=SLOW)
    exchange = await staff.exchange(Text(zh="示例交易所", en="Sample Exchange"))
    known = await staff.enrolled(email, PASSWORD, exchange, [Role.REVIEWER], keyring=dear, now=now)
    computed = []
    run = Threads.run

    async def watched(self, work, *args, **kwargs):
        computed.append(await run(self, work, *args, **kwargs))
        return computed[-1]

    monkeypatch.setattr(Threads, "run", watched)
    for who in (email, "nobody." + email):
        with pytest.raises(WrongCredentials):
            await identity.sign_in_operator(who, "wrong password", keyring=dear, now=now)
    no_match, thrown_away = computed  # one hash each, and at the same cost
    assert no_match is False
    assert extract_parameters(thrown_away) == extract_parameters(await kept(known))
    assert extract_parameters(thrown_away).memory_cost == SLOW.memory_kib


async def test_a_hundred_passwords_at_once_are_answered_or_told_to_come_again(email, keyring, now, operator):
    dear = replace(keyring, password_cost=SLOW)  # some 30 ms each
    answers = await asyncio.gather(
        *(identity.sign_in_operator(f"{n}.{email}", PASSWORD, keyring=dear, now=now) for n in range(100)),
        return_exceptions=True,
    )
    crowded = [answer for answer in answers if isinstance(answer, PasswordsCrowded)]
    assert 0 < len(crowded) < 100 and crowded[0].facts == {"retry_after_s": 3}
    assert all(isinstance(answer, PasswordsCrowded | WrongCredentials) for answer in answers)
    # What was not tried is not counted, and the next one is taken again.
    assert await fetch_value("SELECT count(*) FROM sign_in_attempt") == 100 - len(crowded)
    assert await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)


async def test_a_flood_from_one_network_does_not_shut_out_another(operator, email, keyring, now):
    dear = replace(keyring, password_cost=SLOW)

    def flood(n):
        return identity.sign_in_operator(f"{n}.{email}", PASSWORD, place="198.51.100.9", keyring=dear, now=now)

    flooding = [asyncio.ensure_future(flood(n)) for n in range(60)]
    await asyncio.sleep(0.05)
    assert await identity.sign_in_operator(email, PASSWORD, place="203.0.113.7", keyring=keyring, now=now)
    answers = await asyncio.gather(*flooding, return_exceptions=True)
    assert any(isinstance(answer, PasswordsCrowded) for answer in answers)


async def test_a_password_whose_turn_does_not_come_is_given_up_at_the_deadline(monkeypatch):
    monkeypatch.setattr(hashing_passwords, "_threads", Threads(2, waiting_most=16, patience_s=0.02))
    answers = await asyncio.gather(
        *(hash_password(PASSWORD, cost=PasswordCost()) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, PasswordsCrowded) for answer in answers) >= 5  # two at most had begun
    assert await hash_password(PASSWORD, cost=CHEAP)
