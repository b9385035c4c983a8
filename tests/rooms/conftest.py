"""What room tests share: an organiser's scene, credits to sell, a guest, orders without a phone, and a crowd.

Beside the application's own pool there are `connected` (a bare connection, to attack by hand) and `crowd`
(64 connections of the application's role, to be many at once).
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest

from app import footprint, scenarios
from app.commerce import orders
from app.foundation import identity
from app.gateways.database import Tx, constraint, sqlstate, transaction
from app.gateways.pool import PatientClient
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.registry import claims, credits, holdings, retirements
from app.registry.claims import Mandate, NewClaim, Purpose
from app.registry.claims.rules import ASKED
from app.registry.credits import NewLot, NewProject, Programme, UnitKind
from app.registry.holdings.rules import NAMED
from app.registry.retirements import Funding
from config.database import tortoise_config
from tests.conftest import PROJECT, Stand
from tests.laid import copied
from tests.lending import lent
from tests.staff import opened, price

FACTORS = footprint.load_factor_set(PROJECT / "config" / "factors" / "2025.1")
_PROFILES = claims.load_profiles(PROJECT / "config" / "rules")
PROFILES = claims.ProfileSet(_PROFILES, claims.choose(_PROFILES, "local"))
KEYRING = identity.Keyring(
    current="t1",
    keys={"t1": b"k" * 32},
    index_key=b"i" * 32,
    password_cost=identity.PasswordCost(memory_kib=64, passes=1, lanes=1),
)


@dataclass(frozen=True, slots=True)
class River:
    """One live scene with credits to sell and somebody who came."""

    stand: Stand
    scene: scenarios.Scene
    person_id: UUID
    lot_id: int

    async def order(
        self, key: str = "k1", *, km: str = "23", person_id: UUID | None = None, **asked: Any
    ) -> orders.OrderFacts:
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
                language="zh",
                purpose=Purpose.EVENT,
                **({"currency": Currency.CNY} | asked),
            ),
            by=by,
            key=key,
            clock=utc_now,
        )

    async def guest(self) -> UUID:
        """Somebody else."""
        return (await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())).session.person_id

    async def requested(self, masses_g: Sequence[int], *, name: str = "test") -> list[UUID]:
        """Retirements of these masses, requested in one transaction, with their credits reserved; in this order."""
        causes = [f"{name}:{number}" for number in range(len(masses_g))]
        async with transaction() as tx:
            for cause, mass_g in zip(causes, masses_g, strict=True):
                await holdings.reserve(
                    cause, Programme.CDCER, mass_g, expires_at=utc_now() + timedelta(minutes=30), tx=tx
                )
            return await request_for(
                [self.asked(cause, mass_g) for cause, mass_g in zip(causes, masses_g, strict=True)], tx=tx
            )

    def asked(self, cause: str, mass_g: int) -> "Asked":
        """What somebody asks to be retired for them under a cause."""
        today = beijing_day(utc_now())
        claim = NewClaim(
            purpose=Purpose.EVENT,
            scenario_id=self.scene.id,
            beneficiary_id=self.person_id,
            period_from=today,
            period_to=today,
            emission_g=mass_g,
            language="zh",
        )
        return Asked(cause=cause, claim=claim, payer_id=self.person_id, mass_g=mass_g)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A retirement with the claim that is made for it; whose credits they are, and by whom paid, unless it is the payer."""

    cause: str
    claim: NewClaim
    funding: Funding = Funding.OWN
    payer_id: UUID
    holder_id: UUID | None = None
    account_id: UUID | None = None
    mandate: Mandate | None = None
    mass_g: int

    def but(self, **changed: Any) -> "Asked":
        """The same with some facts of it, or of its claim, changed."""
        said = {name: changed.pop(name) for name in ASKED if name in changed}
        return replace(self, claim=replace(self.claim, **said), **changed)


