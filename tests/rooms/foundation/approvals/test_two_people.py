"""One proposes, another decides: yes with its effect, no with a reason, or never mind."""

import asyncio

import pytest

from app.foundation import approvals
from app.foundation.approvals import Approval, Proposal, State
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.errors import DomainError
from app.kernel.text import Text
from tests.rooms.foundation.approvals.conftest import KIND, OWN, TABLE, People
from tests.staff import join, member, verified


async def test_what_one_proposes_and_another_agrees_to_has_its_effect(people: People) -> None:
    proposed = await people.propose(reason_zh="试")

    done = await people.approve(proposed)

    assert (proposed.state, done.state, done.decider_id) == (State.PROPOSED, State.APPROVED, people.decider)
    assert (done.payload, done.label) == ('{"mass_g":5,"reason_zh":"试"}', Text(zh="试一件", en="Test deed"))
    assert await fetch_value(f"SELECT approval_id FROM {TABLE}") == proposed.id
    steps = await approvals.read_history(proposed.id)
    assert [(step.state, step.actor_id) for step in steps] == [
        (State.PROPOSED, people.maker),
        (State.APPROVED, people.decider),
    ]


async def test_the_same_text_again_is_the_one_that_waits(people: People) -> None:
    first, second = await people.propose(a=1, b=2), await people.propose(b=2, a=1)

    assert first == second


async def test_another_text_about_the_same_thing_waits_its_turn(people: People) -> None:
    await people.propose()

    with pytest.raises(approvals.ApprovalPending, match=r"approval\.pending"):
        await people.propose(mass_g=6)
    assert (await people.propose("deed:2", mass_g=6)).state is State.PROPOSED


async def test_a_set_is_proposed_at_once_or_not_at_all(people: People) -> None:
    await people.propose("deed:2")
    both = [Proposal(subject="deed:1", payload={"a": 1}), Proposal(subject="deed:2", payload={"a": 2})]

    with pytest.raises(approvals.ApprovalPending):
        async with transaction() as tx:
            await approvals.propose_many(KIND, both, by=people.maker, tx=tx)

    assert [one.subject for one in await approvals.list_waiting()] == ["deed:2"]


async def test_the_maker_replaces_a_text_that_waits(people: People) -> None:
    old = await people.propose()

    async with transaction() as tx:
        new = await approvals.propose(
            KIND, Proposal(subject="deed:1", payload={"mass_g": 7}), by=people.maker, replaces=True, tx=tx
        )

    ended = await approvals.find(old.id)
    assert (ended.state, ended.superseded_by, new.state) == (State.SUPERSEDED, new.id, State.PROPOSED)
    with pytest.raises(approvals.ApprovalDecided):
        await people.approve(old)


