"""Every way to pay that the sandbox rehearses, over one river: the same visits, faults and books for all channels.

`tills` is a `Flow` whose rooms know every channel.
What a channel is called stands nowhere here.
"""

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from app import wiring
from app.cli.demo.setup import environment
from app.commerce import orders, payments
from app.foundation import consents
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.gateways.channels.base import Channel, Method, Opening, Payer, RawRequest, RawResponse
from app.gateways.channels.methods import Need
from app.gateways.channels.table import CHANNELS
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry.credits import Programme
from app.sandbox.channels import channels as far_channels
from config.loading import load
from config.places import CONSENTS
from tests.flow import Flow, raw
from tests.rooms.conftest import KEYRING
from tests.staff import price

REHEARSED = [kind.name for kind in CHANNELS if kind.name in far_channels()]
"""Every channel that has a far side of its own, as the table has them."""
TEXTS = consents.load_texts(CONSENTS)
KNOWN = [
    f"{kind.name}.{method.code}"
    for kind in CHANNELS
    if kind.name in REHEARSED
    for method in kind.methods
    if Need.PAYER in method.needs
]
"""Their ways to pay that must know who pays, as `<channel>.<method>`: that is what may stand for a channel's name here."""
LATER = timedelta(hours=36)
"""After which every bill of today is ready."""


def channel_of(name: str) -> str:
    """Of a channel's name, or of a way to pay."""
    return name.partition(".")[0]


@dataclass
class Tills:
    """A river, and every channel it may be paid by."""

    flow: Flow
    channels: dict[str, Channel]
    _taken: int = 0
    _again: list[tuple[RawRequest, str]] = field(default_factory=list)
    """Notices that the door had taken when their receiver asked for them again, as a channel would send them."""
    _guests: "itertools.count[int]" = field(default_factory=itertools.count)

    async def control(self, name: str, verb: str, **data: Any) -> Any:
        """Tell a channel's far side something."""
        return await self.flow.sandbox.control("POST", f"channels/{channel_of(name)}/{verb}", data)

    def method(self, name: str) -> Method:
        """The one named, or the first that anybody may choose who is nobody to the channel."""
        methods = self.channels[channel_of(name)].methods
        if code := name.partition(".")[2]:
            return next(one for one in methods if one.code == code)
        return next(one for one in methods if Need.PAYER not in one.needs)

    def route(self, name: str, verb: str) -> str:
        """How the far side names that verb's route, for an ordered fault; `open` is the opening of `method`."""
        known, code = far_channels()[name].fault_routes, self.method(name).code
        wanted = (f"{name}.{verb}", verb, f"{name}.{code}", code)
        return next(one for one in wanted if one in known)

    async def fault(self, name: str, verb: str, kind: str, times: int = 1) -> None:
        """The next calls of that verb at the channel go wrong so."""
        await self.flow.sandbox.control(
            "POST", "fault", {"route": self.route(name, verb), "kind": kind, "times": times}
        )

    async def order(self, name: str) -> orders.OrderFacts:
        """An order of somebody new, in a currency that the channel takes."""
        method = self.method(name)
        return await self.flow.river.order(
            f"k{next(self._guests)}",
            person_id=await self.flow.river.guest(),
            currency=min(method.currencies),
            least_minor=method.least_minor,
        )

    async def open(self, order: orders.OrderFacts, name: str) -> Opening:
        """The citizen chooses this channel."""
        site = f"http://127.0.0.1:{self.flow.door.port}"  # where a merchant's notices arrive who says so nowhere else
        method = self.method(name)
        known = Need.PAYER in method.needs
        way = orders.Way(
            channel=channel_of(name),
            method=method,
            payer_ip="203.0.113.7",
            payer=Payer(id=(await self.control(name, "somebody"))["id"]) if known else None,
            return_url=f"{site}/o/1?paid=1",
            texts=TEXTS,
        )
        if method.is_abroad:  # their page asks before
            version = TEXTS.present(ConsentPurpose.ABROAD).version
            await consents.give(
                order.person_id, ConsentPurpose.ABROAD, version=version, language=Language.EN, place=ConsentPlace.PAGE,
                texts=TEXTS,
            )  # fmt: skip
        return await orders.pay(order.id, way, by=order.person_id, description="碳中和", channels=self.channels)

    async def opened(self, name: str) -> tuple[orders.OrderFacts, str]:
        """An order whose payer stands before the channel's page, and our number there."""
        order = await self.order(name)
        await self.open(order, name)
        return order, await self.reference(order)

    async def reference(self, order: orders.OrderFacts) -> str:
        """Of the order's latest payment."""
        return str((await self.flow.payment(order))["reference"])

    async def ends(self, name: str, reference: str, outcome: str, **how: Any) -> None:
        """The payer's visit ends so; where the merchant takes what was approved, it is taken in the same moment."""
        await self.control(name, "outcome", reference=reference, outcome=outcome, taken=True, **how)

    async def receive(self, notice: RawRequest, name: str) -> RawResponse:
        """Hand a notice in, as the door of that channel does."""
        return await payments.receive(notice, channel=self.channels[name], keyring=KEYRING)

    async def take(self, count: int) -> Sequence[RawResponse]:
        """The next notices that the far sides send, each handed in at the door it was sent to."""
        came = (await self.flow.door.wait(self._taken + count, within_s=60))[self._taken : self._taken + count]
        self._taken += count
        return [await self.receive(raw(one), one.path.rpartition("/")[2]) for one in came]

    async def take_all(self) -> int:
        """Whatever has come by now; answers how many. What its receiver wants once more is handed in again next time."""
        again, self._again = self._again, []
        count = len(self.flow.door.deliveries) - self._taken
        before = self._taken
        answers = await self.take(count)
        came = self.flow.door.deliveries[before : before + count]
        new = [(raw(one), one.path.rpartition("/")[2]) for one in came]
        answers = [*[await self.receive(*one) for one in again], *answers]
        self._again = [one for one, answer in zip([*again, *new], answers, strict=True) if answer.status >= 500]
        return count

    async def settle(self, rounds: int = 4) -> None:
        """Sweeps and jobs, with everything due that can be: what a minute of the product does."""
        for _ in range(rounds):
            await self.take_all()
            await self.flow.due_now()
            await self.flow.due_now("payment_refund")
            await self.flow.sweep()
            await self.flow.work()

    async def truth(self, name: str) -> dict[str, Any]:
        """The far side's own books of the channel, in common words."""
        truth = await self.flow.sandbox.truth()
        return dict(truth["channels"][channel_of(name)])

    async def later(self) -> None:
        """The far side's clock goes on to when today's bills are ready; its signatures stay of now."""
        await self.flow.sandbox.control("POST", "clock", {"offset_s": LATER.total_seconds(), "stamp_offset_s": 0})


@pytest.fixture
async def tills(flow: Flow) -> AsyncIterator[Tills]:
    """Every channel of the sandbox, built as the product builds them."""
    public = f"http://127.0.0.1:{flow.door.port}"
    given = environment(flow.sandbox.folder.parent, None, public=public, sandbox=flow.sandbox.url)
    built = wiring.channels(load(given))
    channels = {name: built[name] for name in REHEARSED}
    flow.tools = replace(flow.tools, gateways=replace(flow.tools.gateways, channels=channels))
    await price(Programme.CDCER, 1_000_000, currency=Currency.USD)
    yield Tills(flow, channels)
    for channel in built.values():
        await channel.aclose()
