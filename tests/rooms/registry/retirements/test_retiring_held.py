"""Retiring from a holding, as PostgreSQL holds it: alone up to the limit, and what was written down, to the gram."""

from datetime import date
from uuid import UUID

import pytest

from app.foundation.identity import Role
from app.gateways.database import transaction
from app.registry import claims, holdings, retirements
from app.registry.claims import NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.registry.retirements import HeldRetirement
from tests.rooms.conftest import River, connected, organisation, refusal
from tests.staff import member

TONNE = 1_000_000
HIGH_G = 10**12
"""A limit of settings that were raised; the database was told 50 t."""


def asked(river: River, account: holdings.AccountFacts, mass_g: int) -> HeldRetirement:
    claim = NewClaim(
        purpose=Purpose.ORGANISATION, scenario_id=river.scene.id, beneficiary_id=account.owner_id, subject="2022 年度",
        period_from=date(2022, 1, 1), period_to=date(2022, 12, 31), emission_g=mass_g, language="zh",
    )  # fmt: skip
    return HeldRetirement(account_id=account.id, claim=claim, mass_g=mass_g, mix=Mix.only(Programme.CDCER))


@pytest.fixture
async def account(river: River) -> holdings.AccountFacts:
    return await holdings.open_holding(await organisation("示例公司"))


@pytest.fixture
async def person_id(account: holdings.AccountFacts) -> UUID:
    return await member(account.owner_id, Role.OPERATOR)


async def test_above_the_limit_that_postgresql_was_told_nobody_retires_alone_whatever_the_settings_say(
    river: River, account: holdings.AccountFacts, person_id: UUID
) -> None:
    with pytest.raises(retirements.TwoPeopleNeeded):
        await retirements.retire_held(asked(river, account, 50 * TONNE + 1), by=person_id, key="a", limit_g=HIGH_G)
    with pytest.raises(holdings.CreditsExhausted):  # it was let through, and nothing is there
        await retirements.retire_held(asked(river, account, 50 * TONNE), by=person_id, key="a", limit_g=HIGH_G)
    async with connected(river.stand.owner_url) as owner:
        try:
            await owner.execute("DELETE FROM holding_retirement_limit")
            with pytest.raises(retirements.TwoPeopleNeeded):
                await retirements.retire_held(asked(river, account, 1), by=person_id, key="a", limit_g=HIGH_G)
        finally:
            await owner.execute("INSERT INTO holding_retirement_limit (alone_g) VALUES ($1)", 50 * TONNE)


async def test_a_retirement_of_an_account_that_nobody_wrote_down_is_refused(
    river: River, account: holdings.AccountFacts
) -> None:
    owner = account.owner_id
    async with transaction() as tx:
        made = await claims.make({"test:1": asked(river, account, 5).claim}, tx=tx)
    written = (
        "INSERT INTO retirement (id, cause, number, claim_id, purpose, beneficiary_id, funding, payer_id, holder_id, mass_g,"
        " account_id, state, requested_at) VALUES (gen_random_uuid(), '{}', 'R-1', '{}', 'organisation',"
        f" '{owner}', 'own', '{owner}', '{owner}', 5, '{account.id}', 'requested', now())"
    )
    async with connected(river.stand.app_url) as app:
        for cause in ("holding:01a22642-a58b-4887-a153-58832b5eacce", "order:01a22642-a58b-4887-a153-58832b5eacce"):
            assert await refusal(app, written.format(cause, made["test:1"].id)) == (
                "23514",
                "retirement_of_holding_check",
            )
