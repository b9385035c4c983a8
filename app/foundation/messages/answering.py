"""What somebody said when the mini-program asked them for one message."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.foundation.messages.errors import TemplateUnknown
from app.foundation.messages.rules import Answer, MessageKind
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.ids import uuid7


async def keep_answers(
    said: Mapping[str, Answer], *, by: UUID, key: str, templates: Mapping[str, str], now: datetime
) -> None:
    """Keep the answers by template id; the same key again keeps nothing new, so a repeat is no second yes.

    Raises:
        TemplateUnknown: none of `templates`, by kind.
    """
    kinds = {template_id: MessageKind(kind) for kind, template_id in templates.items()}
    if said.keys() - kinds.keys():
        raise TemplateUnknown
    async with transaction() as tx:
        for template_id, answer in sorted(said.items()):
            await fetch(
                "INSERT INTO message_answer (id, person_id, kind, template_id, answer, intent_key, answered_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                uuid7(), by, kinds[template_id], template_id, answer, key, now, tx=tx,
            )  # fmt: skip


async def unused_of(person_id: UUID, kind: MessageKind) -> int:
    """How many messages of this kind somebody may still be sent."""
    return int(
        await fetch_value(
            "SELECT count(*) FROM message_answer a WHERE a.person_id IN (SELECT identity.persons_of($1)) AND a.kind = $2"
            " AND a.answer = 'accept' AND a.used_at IS NULL",
            person_id,
            kind,
        )
    )
