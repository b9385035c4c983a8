"""Deliveries: at least once, always under the event's id, one at a time to each endpoint, and nobody waits for a slow one."""

import asyncio
import json
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
from tests.rooms.foundation.webhooks.conftest import EMPTY, LOW, Subscriber
from tests.staff import member, verified
from workers.send_webhooks import send_webhooks

SCHEDULE_S = (5, 60, 300, 1800, 7200, 21600, 86400)


async def test_what_happened_arrives_signed_under_its_own_id(subscriber: Subscriber) -> None:
    await subscriber.add()
    notice = subscriber.notice()
    assert await subscriber.announce(notice) == 1
    assert await subscriber.send() == 1
    (got,) = await subscriber.got()
    assert (got["event"], got["signature"]) == (webhooks.message_id(notice.id), "valid")
    body = json.loads(got["body"])
    assert (body["type"], body["data"]) == (LOW, {"left_grams": 5})
    assert got["body"] == notice.body


async def test_what_follows_from_a_request_is_sent_under_its_id_at_every_try_and_in_no_other_case(
    subscriber: Subscriber,
) -> None:
    await subscriber.add()
    await subscriber.inbox("box", behaviour="error")
    await subscriber.announce(subscriber.notice(request_id="req_one"))
    await subscriber.send()
    await subscriber.pass_time(timedelta(seconds=SCHEDULE_S[0]))
    await subscriber.send()
    await subscriber.announce(subscriber.notice())
    await subscriber.send()
    assert [one["headers"].get("x-request-id") for one in await subscriber.got()] == ["req_one", "req_one", None]


async def test_only_endpoints_of_that_organisation_which_chose_it_are_told(subscriber: Subscriber) -> None:
    await subscriber.add("both")
    await subscriber.add("low", events=(LOW,))
    other = await verified(Text(zh="另一家", en="Another"))
    await subscriber.announce(
        subscriber.notice(EMPTY), subscriber.notice(LOW), subscriber.notice(LOW, organisation_id=other)
    )
    await subscriber.send()
    assert len(await subscriber.got("both")) == 2
    assert [json.loads(one["body"])["type"] for one in await subscriber.got("low")] == [LOW]


async def test_an_event_that_is_announced_again_is_lined_up_once(subscriber: Subscriber) -> None:
    await subscriber.add()
    notice = subscriber.notice()
    assert [await subscriber.announce(notice), await subscriber.announce(notice, notice)] == [1, 0]
    await subscriber.send()
    assert await subscriber.announce(notice) == 0
    assert len(await subscriber.got()) == 1


async def test_a_robot_is_told_in_its_groups_language(subscriber: Subscriber) -> None:
    url = f"{subscriber.sandbox.url}/webhooks/robots/wecom"
    await subscriber.add("zh", kind="wecom", url=f"{url}/zh?key=1")
    await subscriber.add("en", kind="wecom", url=f"{url}/en?key=1", language=Language.EN)
    await subscriber.announce(subscriber.notice())
    await subscriber.send()
    assert [(await subscriber.got(one))[0]["body"] for one in ("zh", "en")] == ["不多了", "low"]


async def test_failed_it_is_tried_again_by_the_schedule_and_given_up_after_the_last_always_under_one_id(
    subscriber: Subscriber,
) -> None:
    made = await subscriber.add()
    await subscriber.inbox("box", behaviour="error")
    await subscriber.announce(subscriber.notice())
    waits = []
    for _ in range(len(SCHEDULE_S)):
        assert await subscriber.send() == 1
        (one,) = await subscriber.log(made.id)
        assert one.state is DeliveryState.FAILED
        waits.append(
            round(
                float(await fetch_value("SELECT extract(epoch FROM next_at - clock_timestamp()) FROM webhook_delivery"))
            )
        )
        await as_owner("UPDATE webhook_delivery SET next_at = clock_timestamp()")
    assert await subscriber.send() == 1
    (one,) = await subscriber.log(made.id)
    assert (one.state, one.failures, one.tries, one.next_at) == (DeliveryState.GIVEN_UP, 8, 8, None)
    assert tuple(waits) == SCHEDULE_S
    assert len({got["event"] for got in await subscriber.got()}) == 1
    tries = await webhooks.tries_of(one.id)
    assert {(each.fault, each.status, each.answer) for each in tries} == {(Fault.STATUS, 500, '{"received":false}')}


