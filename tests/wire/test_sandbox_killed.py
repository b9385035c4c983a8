"""A far side that is killed loses no trade and no notice: what it has promised stands in its own database."""

from tests.wire.test_sandbox_notices import attempted, paid, settled


async def test_a_kill_loses_no_trade_and_no_notice(own_sandbox, make_own_oracle, notice_door):
    sandbox = own_sandbox(time_factor=1.0)
    sandbox.start()
    async with make_own_oracle(sandbox) as oracle:
        order = await paid(sandbox, oracle, notice={"delay_s": 3600})
    before = await sandbox.trade(order)
    sandbox.kill()
    sandbox.start()
    assert await sandbox.trade(order) == before
    assert notice_door.deliveries == []
    await sandbox.control("POST", "clock", {"offset_s": 3601})
    await notice_door.wait(1)
    (row,) = await settled(sandbox)
    assert row["state"] == "acknowledged"


async def test_the_retry_goes_on_after_a_kill_where_it_stopped(own_sandbox, make_own_oracle, notice_door):
    sandbox = own_sandbox(time_factor=1.0)
    sandbox.start()
    notice_door.statuses = [500]
    async with make_own_oracle(sandbox) as oracle:
        await paid(sandbox, oracle)
    await attempted(sandbox)
    sandbox.kill()
    notice_door.statuses = [204]
    sandbox.start()
    await sandbox.control("POST", "clock", {"offset_s": 16})
    (row,) = await settled(sandbox)
    assert [sending["answer"] for sending in row["sendings"]] == ["500", "204"]
