"""Work that was set aside, at the terminal."""

import json
from uuid import uuid4

from click.testing import CliRunner

from app.cli import main
from app.foundation import outbox
from app.foundation.outbox.taking import FAILURE_LIMIT
from app.gateways.database import fetch, transaction
from app.registry.retirements import RetirementRequested
from tests.cli.conftest import diandian
from tests.conftest import Stand


async def test_what_was_set_aside_is_shown_and_tried_again(database: Stand) -> None:
    environment = database.environment()
    async with transaction() as tx:
        await outbox.record(*(RetirementRequested(retirement_id=uuid4()) for _ in range(2)), tx=tx)
    first, second = [row["id"] for row in await fetch("SELECT id FROM outbox_message ORDER BY id")]
    for _ in range(FAILURE_LIMIT):
        await outbox.fail([first, second], "ValueError: no", wait_s=0)

    shown = diandian("outbox", "dead", "--json", environment=environment)
    assert shown.returncode == 1
    told = [(one["id"], one["job"], one["last_error"]) for one in json.loads(shown.stdout)]
    assert told == [(id_, "settle_retirements", "ValueError: no") for id_ in (first, second)]

    named = diandian("outbox", "replay", str(first), str(second + 1), environment=environment)
    assert (named.returncode, named.stdout.strip()) == (1, f"{first} is tried again")
    assert named.stderr.strip() == f"✘ {second + 1} is not set aside"
    rest = diandian("outbox", "replay", "--all", environment=environment)
    assert (rest.returncode, rest.stdout.strip()) == (0, f"{second} is tried again")
    assert await outbox.dead(limit=9) == []


def test_nothing_is_tried_again_that_was_not_asked_for() -> None:
    for wish in ([], ["--all", "7"], ["0"], ["seven"]):
        assert CliRunner().invoke(main, ["outbox", "replay", *wish]).exit_code == 2
