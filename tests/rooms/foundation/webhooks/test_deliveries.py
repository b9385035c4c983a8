"""Deliveries: at least once, always under the event's id, one at a time to each endpoint, and nobody waits for a slow one."""

import asyncio
import json
import time
from datetime import timedelta
from uuid import UUID

import pytest

from app.foundation import audit, webhooks
from app.foundation.identity import Role
from app.foundation.webhooks import DeliveryState, DeliveryUnknown, DeliveryWaits, EndpointOff, EndpointState, Fault
from app.foundation.webhooks.delivering import message_of
from app.gateways.database import fetch, fetch_value
from app.gateways.webhooks import WebhookSender
from app.kernel.text import Language, Text
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING
from tests.rooms.foundation.webhooks.conftest import EMPTY, LOW, Told
from tests.staff import member, verified
from workers.send_webhooks import send_webhooks

SCHEDULE_S = (5, 60, 300, 1800, 7200, 21600, 86400)


async def test_what_happened_arrives_signed_under_its_own_id(told: Told) -> None:
    await told.add()
    notice = told.notice()
    assert await told.announce(notice) == 1
    assert await told.send() == 1
    (got,) = await told.got()
    assert (got["event"], got["signature"]) == (webhooks.message_id(notice.id), "valid")
    body = json.loads(got["body"])
    assert (body["type"], body["data"]) == (LOW, {"left_grams": 5})
    assert got["body"] == notice.body


async def test_what_follows_from_a_request_is_sent_under_its_id_at_every_try_and_in_no_other_case(told: Told) -> None:
    await told.add()
    await told.inbox("box", behaviour="error")
    await told.announce(told.notice(request_id="req_one"))
    await told.send()
    await told.pass_time(timedelta(seconds=SCHEDULE_S[0]))
    await told.send()
    await told.announce(told.notice())
    await told.send()
    assert [one["headers"].get("x-request-id") for one in await told.got()] == ["req_one", "req_one", None]


async def test_only_endpoints_of_that_organisation_which_chose_it_are_told(told: Told) -> None:
    await told.add("both")
    await told.add("low", events=(LOW,))
    other = await verified(Text(zh="另一家", en="Another"))
    await told.announce(told.notice(EMPTY), told.notice(LOW), told.notice(LOW, organisation_id=other))
    await told.send()
    assert len(await told.got("both")) == 2
    assert [json.loads(one["body"])["type"] for one in await told.got("low")] == [LOW]


async def test_an_event_that_is_announced_again_is_lined_up_once(told: Told) -> None:
    await told.add()
    notice = told.notice()
    assert [await told.announce(notice), await told.announce(notice, notice)] == [1, 0]
    await told.send()
    assert await told.announce(notice) == 0
    assert len(await told.got()) == 1


async def test_a_robot_is_told_in_its_groups_language(told: Told) -> None:
    url = f"{told.sandbox.url}/webhooks/robots/wecom"
    await told.add("zh", kind="wecom", url=f"{url}/zh?key=1")
    await told.add("en", kind="wecom", url=f"{url}/en?key=1", language=Language.EN)
    await told.announce(told.notice())
    await told.send()
    assert [(await told.got(one))[0]["body"] for one in ("zh", "en")] == ["不多了", "low"]


async def test_failed_it_is_tried_again_by_the_schedule_and_given_up_after_the_last_always_under_one_id(
    told: Told,
) -> None:
    made = await told.add()
    await told.inbox("box", behaviour="error")
    await told.announce(told.notice())
    waits = []
    for _ in range(len(SCHEDULE_S)):
        assert await told.send() == 1
        (one,) = await told.log(made.id)
        assert one.state is DeliveryState.FAILED
        waits.append(
            round(
                float(await fetch_value("SELECT extract(epoch FROM next_at - clock_timestamp()) FROM webhook_delivery"))
            )
        )
        await as_owner("UPDATE webhook_delivery SET next_at = clock_timestamp()")
    assert await told.send() == 1
    (one,) = await told.log(made.id)
    assert (one.state, one.failures, one.tries, one.next_at) == (DeliveryState.GIVEN_UP, 8, 8, None)
    assert tuple(waits) == SCHEDULE_S
    assert len({got["event"] for got in await told.got()}) == 1
    tries = await webhooks.tries_of(one.id)
    assert {(each.fault, each.status, each.answer) for each in tries} == {(Fault.STATUS, 500, '{"received":false}')}


