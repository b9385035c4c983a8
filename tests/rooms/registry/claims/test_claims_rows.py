"""A claim is one row: what makes two the same, which of them is the root, and what PostgreSQL refuses about them."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import footprint
from app.gateways.database import constraint, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.registry import claims, credits, holdings, retirements
from app.registry.claims import ClaimFacts, Mandate, NewClaim, Purpose
from app.registry.retirements import Funding
from tests.rooms.conftest import FACTORS, KEYRING, PROFILES, Asked, River, connected, organisation, refusal, request_for

YEAR: Final = (date(2025, 1, 1), date(2025, 12, 31))
CDCER: Final = credits.Programme.CDCER


@pytest.fixture
async def bank(river: River) -> UUID:
    return await organisation("示例总行")


def claim_of(river: River, bank: UUID, **changed: Any) -> NewClaim:
    """What the bank emitted in 2025."""
    said: dict[str, Any] = {
        "purpose": Purpose.SITE, "scenario_id": river.scene.id, "subject": "春熙路网点", "beneficiary_id": bank,
        "period_from": YEAR[0], "period_to": YEAR[1], "emission_g": 10, "language": "zh",
    }  # fmt: skip
    return NewClaim(**{**said, **changed})


async def made(*asked: NewClaim) -> list[ClaimFacts]:
    async with transaction() as tx:
        found = await claims.make({f"test:{uuid4()}": one for one in asked}, tx=tx)
    return list(found.values())


async def requested(river: River, claim: NewClaim, cause: str, mass_g: int = 5) -> UUID:
    """A retirement of the bank's own, for a claim under this cause."""
    async with transaction() as tx:
        await holdings.reserve(cause, CDCER, mass_g, expires_at=utc_now(), tx=tx)
        asked = Asked(cause=cause, claim=claim, payer_id=claim.beneficiary_id, mass_g=mass_g)
        return (await request_for([asked], tx=tx))[0]


async def settle(*ids: UUID) -> None:
    async with transaction() as tx:
        await retirements.settle(ids, profiles=PROFILES, tx=tx)


async def identities(made_claims: list[ClaimFacts]) -> list[bytes]:
    rows = await fetch("SELECT id, identity FROM claim")
    by_id = {row["id"]: row["identity"] for row in rows}
    return [by_id[one.id] for one in made_claims]


async def of(retirement_id: UUID) -> ClaimFacts:
    claim_id = await fetch_value("SELECT claim_id FROM retirement WHERE id = $1", retirement_id)
    return (await claims.find_many([claim_id]))[claim_id]


# ---- identity


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    one=st.tuples(
        st.integers(0, 2), st.integers(0, 2), st.sampled_from([None, "甲", "乙/own"]), st.sampled_from([None, "staff"])
    ),
    other=st.tuples(
        st.integers(0, 2), st.integers(0, 2), st.sampled_from([None, "甲", "乙/own"]), st.sampled_from([None, "staff"])
    ),
    figures=st.tuples(st.integers(0, 10**15), st.integers(0, 10**15)),
)
async def test_two_claims_of_an_organisation_are_the_same_exactly_where_period_subject_and_group_are(
    river: River, bank: UUID, one: Any, other: Any, figures: tuple[int, int]
) -> None:
    asked = [
        claim_of(
            river, bank, period_from=YEAR[0] + timedelta(days=first), period_to=YEAR[1] - timedelta(days=last),
            subject=subject, group_code=group, emission_g=figure, language=language,
        )
        for (first, last, subject, group), figure, language in zip((one, other), figures, ("zh", "en"), strict=True)
    ]  # fmt: skip
    first_identity, second_identity = await identities(await made(*asked))
    assert (first_identity == second_identity) == (one == other)


async def test_another_purpose_scene_beneficiary_or_group_is_another_claim(river: River, bank: UUID) -> None:
    other = await organisation("示例分行")
    asked = [
        claim_of(river, bank),
        claim_of(river, bank, purpose=Purpose.ORGANISATION),
        claim_of(river, other),
        claim_of(river, bank, group_code="staff"),
        claim_of(river, bank, group_code="staff", subject=None),
    ]
    assert len(set(await identities(await made(*asked)))) == len(asked)


