"""Endpoints at the terminal: listed with their log, tested, and what was sent sent again."""

import json

import click
import msgspec

from app.cli.listing import Listed, print_cut
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import webhooks
from app.foundation.webhooks import Delivery, Endpoint
from app.views import webhooks as told
from config.settings import Settings


async def listed(settings: Settings, *, who: Credentials) -> list[Endpoint]:
    """The endpoints of the organisations that somebody looks after."""
    async with database(settings), acting(settings, who) as person_id:
        return await webhooks.endpoints_of([card.id for card in await told.looked_after(person_id)])


async def log(settings: Settings, shown: str, *, limit: int, who: Credentials) -> Listed[Delivery]:
    """What an endpoint was told, the newest first.

    Raises:
        EndpointUnknown, RoleMissing: they look after no such endpoint.
    """
    async with database(settings), acting(settings, who) as person_id:
        one = await told.own_endpoint(shown, person_id)
        rows = await webhooks.deliveries_of(one.id, limit=limit)
        return Listed(rows, await webhooks.count_deliveries(one.id))


async def test(settings: Settings, shown: str, *, who: Credentials) -> str:
    """Send a test; answers the event's id.

    Raises:
        EndpointUnknown, RoleMissing, EndpointOff: as `webhooks.test`.
    """
    async with database(settings), acting(settings, who) as person_id:
        return webhooks.message_id(await webhooks.test(told.endpoint_id(shown), by=person_id))


async def redeliver(settings: Settings, shown: str, delivery: str, *, who: Credentials) -> str:
    """Send one again; answers the event's id, which is the one it had.

    Raises:
        EndpointUnknown, DeliveryUnknown, RoleMissing, EndpointOff, DeliveryWaits: as `webhooks.redeliver`.
    """
    async with database(settings), acting(settings, who) as person_id:
        uuid, wanted = told.endpoint_id(shown), told.delivery_id(delivery)
        await webhooks.redeliver(wanted, endpoint_id=uuid, by=person_id)
        return webhooks.message_id((await webhooks.find_delivery(wanted, endpoint_id=uuid)).event_id)


def print_endpoints(found: list[Endpoint], *, as_json: bool) -> None:
    """One line each."""
    views = [told.view(one) for one in found]
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(views), ensure_ascii=False, indent=2))
        return
    for one in views:
        line(f"{one.id} · {one.label} · {one.kind} · {one.state} · {one.address}")
    if not views:
        line(say("还没有推送地址。", "There is no endpoint yet."))


def print_log(found: Listed[Delivery], *, as_json: bool) -> None:
    """A line for each delivery, and one for its latest try."""
    views = [told.delivery_view(one) for one in found.rows]
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(views), ensure_ascii=False, indent=2))
    for one in () if as_json else views:
        line(f"{one.id} · {one.at} · {one.type} · {one.state} · {one.event}")
        if one.latest is not None:
            line(f"  {one.latest.fault or 'ok'} · {one.latest.status or '–'} · {one.latest.duration_ms} ms")
    if not views and not as_json:
        line(say("还没有推送过。", "Nothing was sent yet."))
    print_cut(found, as_json=as_json)


def print_sent(event: str) -> None:
    """That it is on its way."""
    line(say(f"已排队发送：{event}", f"on its way: {event}"))
