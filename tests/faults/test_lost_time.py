"""F15, F5: the database is set back to a moment, or a standby that was behind takes over. Nothing is given twice, and every fen
that the channel took is in the books or went back.
"""

import asyncio
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.kernel.clock import rfc3339, utc_now
from app.views.demo_roles import ADMINISTRATOR_EMAIL, FINANCE_EMAIL
from tests.faults.restored import kept
from tests.faults.seeing import SETTLED_WITHIN_S, books_agree
from tests.faults.standby import cut_off, is_followed, standby
from tests.stack import Phone, Stack, eventually

PROJECT = Path(__file__).resolve().parent.parent.parent
_NUMBERS = "SELECT id, series, register_no FROM certificate"
_RANGES = "SELECT retirement_id AS id, lot_id, start_g, stop_g FROM retirement_slice WHERE retirement_id IS NOT NULL"
_TWICE = """
SELECT count(*) FROM certificate c JOIN unnest($1::uuid[], $2::text[], $3::bigint[]) AS k (id, series, no)
ON c.series = k.series AND c.register_no = k.no AND c.id <> k.id
"""
_OVERLAPS = """
SELECT count(*) FROM retirement_slice s
JOIN unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) AS k (id, lot, start, stop)
ON s.lot_id = k.lot AND s.start_g < k.stop AND k.start < s.stop_g AND s.retirement_id IS NOT NULL AND s.retirement_id <> k.id
"""


async def test_a_restore_to_a_moment_in_mid_traffic_gives_nothing_twice_and_no_payment_is_lost() -> None:
    with Stack() as stack:
        assert stack.servers is not None
        async with stack.phone() as phone:
            await certified(phone)
            opened = await phone.order()  # known at the moment, paid after it
            address = await phone.open_payment(opened)
            going_on = asyncio.create_task(traffic(stack, 3))
            moment = utc_now()
            await asyncio.sleep(0.3)
            with kept(stack.servers) as restored:
                await going_on
                await phone.decide(address)
                await certified(phone)
                given = await what_was_given(stack)
                await set_to(stack, restored.url, restored.begin)
                await made_up_for(stack, phone, given, since=moment)


async def test_a_standby_that_was_behind_takes_over_and_nothing_is_given_twice() -> None:
    with Stack() as stack:
        assert stack.servers is not None
        with standby(stack.servers) as second:
            await is_followed(stack.servers, synchronous=False)
            async with stack.phone() as phone:
                await certified(phone)
                await asyncio.sleep(0.5)
                moment = utc_now()
                await cut_off(stack.servers)
                await asyncio.gather(*(certified(phone) for _ in range(2)))
                given = await what_was_given(stack)
                await set_to(stack, second.url, second.promote)
                await made_up_for(stack, phone, given, since=moment)


async def traffic(stack: Stack, number: int) -> None:
    """So many people neutralise at once."""

    async def one() -> None:
        async with stack.phone() as phone:
            await certified(phone)

    await asyncio.gather(*(one() for _ in range(number)))


async def certified(phone: Phone) -> None:
    """One order, paid and certified."""
    order = await phone.order(key=secrets.token_hex(12))
    await phone.pay(order)
    await phone.certificate(order, SETTLED_WITHIN_S)


async def what_was_given(stack: Stack) -> tuple[list[Any], list[Any]]:
    """Numbers and grams, as certificates told them to people before the loss."""
    return await stack.sql(_NUMBERS), await stack.sql(_RANGES)


async def set_to(stack: Stack, url: Any, begin: Any) -> None:
    """The first server is gone for good, the other one leads; everybody is led there."""
    for name in ("serve", "worker", "render"):
        await stack.kill(name)
    assert stack.servers is not None
    await asyncio.to_thread(stack.servers.kill_postgres)
    await begin()
    stack.super_url = url("postgres")
    # Alipay's word that there is no bill is believed on the next day only, by a clock that a test cannot move.
    stack.environment = {name: value for name, value in stack.environment.items() if "_ALIPAY_" not in name}
    stack.environment |= {"DATABASE_URL": url("ddt_app"), "DATABASE_OWNER_URL": url("ddt_owner")}
    for name in ("serve", "worker"):
        stack.begin(name)
    for name in ("serve", "worker"):
        await stack.ready(name, 90)