async def test_asked_for_again_it_goes_out_under_the_same_id(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await subscriber.announce(subscriber.notice())
    await subscriber.send()
    (one,) = await subscriber.log(made.id)
    await webhooks.redeliver(one.id, endpoint_id=made.id, by=subscriber.by)
    with pytest.raises(DeliveryWaits):
        await webhooks.redeliver(one.id, endpoint_id=made.id, by=subscriber.by)
    await subscriber.send()
    first, second = await subscriber.got()
    assert (first["event"], first["body"]) == (second["event"], second["body"])
    assert (await audit.history(about=str(made.id)))[0].action == "webhook.redelivered"
    assert (await subscriber.log(made.id))[0].tries == 2


async def test_a_delivery_is_asked_for_at_its_own_endpoint_by_its_own_people(subscriber: Subscriber) -> None:
    made, other = await subscriber.add("one"), await subscriber.add("two")
    other_party = await verified(Text(zh="另一家", en="Another"))
    await subscriber.announce(subscriber.notice())
    await subscriber.send()
    (one,) = await subscriber.log(made.id)
    with pytest.raises(DeliveryUnknown):
        await webhooks.redeliver(one.id, endpoint_id=other.id, by=subscriber.by)
    with pytest.raises(DeliveryUnknown):
        await webhooks.redeliver(UUID(int=1), endpoint_id=made.id, by=subscriber.by)
    with pytest.raises(webhooks.EndpointUnknown):
        await webhooks.redeliver(one.id, endpoint_id=made.id, by=await member(other_party, Role.SPONSOR))


async def test_killed_between_sending_and_noting_it_goes_out_again_under_the_same_id(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await subscriber.announce(subscriber.notice())
    (due,) = await webhooks.begin(limit=5)
    await subscriber.sender.send(due.kind, *message_of(due, KEYRING))  # it arrives, and whoever sent it is killed
    assert await subscriber.send() == 0  # the endpoint is taken
    await subscriber.pass_time(timedelta(seconds=webhooks.LEASE_S))
    assert await subscriber.send() == 1
    first, second = await subscriber.got()
    assert (first["event"], first["body"]) == (second["event"], second["body"])
    (one,) = await subscriber.log(made.id)
    assert (one.state, one.tries) == (DeliveryState.DELIVERED, 2)
    assert [each.duration_ms is None for each in await webhooks.tries_of(one.id)] == [False, True]


async def test_a_late_answer_does_not_undo_what_arrived_meanwhile(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await subscriber.announce(subscriber.notice())
    (late,) = await webhooks.begin(limit=5)
    await subscriber.pass_time(timedelta(seconds=webhooks.LEASE_S))
    await subscriber.send()
    await fetch_value("SELECT webhooks.finish($1, 'timeout', NULL, '', 9000, false)", late.try_id)
    assert (await subscriber.log(made.id))[0].state is DeliveryState.DELIVERED


async def test_two_workers_send_once_for_each_try(subscriber: Subscriber) -> None:
    for number in range(5):
        await subscriber.add(f"box{number}", events=(LOW,))
    await subscriber.announce(*(subscriber.notice() for _ in range(4)))
    stop = asyncio.Event()
    workers = [
        asyncio.create_task(send_webhooks(keyring=KEYRING, sender=subscriber.sender, stop=stop)) for _ in range(3)
    ]  # fmt: skip
    async with asyncio.timeout(120):
        while await fetch_value("SELECT count(*) FROM webhook_delivery WHERE next_at IS NOT NULL"):  # noqa: ASYNC110 - nor the database here
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*workers)
    for number in range(5):
        got = [one["event"] for one in await subscriber.got(f"box{number}")]
        assert len(got) == len(set(got)) == 4
    assert await fetch_value("SELECT count(*) FROM webhook_try") == 20


async def test_one_slow_endpoint_holds_up_no_other_and_gets_one_at_a_time(subscriber: Subscriber) -> None:
    slow, quick = await subscriber.add("slow"), await subscriber.add("quick")
    await subscriber.inbox("slow", behaviour="silent")
    await subscriber.announce(*(subscriber.notice() for _ in range(6)))
    stop, patient = asyncio.Event(), WebhookSender(rehearsal_url=subscriber.sandbox.url, deadline_s=55)
    worker = asyncio.create_task(send_webhooks(keyring=KEYRING, sender=patient, stop=stop))
    async with asyncio.timeout(120):
        while {one.state for one in await subscriber.log(quick.id)} != {DeliveryState.DELIVERED}:  # noqa: ASYNC110 - the database neither
            await asyncio.sleep(0.02)
    tries = [each for one in await subscriber.log(slow.id) for each in await webhooks.tries_of(one.id)]
    assert [each.duration_ms for each in tries] == [None]  # one, which still waits for its answer
    assert len(await subscriber.got("quick")) == 6
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


@pytest.mark.parametrize(
    ("behaviour", "fault", "status"),
    [
        ("redirect", Fault.REDIRECT, 302),
        ("slow", Fault.STATUS, 500),
        ("huge", Fault.STATUS, 500),
        ("silent", Fault.TIMEOUT, None),
    ],
)
async def test_a_far_side_that_misbehaves_is_a_failed_try_that_is_kept(
    subscriber: Subscriber, behaviour: str, fault: Fault, status: int
) -> None:
    made = await subscriber.add()
    await subscriber.inbox("box", behaviour=behaviour)
    await subscriber.announce(subscriber.notice())
    if behaviour in {"slow", "silent"}:  # for a minute
        subscriber.sender = WebhookSender(rehearsal_url=subscriber.sandbox.url, deadline_s=4)
    await subscriber.send()
    (one,) = await subscriber.log(made.id)
    (tried,) = await webhooks.tries_of(one.id)
    assert (tried.fault, tried.status) == (fault, status)
    assert len(tried.answer or "") <= 200
    assert await subscriber.got("elsewhere") == []
    assert tried.duration_ms is not None
    assert tried.duration_ms < 60_000


async def test_410_switches_it_off_at_once_and_a_person_on_again(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await subscriber.inbox("box", behaviour="gone")
    await subscriber.announce(subscriber.notice())
    await subscriber.send()
    one = await webhooks.find_endpoint(made.id)
    assert (one.state, one.off_because) == (EndpointState.OFF, "gone")
    assert (await subscriber.log(made.id))[0].state is DeliveryState.GIVEN_UP
    assert await subscriber.announce(subscriber.notice()) == 0
    with pytest.raises(EndpointOff):
        await webhooks.test(made.id, by=subscriber.by)
    await webhooks.resume(made.id, by=subscriber.by)
    assert await subscriber.announce(subscriber.notice()) == 1


async def test_where_nothing_arrived_for_three_days_it_is_switched_off(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await subscriber.inbox("box", behaviour="error")
    await subscriber.announce(subscriber.notice())
    await subscriber.send()
    await subscriber.pass_time(timedelta(days=2))
    await subscriber.send()
    assert (await webhooks.find_endpoint(made.id)).state is EndpointState.ACTIVE
    await subscriber.pass_time(timedelta(days=1, minutes=1))
    await subscriber.send()
    one = await webhooks.find_endpoint(made.id)
    assert (one.state, one.off_because) == (EndpointState.OFF, "failing")


async def test_one_that_arrives_begins_the_three_days_anew(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await subscriber.inbox("box", behaviour="error")
    await subscriber.announce(subscriber.notice())
    await subscriber.send()
    await subscriber.pass_time(timedelta(days=4))
    await subscriber.inbox("box")
    await subscriber.send()
    one = await webhooks.find_endpoint(made.id)
    assert (one.state, one.failing_since) == (EndpointState.ACTIVE, None)


async def test_paused_it_is_told_later_and_removed_never(subscriber: Subscriber) -> None:
    paused, removed = await subscriber.add("paused"), await subscriber.add("removed")
    await webhooks.pause(paused.id, by=subscriber.by)
    await subscriber.announce(subscriber.notice())
    await webhooks.remove(removed.id, by=subscriber.by)
    assert await subscriber.send() == 0
    await webhooks.resume(paused.id, by=subscriber.by)
    assert await subscriber.send() == 1
    assert (len(await subscriber.got("paused")), len(await subscriber.got("removed"))) == (1, 0)


async def test_a_test_goes_to_the_one_endpoint_whatever_it_chose(subscriber: Subscriber) -> None:
    made = await subscriber.add("one", events=(EMPTY,))
    await subscriber.add("two")
    event_id = await webhooks.test(made.id, by=subscriber.by)
    await subscriber.send()
    (got,) = await subscriber.got("one")
    assert (got["event"], json.loads(got["body"])["type"]) == (webhooks.message_id(event_id), "endpoint.test")
    assert await subscriber.got("two") == []


async def test_an_endpoint_keeps_a_thousand_waiting_and_gives_up_what_comes_beyond(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await webhooks.pause(made.id, by=subscriber.by)
    assert await subscriber.announce(*(subscriber.notice() for _ in range(1_003))) == 1_003
    one = await webhooks.find_endpoint(made.id)
    assert (one.waiting, one.given_up) == (1_000, 3)


async def test_the_application_cannot_write_a_delivery_or_a_try_by_hand(subscriber: Subscriber) -> None:
    await subscriber.add()
    await subscriber.announce(subscriber.notice())
    for statement in (
        "DELETE FROM webhook_delivery", "DELETE FROM webhook_event", "UPDATE webhook_event SET body = '{}'",
        "UPDATE webhook_try SET status = 200", "UPDATE webhook_delivery SET event_id = id", "DELETE FROM webhook_endpoint",
        "UPDATE webhook_endpoint SET organisation_id = id", "INSERT INTO webhook_kind VALUES ('a.b', true)",
    ):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            await fetch(statement)
