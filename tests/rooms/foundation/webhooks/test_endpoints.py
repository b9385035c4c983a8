"""Endpoints: whose they are, what they may be, what is shown and kept of their addresses and secrets."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

from app.foundation import audit, identity, webhooks
from app.foundation.identity import Role
from app.foundation.webhooks import EndpointsMany, EndpointState, EndpointUnfit, EndpointUnknown, SecretOfRobot
from app.gateways.database import constraint, fetch, fetch_value
from app.gateways.webhooks import WebhookSender
from app.kernel.text import Language, Text
from tests.rooms.conftest import KEYRING
from tests.rooms.foundation.webhooks.conftest import LOW, Subscriber
from tests.staff import member, verified


async def test_a_secret_is_told_once_and_kept_sealed(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    row = (await fetch("SELECT * FROM webhook_endpoint"))[0]
    kept = b"".join(value for value in row.values() if isinstance(value, bytes)) + str(row).encode()
    assert made.secret.encode() not in kept
    assert row["master_key"] == KEYRING.current


async def test_of_a_robots_address_the_end_alone_is_shown(subscriber: Subscriber) -> None:
    key = "693a91f6-7f4e-4bc4-97a0-0ec2sifa5aaa"
    made = await subscriber.add("g", kind="wecom", url=f"{subscriber.sandbox.url}/webhooks/robots/wecom/g?key={key}")
    one = await webhooks.find_endpoint(made.id)
    assert (made.secret, one.shown) == (None, f"{subscriber.sandbox.url}/…5aaa")
    assert key not in str(await fetch("SELECT shown, label FROM webhook_endpoint"))
    assert key not in str(await audit.history())


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("/kind", {"kind": "telegram"}), ("/label", {"label": "  "}), ("/label", {"label": "a" * 41}),
        ("/label", {"label": "a\x07b"}), ("/events", {"events": ()}), ("/events", {"events": ("endpoint.test",)}),
        ("/events", {"events": ("order.paid",)}), ("/url", {"url": "http://hooks.example.org/"}),
        ("/url", {"url": "https://169.254.169.254/latest"}), ("/url", {"url": "https://hooks.example.org:22/"}),
        ("/url", {"kind": "feishu", "url": "https://hooks.example.org/x"}),
        ("/robot_secret", {"kind": "wecom", "robot_secret": "a b"}),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_by_its_field(
    subscriber: Subscriber, field: str, changed: dict[str, object]
) -> None:
    with pytest.raises(EndpointUnfit) as refused:
        await webhooks.add(
            subscriber.organisation_id,
            subscriber.draft(**changed),
            by=subscriber.by,
            keyring=KEYRING,
            sender=subscriber.sender,
        )
    assert refused.value.field == field
    assert await fetch_value("SELECT count(*) FROM webhook_endpoint") == 0


async def test_a_name_that_leads_inside_is_refused_when_it_is_written_down(subscriber: Subscriber) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.8"]

    sender = WebhookSender(resolve=inside)
    draft = subscriber.draft(url="https://hooks.example.org/")
    with pytest.raises(EndpointUnfit) as refused:
        await webhooks.add(subscriber.organisation_id, draft, by=subscriber.by, keyring=KEYRING, sender=sender)
    assert refused.value.field == "/url"


async def test_whoever_has_no_role_there_adds_changes_and_sees_nothing(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    stranger = await member(await verified(Text(zh="另一家", en="Another")), Role.SPONSOR)
    auditor = await member(subscriber.organisation_id, Role.AUDITOR)
    for by in (stranger, auditor):
        with pytest.raises(identity.RoleMissing):
            await webhooks.add(
                subscriber.organisation_id, subscriber.draft(), by=by, keyring=KEYRING, sender=subscriber.sender
            )
    for step in (webhooks.pause, webhooks.resume, webhooks.remove, webhooks.test):
        with pytest.raises(EndpointUnknown):
            await step(made.id, by=stranger)
        with pytest.raises(identity.RoleMissing):
            await step(made.id, by=auditor)
    with pytest.raises(EndpointUnknown):
        await webhooks.rotate(made.id, by=stranger, keyring=KEYRING)
    with pytest.raises(EndpointUnknown):
        await webhooks.change(made.id, label="x", events=(LOW,), language=Language.EN, by=stranger)


async def test_an_organisation_has_ten_endpoints_also_when_they_are_added_at_once(subscriber: Subscriber) -> None:
    async def add(number: int) -> bool:
        draft = subscriber.draft(f"box{number}")
        try:
            await webhooks.add(
                subscriber.organisation_id, draft, by=subscriber.by, keyring=KEYRING, sender=subscriber.sender
            )
        except EndpointsMany:
            return False
        return True

    assert sum(await asyncio.gather(*(add(number) for number in range(14)))) == 10
    found = await webhooks.endpoints_of([subscriber.organisation_id])
    await webhooks.remove(found[0].id, by=subscriber.by)
    assert await add(99)


async def test_removed_it_is_gone_with_address_and_secrets_and_for_good(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await webhooks.remove(made.id, by=subscriber.by)
    row = (await fetch("SELECT state, wrapped, url_sealed, secret_sealed FROM webhook_endpoint"))[0]
    assert row == {"state": "removed", "wrapped": None, "url_sealed": None, "secret_sealed": None}
    with pytest.raises(EndpointUnknown):
        await webhooks.resume(made.id, by=subscriber.by)
    with pytest.raises(IntegrityError) as refused:
        await fetch("UPDATE webhook_endpoint SET label = 'x'")
    assert constraint(refused.value) == "webhook_endpoint_stays"


async def test_a_robots_secret_is_not_changed_here(subscriber: Subscriber) -> None:
    made = await subscriber.add(
        "g", kind="feishu", url=f"{subscriber.sandbox.url}/webhooks/robots/feishu/g", robot_secret="abc"
    )
    with pytest.raises(SecretOfRobot):
        await webhooks.rotate(made.id, by=subscriber.by, keyring=KEYRING)


async def test_every_step_leaves_a_line_of_history_by_who_took_it(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    await webhooks.change(made.id, label="新名字", events=(LOW,), language=Language.EN, by=subscriber.by)
    await webhooks.rotate(made.id, by=subscriber.by, keyring=KEYRING)
    await webhooks.pause(made.id, by=subscriber.by)
    await webhooks.pause(made.id, by=subscriber.by)
    await webhooks.resume(made.id, by=subscriber.by)
    await webhooks.test(made.id, by=subscriber.by)
    await webhooks.remove(made.id, by=subscriber.by)
    lines = await audit.history(about=str(made.id))
    assert [line.action for line in reversed(lines)] == [
        "webhook.added", "webhook.changed", "webhook.rotated", "webhook.paused", "webhook.resumed", "webhook.tested",
        "webhook.removed",
    ]  # fmt: skip
    assert {line.actor_id for line in lines} == {subscriber.by}
    assert "whsec_" not in str(lines)


async def test_keys_of_endpoints_follow_the_master_key(subscriber: Subscriber) -> None:
    await subscriber.add()
    newer = identity.Keyring(current="t2", keys={"t1": b"k" * 32, "t2": b"m" * 32}, index_key=b"i" * 32)
    assert [await webhooks.rewrap_keys(newer) for _ in range(2)] == [1, 0]
    only_new = identity.Keyring(current="t2", keys={"t2": b"m" * 32}, index_key=b"i" * 32)
    await subscriber.announce(subscriber.notice())
    (due,) = await webhooks.begin(limit=5)
    assert await webhooks.deliver(due, keyring=only_new, sender=subscriber.sender)
    assert [one["signature"] for one in await subscriber.got()] == ["valid"]


async def test_for_a_day_after_a_change_both_secrets_open_and_then_the_new_one_alone(subscriber: Subscriber) -> None:
    made = await subscriber.add()
    changed = await webhooks.rotate(made.id, by=subscriber.by, keyring=KEYRING)
    assert made.secret is not None
    assert changed.secret is not None
    for known in (made.secret, changed.secret):
        await subscriber.inbox("box", known)
        await subscriber.announce(subscriber.notice())
        await subscriber.send()
    await subscriber.pass_time(timedelta(hours=24))
    for known in (made.secret, changed.secret):
        await subscriber.inbox("box", known)
        await subscriber.announce(subscriber.notice())
        await subscriber.send()
    found = await subscriber.got()
    assert [one["signature"] for one in found] == ["valid", "valid", "signature mismatch", "valid"]
    assert [one["headers"]["webhook-signature"].count("v1,") for one in found] == [2, 2, 1, 1]


async def test_an_unknown_endpoint_is_unknown(subscriber: Subscriber) -> None:
    with pytest.raises(EndpointUnknown):
        await webhooks.find_endpoint(UUID(int=uuid4().int))
    assert EndpointState.ACTIVE == "active"
