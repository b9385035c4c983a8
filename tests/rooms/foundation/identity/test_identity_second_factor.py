"""Signing in with a second factor; wrong passwords counted by network."""

import asyncio
import secrets
from datetime import timedelta

import pyotp
import pytest

from app.foundation import identity
from app.foundation.identity import (
    CodeNeeded,
    CodeWrong,
    FactorKnown,
    FactorMissing,
    Role,
    SessionKind,
    SignInLocked,
    WrongCredentials,
)
from app.gateways.database import fetch, fetch_value
from app.kernel.text import Text
from tests import staff

PASSWORD = "correct horse 电池"
HOUR = timedelta(hours=1)
HALF_MINUTE = timedelta(seconds=30)
HOME, STRANGE = "203.0.113.7", "198.51.100.{}"


@pytest.fixture
def email():
    return f"li.na.{secrets.token_hex(6)}@example.cn"


@pytest.fixture
async def operator(email, keyring, now):
    name = Text(zh="示例交易所", en="Sample Exchange")
    return await staff.enrolled(email, PASSWORD, await staff.exchange(name), [Role.REVIEWER], keyring=keyring, now=now)


@pytest.fixture
async def factor(operator, email, keyring, now):
    """An authenticator, set up, and the recovery codes that were shown; an hour ago."""
    then = now - HOUR
    offer = await identity.offer_factor(operator, issuer="x", keyring=keyring, now=then)
    totp = pyotp.TOTP(offer.secret)
    pending = await identity.begin_sign_in(email, PASSWORD, place=HOME, needs_factor=True, keyring=keyring, now=then)
    _, codes = await identity.finish_with_factor(
        pending.token, await known(pending, then), totp.at(then), place=HOME, keyring=keyring, now=then
    )
    return totp, codes


async def known(pending, now):
    session = await identity.find_pending(pending.token, now)
    assert session is not None
    return session


async def begin(email, keyring, now, *, needs_factor=True):
    return await identity.begin_sign_in(
        email, PASSWORD, place=HOME, needs_factor=needs_factor, keyring=keyring, now=now
    )


async def wrong(email, keyring, now, place, times=1):
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await identity.sign_in_operator(email, "wrong password", place=place, keyring=keyring, now=now)


async def right(email, keyring, now, place):
    return await identity.sign_in_operator(email, PASSWORD, place=place, keyring=keyring, now=now)


@pytest.mark.usefixtures("operator")
async def test_a_password_alone_opens_nothing_but_the_second_step(email, keyring, now):
    pending = await begin(email, keyring, now)
    assert pending.session.kind is SessionKind.PENDING and pending.session.roles == frozenset()
    assert await identity.find_session(pending.token, now) is None
    assert await identity.find_pending(pending.token, now) is not None
    assert await identity.find_pending(pending.token, now + timedelta(minutes=15)) is None


@pytest.mark.usefixtures("operator")
async def test_where_a_factor_is_only_offered_the_password_is_enough(email, keyring, now):
    opened = await begin(email, keyring, now, needs_factor=False)
    assert opened.session.kind is SessionKind.OPERATOR
    assert await identity.find_pending(opened.token, now) is None


@pytest.mark.usefixtures("operator")
async def test_where_a_factor_is_asked_for_nobody_without_one_comes_in_at_the_terminal(email, keyring, now):
    with pytest.raises(FactorMissing):
        await identity.sign_in_operator(email, PASSWORD, needs_factor=True, keyring=keyring, now=now)


async def test_the_code_of_this_minute_lets_in_and_ends_the_pending_session(factor, operator, email, keyring, now):
    totp, _ = factor
    pending = await begin(email, keyring, now)
    opened = await identity.finish_sign_in(
        pending.token, await known(pending, now), totp.at(now), place=HOME, keyring=keyring, now=now
    )
    assert (opened.session.person_id, opened.session.kind) == (operator, SessionKind.OPERATOR)
    assert opened.session.roles == {"reviewer"}
    assert await identity.find_pending(pending.token, now) is None
    assert await identity.find_session(opened.token, now) == opened.session


async def test_one_code_is_good_once_also_when_sent_by_many_at_once(factor, email, keyring, now):
    totp, _ = factor
    answers = await asyncio.gather(
        *(
            identity.sign_in_operator(email, PASSWORD, code=totp.at(now), keyring=keyring, now=now, place=str(n))
            for n in range(6)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, CodeWrong) for answer in answers) == 5
    later = now + HALF_MINUTE
    assert await identity.sign_in_operator(email, PASSWORD, code=totp.at(later), keyring=keyring, now=later)


async def test_a_clock_half_a_minute_off_is_forgiven_and_a_whole_one_is_not(factor, email, keyring, now):
    totp, _ = factor
    for off, is_right in ((2, False), (-2, False), (-1, True), (1, True)):
        signing_in = identity.sign_in_operator(
            email, PASSWORD, code=totp.at(now + off * HALF_MINUTE), keyring=keyring, now=now
        )
        if is_right:
            assert await signing_in
        else:
            with pytest.raises(CodeWrong):
                await signing_in


