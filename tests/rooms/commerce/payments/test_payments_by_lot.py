"""A few payments by lot through every channel; the two thousand are in `tests/faults/test_every_way_to_pay.py`."""

from tests.random_payments import Run
from tests.tills import Tills, tills

__all__ = ["tills"]  # a fixture


async def test_payments_by_lot_with_faults_leave_nothing_open_and_every_book_alike(tills: Tills) -> None:
    tills.flow.sandbox.expect_refusals()
    await Run(tills, seed=20261130, count=24).go()
