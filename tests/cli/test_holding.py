"""What an organisation holds, from the terminal: bought, given away, retired by one or two people, given back, proved."""

import base64
import json
import re
from uuid import UUID

import pytest

from app.commerce import orders
from app.foundation.identity import Role
from app.gateways.channels.wechatpay import NATIVE
from app.gateways.database import fetch_value
from app.kernel import ids
from app.kernel.text import Text
from tests.cli.conftest import diandian
from tests.far_side import notice_door, sandbox, sandbox_process
from tests.flow import WECHATPAY, Flow, drawing, flow, press
from tests.rooms.conftest import KEYRING, River, open_lot
from tests.staff import enrolled, verified

__all__ = ["drawing", "flow", "notice_door", "press", "sandbox", "sandbox_process"]
EMAIL, SECOND, PASSWORD = "buyer@example.org", "second@example.org", "correct horse battery"
TONNE = 1_000_000


class Desk:
    """Two of an organisation's people at their terminals."""

    def __init__(self, flow: Flow, buyer: UUID) -> None:
        self.flow, self.buyer = flow, buyer
        self.environment = {
            "DATABASE_URL": flow.river.stand.app_url,
            "DIANDIAN_MASTER_KEYS": f"t1={base64.b64encode(b'k' * 32).decode()}",
            "DIANDIAN_INDEX_KEY": base64.b64encode(b"i" * 32).decode(),
            "DIANDIAN_OPERATOR_PASSWORD": PASSWORD,
            "DIANDIAN_RETIRE_ALONE_TONNES": "1",
            "LANG": "C.UTF-8",
        }

    def says(self, *arguments: str, by: str = EMAIL, code: int = 0) -> str:
        done = diandian("holding", *arguments, "--by", by, environment=self.environment)
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def grams(self) -> tuple[str, int]:
        """The only account, and what is in it."""
        (one,) = json.loads(self.says("list", "--json"))
        return one["id"], sum(each["grams"] for each in one["balances"])


@pytest.fixture
async def desk(flow: Flow, river: River) -> Desk:
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    buyer = await verified(Text(zh="示例碳汇公司", en="Sample Carbon"))
    await enrolled(EMAIL, PASSWORD, buyer, [Role.OPERATOR], keyring=KEYRING)
    await enrolled(SECOND, PASSWORD, buyer, [Role.SPONSOR], keyring=KEYRING)
    return Desk(flow, buyer)


async def test_the_whole_story_at_the_terminal(desk: Desk) -> None:
    cdcer = ("--programme", "CDCER", "--grams")
    number = desk.says("buy", ids.public("org", desk.buyer), *cdcer, str(10 * TONNE)).split(" ")[0]
    assert desk.says("buy", ids.public("org", desk.buyer), *cdcer, str(10 * TONNE)).startswith(number)  # the same wish
    order_id = ids.parse("ord", number)
    assert order_id is not None
    order = await orders.recall(order_id)
    way = orders.Way(channel=WECHATPAY, method=NATIVE)
    await orders.pay(order.id, way, by=order.person_id, description="碳", channels=desk.flow.channels)
    await desk.flow.pays(order)
    await desk.flow.receive_notice()
    await desk.flow.work()
    account, grams = desk.grams()
    assert grams == 10 * TONNE

    friend = await verified(Text(zh="示例合作方", en="Sample Friend"))
    desk.says("transfer", account, ids.public("org", friend), *cdcer, str(TONNE), "--reason", "gift")
    desk.says("transfer", account, ids.public("org", friend), *cdcer, str(TONNE), "--reason", "gift")
    assert desk.grams()[1] == 9 * TONNE

    claim = (
        "--scene", desk.flow.river.scene.code, "--purpose", "organisation", "--from", "2022-01-01", "--to", "2022-12-31",
        "--emission-grams", "5",
    )  # fmt: skip
    assert "R-" in desk.says("retire", account, *cdcer, "500000", *claim)
    large = desk.says("retire", account, *cdcer, str(2 * TONNE), *claim, "--subject", "x")
    found = re.search(r"holding approve (apr_\w+)\s+([0-9a-f]{64})", large)
    assert found is not None, large
    assert "approval.same_person" in desk.says("approve", *found.groups(), code=1)
    assert "holding:" in desk.says("approve", *found.groups(), by=SECOND)
    await desk.flow.work()
    assert await fetch_value("SELECT count(*) FROM certificate") == 2
    assert desk.grams()[1] == 6_500_000

    assert "order.nothing_to_return" in desk.says("return", number, "--grams", str(7 * TONNE), code=1)
    assert "¥325.00" in desk.says("return", number, "--grams", "6500000")
    assert desk.grams()[1] == 0
    await desk.flow.work()
    await desk.flow.receive_notice()
    await desk.flow.work()
    proof = diandian("prove", "--all", environment=desk.environment)
    assert proof.returncode == 0, proof.stdout
