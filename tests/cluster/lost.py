"""What follows when time was lost: the proof names it, two people decide by the run-book, and nothing is given twice."""

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.kernel.clock import rfc3339
from app.views.demo_roles import ADMINISTRATOR_EMAIL, FINANCE_EMAIL
from tests.cluster.ground import Cluster
from tests.cluster.load import Visits, visit
from tests.cluster.report import Shown
from tests.conftest import PROJECT
from tests.faults.seeing import SETTLED_WITHIN_S, books_agree
from tests.faults.test_lost_time import _NUMBERS, _OVERLAPS, _RANGES, _TWICE
from tests.stack import eventually

_HELD: Final = "SELECT -balance AS held FROM ledger_account WHERE path = 'clearing:wechatpay' AND unit LIKE 'CNY%'"
_AFTER: Final = 4
"""Visits once people have decided."""
_TWO_DAYS_S: Final = 2 * 24 * 3600
_CLI_S: Final = 900
"""A command that takes longer hangs, however crowded the machine is."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was given to people before the loss: register numbers, and grams."""

    numbers: list[Any]
    ranges: list[Any]

    @classmethod
    async def of(cls, cluster: Cluster) -> "Before":
        """As the server says it that is about to die."""
        return cls(await cluster.sql(_NUMBERS), await cluster.sql(_RANGES))


async def lost_payments(cluster: Cluster) -> set[str]:
    """Paid at the channel, and unknown to the server that leads now."""
    paid = {row["reference"] for row in (await _book(cluster))["trades"] if row["is_paid"]}
    known = {row["reference"] for row in await cluster.sql("SELECT reference FROM payment WHERE channel = 'wechatpay'")}
    return paid - known


async def make_up_for(cluster: Cluster, shown: Shown, before: Before, *, since: datetime) -> None:
    """From the noticing to the last fen; `since` is the moment that people would name."""
    lost = await lost_payments(cluster)
    assert lost, "nothing was lost: the moment was too late"

    async def is_noticed() -> bool:
        return bool((await cluster.sql("SELECT count(*) AS n FROM recovery_case"))[0]["n"])

    await eventually(is_noticed, SETTLED_WITHIN_S, "the loss is not noticed")
    assert "nobody has decided" in str(await _prove(cluster, wanted=1))
    shown.note(f"{len(lost)} payments lost; noticed without being told, nothing is given, `prove` is red")

    named_since = await _since(cluster, since)
    people = ("--by", ADMINISTRATOR_EMAIL, "--second", FINANCE_EMAIL, "--reason", "the machine died")
    await _cli(cluster, "recover", "--since", named_since, "--apply", *people, wanted=1)
    shown.say("an administrator and somebody of finance decided")
    after = Visits()
    for _ in range(_AFTER):
        async with cluster.phone() as phone:
            await visit(phone, after)
    await after.settle(cluster)
    shown.say("settling goes on")

    # The bill of the day is there two days later; what it says goes back, and the channel takes its time.
    await cluster.control("clock", offset_s=_TWO_DAYS_S, stamp_offset_s=0)
    await cluster.control("refund", result="PROCESSING")
    await _two_days_later(cluster)
    said = json.dumps(await _prove(cluster, wanted=1))
    named = set(re.findall(r"payment (\S+) of \d+ CNY", said))
    assert named == lost, f"named {sorted(named - lost)} too many, {sorted(lost - named)} not"
    shown.note(f"`prove` names exactly these {len(lost)}")
    await cluster.control("refund", result="SUCCESS")
    for row in await cluster.sql("SELECT refund_reference FROM recovery_payment WHERE state = 'requested'"):
        await cluster.control("refund", result="SUCCESS", out_refund_no=row["refund_reference"])
    left = await _two_days_later(cluster)
    assert not left, left
    await _cli(cluster, "recover", "--apply", wanted=0)
    await _cli(cluster, "prove", "--all", wanted=0)
    await cluster.control("clock", offset_s=0)
    await _given_once(cluster, before, lost, shown)
    await books_agree(cluster)
    await same_sums(cluster, shown)


