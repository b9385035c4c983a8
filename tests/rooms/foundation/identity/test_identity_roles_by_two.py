"""Roles of the platform take two administrators, but on the first day; PostgreSQL refuses one without a decision."""

import asyncio
from datetime import timedelta

import pytest

from app.foundation import approvals, identity
from app.foundation.approvals import ApprovalChanged, ApprovalDecided, ApprovalRoleMissing, SamePerson, State
from app.foundation.identity import InvitationOver, InvitationWaiting, LinkState, Role
from app.gateways.database import fetch, fetch_one, fetch_value
from app.kernel.text import Language
from tests.rooms.conftest import connected, refusal
from tests.rooms.foundation.identity.test_identity_first_day import (
    PASSWORD,
    administrators,
    agreed,
    as_owner,
    enter,
    exchange,
    links,
    staff,
)

__all__ = ["administrators", "exchange", "links"]

WEEK = timedelta(days=7)
GIVE = (
    "INSERT INTO membership (id, person_id, organisation_id, role, created_at, approval_id)"
    " VALUES (gen_random_uuid(), '{person}', '{exchange}', '{role}', now(), {approval})"
)


@pytest.fixture
async def link(exchange, administrators, keyring, now):
    """An invitation to be an operator, which nobody has agreed to."""
    return await identity.invite(
        exchange, [Role.OPERATOR], by=administrators[0], label="王小明", keyring=keyring, now=now
    )


async def state_of(approval_id):
    return (await approvals.find(approval_id)).state


async def test_a_link_waits_until_another_administrator_has_agreed_and_works_then(
    link, exchange, administrators, keyring, now
):
    assert (await identity.find_invitation(link.token, now=now)).state is LinkState.WAITING
    with pytest.raises(InvitationWaiting):
        await enter(link, keyring, now, "op@x.example")
    with pytest.raises(InvitationWaiting):
        await identity.join_as(link.token, administrators[1], now=now)
    assert await fetch_value("SELECT count(*) FROM operator") == 2
    await agreed(link, administrators[1], now)
    operator = await enter(link, keyring, now, "op@x.example")
    assert await identity.platform_roles(operator) == {Role.OPERATOR}
    given = await fetch_one("SELECT approval_id FROM membership WHERE person_id = $1", operator)
    assert given is not None and given["approval_id"] == link.waits.id


async def test_what_two_agree_to_names_no_person_and_its_label_is_read_with_the_keys_alone(link, keyring):
    assert set(link.waits.said()) == {"invitation", "organisation", "roles", "expires_at"}
    assert link.waits.said()["roles"] == ["operator"]
    row = await fetch_value("SELECT a::text FROM approval a WHERE id = $1", link.waits.id)
    assert "王小明" not in row and link.token not in row
    assert await identity.read_label(link.id, keyring=keyring) == "王小明"


async def test_neither_the_maker_nor_an_operator_agrees_nor_anybody_to_what_they_were_not_shown(
    link, exchange, administrators, keyring, now
):
    operator = await staff(exchange, administrators, keyring, now, Role.OPERATOR, "op@x.example")
    for by, seen, fact in (
        (administrators[0], link.waits.sha256, SamePerson),
        (operator, link.waits.sha256, ApprovalRoleMissing),
        (administrators[1], "00" * 32, ApprovalChanged),
    ):
        with pytest.raises(fact):
            await identity.approve_invitation(link.waits.id, seen=seen, by=by, now=now)
    assert (await identity.find_invitation(link.token, now=now)).state is LinkState.WAITING


async def test_of_two_who_agree_at_once_one_does_and_the_link_opens_once(link, exchange, administrators, keyring, now):
    third = await staff(exchange, administrators, keyring, now, Role.ADMINISTRATOR, "third@x.example")
    answers = await asyncio.gather(
        *(agreed(link, by, now) for by in (administrators[1], third, administrators[1], third)), return_exceptions=True
    )
    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, ApprovalDecided) for answer in answers) == 3
    assert await fetch_value("SELECT approval_id FROM invitation WHERE id = $1", link.id) == link.waits.id


async def test_agreeing_and_taking_back_at_once_leave_a_link_that_is_gone(link, administrators, now):
    agreeing, taking = await asyncio.gather(
        agreed(link, administrators[1], now),
        identity.revoke_invitation(link.id, by=administrators[0], now=now),
        return_exceptions=True,
    )
    assert taking is None and (agreeing is None or isinstance(agreeing, ApprovalDecided)), (agreeing, taking)
    assert (await identity.find_invitation(link.token, now=now)).state is LinkState.REVOKED
    assert await state_of(link.waits.id) is (State.APPROVED if agreeing is None else State.WITHDRAWN)