async def test_two_trips_of_one_day_are_two_claims_of_a_person_by_their_kept_figures(river: River) -> None:
    inputs = footprint.visit_inputs("metro", "23", round_trip=True, extras={"meals_mixed": "1"})
    trips = [
        await footprint.keep(footprint.calculate("personal", inputs, FACTORS), by=river.person_id) for _ in range(2)
    ]
    own = claim_of(river, river.person_id, subject=None, purpose=Purpose.EVENT)
    found = await identities(await made(*(replace(own, footprint_id=id_) for id_ in (*trips, trips[0]))))
    assert (found[0] == found[1], found[0] == found[2]) == (False, True)


async def test_a_cause_makes_one_claim_and_another_content_under_it_is_a_fault(river: River, bank: UUID) -> None:
    asked = claim_of(river, bank)
    for _ in range(2):
        async with transaction() as tx:
            found = await claims.make({"order:1": asked, "order:2": asked}, tx=tx)
    assert len({one.id for one in found.values()}) == 2
    assert await fetch_value("SELECT count(*) FROM claim") == 2
    with pytest.raises(AssertionError, match="another claim"):
        async with transaction() as tx:
            await claims.make({"order:1": replace(asked, emission_g=11)}, tx=tx)


# ---- the root


async def test_of_two_unpaid_claims_the_one_settled_first_is_the_root_and_the_other_supplements_it(
    river: River, bank: UUID
) -> None:
    ids = [await requested(river, claim_of(river, bank), f"test:{number}") for number in range(3)]
    assert [(await of(id_)).supplements_id for id_ in ids] == [None] * 3, "nobody has settled anything"
    await settle(ids[1])
    await settle(ids[0])
    root = (await of(ids[1])).id
    assert [(await of(id_)).supplements_id for id_ in ids] == [root, None, None]
    assert {(await of(id_)).root_id for id_ in ids[:2]} == {root}


async def test_of_claims_settled_at_once_one_is_the_root_whoever_waits(river: River, bank: UUID) -> None:
    ids = [await requested(river, claim_of(river, bank), f"test:{number}") for number in range(6)]
    await asyncio.gather(*(settle(id_) for id_ in ids[:4]))
    await settle(*ids[4:])
    found = [await of(id_) for id_ in ids]
    assert sorted(one.supplements_id is None for one in found) == [False] * 5 + [True]
    assert len({one.root_id for one in found}) == 1


async def test_a_persons_claim_supplements_the_root_it_names(river: River) -> None:
    own = claim_of(river, river.person_id, subject=None, purpose=Purpose.EVENT)
    (root,) = await made(own)
    (rest,) = await made(replace(own, supplements_id=root.id))
    assert (rest.root_id, root.root_id) == (root.id, root.id)


# ---- what PostgreSQL refuses


async def test_postgresql_refuses_a_supplement_of_another_period_and_a_supplement_of_a_supplement(river: River) -> None:
    own = claim_of(river, river.person_id, subject=None, purpose=Purpose.EVENT)
    (root,) = await made(own)
    (rest,) = await made(replace(own, supplements_id=root.id))
    for wrong in (
        replace(own, supplements_id=root.id, period_to=date(2025, 12, 30)),
        replace(own, supplements_id=root.id, beneficiary_id=await river.guest()),
        replace(own, supplements_id=rest.id),
        replace(own, supplements_id=uuid4()),
    ):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - the name of the constraint is what counts
            await made(wrong)
        assert constraint(refused.value) == "claim_supplements_fkey"


async def test_postgresql_refuses_to_make_an_organisations_claim_a_supplement_before_it_is_settled(
    river: River, bank: UUID
) -> None:
    (root,) = await made(claim_of(river, bank))
    with pytest.raises(Exception) as refused:  # noqa: PT011
        await made(claim_of(river, bank, supplements_id=root.id))
    assert constraint(refused.value) == "claim_root_is_decided"