async def same_sums(cluster: Cluster, shown: Shown) -> None:
    """What the channel holds for us is what our ledger says that it does."""
    theirs = (await _book(cluster))["balances"]["CNY"]["held"]
    ours = sum(row["held"] for row in await cluster.sql(_HELD))
    assert theirs == ours, f"the channel holds {theirs} fen, our ledger says {ours}"
    shown.note(f"the channel holds {theirs} fen for us, our ledger says {ours}")


async def prove_all(cluster: Cluster) -> None:
    """The whole proof is green."""
    await _cli(cluster, "prove", "--all", wanted=0)


async def _since(cluster: Cluster, moment: datetime) -> str:
    """The moment, or what the command names instead where it was quiet before the moment (step 4 of the run-book)."""
    done = await asyncio.to_thread(_begin, cluster, ["recover", "--since", rfc3339(moment)])
    if quiet := re.search(r"last posting the database knows \(([^)]+)\)", " ".join(done.stderr.split())):
        earlier = quiet[1]
        done = await asyncio.to_thread(_begin, cluster, ["recover", "--since", earlier])
    else:
        earlier = rfc3339(moment)
    told = " ".join(done.stdout.split())
    assert done.returncode == 1 and "never given again" in told, f"{done.stdout}{done.stderr}"
    return earlier


async def _given_once(cluster: Cluster, before: Before, lost: set[str], shown: Shown) -> None:
    back = await cluster.sql("SELECT reference, state FROM recovery_payment")
    assert {row["reference"] for row in back if row["state"] == "done"} == lost, back
    columns = [[row[name] for row in before.numbers] for name in ("id", "series", "register_no")]
    assert (await cluster.sql(_TWICE, *columns))[0]["count"] == 0, "a register number was given twice"
    columns = [[row[name] for row in before.ranges] for name in ("id", "lot_id", "start_g", "stop_g")]
    assert (await cluster.sql(_OVERLAPS, *columns))[0]["count"] == 0, "grams were given twice"
    gone = {row["id"] for row in before.numbers} - {row["id"] for row in await cluster.sql(_NUMBERS)}
    assert gone, "no certificate was lost: nothing could have been given twice"
    shown.note(f"all of them given back, none left; of {len(gone)} lost certificates no number and no gram given again")


async def _book(cluster: Cluster) -> Any:
    return (await cluster.truth())["channels"]["wechatpay"]


async def _prove(cluster: Cluster, *, wanted: int) -> Any:
    return json.loads(await _cli(cluster, "prove", "--json", wanted=wanted))


async def _two_days_later(cluster: Cluster) -> str:
    said = await asyncio.to_thread(_run, cluster, [sys.executable, "tests/faults/recover_later.py", "48"], 0)
    return said.strip()


async def _cli(cluster: Cluster, *words: str, wanted: int) -> str:
    return await asyncio.to_thread(_run, cluster, [sys.executable, "-m", "app.cli", *words], wanted)


def _begin(cluster: Cluster, words: list[str]) -> subprocess.CompletedProcess[str]:
    return _run_to_its_end(cluster, [sys.executable, "-m", "app.cli", *words])


def _run(cluster: Cluster, command: list[str], wanted: int) -> str:
    done = _run_to_its_end(cluster, command)
    is_told = bool(done.stdout.strip()) or not wanted
    assert done.returncode == wanted and is_told, (
        f"{command[1:]} left with {done.returncode}:\n{done.stdout}{done.stderr}"
    )
    return done.stdout


def _run_to_its_end(cluster: Cluster, command: list[str]) -> subprocess.CompletedProcess[str]:
    password = cluster.environment["DIANDIAN_DEMO_KEY"]
    own = {"LC_ALL": "C.UTF-8", "DIANDIAN_OPERATOR_PASSWORD": password, "DIANDIAN_SECOND_PASSWORD": password}
    return subprocess.run(
        command, cwd=PROJECT, env=cluster.environment | own, capture_output=True, text=True, timeout=_CLI_S, check=False
    )
