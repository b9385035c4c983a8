"""SQL rows become typed records: columns are fields by name, and what does not fit is told at once."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec
import pytest

from app.gateways.database import fetch_as
from tests.conftest import Stand


class Mode(StrEnum):
    METRO = "metro"
    CAR = "car"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    id: UUID
    on: date
    mode: Mode
    grams: tuple[int, ...]
    sealed: bytes | None = None


class Measured(msgspec.Struct, frozen=True):
    mode: Mode
    mass_g: int


ROW = (
    "SELECT '01a22606-f95b-78e9-af1a-c7563ff174c6'::uuid AS id, date '2026-11-22' AS on, 'metro' AS mode,"
    " ARRAY[1, 2]::bigint[] AS grams, '\\x6162'::bytea AS sealed"
)


async def test_a_row_becomes_a_dataclass_or_a_struct_with_its_enums_days_ids_and_bytes(database: Stand) -> None:
    assert await fetch_as(Trip, ROW) == [
        Trip(
            id=UUID("01a22606-f95b-78e9-af1a-c7563ff174c6"), on=date(2026, 11, 22), mode=Mode.METRO, grams=(1, 2),
            sealed=b"ab",
        )
    ]  # fmt: skip
    assert await fetch_as(Measured, "SELECT 'car' AS mode, $1::bigint AS mass_g", 5) == [Measured(Mode.CAR, 5)]
    assert await fetch_as(Trip, f"SELECT * FROM ({ROW}) t WHERE false") == []


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT t.*, 1 AS more FROM ({ROW}) t",
        f'SELECT id, "on", mode, grams FROM ({ROW}) t',  # a field with a default is a column all the same
    ],
)
async def test_a_column_too_many_or_too_few_is_told_by_the_first_row(database: Stand, sql: str) -> None:
    with pytest.raises(AssertionError, match="Trip and its columns differ in"):
        await fetch_as(Trip, sql)


async def test_a_value_of_another_type_or_a_word_no_enum_knows_is_told(database: Stand) -> None:
    for sql in (
        "SELECT 'boat' AS mode, 5 AS mass_g",
        "SELECT 'car' AS mode, 'five' AS mass_g",
        "SELECT 'car' AS mode, NULL AS mass_g",
    ):
        with pytest.raises(msgspec.ValidationError):
            await fetch_as(Measured, sql)