async def test_postgresql_refuses_a_second_retirement_of_a_claim_until_the_first_is_withdrawn(
    river: River, bank: UUID
) -> None:
    claim = claim_of(river, bank)
    first = await requested(river, claim, "test:1")
    known = await of(first)

    async def again(cause: str) -> UUID:
        async with transaction() as tx:
            await holdings.reserve(cause, CDCER, 5, expires_at=utc_now(), tx=tx)
            request = retirements.Request(
                cause=cause, claim=known, funding=Funding.OWN, payer_id=bank, holder_id=bank, mass_g=5
            )
            return (await retirements.request([request], tx=tx))[0]

    with pytest.raises(Exception) as refused:  # noqa: PT011
        await again("test:2")
    assert constraint(refused.value) == "retirement_one_of_a_claim_key"
    async with transaction() as tx:
        await retirements.withdraw([first], by=river.person_id, reason="重复", keyring=KEYRING, tx=tx)
    assert (await of(await again("test:3"))).id == known.id


async def test_postgresql_refuses_a_stranger_who_pays_without_a_mandate_or_with_somebody_elses(
    river: River, bank: UUID
) -> None:
    payer, other = await organisation("示例碳汇公司"), await organisation("示例分行")

    async def paid(cause: str, **more: Any) -> UUID:
        async with transaction() as tx:
            await holdings.reserve(cause, CDCER, 5, expires_at=utc_now(), tx=tx)
            (claim,) = (await claims.make({cause: claim_of(river, bank)}, tx=tx)).values()
            request = retirements.Request(
                cause=cause, claim=claim, funding=Funding.ORDER, payer_id=payer, holder_id=payer, mass_g=5, **more
            )
            return (await retirements.request([request], tx=tx))[0]

    async with transaction() as tx:
        given = [(payer, bank, Mandate("协议")), (payer, other, Mandate("协议")), (payer, bank, Mandate("协议"))]
        ours, theirs, again = await claims.give(given, tx=tx)
    assert ours == again, "said again it is the same row"
    for more, refused_by in (({}, "retirement_stranger_check"), ({"mandate_id": theirs}, "retirement_mandate_fkey")):
        with pytest.raises(Exception) as refused:  # noqa: PT011
            await paid(f"test:{refused_by}", **more)
        assert constraint(refused.value) == refused_by
    assert await paid("test:ours", mandate_id=ours)


async def test_postgresql_refuses_a_retirement_whose_purpose_or_beneficiary_is_not_its_claims(
    river: River, bank: UUID
) -> None:
    await requested(river, claim_of(river, bank), "test:1")
    other = await organisation("示例分行")
    async with connected(river.stand.super_url) as admin:
        for column, value in (
            ("purpose", "'event'"),
            ("beneficiary_id", f"'{other}', payer_id = '{other}'"),
            ("claim_id", f"'{uuid4()}'"),
        ):
            attack = f"UPDATE retirement SET {column} = {value}"
            assert await refusal(admin, attack) == ("23503", "retirement_claim_fkey"), attack