async def test_an_invitation_that_has_run_out_is_not_agreed_to(link, administrators, now):
    with pytest.raises(InvitationOver):
        await agreed(link, administrators[1], now + WEEK)
    assert await state_of(link.waits.id) is State.PROPOSED
    await agreed(link, administrators[1], now + WEEK - timedelta(microseconds=1))
    assert await state_of(link.waits.id) is State.APPROVED


@pytest.mark.parametrize(("who", "state"), [(0, State.WITHDRAWN), (1, State.RETURNED)])
async def test_taking_the_invitation_back_ends_what_waits_about_it(link, administrators, now, who, state):
    await identity.revoke_invitation(link.id, by=administrators[who], now=now)
    assert await state_of(link.waits.id) is state
    with pytest.raises(ApprovalDecided):
        await agreed(link, administrators[1], now)


async def test_sending_it_back_ends_the_link(link, administrators, keyring, now):
    await identity.refuse_invitation(
        link.waits.id, reason="不认识此人", seen=link.waits.sha256, by=administrators[1], now=now
    )
    assert (await identity.find_invitation(link.token, now=now)).state is LinkState.REVOKED
    with pytest.raises(InvitationOver):
        await enter(link, keyring, now, "op@x.example")


async def test_withdrawing_it_ends_the_link(link, administrators, now):
    with pytest.raises(approvals.NotTheMaker):
        await identity.withdraw_invitation(link.waits.id, reason=None, by=administrators[1], now=now)
    await identity.withdraw_invitation(link.waits.id, reason=None, by=administrators[0], now=now)
    assert (await identity.find_invitation(link.token, now=now)).state is LinkState.REVOKED


async def test_who_lost_the_role_since_proposing_is_agreed_with_no_more(exchange, administrators, keyring, now):
    third = await staff(exchange, administrators, keyring, now, Role.ADMINISTRATOR, "third@x.example")
    link = await identity.invite(exchange, [Role.REVIEWER], by=third, keyring=keyring, now=now)
    await identity.take_role(third, exchange, Role.ADMINISTRATOR, by=administrators[0])
    with pytest.raises(ApprovalRoleMissing):
        await agreed(link, administrators[1], now)


async def test_while_there_is_one_administrator_the_invitation_is_founded_and_opens_at_once(links, keyring, now):
    first = await enter(links[0], keyring, now, "first@x.example")
    exchange = await identity.find_exchange()
    link = await identity.invite(exchange, [Role.OPERATOR], by=first, keyring=keyring, now=now)
    assert link.waits is None
    operator = await enter(link, keyring, now, "op@x.example")
    founded = await fetch_one(
        "SELECT a.is_founding, a.maker_id, a.kind FROM membership m JOIN approval a ON a.id = m.approval_id"
        " WHERE m.person_id = $1", operator,
    )  # fmt: skip
    assert founded is not None and tuple(founded.values()) == (True, None, "role")


async def test_once_a_second_administrator_came_nobody_invites_alone_also_after_they_are_gone(links, keyring, now):
    first, second = [await enter(link, keyring, now, f"admin{n}@x.example") for n, link in enumerate(links)]
    exchange = await identity.find_exchange()
    assert (await identity.invite(exchange, [Role.OPERATOR], by=second, keyring=keyring, now=now)).waits is not None
    await identity.take_role(second, exchange, Role.ADMINISTRATOR, by=first)
    assert (await identity.invite(exchange, [Role.OPERATOR], by=first, keyring=keyring, now=now)).waits is not None


async def test_an_invitation_made_while_the_second_administrator_comes_is_founded_or_waits_never_both(
    links, keyring, now
):
    first = await enter(links[0], keyring, now, "first@x.example")
    exchange = await identity.find_exchange()
    _, *made = await asyncio.gather(
        enter(links[1], keyring, now, "second@x.example"),
        *(identity.invite(exchange, [Role.AUDITOR], by=first, keyring=keyring, now=now) for _ in range(4)),
    )
    for link in made:
        row = await fetch_one("SELECT approval_id FROM invitation WHERE id = $1", link.id)
        assert row is not None and (row["approval_id"] is None) == (link.waits is not None)
    assert (await identity.invite(exchange, [Role.AUDITOR], by=first, keyring=keyring, now=now)).waits is not None


async def test_an_invitation_into_an_organisation_is_made_by_one_as_before(administrators, keyring, now):
    from tests import staff as rows
    from tests.rooms.foundation.identity.test_identity_first_day import NAME

    company = await rows.verified(NAME)
    link = await identity.invite(company, [Role.SPONSOR], by=administrators[0], keyring=keyring, now=now)
    assert link.waits is None
    sponsor = await enter(link, keyring, now, "s@x.example")
    assert await fetch_value("SELECT approval_id FROM membership WHERE person_id = $1", sponsor) is None


