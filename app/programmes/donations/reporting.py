"""The closing report of a zone (绿色低碳办赛报告): once the zone is closed, the first that is made is kept for good."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch, fetch_as
from app.gateways.files import FileStore
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from app.kernel.text import Text
from app.programmes.donations.boards import neutrality
from app.programmes.donations.errors import DonationUnknown, ZoneOpen
from app.programmes.zones import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A closing report that is kept."""

    id: UUID
    zone_version: int
    sha256: bytes
    size_bytes: int
    kept_at: datetime


async def demand_reader(zone: Zone, *, by: UUID) -> None:
    """Refuse whoever is neither of the zone's owner nor an operator of the platform.

    Raises:
        RoleMissing: neither.
        DonationUnknown: `by` is nobody at all.
    """
    if not await identity.acts_for(by, zone.owner_id):
        await identity.demand_platform_role(by, Role.OPERATOR)


async def find_report(zone: Zone) -> Report | None:
    """The one of the zone's newest version; None: not made yet."""
    found = await fetch_as(
        Report,
        "SELECT id, zone_version, sha256, size_bytes, kept_at FROM donation_report WHERE zone_id = $1 AND zone_version = $2",
        zone.id, zone.version,
    )  # fmt: skip
    return found[0] if found else None


async def read_report(report: Report, *, files: FileStore) -> bytes:
    """Its file.

    Raises:
        DonationUnknown: the file is not there, or is another.
    """
    data = await files.fetch(_name(report.id))
    if data is None or sha256(data).digest() != bytes(report.sha256):
        raise DonationUnknown
    return data


async def is_closed(zone: Zone) -> bool:
    """Its days are over and its account is empty: nothing that the report says can change."""
    if beijing_day(utc_now()) <= zone.document.ends_on or (await neutrality(zone)).held_g:
        return False
    waits = await fetch(
        "SELECT id FROM retirement WHERE account_id = $1 AND state = 'requested' LIMIT 1", zone.account_id
    )
    return not waits


async def keep_report(zone: Zone, data: bytes, *, by: UUID, files: FileStore) -> Report:
    """Keep this as the zone's closing report. Of two at once the first stays, and is what both are answered.

    Raises:
        ZoneOpen: the zone is not closed, or has a newer version.
    """
    id_ = uuid7()
    await files.keep(_name(id_), data)  # before its row: a row without a file would promise what is not there
    try:
        await fetch(
            "INSERT INTO donation_report (id, zone_id, zone_version, sha256, size_bytes, by_id, kept_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp()) ON CONFLICT (zone_id, zone_version) DO NOTHING",
            id_, zone.id, zone.version, sha256(data).digest(), len(data), by,
        )  # fmt: skip
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == "donation_report_closed":
            raise ZoneOpen from refusal
        raise
    kept = await find_report(zone)
    assert kept is not None, zone.id
    if kept.id != id_:
        await files.drop(_name(id_))
    return kept


def _name(id_: UUID) -> str:
    return f"{id_}.report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What computed some of the guests' footprints."""

    calculator: str
    calculator_version: str
    factor_set_version: str
    footprints: int


async def methods_of(zone: Zone) -> list[Method]:
    """By which calculators and factor sets the footprints were computed that guests retired for, the most used first."""
    return await fetch_as(
        Method,
        "SELECT f.calculator, f.calculator_version, f.factor_set_version, count(DISTINCT f.id)::int AS footprints"
        " FROM zone_scene s JOIN claim c ON c.scenario_id = s.scene_id JOIN retirement r ON r.claim_id = c.id"
        " AND r.state = 'settled' JOIN footprint f ON f.id = c.footprint_id WHERE s.zone_id = $1"
        " GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3",
        zone.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorUse:
    """A factor that guests' footprints were computed with, and the grams that came of it."""

    key: str
    label: Text
    value: str
    """Kilograms for each unit, as the factor set prints it."""
    unit: str
    source: str
    factor_set_version: str
    mass_g: int


async def factors_of(zone: Zone) -> list[FactorUse]:
    """The factors of the footprints that guests retired for in the zone's scenes, the largest first."""
    rows = await fetch(
        "SELECT l->>'factor_key' AS key, l->'label'->>'zh' AS zh, l->'label'->>'en' AS en, l->>'factor' AS value,"
        " l->>'unit' AS unit, l->>'source' AS source, f.factor_set_version, sum((l->>'grams')::bigint)::bigint AS mass_g"
        " FROM (SELECT DISTINCT c.footprint_id FROM zone_scene s JOIN claim c ON c.scenario_id = s.scene_id"
        "  JOIN retirement r ON r.claim_id = c.id AND r.state = 'settled' WHERE s.zone_id = $1) AS q"
        " JOIN footprint f ON f.id = q.footprint_id CROSS JOIN LATERAL jsonb_array_elements(f.calculation->'lines') AS l"
        " GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY mass_g DESC, 1",
        zone.id,
    )
    return [
        FactorUse(
            key=row["key"], label=Text(zh=row["zh"], en=row["en"]), value=row["value"], unit=row["unit"],
            source=row["source"], factor_set_version=row["factor_set_version"], mass_g=row["mass_g"],
        )
        for row in rows
    ]  # fmt: skip