async def made_up_for(stack: Stack, phone: Phone, given: tuple[list[Any], list[Any]], *, since: Any) -> None:
    """It is noticed by itself, held until two people decide, and made up for."""
    assert (await stack.sql("SELECT count(*) AS n FROM recovery_case"))[0]["n"] == 1
    async with stack.phone() as another:
        held = await another.order(key=secrets.token_hex(12))
        await another.pay(held)
        await eventually(lambda: _is_paid(stack), SETTLED_WITHIN_S, "a payment is not taken while people must decide")
        await asyncio.sleep(1)
        assert not await stack.sql(
            "SELECT 1 FROM retirement WHERE state = 'settled' AND settled_at > $1", await _noticed(stack)
        )
        told = (await another.client.get("/api/v1/books")).json()
        assert told["paused"] is True
        said = await cli(stack, "prove", wanted=1)
        assert "nobody has decided" in " ".join(said.split()), said

        said = await cli(stack, "recover", "--since", rfc3339(since), wanted=1)
        assert "never given again" in " ".join(said.split()), said
        deciding = ("recover", "--since", rfc3339(since), "--apply", "--by", ADMINISTRATOR_EMAIL, "--second", FINANCE_EMAIL,
                    "--reason", "the machine died")  # fmt: skip
        await cli(stack, *deciding, wanted=1)  # the bill of today is not there yet
        said = await cli(stack, "prove", wanted=1)
        assert "is not read" in " ".join(said.split()), said
        await another.certificate(held, 2 * SETTLED_WITHIN_S)  # settling goes on
    await certified(phone) if phone is not None else None

    two_days_s = 2 * 24 * 3600
    await stack.control("clock", offset_s=two_days_s, stamp_offset_s=0)
    left = await asyncio.to_thread(run, stack, [sys.executable, "tests/faults/recover_later.py", "48"], 0)
    assert not left.strip(), left
    await cli(stack, "recover", "--apply", wanted=0)  # said again it changes nothing
    await cli(stack, "prove", "--all", wanted=0)
    await stack.control("clock", offset_s=0)

    numbers, ranges = given
    columns = [[row[name] for row in numbers] for name in ("id", "series", "register_no")]
    assert (await stack.sql(_TWICE, *columns))[0]["count"] == 0, "a register number was given twice"
    columns = [[row[name] for row in ranges] for name in ("id", "lot_id", "start_g", "stop_g")]
    assert (await stack.sql(_OVERLAPS, *columns))[0]["count"] == 0, "grams were given twice"
    lost = {row["id"] for row in numbers} - {row["id"] for row in await stack.sql(_NUMBERS)}
    assert lost, "nothing was lost: the moment was too late"
    back = await stack.sql("SELECT state FROM recovery_payment")
    assert {row["state"] for row in back} == {"done"}
    await books_agree(stack)


async def _is_paid(stack: Stack) -> bool:
    rows = await stack.sql("SELECT state FROM payment ORDER BY created_at DESC LIMIT 1")
    return bool(rows) and rows[0]["state"] == "paid"


async def _noticed(stack: Stack) -> Any:
    return (await stack.sql("SELECT noticed_at FROM recovery_case"))[0]["noticed_at"]


async def cli(stack: Stack, *words: str, wanted: int) -> str:
    """Our own command against this stack."""
    return await asyncio.to_thread(run, stack, [sys.executable, "-m", "app.cli", *words], wanted)


def run(stack: Stack, command: list[str], wanted: int) -> str:
    """What it said on standard output; it must leave with this code."""
    own = {"LC_ALL": "C.UTF-8", "LANG": "", "LC_MESSAGES": ""}
    password = stack.environment["DIANDIAN_DEMO_KEY"]
    signed = {"DIANDIAN_OPERATOR_PASSWORD": password, "DIANDIAN_SECOND_PASSWORD": password}
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **stack.environment, **own, **signed}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == wanted, f"{command[1:]} left with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