async def test_asked_for_again_it_goes_out_under_the_same_id(told: Told) -> None:
    made = await told.add()
    await told.announce(told.notice())
    await told.send()
    (one,) = await told.log(made.id)
    await webhooks.redeliver(one.id, endpoint_id=made.id, by=told.by)
    with pytest.raises(DeliveryWaits):
        await webhooks.redeliver(one.id, endpoint_id=made.id, by=told.by)
    await told.send()
    first, second = await told.got()
    assert (first["event"], first["body"]) == (second["event"], second["body"])
    assert (await audit.history(about=str(made.id)))[0].action == "webhook.redelivered"
    assert (await told.log(made.id))[0].tries == 2


async def test_a_delivery_is_asked_for_at_its_own_endpoint_by_its_own_people(told: Told) -> None:
    made, other = await told.add("one"), await told.add("two")
    other_party = await verified(Text(zh="另一家", en="Another"))
    await told.announce(told.notice())
    await told.send()
    (one,) = await told.log(made.id)
    with pytest.raises(DeliveryUnknown):
        await webhooks.redeliver(one.id, endpoint_id=other.id, by=told.by)
    with pytest.raises(DeliveryUnknown):
        await webhooks.redeliver(UUID(int=1), endpoint_id=made.id, by=told.by)
    with pytest.raises(webhooks.EndpointUnknown):
        await webhooks.redeliver(one.id, endpoint_id=made.id, by=await member(other_party, Role.SPONSOR))


async def test_killed_between_sending_and_noting_it_goes_out_again_under_the_same_id(told: Told) -> None:
    made = await told.add()
    await told.announce(told.notice())
    (due,) = await webhooks.begin(limit=5)
    await told.sender.send(due.kind, *message_of(due, KEYRING))  # it arrives, and whoever sent it is killed
    assert await told.send() == 0  # the endpoint is taken
    await told.pass_time(timedelta(seconds=webhooks.LEASE_S))
    assert await told.send() == 1
    first, second = await told.got()
    assert (first["event"], first["body"]) == (second["event"], second["body"])
    (one,) = await told.log(made.id)
    assert (one.state, one.tries) == (DeliveryState.DELIVERED, 2)
    assert [each.duration_ms is None for each in await webhooks.tries_of(one.id)] == [False, True]


async def test_a_late_answer_does_not_undo_what_arrived_meanwhile(told: Told) -> None:
    made = await told.add()
    await told.announce(told.notice())
    (late,) = await webhooks.begin(limit=5)
    await told.pass_time(timedelta(seconds=webhooks.LEASE_S))
    await told.send()
    await fetch_value("SELECT webhooks.finish($1, 'timeout', NULL, '', 9000, false)", late.try_id)
    assert (await told.log(made.id))[0].state is DeliveryState.DELIVERED


async def test_two_workers_send_once_for_each_try(told: Told) -> None:
    for number in range(5):
        await told.add(f"box{number}", events=(LOW,))
    await told.announce(*(told.notice() for _ in range(4)))
    stop = asyncio.Event()
    workers = [
        asyncio.create_task(send_webhooks(keyring=KEYRING, sender=told.sender, stop=stop)) for _ in range(3)
    ]  # fmt: skip
    async with asyncio.timeout(20):
        while await fetch_value("SELECT count(*) FROM webhook_delivery WHERE next_at IS NOT NULL"):  # noqa: ASYNC110 - nor the database here
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*workers)
    for number in range(5):
        got = [one["event"] for one in await told.got(f"box{number}")]
        assert len(got) == len(set(got)) == 4
    assert await fetch_value("SELECT count(*) FROM webhook_try") == 20


async def test_one_slow_endpoint_holds_up_no_other_and_gets_one_at_a_time(told: Told) -> None:
    slow, quick = await told.add("slow"), await told.add("quick")
    await told.inbox("slow", behaviour="silent")
    await told.announce(*(told.notice() for _ in range(6)))
    stop, began, patient = (
        asyncio.Event(),
        time.monotonic(),
        WebhookSender(rehearsal_url=told.sandbox.url, deadline_s=5),
    )
    worker = asyncio.create_task(send_webhooks(keyring=KEYRING, sender=patient, stop=stop))
    async with asyncio.timeout(10):
        while len(await told.got("quick")) < 6:  # noqa: ASYNC110 - the far side rings no bell
            await asyncio.sleep(0.02)
    took = time.monotonic() - began
    at_slow = len(await told.got("slow"))
    stop.set()
    await worker
    assert took < 5, took  # the deadline of one message to the slow one
    assert at_slow == 1
    assert [one.state for one in await told.log(quick.id)] == [DeliveryState.DELIVERED] * 6
    faults = [(await webhooks.tries_of(one.id)) for one in await told.log(slow.id) if one.tries]
    assert [each.fault for tries in faults for each in tries] == [Fault.TIMEOUT]


