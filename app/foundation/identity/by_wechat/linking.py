"""A member's WeChat is linked by an act of theirs in both places, and the link is taken back at any time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import audit
from app.foundation.identity.access_rules import TryKind
from app.foundation.identity.by_wechat.errors import TicketOver, WeChatLinked
from app.foundation.identity.by_wechat.tickets import TicketPurpose, find_ticket, use
from app.foundation.identity.credentials.counting_tries import begin_try, forget_try
from app.foundation.identity.credentials.proving_factor import has_factor, use_code
from app.foundation.identity.credentials.signing_in_operators import known_operator
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import Session
from app.gateways.database import Tx, constraint, fetch, fetch_one, transaction
from app.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class Linked:
    """A link that stands."""

    since: datetime


async def link(secret: str, code: str, *, by: Session, place: str, keyring: Keyring, now: datetime) -> None:
    """Link the WeChat that said yes to this try of theirs; where they have a second factor, `code` proves it.

    Raises:
        TicketOver: no try of theirs to link, or no WeChat has said yes.
        CodeWrong: it counts, as at a sign-in; the try stays.
        SignInLocked: too many wrong codes.
        WeChatLinked: that WeChat or this account is linked already.
    """
    person_id = by.person_id
    attempt_id = None
    if await has_factor(person_id):
        operator = await known_operator(person_id, by.language, place, keyring)
        attempt_id = await begin_try(operator.account, operator.place, TryKind.CODE, now=now)
    try:
        async with transaction() as tx:
            ticket = await find_ticket(secret, now=now, tx=tx)
            if ticket.purpose is not TicketPurpose.LINK or ticket.person_id != person_id or ticket.account is None:
                raise TicketOver
            if attempt_id is not None:
                await use_code(person_id, code, keyring=keyring, now=now, tx=tx)
                await forget_try(attempt_id, tx=tx)
            await fetch(
                "INSERT INTO wechat_link (id, person_id, account, linked_at) VALUES ($1, $2, $3, $4)",
                uuid7(), person_id, ticket.account, now, tx=tx,
            )  # fmt: skip
            await use(ticket, now=now, tx=tx)
            await audit.record("wechat.linked", str(person_id), before={}, after={"linked": True}, by=person_id, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) in {"wechat_link_account_key", "wechat_link_person_key"}:
            raise WeChatLinked from refusal
        raise


async def unlink(person_id: UUID, *, now: datetime) -> None:
    """Take the link of this person back; a repeat changes nothing."""
    async with transaction() as tx:
        if await end_link(person_id, now=now, tx=tx):
            await audit.record(
                "wechat.unlinked", str(person_id), before={"linked": True}, after={}, by=person_id, tx=tx
            )


async def end_link(person_id: UUID, *, now: datetime, tx: Tx) -> bool:
    """The same, for whoever loses the link with more; answers whether there was one."""
    ended = await fetch(
        "UPDATE wechat_link SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL RETURNING id",
        person_id, now, tx=tx,
    )  # fmt: skip
    return bool(ended)


async def link_of(person_id: UUID) -> Linked | None:
    """Since when this person's account has a WeChat; None: it has none."""
    row = await fetch_one("SELECT linked_at FROM wechat_link WHERE person_id = $1 AND ended_at IS NULL", person_id)
    return Linked(row["linked_at"]) if row else None


async def whose(account: bytes, *, tx: Tx | None = None) -> UUID | None:
    """Whose account this WeChat opens; None: nobody's."""
    row = await fetch_one("SELECT person_id FROM wechat_link WHERE account = $1 AND ended_at IS NULL", account, tx=tx)
    return row["person_id"] if row else None
