"""A random day: so many plants among so many payments, each found as what it is, and nothing else (P6)."""

import random
from typing import Any

import pytest

from tests.rooms.commerce.bills.conftest import Rows, Shop, backdate

PAYMENTS, PLANTED = 24, 8


def planted(rows: Rows, seed: int) -> tuple[Rows, list[tuple[str, str]]]:
    """The rows with defects of all kinds, each in a payment of its own, and what must be found of them."""
    dice, found, told = random.Random(seed), [], list(rows)
    for row in dice.sample(rows, PLANTED):
        match dice.choice(["lost", "extra", "amount", "twice", "other", "console"]):
            case "lost":
                told.remove(row)
                found.append(("ours_only", "payment"))
            case "extra":
                told.append(row | {"transaction": f"S{row['number']}", "reference": f"STRANGE{row['number']}"})
                found.append(("bill_only", "payment"))
            case "amount":
                told[told.index(row)] = row | {"amount": row["amount"] + dice.choice([1, 100])}
                found.append(("amount", "payment"))
            case "twice":
                told.insert(dice.randrange(len(told)), row)
                found.append(("duplicate", "payment"))
            case "other":
                told[told.index(row)] = row | {"reference": f"OTHER{row['number']}"}
                found.append(("state", "payment"))
            case "console":
                told.append(_console(row))
                found.append(("refund_only", "refund"))
    dice.shuffle(told)
    return told, sorted(found)


def _console(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"refund": "", "transaction": f"C{row['number']}", "of": row["transaction"], "amount": 1}


@pytest.mark.parametrize("seed", [20261129, 20261130])
async def test_whatever_is_planted_in_a_days_bill_is_found_and_nothing_else(shop: Shop, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(PAYMENTS):
        shop.stands_at(shop.at(dice.randrange(24), dice.randrange(49)))
        await shop.paid(dice.randrange(10, 100_000))
    await backdate(shop)
    wanted: list[tuple[str, str]] = []

    def lie(rows: Rows) -> Rows:
        told, wanted[:] = planted(rows, seed)
        return told

    shop.lies(lie)
    await shop.fetch()
    assert len(wanted) == PLANTED
    assert [(nature, moved) for nature, moved, *_ in await shop.told()] == wanted, seed
    shop.lies(None)
    await shop.again()
    assert await shop.told() == [], seed