async def test_a_claim_stays_as_it_was_made_for_its_owner_too(river: River, bank: UUID) -> None:
    first, second = [await requested(river, claim_of(river, bank), f"test:{number}") for number in range(2)]
    await settle(first)
    await settle(second)
    root, rest = (await of(first)).id, (await of(second)).id
    columns = await fetch(
        "SELECT attname::text AS name FROM pg_attribute WHERE attrelid = 'claim'::regclass AND attnum > 0"
        " AND attgenerated = '' AND attname NOT IN ('name_sealed', 'name_until', 'supplements_id')"
    )
    values = {
        "date": "date '2024-01-01'", "uuid": "gen_random_uuid()", "bigint": "emission_g + 1", "timestamptz": "now()",
    }  # fmt: skip
    kinds = {
        "period_from": "date",
        "period_to": "date",
        "emission_g": "bigint",
        "made_at": "timestamptz",
    } | dict.fromkeys(("id", "scenario_id", "beneficiary_id", "footprint_id"), "uuid")
    async with connected(river.stand.owner_url) as owner:
        for name in (row["name"] for row in columns):
            attack = f"UPDATE claim SET {name} = {values.get(kinds.get(name, ''), repr('en'))} WHERE id = '{root}'"
            assert await refusal(owner, attack) == ("23514", "claim_stays"), attack
        for attack, named in (
            (f"UPDATE claim SET supplements_id = NULL WHERE id = '{rest}'", "claim_root_stays"),
            (f"UPDATE claim SET supplements_id = '{rest}' WHERE id = '{root}'", "claim_root_stays"),
            ("DELETE FROM claim", None),
            ("TRUNCATE claim CASCADE", None),
            ("UPDATE claim_root SET identity = ''", None),
            ("DELETE FROM claim_root", None),
            ("TRUNCATE mandate CASCADE", None),
        ):
            assert await refusal(owner, attack) == ("23514", named), attack
    async with connected(river.stand.app_url) as app:
        for attack in (
            f"UPDATE claim SET supplements_id = NULL WHERE id = '{rest}'",
            f"UPDATE claim SET emission_g = 1 WHERE id = '{root}'",
            "DELETE FROM claim",
            f"INSERT INTO claim_root VALUES ('x', '{rest}')",
        ):
            assert await refusal(app, attack) == ("42501", None), attack


async def test_the_name_moves_until_the_grams_are_settled_and_an_organisation_has_none(
    river: River, bank: UUID
) -> None:
    (visit,) = await river.requested([5])
    claim = await of(visit)
    for name in (b"sealed", None, b"again"):
        async with transaction() as tx:
            await claims.rename([claim.id], of=river.person_id, name_sealed=name, tx=tx)
        assert (await of(visit)).name_sealed == name
    async with transaction() as tx:
        await claims.rename([claim.id], of=bank, name_sealed=b"theirs", tx=tx)
    assert (await of(visit)).name_sealed == b"again", "somebody else's name stays out of it"
    await settle(visit)
    with pytest.raises(Exception) as refused:  # noqa: PT011
        async with transaction() as tx:
            await claims.rename([claim.id], of=river.person_id, name_sealed=None, tx=tx)
    assert constraint(refused.value) == "claim_name_stays"
    with pytest.raises(Exception) as named:  # noqa: PT011
        await made(claim_of(river, bank, name_sealed=b"a bank"))
    assert constraint(named.value) == "claim_name_check"


async def test_figures_entered_at_once_leave_one_covered_figure_on_the_root(river: River, bank: UUID) -> None:
    last = date(2199, 12, 30)
    ahead = claim_of(river, bank, period_to=last)
    ids = [await requested(river, ahead, f"test:{number}", 50) for number in range(2)]
    await settle(*ids)

    async def enter(number: int) -> retirements.TruedUp:
        return await retirements.true_up(
            ids[number % 2], 90 + number, by=river.person_id, profiles=PROFILES, today=last
        )

    told = await asyncio.gather(*(enter(number) for number in range(6)), return_exceptions=True)
    taken = [one for one in told if isinstance(one, retirements.TruedUp)]
    assert (len(taken), {type(one) for one in told if one not in taken}) == (1, {claims.FigureFinal})
    rows = await fetch("SELECT claim_id, retired_g, state FROM claim_figure")
    assert [tuple(row.values()) for row in rows] == [((await of(ids[0])).root_id, 100, "covered")]
    actual = await retirements.find_actual(ids)
    assert {(one.actual_g, one.besides_g) for one in actual.values()} == {(actual[ids[0]].actual_g, 50)}
    trued = "SELECT count(*) FROM outbox_message WHERE job = 'supersede_certificates'"
    assert await fetch_value(trued) == 2, "every paper of the claim follows"