async def test_with_a_factor_the_password_alone_never_lets_in(factor, email, keyring, now):
    with pytest.raises(CodeNeeded):
        await right(email, keyring, now, HOME)
    pending = await begin(email, keyring, now, needs_factor=False)
    with pytest.raises(CodeNeeded):
        await identity.finish_without(pending.token, await known(pending, now), place=HOME, keyring=keyring, now=now)
    assert factor


async def test_each_recovery_code_is_good_once(factor, operator, email, keyring, now):
    _, codes = factor
    assert await identity.codes_left(operator) == len(codes) == 10
    typed = codes[3].lower().replace("-", " ")
    assert await identity.sign_in_operator(email, PASSWORD, code=typed, keyring=keyring, now=now)
    with pytest.raises(CodeWrong):
        await identity.sign_in_operator(email, PASSWORD, code=codes[3], keyring=keyring, now=now)
    assert await identity.codes_left(operator) == 9


async def test_neither_the_secret_nor_a_recovery_code_is_kept_in_clear(factor, operator):
    totp, codes = factor
    rows = await fetch("SELECT f::text AS row FROM operator_factor f UNION ALL SELECT r::text FROM recovery_code r")
    kept = " ".join(row["row"] for row in rows)
    for secret in (totp.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in kept and secret.encode().hex() not in kept
    assert await fetch_value("SELECT count(DISTINCT key_id) FROM recovery_code WHERE person_id = $1", operator) == 1


async def test_a_factor_that_is_set_up_is_never_shown_or_replaced(factor, operator, email, keyring, now):
    totp, _ = factor
    with pytest.raises(FactorKnown):
        await identity.offer_factor(operator, issuer="x", keyring=keyring, now=now)
    pending = await begin(email, keyring, now)
    with pytest.raises(FactorKnown):
        await identity.finish_with_factor(
            pending.token, await known(pending, now), totp.at(now), place=HOME, keyring=keyring, now=now
        )


async def test_until_it_is_confirmed_the_same_secret_is_offered(operator, keyring, now):
    first = await identity.offer_factor(operator, issuer="x", keyring=keyring, now=now)
    again = await identity.offer_factor(operator, issuer="x", keyring=keyring, now=now)
    assert first.secret == again.secret and first.secret not in repr(first)


async def test_wrong_codes_are_bounded_even_for_who_knows_the_password(factor, email, keyring, now):
    totp, _ = factor

    async def guess(place):
        return await identity.sign_in_operator(email, PASSWORD, code="000000", place=place, keyring=keyring, now=now)

    refusals = []
    for n in range(10):
        for _ in range(8):
            with pytest.raises((CodeWrong, SignInLocked)) as refusal:
                await guess(STRANGE.format(n))
            refusals.append(refusal.type)
    assert refusals.count(CodeWrong) == 20
    code = totp.at(now)
    assert await identity.sign_in_operator(email, PASSWORD, code=code, place=HOME, keyring=keyring, now=now)


@pytest.mark.usefixtures("operator")
async def test_ten_wrong_passwords_from_anywhere_do_not_lock_an_operator_out_elsewhere(email, keyring, now):
    await wrong(email, keyring, now, STRANGE.format(1), 10)
    with pytest.raises(SignInLocked):
        await right(email, keyring, now, STRANGE.format(1))
    assert await right(email, keyring, now, HOME)


@pytest.mark.usefixtures("operator")
async def test_guessing_from_everywhere_stays_bounded_and_never_shuts_where_the_owner_comes_from(email, keyring, now):
    await right(email, keyring, now - HOUR, HOME)
    answers = []
    for n in range(15):
        for _ in range(10):
            try:
                await identity.sign_in_operator(
                    email, "wrong password", place=STRANGE.format(n), keyring=keyring, now=now
                )
            except (WrongCredentials, SignInLocked) as refusal:
                answers.append(type(refusal))
    assert answers.count(WrongCredentials) == 100
    with pytest.raises(SignInLocked) as locked:
        await right(email, keyring, now, STRANGE.format(99))
    assert locked.value.facts["retry_after_s"] == 3600
    assert await right(email, keyring, now, HOME)
    assert await right(email, keyring, now + HOUR, STRANGE.format(99))


@pytest.mark.usefixtures("operator")
async def test_a_network_is_familiar_for_ninety_days_and_kept_unreadable(email, keyring, now):
    await right(email, keyring, now, HOME)
    (row,) = await fetch("SELECT s::text AS row FROM sign_in_place s")
    assert HOME not in row["row"] and HOME.encode().hex() not in row["row"]
    later = now + timedelta(days=90)
    for n in range(10):
        await wrong(email, keyring, later, STRANGE.format(n), 10)
    with pytest.raises(SignInLocked):
        await right(email, keyring, later, HOME)
