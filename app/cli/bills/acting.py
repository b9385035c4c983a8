"""What the verbs about bills do: read, or act as somebody of the platform's finance."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app import wiring
from app.cli.listing import Listed
from app.cli.orders import staff_decisions
from app.cli.orders.joint import Who, signed_in
from app.cli.setup import database
from app.commerce import bills
from app.commerce.bills import BillFacts, Difference, SignedDay
from app.foundation.approvals import Approval
from app.foundation.identity import Role
from app.kernel.clock import utc_now
from app.views import bills as words
from config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Why something differs."""

    reason: str
    evidence: str
    is_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of bills."""

    day: date
    found: list[BillFacts]
    differences: Listed[Difference]
    signed: SignedDay | None


async def listed(settings: Settings, *, channel: str | None, limit: int) -> Listed[BillFacts]:
    """Bills by day and channel."""
    async with database(settings):
        counts = await bills.count_bills(channel=channel)
        return Listed(await bills.list_bills(channel=channel, limit=limit), sum(counts.values()))


async def one_day(settings: Settings, typed: str) -> Day:
    """One day.

    Raises:
        DayUnfit: it is none.
        BillUnknown: no bill is expected for it.
    """
    day = words.find_day(typed)
    async with database(settings):
        found = await bills.list_day(day)
        if not found:
            raise bills.BillUnknown
        differences = Listed(await bills.list_differences(day=day, limit=200), await bills.count_differences(day=day))
        return Day(day=day, found=found, differences=differences, signed=(await bills.list_signed([day])).get(day))


async def differences(settings: Settings, *, is_open: bool | None, limit: int) -> Listed[Difference]:
    """What differs."""
    async with database(settings):
        found = await bills.list_differences(is_open=is_open, limit=limit)
        return Listed(found, await bills.count_differences(is_open=is_open))


async def fetch(settings: Settings, channel: str, typed: str, *, who: Who) -> str:
    """Ask a channel for a day's bill once more; answers its word.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        DayUnfit, and what `bills.fetch_one_bill` raises.
    """
    day = words.find_day(typed)
    async with _finance(settings, who):
        gateways = wiring.gateways(settings)
        try:
            return await bills.fetch_one_bill(
                channel,
                day,
                channels=gateways.channels,
                files=gateways.files,
                keyring=wiring.keyring(settings),
                now=utc_now(),
            )
        finally:
            await gateways.aclose()


async def ask(settings: Settings, typed: str, *, who: Who) -> tuple[str, Difference]:
    """Ask the channel about one; answers its word, and how the difference stands then.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        What `bills.ask_about` raises.
    """
    difference_id = words.find_id(typed)
    async with _finance(settings, who) as person_id:
        gateways = wiring.gateways(settings)
        try:
            word = await bills.ask_about(difference_id, by=person_id, channels=gateways.channels)
        finally:
            await gateways.aclose()
        return word, await bills.find_difference(difference_id)


async def take(settings: Settings, typed: str, *, who: Who) -> None:
    """Look after one.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        What `bills.take` raises.
    """
    async with _finance(settings, who) as person_id:
        await bills.take(words.find_id(typed), by=person_id)


async def explain(settings: Settings, typed: str, said: Said, *, who: Who) -> None:
    """Say why one differs.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        What `bills.explain` raises.
    """
    async with _finance(settings, who) as person_id:
        await bills.explain(
            words.find_id(typed), reason=said.reason, evidence=said.evidence, is_missing=said.is_missing, by=person_id
        )


async def sign(settings: Settings, typed: str, *, who: Who) -> Approval:
    """Propose a day.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        DayUnfit, and what `bills.propose_day` raises.
    """
    async with _finance(settings, who) as person_id:
        return await bills.propose_day(words.find_day(typed), by=person_id)


@asynccontextmanager
async def _finance(settings: Settings, who: Who) -> AsyncIterator[UUID]:
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await staff_decisions.demand(who, person_id, Role.FINANCE)
        yield person_id
