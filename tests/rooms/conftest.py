"""What room tests share: an organiser's scene, credits to sell, a guest, and orders without a phone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from app import credits, footprint, identity, orders, scenarios
from app.credits import NewLot, NewProject, Programme, UnitKind
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from tests.conftest import PROJECT, Stand

FACTORS = footprint.load_factor_set(PROJECT / "config" / "factors" / "2025.1")
KEYRING = identity.Keyring(current="t1", keys={"t1": b"k" * 32}, index_key=b"i" * 32)


@dataclass(frozen=True, slots=True)
class River:
    """One live scene with credits to sell and somebody who came."""

    stand: Stand
    scene: scenarios.Scene
    person_id: UUID
    lot_id: int

    async def order(self, key: str = "k1", *, km: str = "23", person_id: UUID | None = None) -> orders.OrderFacts:
        """Compute a visit by metro and order its neutralisation."""
        inputs = footprint.visit_inputs("metro", km, round_trip=True, extras={"meals_mixed": "1"})
        calculation = footprint.calculate("personal", inputs, FACTORS)
        by = person_id or self.person_id
        footprint_id = await footprint.keep(calculation, by=by)
        return await orders.place(
            orders.NewOrder(
                footprint_id=footprint_id,
                scenario_id=self.scene.id,
                emission_g=calculation.total_g,
                step_g=1,
                programme=Programme.CDCER,
                currency=Currency.CNY,
                language="zh",
            ),
            by=by,
            key=key,
            clock=utc_now,
        )

    async def guest(self) -> UUID:
        """Somebody else."""
        return (await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())).session.person_id


async def open_lot(code: str = "CDCER-2022-0113", serial: str = "CDCER-2022-0113-1-100", year: int = 2022) -> int:
    """A lot of an invented project; its serial says how many tonnes."""
    return await credits.open_lot(
        NewLot(
            code=code,
            project=NewProject(
                programme=Programme.CDCER,
                number="P-113",
                name=Text(zh="示例绿道碳汇", en="Sample greenway sink"),
                methodology="CDCER-001",
                unit_kind=UnitKind.REMOVAL,
                place=Text(zh="示例区", en="Sample district"),
            ),
            serial=serial,
            vintage_start=date(year, 1, 1),
            vintage_end=date(year, 12, 31),
            issued_on=date(year + 1, 6, 1),
        )
    )


@pytest.fixture
async def river(database: Stand) -> AsyncIterator[River]:
    """A river ready to flow."""
    today = beijing_day(datetime.now(UTC))
    scenario_id = await scenarios.draft(
        scenarios.Draft(
            kind=scenarios.ScenarioKind.EVENT,
            title=Text(zh="示例职工欢乐跑", en="Sample Workers' Fun Run"),
            organiser=Text(zh="示例工会", en="Sample Union"),
            organisation_id=None,
            starts_on=today,
            ends_on=today,
            setup=scenarios.Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}),
        )
    )
    code = await scenarios.publish(scenario_id)
    lot_id = await open_lot()
    await credits.set_price(
        Programme.CDCER, per_tonne_minor=5000, currency=Currency.CNY, valid_from=date(2020, 1, 1)
    )
    guest = await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())
    yield River(database, await scenarios.open_scene(code, today=today), guest.session.person_id, lot_id)