async def request_for(asked: Sequence[Asked], *, tx: Tx) -> list[UUID]:
    """Make the claims, and request their retirements; their credits are reserved already."""
    made = await claims.make({one.cause: one.claim for one in asked}, tx=tx)
    given = [(one.payer_id, one.claim.beneficiary_id, one.mandate) for one in asked if one.mandate]
    mandates = iter(await claims.give(given, tx=tx))
    requests = [
        retirements.Request(
            cause=one.cause,
            claim=made[one.cause],
            funding=one.funding,
            payer_id=one.payer_id,
            holder_id=one.holder_id or one.payer_id,
            account_id=one.account_id,
            mandate_id=next(mandates) if one.mandate else None,
            mass_g=one.mass_g,
        )
        for one in asked
    ]
    return await retirements.request(requests, tx=tx)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many connections of the application's role at once, beside its pool."""

    client: PatientClient
    size: int

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction on one of them."""
        return cast("AbstractAsyncContextManager[Tx]", self.client._in_transaction())


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """A connection of its own, as whoever the address names."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def refusal(connection: Any, *statements: str) -> tuple[str | None, str | None]:
    """SQLSTATE and constraint with which PostgreSQL refuses these statements and their commit.

    Fails the test where it lets them pass; they are rolled back in that case.
    """
    tried = connection.transaction()
    await tried.start()
    try:
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit would do first
    except asyncpg.PostgresError as refused:
        return sqlstate(refused), constraint(refused)
    finally:
        await tried.rollback()
    pytest.fail(f"PostgreSQL let pass: {'; '.join(statements)}")


async def accounts_exist(stand: Stand, *accounts: holdings.Account) -> None:
    """Rows of accounts whose owners are nobody: for tests that only move grams between them. A superuser's act."""
    async with lent(stand.super_url) as admin:
        await admin.execute("SET session_replication_role = replica")
        for one in accounts:
            kind, name = (one.kind.value, "x") if one.kind in NAMED else ("holding", None)
            owner = UUID(one.id) if name is None else uuid7()
            await admin.execute(
                "INSERT INTO party (id, kind) VALUES ($1, 'organisation') ON CONFLICT DO NOTHING", owner
            )
            await admin.execute(
                "INSERT INTO account (id, kind, owner_id, name_zh, name_en, holder, opened_at)"
                " VALUES (gen_random_uuid(), $1, $2, $3, $3, $4, now()) ON CONFLICT DO NOTHING",
                kind, owner, name, str(one),
            )  # fmt: skip


async def organisation(name: str, kind: identity.OrganisationKind = identity.OrganisationKind.COMPANY) -> UUID:
    """An invented organisation of ours; its id is its party's."""
    return await identity.enrol_organisation(Text(zh=name, en=f"Sample {kind}"), kind=kind, now=utc_now())


async def open_lot(
    code: str = "CDCER-2022-0113",
    serial: str = "CDCER-2022-0113-1-100",
    year: int = 2022,
    programme: Programme = Programme.CDCER,
) -> int:
    """A lot of an invented project; its serial says how many tonnes."""
    return await credits.open_lot(
        NewLot(
            code=code,
            project=NewProject(
                programme=programme,
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


@pytest.fixture(scope="module")
async def _crowd(stand: Stand) -> AsyncIterator[Crowd]:
    size = 64
    config = tortoise_config(stand.app_url, pool_size=size, wait_s=120, command_s=300)
    credentials = config["connections"]["default"]["credentials"]
    client = PatientClient(**{**credentials, "minsize": size}, connection_name="crowd")
    await client.create_connection(with_db=True)
    everyone = [await client._pool.acquire() for _ in range(size)]
    for each in everyone:  # all want one row: how long its turns take is a property of the machine
        await each.execute("SET lock_timeout = '120s'; SET idle_in_transaction_session_timeout = '120s'")
        await client._pool.release(each)
    yield Crowd(client, size)
    await client.close()


@pytest.fixture
async def crowd(database: Stand, _crowd: Crowd) -> Crowd:
    """64 connections, all open; the same for all tests of a file, since each learns the tables anew."""
    return _crowd


@pytest.fixture
async def river(database: Stand) -> River:
    """A river ready to flow."""
    scene, lot_id = await copied("river", scene_and_lot, database)
    guest = await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())
    return River(database, scene, guest.session.person_id, lot_id)


async def scene_and_lot() -> tuple[scenarios.Scene, int]:
    """A scene that is open today, with a lot and a price."""
    today = beijing_day(datetime.now(UTC))
    code = await opened(
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
    lot_id = await open_lot()
    await price(Programme.CDCER, 5000)
    return await scenarios.open_scene(code, today=today), lot_id
