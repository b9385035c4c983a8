"""Upstream cancellation by wire: approved by a second person, asked until the registry says yes or no."""

import asyncio

import pytest

from app.gateways.database import fetch, fetch_one
from app.gateways.registries.drp import signing
from app.kernel.errors import Unavailable
from app.registry import cancellations
from app.registry.cancellations import EvidenceKind, Mode, State
from app.sandbox import registry_keys
from tests.effort import moment_s
from tests.far_side import Sandbox
from tests.rooms.registry.cancellations.conftest import Desk
from tests.wire.registry_asking import ours_for
from workers.jobs import Tools, send_cancellations


async def test_the_registrys_receipt_makes_it_cancelled_and_proves_it_for_ever(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(2_400_000)
    done = await wired.send(await wired.approved())
    assert (done.state, done.tonnes.count, done.evidence_kind) == (State.CANCELLED, 3, EvidenceKind.JSON)
    assert done.registry_reference
    assert done.registry_reference.startswith("SBX-")
    keys = registry_keys.ensure(sandbox.folder)
    message = signing.receipt_message(done.receipt or "")
    assert signing.holds(signing.public_key(keys.registry_public_pem), message, done.receipt_signature or "")
    assert [step.state for step in done.steps] == [State.PROPOSED, State.APPROVED, State.SENDING, State.CANCELLED]
    assert [step.actor_id for step in done.steps] == [wired.maker, wired.checker, None, None]
    assert (await wired.standing()).uncovered_g == 0


async def test_nothing_leaves_before_a_second_person_agrees(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(1)
    reference = await wired.propose(Mode.REGISTRY)
    one = await cancellations.find(reference)
    assert (await wired.sweep(await wired.send(one))).state is State.PROPOSED
    assert (await sandbox.control("GET", "registry/truth"))["cancellations"] == []


@pytest.mark.parametrize("kind", ["silence_before", "silence_after", "500", "unsigned", "receipt_tonnes"])
async def test_what_is_not_known_is_asked_again_and_done_once(wired: Desk, sandbox: Sandbox, kind: str) -> None:
    patient = wired.registries["CDCER"]
    wired.registries["CDCER"] = hurried = ours_for(sandbox, read_timeout_s=moment_s(0.2))
    await wired.retire(1)
    await sandbox.control("POST", "registry/fault", {"route": "submit", "kind": kind, "hold_s": moment_s(0.6)})
    one = await wired.send(await wired.approved())
    assert one.state is State.UNKNOWN
    wired.registries["CDCER"] = patient
    done = await wired.sweep(one)
    assert done.state is State.CANCELLED
    assert len((await sandbox.control("GET", "registry/truth"))["cancellations"]) == 1
    await hurried.aclose()


async def test_a_registry_that_takes_its_time_is_asked_until_it_is_done(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(1)
    await sandbox.control("POST", "registry/fault", {"route": "submit", "kind": "delay", "hold_s": 20})  # 0.2 s here
    one = await wired.send(await wired.approved())
    assert (one.state, one.last_word) == (State.UNKNOWN, "ACCEPTED")
    await asyncio.sleep(0.25)
    assert (await wired.sweep(one)).state is State.CANCELLED


async def test_the_registrys_no_is_final_says_why_and_frees_the_tonnes(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(1)
    await sandbox.control("POST", "registry/fault", {"route": "submit", "kind": "refusal:UNITS_NOT_HELD"})
    one = await wired.send(await wired.approved())
    assert (one.state, one.reason) == (State.REFUSED, "UNITS_NOT_HELD: SANDBOX 样张")
    assert (await wired.send(await wired.approved())).state is State.CANCELLED


async def test_another_no_is_not_taken_for_a_final_one(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(1)
    await sandbox.control("POST", "registry/fault", {"route": "submit", "kind": "refusal:CLOSED_TODAY"})
    one = await wired.send(await wired.approved())
    assert (one.state, one.last_word) == (State.UNKNOWN, "CLOSED_TODAY")


async def test_a_registry_out_of_reach_leaves_it_to_the_sweeper(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(1)
    one = await wired.approved()
    there = wired.registries["CDCER"]
    away = ours_for(sandbox, base_url="http://127.0.0.1:9")
    wired.registries["CDCER"] = away
    with pytest.raises(Unavailable):
        await wired.send(one)
    assert (await wired.sweep(one)).state is State.SENDING
    wired.registries["CDCER"] = there
    assert (await wired.sweep(one)).state is State.CANCELLED
    await away.aclose()


async def test_the_job_and_the_sweeper_at_once_cancel_once(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(1)
    one = await wired.approved()
    await asyncio.gather(*(wired.send(one) for _ in range(4)), wired.sweep(one))
    found = await cancellations.find(one.reference)
    assert [step.state for step in found.steps].count(State.CANCELLED) == 1
    assert len((await sandbox.control("GET", "registry/truth"))["cancellations"]) == 1


async def test_a_final_one_is_not_asked_about(wired: Desk, sandbox: Sandbox) -> None:
    await wired.retire(1)
    done = await wired.send(await wired.approved())
    await sandbox.control("POST", "registry/fault", {"route": "query", "kind": "refusal:UNITS_NOT_HELD"})
    assert (await wired.send(done)).state is State.CANCELLED


async def test_without_a_wire_it_waits_and_says_so(wired: Desk) -> None:
    await wired.retire(1)
    one = await wired.approved()
    wired.registries.clear()
    waiting = await wired.send(one)
    assert (waiting.state, waiting.last_word) == (State.APPROVED, "NO_WIRE")


async def test_the_approval_rings_for_the_job_and_the_job_asks_the_registry(wired: Desk) -> None:
    await wired.retire(1)
    one = await wired.approved()
    rows = await fetch("SELECT id FROM outbox_message WHERE job = 'send_cancellations' AND done_at IS NULL")
    await send_cancellations([row["id"] for row in rows], _tools(wired))
    assert (await cancellations.find(one.reference)).state is State.CANCELLED
    told = await fetch_one(
        "SELECT payload->>'tonnes' AS tonnes FROM outbox_message WHERE kind = 'cancellation.confirmed'"
    )
    assert told == {"tonnes": "1"}


def _tools(desk: Desk) -> Tools:
    from app.gateways.bundle import Gateways
    from app.gateways.wechat import WeChatLogin
    from app.kernel.clock import utc_now
    from tests.flow import ISSUER

    wechat = WeChatLogin(appid="wxsandbox", secret="secret", base_url="http://127.0.0.1:9")
    gateways = Gateways(channels={}, wechat=wechat, files=desk.files, clock=utc_now, registries=desk.registries)
    return Tools(gateways=gateways, issuer=ISSUER, studio=None)
