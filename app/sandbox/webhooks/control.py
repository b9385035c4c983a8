"""What a test tells the inboxes: which secrets they know, and how they behave."""

import json
from typing import Annotated, Any, Final, Literal

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from app.sandbox.far_side import FarSide


class InboxForm(Struct, frozen=True, forbid_unknown_fields=True):
    """An inbox as it shall be from now on."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    secrets: list[str] = []
    behaviour: Literal["ok", "error", "redirect", "slow", "silent", "huge", "gone", "refused"] = "ok"


@post("/webhooks/inbox", status_code=200)
async def set_inbox(far: FarSide, data: InboxForm) -> dict[str, Any]:
    """Set one up."""
    with far.truth.transaction():
        far.truth.run("DELETE FROM webhook_inbox WHERE name = ?", data.name)
        far.truth.run("INSERT INTO webhook_inbox VALUES (?, ?, ?)", data.name, json.dumps(data.secrets), data.behaviour)
    return {"name": data.name}


@get("/webhooks/got/{inbox:str}")
async def tell_got(far: FarSide, inbox: str) -> list[dict[str, Any]]:
    """What came, the oldest first, with its headers."""
    rows = far.truth.rows("SELECT * FROM webhook_got WHERE inbox = ? ORDER BY id", inbox)
    return [
        {**row, "body": bytes(row["body"]).decode("utf-8", "replace"), "headers": json.loads(row["headers"])}
        for row in rows
    ]


ROUTES: Final[list[HTTPRouteHandler]] = [set_inbox, tell_got]
