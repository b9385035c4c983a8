"""What waits, for one person: theirs to decide, theirs to wait for; and one of them in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.foundation import approvals
from app.foundation.approvals import Approval, Kind, Step, Waiting
from app.foundation.identity import Keyring
from app.views.inbox import describing
from app.views.inbox.describing import Description
from app.views.inbox.kinds import HANDLERS

SHOWN = 100
"""Of each list."""


@dataclass(frozen=True, slots=True)
class Item:
    """One approval with its words."""

    approval: Approval
    said: Description


@dataclass(frozen=True, slots=True)
class Group:
    """How much waits for one role, and since when the oldest."""

    role: str
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What one person sees."""

    mine: tuple[Item, ...]
    """They may decide these now; the oldest first."""
    mine_count: int
    handed_on: tuple[Item, ...]
    """They proposed these; somebody else decides."""
    others: tuple[Item, ...]
    """What waits for other people, the oldest first."""
    roles: tuple[Group, ...]
    """By the role that decides; a kind that two roles decide counts for both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One approval, as one person sees it."""

    item: Item
    kind: Kind
    steps: tuple[Step, ...]
    may_decide: bool
    may_withdraw: bool


async def look(person: UUID, *, limit: int = SHOWN) -> Inbox:
    """The inbox of one of the platform's people."""
    mine = await approvals.list_waiting(person=person, limit=limit)
    counted = await approvals.count_waiting(person=person)
    handed_on = await approvals.list_made_by(person, limit=limit)
    everything = await approvals.list_waiting(limit=limit)
    shown = {one.id for one in (*mine, *handed_on)}
    return Inbox(
        mine=tuple(describe(one) for one in mine),
        mine_count=sum(one.count for one in counted),
        handed_on=tuple(describe(one) for one in handed_on),
        others=tuple(describe(one) for one in everything if one.id not in shown and one.party_id is None),
        roles=_by_role(await approvals.count_waiting()),
    )


async def open_one(approval_id: UUID, person: UUID, *, keyring: Keyring) -> Opened:
    """One in words, with what stands now; for whom an invitation is, is unsealed with `keyring`.

    Raises:
        ApprovalUnknown: there is none.
    """
    found = await approvals.find(approval_id)
    handler = HANDLERS.get(found.kind)
    before = await handler.before(found.said(), keyring) if handler and handler.before and not found.is_founding else {}
    said = handler.describe(found.said(), before) if handler and not found.is_founding else describing.as_written(found)
    is_open = found.state is approvals.State.PROPOSED
    return Opened(
        item=Item(found, said),
        kind=await approvals.find_kind(found.kind),
        steps=tuple(await approvals.read_history(found.id)),
        may_decide=is_open and await approvals.may_decide(found.id, person),
        may_withdraw=is_open and found.maker_id == person,
    )


def describe(one: Approval) -> Item:
    """In words, without what stands now."""
    handler = HANDLERS.get(one.kind)
    return Item(
        one, handler.describe(one.said(), {}) if handler and not one.is_founding else describing.as_written(one)
    )


def _by_role(waiting: Sequence[Waiting]) -> tuple[Group, ...]:
    roles = sorted({role for one in waiting if not one.kind.is_of_party for role in one.kind.decider_roles})
    return tuple(_group(role, waiting) for role in roles)


def _group(role: str, waiting: Sequence[Waiting]) -> Group:
    theirs = [one for one in waiting if role in one.kind.decider_roles and not one.kind.is_of_party]
    return Group(role, sum(one.count for one in theirs), min((one.oldest_at for one in theirs), default=None))
