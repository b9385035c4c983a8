"""A notice that comes while PostgreSQL is away, in every way there is: not acknowledged, and taken when it comes again."""

import pytest

from tests.away import far_postgres, through
from tests.flow import Flow


@pytest.mark.parametrize("how", ["refuse", "reset", "silent", "57P01", "57P03", "53300", "28P01", "3D000", "08006"])
async def test_a_notice_that_comes_while_the_database_is_away_comes_again_and_then_pays_once(
    flow: Flow, how: str
) -> None:
    order = await flow.opened()
    await flow.pays(order)
    notice = await flow.notice()
    async with far_postgres(flow.river.stand) as far:
        await far.be(how)
        async with through(far.url, wait_s=0.3):
            lost = await flow.receive(notice)

    assert lost.status == 503
    assert b'"FAIL"' in lost.body
    assert [(await flow.receive(notice)).status for _ in range(2)] == [204, 204]
    await flow.work()
    assert await flow.state(order) == "paid"
    assert await flow.count("payment_notice") == 1
