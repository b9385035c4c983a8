"""Two kinds of this test, of which migrations know nothing, with a table of effects; people with the roles for them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from app.foundation import approvals
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import fetch, transaction
from tests.conftest import Stand
from tests.rooms.conftest import connected
from tests.staff import staff

KIND = "test_deed"
OWN = "test_own_deed"
"""Two people of one organisation agree."""
TABLE = "test_deed_effect"


@dataclass(frozen=True, slots=True)
class People:
    """A maker, two who may decide, and somebody with another role."""

    stand: Stand
    maker: UUID
    decider: UUID
    second: UUID
    finance: UUID

    async def propose(self, subject: str = "deed:1", **payload: object) -> Approval:
        """What the maker writes down."""
        async with transaction() as tx:
            return await approvals.propose(
                KIND, Proposal(subject=subject, payload={"mass_g": 5, **payload}), by=self.maker, tx=tx
            )

    async def approve(self, proposed: Approval, *, by: UUID | None = None, has_effect: bool = True) -> Approval:
        """What the decider agrees to, with its effect."""
        async with transaction() as tx:
            found = await approvals.approve(proposed.id, seen=proposed.sha256, by=by or self.decider, tx=tx)
            if has_effect:
                await effect(found.id, tx=tx)
        return found


async def effect(approval_id: UUID, *, tx: object = None) -> None:
    """An effect, written as the application."""
    await fetch(f"INSERT INTO {TABLE} (approval_id) VALUES ($1)", approval_id, tx=tx)  # type: ignore[arg-type]


@pytest.fixture
async def people(database: Stand) -> AsyncIterator[People]:
    async with connected(database.owner_url) as owner:
        await owner.execute(
            "INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en) VALUES"
            f" ('{KIND}', '{{operator}}', '{{reviewer}}', true, false, '试一件', 'Test deed'),"
            f" ('{OWN}', '{{finance}}', '{{sponsor}}', true, true, '自己一件', 'Own deed')"
        )
        await owner.execute(
            f"CREATE TABLE {TABLE} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);"
            f" SELECT approvals.bind_effect('{KIND}', '{TABLE}');"
            f" GRANT SELECT, INSERT (approval_id) ON {TABLE} TO ddt_app"
        )
    yield People(
        database,
        await staff(Role.OPERATOR),
        await staff(Role.REVIEWER),
        await staff(Role.REVIEWER),
        await staff(Role.FINANCE),
    )
    async with connected(database.super_url) as owner:
        await owner.execute(
            f"DROP TABLE {TABLE}; SET session_replication_role = replica;"
            f" DELETE FROM approval WHERE kind IN ('{KIND}', '{OWN}');"
            f" DELETE FROM approval_kind WHERE code IN ('{KIND}', '{OWN}')"
        )
