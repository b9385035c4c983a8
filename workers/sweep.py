"""The sweeper: asks the silent, expires the overdue, deletes what is over. One of all workers does it at a time.

It rests on due times in PostgreSQL, so it needs no schedule of its own and runs the same without Redis.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from app.commerce import bills, payments, recovery, statements
from app.foundation import avatars, identity, intents, messages, moderation, outbox, retention
from app.gateways import counting
from app.gateways.bundle import Gateways
from app.gateways.database import TROUBLE, is_connection_lost, log_failure
from app.programmes import donations, gifts, wall
from app.registry import cancellations, holdings, retirements
from workers.subjects import SUBJECTS

EVERY_S: Final = 3.0
PURGE_EVERY_S: Final = 60.0
"""How often to look whether something is to be deleted, while nothing is; a batch each round while there is."""
_ANSWER_S: Final = 10.0
"""For the lock's own statements, which wait for nobody: a line that died without saying so is given up."""
Step = Callable[[], Awaitable[int]]
_LOCK: Final = 7_306_814  # any number that nobody else uses for an advisory lock

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ContentAsking:
    """What asking WeChat about texts and pictures takes."""

    keyring: identity.Keyring
    public_url: str
    """Where WeChat fetches a picture."""
    words: moderation.WordList
    is_sandbox: bool = False
    """Whether messages lead to the trial version of the mini-program."""


