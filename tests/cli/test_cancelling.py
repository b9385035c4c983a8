"""Upstream cancellation from the terminal: looking, and proposing under one's own name."""

import json

from app.foundation.identity import Role
from app.gateways.database import transaction
from app.registry import retirements
from tests.cli.conftest import diandian, key
from tests.conftest import Stand
from tests.rooms.conftest import River
from tests.staff import enrolled, exchange

PASSWORD = "a long enough password"


async def test_an_operator_proposes_and_everybody_on_the_machine_sees_the_gap(river: River, stand: Stand) -> None:
    environment = {
        "DATABASE_URL": stand.app_url, "DIANDIAN_MASTER_KEYS": f"t={key()}", "DIANDIAN_INDEX_KEY": key(),
        "DIANDIAN_OPERATOR_PASSWORD": PASSWORD,
    }  # fmt: skip
    ids = await river.requested([1_200_000])
    async with transaction() as tx:
        await retirements.settle(ids, tx=tx)
    from app import wiring
    from config.loading import load

    keyring = wiring.keyring(load(environment))
    await enrolled("maker@x.example", PASSWORD, await exchange(), [Role.OPERATOR], keyring=keyring)

    done = diandian("cancellations", "propose", "CDCER-2022-0113", "--by", "maker@x.example", environment=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(diandian("cancellations", "list", "--json", environment=environment).stdout)
    (lot,), (one,) = told["lots"], told["cancellations"]
    assert (lot["uncovered_g"], lot["under_way_t"], lot["next_t"]) == (1_200_000, 2, 0)
    assert (one["reference"], one["state"], one["last"]) == (done.stdout.strip(), "proposed", 2)