@pytest.mark.parametrize(
    ("behaviour", "fault", "status"),
    [("redirect", Fault.REDIRECT, 302), ("slow", Fault.STATUS, 500), ("huge", Fault.STATUS, 500)],
)
async def test_a_far_side_that_misbehaves_is_a_failed_try_that_is_kept(
    told: Told, behaviour: str, fault: Fault, status: int
) -> None:
    made = await told.add()
    await told.inbox("box", behaviour=behaviour)
    await told.announce(told.notice())
    await told.send()
    (one,) = await told.log(made.id)
    (tried,) = await webhooks.tries_of(one.id)
    assert (tried.fault, tried.status) == (fault, status)
    assert len(tried.answer or "") <= 200
    assert await told.got("elsewhere") == []
    assert tried.duration_ms is not None
    assert tried.duration_ms < 3_000


async def test_410_switches_it_off_at_once_and_a_person_on_again(told: Told) -> None:
    made = await told.add()
    await told.inbox("box", behaviour="gone")
    await told.announce(told.notice())
    await told.send()
    one = await webhooks.find_endpoint(made.id)
    assert (one.state, one.off_because) == (EndpointState.OFF, "gone")
    assert (await told.log(made.id))[0].state is DeliveryState.GIVEN_UP
    assert await told.announce(told.notice()) == 0
    with pytest.raises(EndpointOff):
        await webhooks.test(made.id, by=told.by)
    await webhooks.resume(made.id, by=told.by)
    assert await told.announce(told.notice()) == 1


async def test_where_nothing_arrived_for_three_days_it_is_switched_off(told: Told) -> None:
    made = await told.add()
    await told.inbox("box", behaviour="error")
    await told.announce(told.notice())
    await told.send()
    await told.pass_time(timedelta(days=2))
    await told.send()
    assert (await webhooks.find_endpoint(made.id)).state is EndpointState.ACTIVE
    await told.pass_time(timedelta(days=1, minutes=1))
    await told.send()
    one = await webhooks.find_endpoint(made.id)
    assert (one.state, one.off_because) == (EndpointState.OFF, "failing")


async def test_one_that_arrives_begins_the_three_days_anew(told: Told) -> None:
    made = await told.add()
    await told.inbox("box", behaviour="error")
    await told.announce(told.notice())
    await told.send()
    await told.pass_time(timedelta(days=4))
    await told.inbox("box")
    await told.send()
    one = await webhooks.find_endpoint(made.id)
    assert (one.state, one.failing_since) == (EndpointState.ACTIVE, None)


async def test_paused_it_is_told_later_and_removed_never(told: Told) -> None:
    paused, removed = await told.add("paused"), await told.add("removed")
    await webhooks.pause(paused.id, by=told.by)
    await told.announce(told.notice())
    await webhooks.remove(removed.id, by=told.by)
    assert await told.send() == 0
    await webhooks.resume(paused.id, by=told.by)
    assert await told.send() == 1
    assert (len(await told.got("paused")), len(await told.got("removed"))) == (1, 0)


async def test_a_test_goes_to_the_one_endpoint_whatever_it_chose(told: Told) -> None:
    made = await told.add("one", events=(EMPTY,))
    await told.add("two")
    event_id = await webhooks.test(made.id, by=told.by)
    await told.send()
    (got,) = await told.got("one")
    assert (got["event"], json.loads(got["body"])["type"]) == (webhooks.message_id(event_id), "endpoint.test")
    assert await told.got("two") == []


async def test_an_endpoint_keeps_a_thousand_waiting_and_gives_up_what_comes_beyond(told: Told) -> None:
    made = await told.add()
    await webhooks.pause(made.id, by=told.by)
    assert await told.announce(*(told.notice() for _ in range(1_003))) == 1_003
    one = await webhooks.find_endpoint(made.id)
    assert (one.waiting, one.given_up) == (1_000, 3)


async def test_the_application_cannot_write_a_delivery_or_a_try_by_hand(told: Told) -> None:
    await told.add()
    await told.announce(told.notice())
    for statement in (
        "DELETE FROM webhook_delivery", "DELETE FROM webhook_event", "UPDATE webhook_event SET body = '{}'",
        "UPDATE webhook_try SET status = 200", "UPDATE webhook_delivery SET event_id = id", "DELETE FROM webhook_endpoint",
        "UPDATE webhook_endpoint SET organisation_id = id", "INSERT INTO webhook_kind VALUES ('a.b', true)",
    ):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            await fetch(statement)
