"""An organisation with somebody who looks after its endpoints, and the far side that receives the messages."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.foundation import webhooks
from app.foundation.identity import Role
from app.foundation.webhooks import EndpointDraft, NewEndpoint, Notice
from app.gateways.database import transaction
from app.gateways.webhooks import WebhookSender
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.kernel.text import Language, Text
from tests.conftest import Stand
from tests.far_side import Sandbox, sandbox, sandbox_process
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING
from tests.staff import member, verified
from workers.send_webhooks import send_due

__all__ = ["sandbox", "sandbox_process"]  # fixtures, found by their names

LOW, EMPTY = "gift.pool_low", "gift.pool_empty"


@dataclass
class Subscriber:
    """One organisation, its people, and the far side that receives its messages."""

    sandbox: Sandbox
    sender: WebhookSender
    organisation_id: UUID
    by: UUID

    def draft(self, inbox: str = "box", **changed: Any) -> EndpointDraft:
        """A program of theirs that wants to know of pools."""
        plain: dict[str, Any] = {
            "kind": "standard", "label": "值班系统", "url": f"{self.sandbox.url}/webhooks/{inbox}", "events": (LOW, EMPTY),
            "language": Language.ZH,
        }  # fmt: skip
        return EndpointDraft(**plain | changed)

    async def add(self, inbox: str = "box", **changed: Any) -> NewEndpoint:
        """Added, and its inbox knows the secret."""
        made = await webhooks.add(
            self.organisation_id, self.draft(inbox, **changed), by=self.by, keyring=KEYRING, sender=self.sender
        )
        await self.inbox(inbox, *([made.secret] if made.secret else []))
        return made

    async def inbox(self, name: str, *secrets: str, behaviour: str = "ok") -> None:
        """Which secrets an inbox knows, and how it behaves."""
        settings = {"name": name, "secrets": list(secrets), "behaviour": behaviour}
        await self.sandbox.control("POST", "webhooks/inbox", settings)

    def notice(self, kind: str = LOW, **changed: Any) -> Notice:
        """Something that happened to this organisation."""
        plain: dict[str, Any] = {
            "id": uuid7(), "kind": kind, "organisation_id": self.organisation_id, "at": utc_now(), "data": {"left_grams": 5},
            "text": Text(zh="不多了", en="low"),
        }  # fmt: skip
        return Notice(**plain | changed)

    async def announce(self, *notices: Notice) -> int:
        """Lined up; how many deliveries."""
        async with transaction() as tx:
            return await webhooks.announce(notices, tx=tx)

    async def send(self) -> int:
        """Everything that is due, until nothing is; how many tries."""
        return await send_due(keyring=KEYRING, sender=self.sender)

    async def got(self, inbox: str = "box") -> list[dict[str, Any]]:
        """What came in."""
        found: list[dict[str, Any]] = await self.sandbox.control("GET", f"webhooks/got/{inbox}")
        return found

    async def log(self, endpoint_id: UUID) -> list[webhooks.Delivery]:
        """The deliveries of an endpoint."""
        return await webhooks.deliveries_of(endpoint_id, limit=50)

    async def pass_time(self, by: timedelta) -> None:
        """As if so much time had passed since everything that is written."""
        await as_owner("UPDATE webhook_delivery SET next_at = next_at - $1::interval", by)
        await as_owner(
            "UPDATE webhook_endpoint SET previous_until = previous_until - $1::interval,"
            " failing_since = failing_since - $1::interval, busy_until = busy_until - $1::interval WHERE state <> 'removed'",
            by,
        )


@pytest.fixture
async def subscriber(database: Stand, sandbox: Sandbox) -> Subscriber:
    organisation_id = await verified(Text(zh="示例城市总工会", en="Sample City Union"))
    by = await member(organisation_id, Role.SPONSOR)
    return Subscriber(sandbox, WebhookSender(rehearsal_url=sandbox.url, deadline_s=60), organisation_id, by)
