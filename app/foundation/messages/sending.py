"""Messages go out: lined up with what they tell of, sent once outside of any transaction, and what WeChat said is kept."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import structlog

from app.foundation import identity
from app.foundation.identity import Keyring
from app.foundation.messages.rules import (
    STALE_AFTER,
    TRIES_MOST,
    MessageKind,
    MessageState,
    NewMessage,
    due_again,
)
from app.gateways.database import Tx, fetch, fetch_as, transaction
from app.gateways.wechat import MessageRefused, MessageServer, MessageUnknown
from app.kernel.errors import Unavailable
from app.kernel.ids import uuid7
from app.kernel.text import Language

_BATCH: Final = 20
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    id: UUID
    kind: str
    template_id: str
    person_id: UUID
    page: str
    content: str
    language: str
    tries: int


async def agreed(
    kind: MessageKind, person_ids: Collection[UUID], *, templates: Mapping[str, str], tx: Tx | None = None
) -> set[UUID]:
    """Who of these has an unused yes to a message of this kind, in one round trip for any number."""
    if kind.value not in templates:
        return set()
    rows = await fetch(
        "SELECT w.person_id FROM unnest($1::uuid[]) AS w (person_id)"
        " WHERE EXISTS (SELECT FROM message_answer a WHERE a.person_id = ANY(ARRAY(SELECT identity.persons_of(w.person_id)))"
        " AND a.kind = $2 AND a.template_id = $3 AND a.answer = 'accept' AND a.used_at IS NULL)",
        list(person_ids), kind, templates[kind], tx=tx,
    )  # fmt: skip
    return {row["person_id"] for row in rows}


async def line_up(new: Sequence[NewMessage], *, templates: Mapping[str, str], now: datetime, tx: Tx) -> int:
    """Line a message up for each whose person has an unused yes to it, which it uses; the others are passed over.

    In the transaction that says what it tells of, in one round trip for any number. Repeated: nothing more, one thing is
    told once. Answers how many.
    """
    known = [one for one in new if one.kind.value in templates]
    rows = await fetch(
        "SELECT messages.line_up(n.id, n.kind, n.about, n.person_id, n.template_id, n.page, n.content, n.language, $9) AS told"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[], $8::text[])"
        " AS n (id, kind, about, person_id, template_id, page, content, language)",
        [uuid7() for _ in known],
        [one.kind.value for one in known],
        [one.about for one in known],
        [one.person_id for one in known],
        [templates[one.kind] for one in known],
        [one.page for one in known],
        [msgspec.json.encode(one.values).decode() for one in known],
        [one.language.value for one in known],
        now,
        tx=tx,
    )
    return sum(row["told"] for row in rows)


async def send_due(server: MessageServer | None, *, keyring: Keyring, is_trial: bool, now: datetime) -> int:
    """Send what is due, each by one process only, and keep what WeChat said; answers how many.

    What a process was sending that is gone, nobody knows: it is `unknown`, and never sent again.
    """
    await fetch(
        "UPDATE phone_message SET state = 'unknown', reason = 'interrupted', ended_at = $1"
        " WHERE state = 'sending' AND due_at < $2",
        now, now - STALE_AFTER,
    )  # fmt: skip
    if server is None:
        return 0
    async with transaction() as tx:
        due = await fetch_as(
            _Due,
            "UPDATE phone_message m SET state = 'sending', tries = m.tries + 1, due_at = $1 FROM message_answer a"
            " WHERE a.id = m.answer_id AND m.id IN (SELECT w.id FROM phone_message w WHERE w.state = 'waiting'"
            " AND w.due_at <= $1 ORDER BY w.due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
            " RETURNING m.id, m.kind, a.template_id, m.person_id, m.page, m.content::text AS content, m.language, m.tries",
            now, _BATCH, tx=tx,
        )  # fmt: skip
    await asyncio.gather(*(_send(one, server, keyring=keyring, is_trial=is_trial, now=now) for one in due))
    return len(due)


async def _send(one: _Due, server: MessageServer, *, keyring: Keyring, is_trial: bool, now: datetime) -> None:
    openid = await identity.openid_of(one.person_id, server.appid, keyring=keyring)
    if openid is None:  # erased meanwhile
        await _note(one, MessageState.REFUSED, "openid", now)
        return
    try:
        await server.send(
            one.template_id, msgspec.json.decode(one.content, type=dict[str, str]), openid=openid, page=one.page,
            language=Language(one.language), is_trial=is_trial,
        )  # fmt: skip
    except MessageRefused as refusal:
        await _note(one, MessageState.REFUSED, refusal.reason, now)
    except MessageUnknown:
        await _note(one, MessageState.UNKNOWN, "silence", now)
    except Unavailable:  # not sent: WeChat took nothing, or is left alone for now
        if one.tries >= TRIES_MOST:
            await _note(one, MessageState.REFUSED, "given_up", now)
        else:
            await _note(one, MessageState.WAITING, None, now, due_at=due_again(one.tries, now))
    else:
        await _note(one, MessageState.SENT, None, now)


async def _note(
    one: _Due, state: MessageState, reason: str | None, now: datetime, *, due_at: datetime | None = None
) -> None:
    await fetch(
        "UPDATE phone_message SET state = $2, reason = $3, due_at = coalesce($4, due_at), ended_at = $5"
        " WHERE id = $1 AND state = 'sending'",
        one.id, state, reason, due_at, None if state is MessageState.WAITING else now,
    )  # fmt: skip
    _log.info("message.noted", kind=one.kind, state=state.value, reason=reason)


async def states_of(about: Sequence[str], kind: MessageKind) -> dict[str, MessageState]:
    """How far the messages about these things are; absent where nobody agreed to one."""
    rows = await fetch(
        "SELECT about, state FROM phone_message WHERE kind = $1 AND about = ANY($2::text[])", kind, list(about)
    )
    return {row["about"]: MessageState(row["state"]) for row in rows}
