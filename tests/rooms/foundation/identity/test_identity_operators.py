"""Operators: enrolled with a role in an organisation, in by password, locked out by ten failures an hour."""

import asyncio
import secrets
from datetime import timedelta
from uuid import uuid4

import pytest

from app.foundation import identity
from app.foundation.identity import (
    EmailTaken,
    EmailUnreadable,
    OperatorUnknown,
    OrganisationKind,
    PasswordUnfit,
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
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def email():
    return f"li.na.{secrets.token_hex(6)}@example.cn"


@pytest.fixture
async def exchange(now):
    name = Text(zh="四川联合环境交易所", en="Sichuan United Environment Exchange")
    return await staff.exchange(name)


@pytest.fixture
async def reviewer(email, exchange, keyring, now):
    return await staff.enrolled(email, PASSWORD, exchange, [Role.REVIEWER], keyring=keyring, now=now)


async def fail(email, keyring, at, times):
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await identity.sign_in_operator(email, "wrong password", keyring=keyring, now=at)


async def test_an_operator_signs_in_for_twelve_hours_with_their_roles(reviewer, email, keyring, now):
    signed_in = await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    assert signed_in.session.person_id == reviewer
    assert signed_in.session.kind is SessionKind.OPERATOR and signed_in.session.roles == {"reviewer"}
    assert await identity.find_session(signed_in.token, now) == signed_in.session
    assert await identity.find_session(signed_in.token, now + 12 * HOUR - INSTANT) == signed_in.session
    assert await identity.find_session(signed_in.token, now + 12 * HOUR) is None


async def test_an_email_is_the_same_in_any_case(reviewer, email, keyring, now):
    assert (
        await identity.sign_in_operator(f" {email.upper()} ", PASSWORD, keyring=keyring, now=now)
    ).session.person_id == reviewer


@pytest.mark.usefixtures("reviewer")
async def test_a_wrong_password_and_an_unknown_email_are_told_alike(email, keyring, now):
    for who, password in ((email, PASSWORD + "!"), ("nobody." + email, PASSWORD), ("", PASSWORD), (email, "")):
        with pytest.raises(WrongCredentials) as refusal:
            await identity.sign_in_operator(who, password, keyring=keyring, now=now)
        assert refusal.value.facts == {}


@pytest.mark.usefixtures("reviewer")
async def test_after_ten_failures_even_the_right_password_is_refused_until_the_hour_is_over(email, keyring, now):
    await fail(email, keyring, now, 10)
    with pytest.raises(SignInLocked) as locked:
        await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now + timedelta(minutes=10))
    assert locked.value.facts == {"retry_after_s": 50 * 60}
    with pytest.raises(SignInLocked):
        await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now + HOUR - INSTANT)
    assert await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now + HOUR)


@pytest.mark.usefixtures("reviewer")
async def test_nine_failures_do_not_lock_and_a_right_password_does_not_count(email, keyring, now):
    await fail(email, keyring, now, 9)
    for _ in range(3):
        await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    await fail(email, keyring, now, 1)
    with pytest.raises(SignInLocked):
        await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)


async def test_an_email_nobody_has_locks_as_well(keyring, now, email):
    await fail(email, keyring, now, 10)
    with pytest.raises(SignInLocked):
        await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)


@pytest.mark.usefixtures("reviewer")
async def test_thirty_guesses_at_once_try_ten_passwords(email, keyring, now):
    answers = await asyncio.gather(
        *(identity.sign_in_operator(email, "wrong password", keyring=keyring, now=now) for _ in range(30)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, WrongCredentials) for answer in answers) == 10
    assert sum(isinstance(answer, SignInLocked) for answer in answers) == 20


@pytest.mark.usefixtures("reviewer")
async def test_the_lock_of_one_operator_leaves_others_alone(email, keyring, now):
    await identity.enrol_operator("other." + email, PASSWORD, keyring=keyring, now=now)
    await fail(email, keyring, now, 10)
    assert await identity.sign_in_operator("other." + email, PASSWORD, keyring=keyring, now=now)


async def test_a_disabled_operator_is_out_everywhere_and_stays_out(reviewer, email, keyring, now):
    signed_in = await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    await identity.disable_operator(reviewer, now=now)
    await identity.disable_operator(reviewer, now=now + HOUR)
    assert await identity.find_session(signed_in.token, now) is None
    with pytest.raises(WrongCredentials):
        await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)
    assert await fetch_value("SELECT disabled_at FROM operator WHERE person_id = $1", reviewer) == now


async def test_disabling_nobody_is_refused(now):
    with pytest.raises(OperatorUnknown):
        await identity.disable_operator(uuid4(), now=now)


async def test_a_role_given_or_taken_counts_from_the_next_request_on(reviewer, email, exchange, keyring, now):
    token = (await identity.sign_in_operator(email, PASSWORD, keyring=keyring, now=now)).token
    await staff.join(reviewer, exchange, Role.AUDITOR)
    found = await identity.find_session(token, now)
    assert found is not None and found.roles == {"reviewer", "auditor"}
    await identity.withdraw_role(reviewer, exchange, Role.REVIEWER)
    found = await identity.find_session(token, now)
    assert found is not None and found.roles == {"auditor"}


async def test_a_role_counts_in_its_own_organisation_only(reviewer, exchange, now):
    name = Text(zh="某公司", en="Some company")
    company = await identity.enrol_organisation(name, kind=OrganisationKind.COMPANY, now=now)
    assert await identity.acts_for(reviewer, exchange, Role.REVIEWER)
    assert not await identity.acts_for(reviewer, company, Role.REVIEWER)
    assert not await identity.acts_for(reviewer, exchange, Role.FINANCE)


@pytest.mark.usefixtures("reviewer")
async def test_an_email_enrolled_twice_is_refused_and_writes_nothing(email, keyring, now):
    people = await fetch_value("SELECT count(*) FROM person")
    with pytest.raises(EmailTaken):
        await identity.enrol_operator(email.upper(), PASSWORD, keyring=keyring, now=now)
    assert await fetch_value("SELECT count(*) FROM person") == people


@pytest.mark.parametrize("unfit", [("no address", PASSWORD, EmailUnreadable), ("a@example.cn", "short", PasswordUnfit)])
async def test_an_unfit_email_or_password_enrols_nobody(unfit, keyring, now):
    typed, password, refusal = unfit
    people = await fetch_value("SELECT count(*) FROM person")
    with pytest.raises(refusal):
        await identity.enrol_operator(typed, password, keyring=keyring, now=now)
    assert await fetch_value("SELECT count(*) FROM person") == people


async def test_neither_email_nor_password_is_kept_in_clear(reviewer, email):
    rows = await fetch(
        "SELECT o::text || d::text AS row FROM operator o JOIN person_pii d USING (person_id) WHERE o.person_id = $1",
        reviewer,
    )
    assert len(rows) == 1
    for secret in (email, PASSWORD):
        assert secret not in rows[0]["row"] and secret.encode().hex() not in rows[0]["row"]


async def test_an_organisation_is_found_by_its_id(exchange):
    card = await identity.find_organisation(exchange)
    assert card is not None
    assert (card.name.zh, card.kind, card.is_verified) == ("四川联合环境交易所", OrganisationKind.EXCHANGE, True)
    assert await identity.find_organisation(uuid4()) is None
