"""A standby beside the primary: what anybody may see is read there while it is fresh, and nothing else ever is."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from app import opening
from app.cli.operations.doctor import look
from app.gateways.postgresql.addresses import Address, NoReplica, ReadOnlyServer
from config.settings import Settings, SettingsUnfit
from tests.faults.seeing import SETTLED_WITHIN_S
from tests.faults.standby import Standby, is_followed, standby
from tests.stack import Stack, eventually


@pytest.fixture(scope="module")
async def second(stack: Stack) -> AsyncIterator[Standby]:
    """It follows the stack's server, as a fault test leaves that running."""
    assert stack.servers is not None
    with standby(stack.servers) as second:
        await is_followed(stack.servers, synchronous=False)
        yield second


@pytest.fixture
async def beside(undrawn: Stack, second: Standby) -> AsyncIterator[Stack]:
    """The stack with an API that knows of the standby."""
    await undrawn.again("serve", DATABASE_READ_URL=second.url("ddt_app"))
    yield undrawn
    await undrawn.again("serve")


async def _counts(stack: Stack) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=stack.base, trust_env=False, timeout=10) as client:
        text = (await client.get("/metrics")).text
    return {name: float(value) for name, value in re.findall(r'replica_reads_total\{outcome="(\w+)"\} (\S+)', text)}


async def _certificate(stack: Stack) -> Any:
    async with stack.phone() as phone:
        order = await phone.order()
        await phone.pay(order)
        return await phone.certificate(order, SETTLED_WITHIN_S)


async def _verify(stack: Stack, code: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=stack.base, trust_env=False, timeout=10, headers=headers) as client:
        return await client.get(f"/v/{code}", headers={"accept": "text/html"})


async def _is_told(stack: Stack, code: str) -> bool:
    before = (await _counts(stack)).get("told", 0)
    assert (await _verify(stack, code)).status_code == 200
    return (await _counts(stack)).get("told", 0) > before


async def test_a_certificate_is_verified_at_the_standby_and_by_whoever_is_signed_in_at_the_primary(
    beside: Stack,
) -> None:
    code = (await _certificate(beside))["verify_code"]
    await eventually(lambda: _is_told(beside, code), 30, "the standby is never asked")
    before = await _counts(beside)
    answer = await _verify(beside, code, authorization="Bearer " + "Z" * 43)

    assert answer.status_code in {200, 401}
    assert await _counts(beside) == before


async def test_what_has_not_arrived_at_the_standby_is_known_nevertheless_and_one_far_behind_is_not_asked(
    beside: Stack, second: Standby
) -> None:
    """The standby receives and replays nothing more, as one whose disk is slow; it says of itself that all is well."""
    old = (await _certificate(beside))["verify_code"]
    await eventually(lambda: _is_told(beside, old), 30, "the standby is never asked")
    before = (await _counts(beside)).get("behind", 0)
    there = await asyncpg.connect(second.url("postgres"))
    try:
        await there.execute("SELECT pg_wal_replay_pause()")
        new = (await _certificate(beside))["verify_code"]
        assert (await _verify(beside, new)).status_code == 200
        assert await there.fetchval("SELECT count(*) FROM certificate WHERE verify_code = $1", new) == 0

        async def is_behind() -> bool:
            await _verify(beside, new)
            return (await _counts(beside)).get("behind", 0) > before

        await eventually(is_behind, 30, "nobody notices that it is behind")
    finally:
        await there.execute("SELECT pg_wal_replay_resume()")
        await there.close()
    await eventually(lambda: _is_told(beside, new), 30, "it has caught up and is not asked")


async def test_a_standby_that_is_gone_costs_nobody_an_answer(beside: Stack) -> None:
    code = (await _certificate(beside))["verify_code"]
    await beside.again("serve", DATABASE_READ_URL="postgresql://ddt_app@/diandian?host=/nowhere/at/all")
    before = (await _counts(beside)).get("told")
    answers = await asyncio.gather(*(_verify(beside, code) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert (await _counts(beside)).get("told") == before


async def test_of_several_hosts_the_one_that_takes_writes_is_found_whatever_their_order(
    stack: Stack, second: Standby
) -> None:
    assert stack.servers is not None
    for hosts in ((second.run, stack.servers.socket_dir), ("/nowhere/at/all", second.run, stack.servers.socket_dir)):
        url = "postgresql://ddt_app@/diandian?host=" + ",".join(str(host) for host in hosts)
        connection = await Address(url).connect()
        try:
            assert not await connection.fetchval("SELECT pg_is_in_recovery()")
        finally:
            await connection.close()


async def test_a_standby_is_no_place_for_decisions_nor_a_primary_a_replica(stack: Stack, second: Standby) -> None:
    with pytest.raises(ReadOnlyServer):
        await Address(second.url("ddt_app")).connect()
    with pytest.raises(NoReplica):
        await Address(stack.environment["DATABASE_URL"], need="replica").connect()


async def test_the_doctor_is_red_on_a_standby_and_nothing_starts_there(stack: Stack, second: Standby) -> None:
    checks = {check.name: check for check in await look({"DATABASE_URL": second.url("ddt_app")})}
    both = {"DATABASE_URL": stack.environment["DATABASE_URL"], "DATABASE_READ_URL": second.url("ddt_app")}
    well = {check.name: check for check in await look(both)}

    assert (checks["primary"].state, checks["primary"].detail.en) == ("fault", "a standby, which only reads")
    assert (well["primary"].state, well["replica"].state) == ("good", "good")
    with pytest.raises(SettingsUnfit, match="a standby"):
        await opening.refuse_unfit(Settings(database_url=second.url("ddt_app")))


async def test_the_doctor_looks_at_the_host_that_takes_writes_whatever_their_order(
    stack: Stack, second: Standby
) -> None:
    """As after a failover, when the first of an address follows the second."""
    assert stack.servers is not None
    hosts = f"{second.run},{stack.servers.socket_dir}"
    several = {
        "DATABASE_URL": f"postgresql://ddt_app@/diandian?host={hosts}",
        "DATABASE_READ_URL": f"postgresql://ddt_app@/diandian?host={stack.servers.socket_dir},{second.run}",
    }
    checks = {check.name: check for check in await look(several)}

    assert (checks["primary"].state, checks["replica"].state) == ("good", "good")
