"""Whatever happens on the way of an order, no line of the log tells who it was."""

import io
import json
import logging

import pytest
import structlog

from app import certificates
from app.commerce import orders
from app.foundation import identity
from app.gateways.database import transaction
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.registry import retirements
from config import logging as house_logging
from tests.rooms.conftest import KEYRING, River
from workers.jobs import Tools
from workers.running import run

NAME, OPENID = "张三丰", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


@pytest.fixture
def log():
    """The log of the house, written into memory."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.BytesIO()
    house_logging.configure_logging(stream=stream)
    structlog.configure(cache_logger_on_first_use=False)  # or our modules would write into this memory ever after
    yield stream
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


async def test_no_line_of_an_order_and_its_failures_tells_a_name_or_an_openid(river: River, log: io.BytesIO) -> None:
    await identity.set_name(river.person_id, NAME, keyring=KEYRING, now=utc_now())
    order = await river.order()
    sealed = await identity.seal(river.person_id, NAME, purpose="certificate.name", keyring=KEYRING)
    assert await orders.rename(order.id, by=river.person_id, name_sealed=sealed)
    requested = await river.requested([12_400])
    issuer = certificates.Issuer(
        name=Text(zh="示例", en="Sample"), public_url="https://carbon.example", is_sandbox=True
    )
    async with transaction() as tx:
        await retirements.settle(requested, tx=tx)
        await certificates.issue(
            certificates.NEUTRALITY, list(map(certificates.cause_of, requested)), issuer=issuer, tx=tx
        )

    async def fails(_ids: list[int], _tools: Tools) -> None:
        raise ValueError(f"{NAME} ({OPENID}) could not be served")

    await run(fails, [1], None)
    structlog.get_logger().warning("person.seen", name_given=NAME, openid=OPENID)
    house_logging.flush()

    written = log.getvalue().decode()
    assert {json.loads(line)["event"] for line in written.splitlines()} >= {"job.failed", "person.seen"}
    assert NAME not in written
    assert OPENID not in written
