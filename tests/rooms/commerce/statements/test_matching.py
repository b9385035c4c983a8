"""Rows by lot: whatever a statement holds, in whatever order and in however many files, each row is what was planted."""

import random
from collections import Counter

import pytest

from app.commerce import statements
from app.commerce.statements import RowState
from tests.rooms.commerce.payments.test_bank_transfers import proved
from tests.rooms.commerce.statements.conftest import Till
from tests.rooms.conftest import KEYRING

PLANS = ("fits", "less", "more", "twice", "no_code", "unknown", "several", "nothing")


def spelt(remark: str, chance: random.Random) -> str:
    """As payers and banks write it."""
    return chance.choice(
        (
            remark,
            remark.lower(),
            f"{remark[:2]} {remark[2:6]} {remark[6:]}",
            f"货款{remark}",
            "".join(chr(ord(one) + 0xFEE0) for one in remark),
            remark.replace("0", "O").replace("1", "l"),
        )
    )


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_row_is_what_was_planted_in_any_order_and_any_number_of_files(till: Till, seed: int) -> None:
    chance = random.Random(seed)
    rows, planted = [], Counter[str]()
    fitting = 0
    spare, spare_remark = await till.owed()
    for no in range(12):
        plan = PLANS[no % len(PLANS)] if no < len(PLANS) else chance.choice(PLANS)
        if plan == "nothing":
            continue
        order, remark = (spare, spare_remark) if plan in {"no_code", "unknown"} else await till.owed()
        minor = order.amount_minor + {"less": -chance.randint(1, 99), "more": chance.randint(1, 10**6)}.get(plan, 0)
        text = {"no_code": "利息", "unknown": "DDZZZZZZZZ", "several": f"{remark} {spare_remark}"}.get(plan)
        rows.append(till.row(minor, text or spelt(remark, chance), f"R{no:04}"))
        fitting += plan in {"fits", "twice"}
        if plan == "twice":
            rows.append(till.row(minor, spelt(remark, chance), f"S{no:04}"))
        if plan != "fits":
            planted[plan] += 1
    chance.shuffle(rows)
    taken = 0
    while taken < len(rows):
        piece = rows[max(0, taken - 2) : taken + chance.randint(1, 6)]  # each file begins within the one before
        taken += len(piece) - min(2, taken)
        await till.takes(*piece)
    assert Counter(await till.natures()) == planted
    assert len(await till.waiting()) == fitting
    for one in await till.waiting():
        await till.sponsor.confirms(one)
    await statements.compare_due()
    paid = [
        row
        for one in await statements.list_statements(limit=100)
        for row in await statements.list_rows(one.id, keyring=KEYRING, limit=100)
        if row.state is RowState.PAID
    ]
    assert len(paid) == fitting
    assert Counter(await till.natures()) == planted
    assert await proved(till.sponsor.flow)
