"""What PostgreSQL refuses of approvals, whoever writes: the application, and the owner of the tables too."""

from typing import Any

import pytest

from app.foundation import approvals
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.text import Text
from tests.owning import as_owner
from tests.rooms.conftest import connected
from tests.rooms.foundation.approvals.conftest import KIND, OWN, TABLE, People, effect
from tests.staff import join, member, verified

_APPROVE = (
    "UPDATE approval SET state = 'approved', decider_id = $2, seen_sha256 = payload_sha256 WHERE id = $1 RETURNING id"
)
_INSERT = (
    "INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, interested, state, is_founding,"
    " is_one_open, proposed_at, decided_at) SELECT $1, $2, 'deed:9', '{}', sha256('{}'), $3, '{}', $4, $5, true, now(), now()"
)


async def _refused(act: Any) -> str | None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the refusal's name is what is looked at
        await act
    return constraint(caught.value)


async def test_nobody_decides_about_what_they_proposed(people: People) -> None:
    proposed = await people.propose()
    await join(people.maker, await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange'"), Role.REVIEWER)

    assert await _refused(as_owner(_APPROVE, proposed.id, people.maker)) == "approval_two_people_check"
    with pytest.raises(approvals.SamePerson):
        await people.approve(proposed, by=people.maker)


@pytest.mark.parametrize("role", ["payer", "holder", "beneficiary", "applicant"])
async def test_nobody_of_a_party_that_is_named_decides(people: People, role: str) -> None:
    company = await verified(Text(zh="公司", en="Company"))
    await join(people.decider, company, Role.FINANCE)
    proposed = await people.propose(**{role: [str(company)] if role == "holder" else str(company)})

    assert await _refused(fetch(_APPROVE, proposed.id, people.decider)) == "approval_decider_interested"
    with pytest.raises(approvals.DeciderInterested):
        await people.approve(proposed)
    assert (await people.approve(proposed, by=people.second)).decider_id == people.second


async def test_nobody_decides_about_themselves(people: People) -> None:
    proposed = await people.propose(beneficiary=str(people.decider))

    assert await _refused(fetch(_APPROVE, proposed.id, people.decider)) == "approval_decider_interested"


async def test_the_platform_is_nobodys_side(people: People) -> None:
    house = await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange'")

    proposed = await people.propose(holder=str(house))

    assert (await people.approve(proposed)).decider_id == people.decider


async def test_what_was_not_shown_is_not_agreed_to(people: People) -> None:
    proposed = await people.propose()

    sql = "UPDATE approval SET state = 'approved', decider_id = $2, seen_sha256 = sha256('x') WHERE id = $1"
    assert await _refused(fetch(sql, proposed.id, people.decider)) == "approval_seen_check"
    with pytest.raises(approvals.ApprovalChanged):
        async with transaction() as tx:
            await approvals.approve(proposed.id, seen="00" * 32, by=people.decider, tx=tx)


async def test_a_role_that_was_withdrawn_a_moment_ago_decides_nothing(people: People) -> None:
    proposed = await people.propose()
    await as_owner("DELETE FROM membership WHERE person_id = $1", people.decider)

    assert await _refused(fetch(_APPROVE, proposed.id, people.decider)) == "approval_decider_role"
    with pytest.raises(approvals.ApprovalRoleMissing):
        await people.approve(proposed)


async def test_nothing_stands_of_a_maker_whose_role_was_withdrawn(people: People) -> None:
    proposed = await people.propose()
    await as_owner("DELETE FROM membership WHERE person_id = $1", people.maker)

    assert await _refused(fetch(_APPROVE, proposed.id, people.decider)) == "approval_maker_role"
    with pytest.raises(approvals.ApprovalRoleMissing):
        await people.propose("deed:2")


async def test_another_role_neither_proposes_nor_decides(people: People) -> None:
    proposed = await people.propose()

    assert await _refused(fetch(_APPROVE, proposed.id, people.finance)) == "approval_decider_role"
    sql = _INSERT.replace(", decided_at", "").replace(", now(), now()", ", now()")
    assert await _refused(fetch(sql, uuid7(), KIND, people.finance, "proposed", False)) == "approval_maker_role"


async def test_a_role_elsewhere_is_none_here(people: People) -> None:
    stranger = await member(await verified(Text(zh="别家", en="Others")), Role.REVIEWER)
    proposed = await people.propose()

    assert await _refused(fetch(_APPROVE, proposed.id, stranger)) == "approval_decider_role"


async def test_an_effect_stands_on_an_approved_decision_of_its_own_kind(people: People) -> None:
    proposed = await people.propose()

    assert await _refused(effect(proposed.id)) == f"{TABLE}_approval_fkey"
    insert = f"INSERT INTO {TABLE} (approval_id) VALUES ($1) RETURNING id"
    assert await _refused(as_owner(insert, proposed.id)) == f"{TABLE}_approval_fkey"
    assert await _refused(as_owner(insert, uuid7())) == f"{TABLE}_approval_fkey"
    other = await as_owner("SELECT approvals.found($1, 'x', '{}')", OWN)
    assert await _refused(as_owner(insert, other)) == f"{TABLE}_approval_fkey"


async def test_one_approval_has_one_effect(people: People) -> None:
    done = await people.approve(await people.propose())

    assert await _refused(effect(done.id)) == f"{TABLE}_approval_key"


async def test_what_is_decided_stays(people: People) -> None:
    done = await people.approve(await people.propose())

    for change in (
        "state = 'withdrawn', decider_id = NULL, seen_sha256 = NULL",
        "reason = 'xx'",
        "decider_id = maker_id",
        "payload = '{}', payload_sha256 = sha256('{}')",
    ):
        sql = f"UPDATE approval SET {change} WHERE id = $1 RETURNING id"
        assert await _refused(as_owner(sql, done.id)) == "approval_is_final"
    assert await _refused(as_owner("DELETE FROM approval WHERE id = $1 RETURNING id", done.id)) == "approval_is_kept"
    assert await _refused(as_owner("TRUNCATE approval CASCADE")) is not None
    for change in ("UPDATE approval_event SET reason = 'x' RETURNING id", "DELETE FROM approval_event RETURNING id"):
        assert await _refused(as_owner(change)) == "approval_event_append_only"


async def test_what_was_proposed_stays_while_it_waits(people: People) -> None:
    proposed = await people.propose()

    for change in ("subject = 'other'", "payload = '{}', payload_sha256 = sha256('{}')", f"kind = '{OWN}'"):
        sql = f"UPDATE approval SET {change} WHERE id = $1 RETURNING id"
        assert await _refused(as_owner(sql, proposed.id)) == "approval_proposal_stays"


async def test_nothing_is_born_decided_and_only_the_owner_says_it_was_there_before(people: People) -> None:
    sql = _INSERT.replace(", decided_at", "").replace(", now(), now()", ", now()")
    assert await _refused(fetch(sql, uuid7(), KIND, people.maker, "approved", False)) == "approval_step_check"
    assert await _refused(fetch(sql, uuid7(), KIND, None, "approved", True)) == "approval_founded_by_owner"
    assert await as_owner("SELECT approvals.found($1, 'deed:0', '{\"a\": 1}')", KIND) is not None


async def test_a_payload_is_an_object_under_its_own_digest(people: People) -> None:
    sql = (
        "INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, interested, state, is_founding,"
        " is_one_open, proposed_at) SELECT $1, $2, 'x', {payload}, sha256({hashed}), $3, '{{}}', 'proposed', false, true, now()"
    )
    for payload, hashed in (("'{}'", "'x'"), ("'null'", "'null'"), ("'1'", "'1'")):
        wrong = sql.format(payload=payload, hashed=hashed)
        assert await _refused(fetch(wrong, uuid7(), KIND, people.maker)) == "approval_payload_check"


async def test_kinds_are_brought_by_migrations_alone(people: People) -> None:
    for sql in ("UPDATE approval_kind SET maker_roles = decider_roles", "DELETE FROM approval_kind"):
        with pytest.raises(Exception, match="permission denied"):
            await fetch(sql)
    assert people


async def test_the_proof_names_what_has_no_effect_and_what_nobody_approved(people: People) -> None:
    sound = await people.approve(await people.propose("deed:1"))
    bare = await people.approve(await people.propose("deed:2"), has_effect=False)
    proof = "SELECT ok, expected, found, detail FROM books.prove_approvals(NULL)"

    (row,) = await fetch(proof)

    assert (row["ok"], row["expected"] - row["found"]) == (False, 1)
    assert row["detail"] == [f"{KIND} {bare.id} is approved, and has 0 effects"]
    await effect(bare.id)
    assert (await fetch(proof))[0]["ok"]

    async with connected(people.stand.super_url) as superuser:  # behind the keys' back
        await superuser.execute("SET session_replication_role = replica")
        await superuser.execute(
            f"UPDATE {TABLE} SET approval_id = $1 WHERE approval_id = $2", stray := uuid7(), sound.id
        )
    (row,) = await fetch(proof)
    assert f"{KIND} {stray} has an effect, and nobody approved it" in row["detail"]