async def test_another_person_replaces_nothing(people: People) -> None:
    await people.propose()
    other = await member(await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange'"), Role.OPERATOR)

    with pytest.raises(approvals.NotTheMaker):
        async with transaction() as tx:
            await approvals.propose(KIND, Proposal(subject="deed:1", payload={"x": 1}), by=other, replaces=True, tx=tx)


async def test_a_no_names_its_reason_and_the_thing_may_be_proposed_again(people: People) -> None:
    proposed = await people.propose()

    with pytest.raises(approvals.ApprovalReasonUnfit):
        async with transaction() as tx:
            await approvals.send_back(proposed.id, reason=" ", seen=proposed.sha256, by=people.decider, tx=tx)
    async with transaction() as tx:
        ended = await approvals.send_back(
            proposed.id, reason=" 数字不符 ", seen=proposed.sha256, by=people.decider, tx=tx
        )

    assert (ended.state, ended.reason) == (State.RETURNED, "数字不符")
    assert (await people.propose()).id != proposed.id


async def test_only_the_maker_takes_it_back(people: People) -> None:
    proposed = await people.propose()

    with pytest.raises(approvals.NotTheMaker):
        async with transaction() as tx:
            await approvals.withdraw(proposed.id, by=people.decider, tx=tx)
    async with transaction() as tx:
        ended = await approvals.withdraw(proposed.id, by=people.maker, tx=tx)

    assert (ended.state, ended.decider_id, ended.reason) == (State.WITHDRAWN, None, None)


async def test_of_two_who_agree_at_once_one_does_and_there_is_one_effect(people: People) -> None:
    proposed = await people.propose()

    ends: list[Approval | BaseException] = await asyncio.gather(
        people.approve(proposed), people.approve(proposed, by=people.second), return_exceptions=True
    )

    assert sorted(type(end).__name__ for end in ends) == ["Approval", "ApprovalDecided"]
    assert await fetch_value(f"SELECT count(*) FROM {TABLE}") == 1


async def test_a_decision_whose_effect_is_refused_is_none(people: People) -> None:
    proposed = await people.propose()

    async def decide() -> None:
        async with transaction() as tx:
            await approvals.approve(proposed.id, seen=proposed.sha256, by=people.decider, tx=tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await decide()

    assert (await approvals.find(proposed.id)).state is State.PROPOSED


async def test_what_waits_is_told_by_role_person_and_age(people: People) -> None:
    first, second = await people.propose("deed:1"), await people.propose("deed:2")

    assert [one.id for one in await approvals.list_waiting()] == [first.id, second.id]
    assert [one.id for one in await approvals.list_waiting(role="reviewer", limit=1)] == [first.id]
    assert await approvals.list_waiting(role="finance") == []
    assert [one.id for one in await approvals.list_waiting(person=people.decider)] == [first.id, second.id]
    assert (
        await approvals.list_waiting(person=people.maker) == await approvals.list_waiting(person=people.finance) == []
    )
    assert [one.id for one in await approvals.list_made_by(people.maker)] == [first.id, second.id]
    (waiting,) = await approvals.count_waiting()
    assert (waiting.kind.code, waiting.count, waiting.oldest_at) == (KIND, 2, first.proposed_at)
    assert [one.count for one in await approvals.count_waiting(person=people.second)] == [2]
    assert await approvals.count_waiting(person=people.maker) == []


async def test_what_waits_for_somebody_is_exactly_what_they_are_not_refused(people: People) -> None:
    partner = await verified(Text(zh="伙伴", en="Partner"))
    await people.propose("deed:1")
    await people.propose("deed:2", holder=str(partner))
    await join(people.second, partner, Role.FINANCE)
    for person in (people.maker, people.decider, people.second, people.finance):
        rows = await fetch(
            "SELECT a.id, approvals.refusal(a, $1) IS NULL AS may FROM approval a WHERE a.state = 'proposed'", person
        )
        told = {one.id for one in await approvals.list_waiting(person=person)}
        assert told == {row["id"] for row in rows if row["may"]}
    assert len(await approvals.list_waiting(person=people.second)) == 1


async def test_two_people_of_one_organisation_agree_among_themselves(people: People) -> None:
    company = await verified(Text(zh="公司", en="Company"))
    maker, decider = await member(company, Role.FINANCE), await member(company, Role.SPONSOR)
    wanted = Proposal(subject="own:1", payload={"holder": str(company)})
    async with transaction() as tx:
        proposed = await approvals.propose(OWN, wanted, by=maker, party=company, tx=tx)

    with pytest.raises(approvals.ApprovalRoleMissing):  # the platform's people are not asked
        async with transaction() as tx:
            await approvals.approve(proposed.id, seen=proposed.sha256, by=people.decider, tx=tx)
    assert [one.id for one in await approvals.list_waiting(person=decider)] == [proposed.id]
    async with transaction() as tx:
        done = await approvals.approve(proposed.id, seen=proposed.sha256, by=decider, tx=tx)

    assert done.state is State.APPROVED


async def test_what_nobody_brought_cannot_be_approved(people: People) -> None:
    with pytest.raises(DomainError, match=r"approval\.kind_unknown"):
        async with transaction() as tx:
            await approvals.propose("nothing", Proposal(subject="x", payload={}), by=people.maker, tx=tx)
    with pytest.raises(approvals.ApprovalKindUnknown):
        await approvals.find_kind("nothing")
    assert (await approvals.find_kind(KIND)).decider_roles == ("reviewer",)