async def test_the_application_opens_no_link_that_nobody_agreed_to(stand, link, administrators, exchange):
    anybody = f"(SELECT id FROM person WHERE id <> '{administrators[0]}' LIMIT 1)"
    tries = (
        (f"UPDATE invitation SET accepted_at = made_at, acceptor_id = {anybody} WHERE id = '{link.id}'", "invitation_waits"),
        (f"SELECT identity.open_invitation('{link.waits.id}', now())", "invitation_waits_check"),
        ((
            "INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, interested, state, is_founding,"
            f" is_one_open, proposed_at) VALUES (gen_random_uuid(), 'role', '{link.id}', '{{}}', sha256('{{}}'), NULL, '{{}}',"
            " 'approved', true, true, now())"
        ), "approval_founded_by_owner"),
    )  # fmt: skip
    async with connected(stand.app_url) as app:
        for statement, named in tries:
            assert (await refusal(app, statement))[1] == named, statement
        assert await refusal(app, f"UPDATE invitation SET approval_id = '{link.waits.id}'") == ("42501", None)
        assert (await refusal(app, f"SELECT identity.is_first_day('{administrators[0]}')"))[0] == "42501"


async def test_who_agreed_to_a_link_does_not_take_it_also_not_by_hand(stand, link, administrators, now):
    await agreed(link, administrators[1], now)
    taken = f"UPDATE invitation SET accepted_at = made_at, acceptor_id = '{administrators[1]}' WHERE id = '{link.id}'"
    async with connected(stand.app_url) as app:
        assert (await refusal(app, taken))[1] == "invitation_decider_apart"


async def test_the_owner_too_gives_no_role_by_a_decision_that_was_not_taken_or_says_something_else(
    stand, link, exchange, administrators, now
):
    def give(role, person=administrators[1]):
        return GIVE.format(person=person, exchange=exchange, role=role, approval=f"'{link.waits.id}'")

    async with connected(stand.owner_url) as owner:
        assert (await refusal(owner, give("operator")))[1] == "membership_approval_fkey"
        assert (await refusal(owner, f"UPDATE invitation SET approval_id = '{link.waits.id}' WHERE id = '{link.id}'"))[
            1
        ] == "invitation_approval_fkey"
        await agreed(link, administrators[1], now)
        assert (await refusal(owner, give("finance")))[1] == "membership_as_approved"
        assert (await refusal(owner, give("operator")))[1] == "membership_as_approved"  # nobody took the link yet
        loosened = f"UPDATE invitation SET roles = '{{administrator}}' WHERE id = '{link.id}'"
        assert (await refusal(owner, loosened))[1] == "invitation_as_approved"


async def test_the_proof_counts_every_role_of_the_platform_and_names_one_that_nobody_agreed_to(
    stand, link, administrators, keyring, now
):
    await agreed(link, administrators[1], now)
    operator = await enter(link, keyring, now, "op@x.example")
    (said,) = await fetch("SELECT * FROM books.prove_approvals()")
    assert said["ok"] and said["detail"] is None
    async with connected(stand.super_url) as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("UPDATE membership SET role = 'finance' WHERE person_id = $1", operator)
    (said,) = await fetch("SELECT * FROM books.prove_approvals()")
    assert not said["ok"] and any(f"role finance of {operator}" in line for line in said["detail"])


async def test_a_person_with_a_role_gets_another_by_two_as_well(exchange, administrators, keyring, now):
    operator = await staff(exchange, administrators, keyring, now, Role.OPERATOR, "op@x.example")
    link = await identity.invite(exchange, [Role.FINANCE], by=administrators[1], keyring=keyring, now=now)
    with pytest.raises(InvitationWaiting):
        await identity.join_as(link.token, operator, now=now)
    await agreed(link, administrators[0], now)
    await identity.join_as(link.token, operator, now=now)
    assert await identity.platform_roles(operator) == {Role.OPERATOR, Role.FINANCE}


async def test_the_links_of_the_set_up_are_founded_by_the_owner(stand, now, keyring):
    made = await as_owner(stand, now)
    rows = await fetch("SELECT a.is_founding FROM invitation i JOIN approval a ON a.id = i.approval_id")
    assert [row["is_founding"] for row in rows] == [True, True]
    opened = await identity.accept_invitation(
        made.links[0].token, name="李娜", email="a@x.example", password=PASSWORD, language=Language.ZH, keyring=keyring,
        now=now,
    )  # fmt: skip
    assert opened.session.person_id
