"""Work that was set aside, at the terminal."""

import json
from uuid import uuid4

from app import outbox
from app.gateways.database import fetch_value, transaction
from app.outbox.taking import FAILURE_LIMIT
from app.retirements import RetirementRequested
from tests.cli.conftest import diandian
from tests.conftest import Stand


async def test_what_was_set_aside_is_shown_and_tried_again(database: Stand) -> None:
    environment = database.environment()
    async with transaction() as tx:
        await outbox.record(RetirementRequested(retirement_id=uuid4()), tx=tx)
    row = await fetch_value("SELECT id FROM outbox_message")
    for _ in range(FAILURE_LIMIT):
        await outbox.fail([row], "ValueError: no", wait_s=0)

    shown = diandian("outbox", "dead", "--json", environment=environment)
    assert shown.returncode == 1
    (told,) = json.loads(shown.stdout)
    assert (told["id"], told["job"], told["last_error"]) == (row, "settle_retirements", "ValueError: no")

    refused = diandian("outbox", "replay", str(row + 1), environment=environment)
    assert (refused.returncode, refused.stderr.strip()) == (1, f"✘ {row + 1} is not set aside")
    back = diandian("outbox", "replay", "--all", environment=environment)
    assert (back.returncode, back.stdout.strip()) == (0, f"{row} is tried again")
    assert await fetch_value("SELECT dead_at FROM outbox_message") is None
    quiet = diandian("outbox", "dead", environment=environment)
    assert (quiet.returncode, quiet.stdout.strip()) == (0, "nothing is set aside")
    assert diandian("outbox", "replay", environment=environment).returncode == 2