async def sweep_once(
    gateways: Gateways,
    *,
    keyring: identity.Keyring,
    subjects: Mapping[str, payments.SubjectKind] = SUBJECTS,
    gift_grace: timedelta = timedelta(days=7),
    content: ContentAsking | None = None,
    raises: tuple[type[Exception], ...] = (),
) -> dict[str, int]:
    """One round; answers how much of each there was to do.

    A step that fails is logged and counts as nothing done. Failures of the kinds in `raises`, and a database that is away, are
    raised instead, once every step has come to its end. Steps that ask somebody run side by side, so that a slow far side
    holds up its own step only; each asks several at once and waits for none longer than its deadline
    (`app/gateways/patience.py`).
    """
    steps: dict[str, Step] = {
        # Before the others: what it finds is asked about in the same round.
        "matched": lambda: payments.match_parked(channels=gateways.channels),
        "asked": lambda: payments.ask_due(channels=gateways.channels),
        "refunds": lambda: payments.send_refunds_due(channels=gateways.channels),
        "bills": lambda: bills.fetch_due(
            channels=gateways.channels, files=gateways.files, keyring=keyring, now=gateways.clock()
        ),
        "bills_asked": lambda: bills.ask_due(channels=gateways.channels),
        "statements": statements.compare_due,
        "recovery": lambda: recovery.go_on(channels=gateways.channels, now=gateways.clock()),
        "unmatched": lambda: payments.send_decided_due(channels=gateways.channels),
        "cancellations": lambda: cancellations.ask_due(registries=gateways.registries),
        "content": lambda: _ask_content(gateways, content),
        "messages": lambda: _send_messages(gateways, content),
        "wall": lambda: _check_wall(content),
        "named": retirements.end_naming_due,
        "gifts_ended": gifts.end_due,
        "gift_offers_expired": gifts.expire_offers,
        "donations_given": donations.give_bought_due,
        "donations_retired": donations.tell_retired,
        "gifts_returned": lambda: gifts.return_due(grace=gift_grace),
        "expired": lambda: _expire(gateways, subjects, raises),
        # What is set aside for a payment waits for its channels: its room ends it.
        "released": lambda: holdings.expire_due(but=[f"{kind}:" for kind in subjects]),
    }
    first, *others = steps.items()
    done = [await _done(*first, raises)]
    for outcome in await asyncio.gather(*(_done(*other, raises) for other in others), return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
        done.append(outcome)
    return dict(zip(steps, done, strict=True))


async def _ask_content(gateways: Gateways, asking: ContentAsking | None) -> int:
    """Texts and pictures that WeChat is to look at. A picture is sent only where its word can come back."""
    if asking is None:
        return 0
    keyring = asking.keyring

    def picture_url(check_id: UUID) -> str:
        seal = avatars.check_seal(check_id, gateways.clock(), keyring=keyring)
        return f"{asking.public_url}/avatars/check/{check_id}/{seal}.webp"

    return await moderation.ask_due(
        server=gateways.content, picture_url=picture_url if gateways.push else None, keyring=keyring
    )


async def _send_messages(gateways: Gateways, asking: ContentAsking | None) -> int:
    """Messages in WeChat that are due: who they go to lies sealed, so it takes the keys."""
    if asking is None:
        return 0
    return await messages.send_due(
        gateways.messages, keyring=asking.keyring, is_trial=asking.is_sandbox, now=gateways.clock()
    )


async def _check_wall(asking: ContentAsking | None) -> int:
    """Names on big screens, or on their way there."""
    return 0 if asking is None else await wall.check_names(words=asking.words, keyring=asking.keyring)


async def _expire(
    gateways: Gateways, subjects: Mapping[str, payments.SubjectKind], raises: tuple[type[Exception], ...]
) -> int:
    """Of every kind of subject; one that cannot be dealt with holds up its own kind only."""
    return sum(
        [
            await _done(f"expired {name}", lambda kind=kind: kind.expire_due(channels=gateways.channels), raises)  # type: ignore[misc]
            for name, kind in subjects.items()
        ]
    )


async def _done(name: str, step: Step, raises: tuple[type[Exception], ...] = ()) -> int:
    """One row that nobody can deal with, or that PostgreSQL refuses, stops its own step, and none of the others."""
    try:
        return await step()
    except Exception as failure:  # of any kind: logged, and the next round tries again
        if is_connection_lost(failure) or isinstance(failure, raises):
            raise
        log_failure(_log, "sweep", failure, name=name)
        return 0


async def sweep(
    gateways: Gateways,
    *,
    keyring: identity.Keyring,
    keep: retention.Keep,
    database: Callable[[], Awaitable[asyncpg.Connection]],
    stop: asyncio.Event,
    gift_grace: timedelta = timedelta(days=7),
    content: ContentAsking | None = None,
) -> None:
    """Sweep every few seconds while this process holds the advisory lock; others wait for it to die."""
    purge_at = time.monotonic()
    while not stop.is_set():
        try:
            connection = await database()
            try:
                while not stop.is_set() and not connection.is_closed():
                    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK, timeout=_ANSWER_S):
                        done = await sweep_once(gateways, keyring=keyring, gift_grace=gift_grace, content=content)
                        if time.monotonic() >= purge_at:
                            is_more = await _purge(gateways, keyring=keyring, keep=keep)
                            purge_at = time.monotonic() + (0 if is_more else PURGE_EVERY_S)
                        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK, timeout=_ANSWER_S)
                        if any(done.values()):
                            _log.info("sweep.done", **done)
                    await _pause(stop)
            finally:
                with contextlib.suppress(*TROUBLE):
                    await connection.close(timeout=2)
        except Exception as failure:  # noqa: BLE001 - the next round may do better; the failure is logged
            log_failure(_log, "sweep", failure)
            await _pause(stop)


async def _purge(gateways: Gateways, *, keyring: identity.Keyring, keep: retention.Keep) -> bool:
    """What is over goes, and what is to come gets its place; whether there may be more to delete."""
    purged: dict[str, int] = {}

    async def purge() -> int:
        purged.update(await retention.purge(keep))
        return sum(purged.values())

    await _done("days_made", outbox.make_days)
    await _done("weeks_made", intents.make_weeks)
    await _done("purged", purge)
    await _done("bills_erased", lambda: bills.erase_due(files=gateways.files))
    await _done("purposes_sealed", lambda: identity.applications.seal_purposes_due(keyring=keyring))
    await _done("reasons_sealed", lambda: retirements.seal_reasons_due(keyring=keyring))
    await _done("payers_sealed", lambda: statements.seal_due(keyring=keyring))
    await _done("payers_forgotten", payments.forget_payers_due)
    await _done("bills_sealed", lambda: bills.seal_due(files=gateways.files, keyring=keyring))
    await _done("counts_purged", _purge_counts)
    for kind, rows in purged.items():
        if rows:
            _log.info("purge.done", kind=kind, rows=rows)
    return any(purged.values())


async def _purge_counts() -> int:
    """Counts of limits whose time is over; they hold addresses."""
    await counting.purge()
    return 0


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), EVERY_S)
