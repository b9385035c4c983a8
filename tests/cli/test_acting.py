"""What the platform's own people decide at a terminal: quoted orders, and refunds that a channel refused."""

import json
import re
from dataclasses import replace

import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from tests.cli.conftest import diandian
from tests.cli.test_ordering import EMAIL, PASSWORD, Desk, desk
from tests.lost_time import refused_refund
from tests.rooms.conftest import KEYRING
from tests.staff import enrolled, exchange

__all__ = ["desk"]
OURS = "clerk@example.org"


async def clerk(*roles: Role) -> None:
    """Somebody of the platform's own."""
    await enrolled(OURS, PASSWORD, await exchange(), roles, keyring=KEYRING)


@pytest.fixture
def bounded(desk: Desk) -> Desk:
    """The same desk under the bounds as shipped: its order is most of what is open."""
    shipped = {name: value for name, value in desk.environment.items() if not name.startswith("DIANDIAN_UNPAID_")}
    return replace(desk, environment=shipped)


async def test_a_large_joint_order_is_quoted_and_one_of_ours_reserves_it_with_a_reason(bounded: Desk) -> None:
    code, told, complaint = bounded.place("--yes", "--by", EMAIL)
    assert code == 0, complaint
    (number,) = set(re.findall(r"ord_[0-9A-Z]{26}", told))
    assert "quoted, nothing set aside yet" in told
    listed = diandian("order", "quoted", "--json", environment=bounded.environment)
    assert [one["id"] for one in json.loads(listed.stdout)] == [number]

    asked = ("order", "reserve", number, "--reason", "合同 2031-7")
    refused = diandian(*asked, "--by", EMAIL, environment=bounded.environment)
    assert (refused.returncode, "order.not_platform_staff" in refused.stderr) == (1, True)
    await clerk(Role.OPERATOR)
    done = diandian(*asked, "--by", OURS, "--hours", "48", environment=bounded.environment)
    assert (done.returncode, "944,790,000 g" in done.stdout) == (0, True), done.stderr
    assert await fetch_value("SELECT state FROM purchase_order") == "placed"
    assert [row["reason"] for row in await fetch("SELECT reason FROM purchase_order_act")] == ["合同 2031-7"]


async def test_refunds_that_are_refused_are_listed_and_led_on_by_finance_only(desk: Desk) -> None:
    none = diandian("payment", "refused", environment=desk.environment)
    assert (none.returncode, none.stdout) == (0, "no refund is refused\n")
    await clerk(Role.FINANCE)
    asked = ("payment", "settle-by-hand", "RF-NONE", "--reason", "银行转账", "--evidence", "ICBC 1")
    stranger = diandian(*asked, "--by", EMAIL, environment=desk.environment)
    assert (stranger.returncode, "order.not_platform_staff" in stranger.stderr) == (1, True)
    unknown = diandian(*asked, "--by", OURS, environment=desk.environment)
    assert (unknown.returncode, "payment.refund_unknown" in unknown.stderr) == (1, True)
    again = diandian(
        "payment", "refund-again", "RF-NONE", "--reason", "已联系", "--by", OURS, environment=desk.environment
    )
    assert (again.returncode, "payment.refund_unknown" in again.stderr) == (1, True)


async def test_money_of_lost_time_is_listed_with_the_refused_refunds_and_led_on_by_the_same_verbs(desk: Desk) -> None:
    lost = await refused_refund()
    chinese = desk.environment | {"LC_ALL": "zh_CN.UTF-8"}
    for environment, word in ((desk.environment, "lost time"), (chinese, "丢失时段")):
        listed = diandian("payment", "refused", environment=environment)
        assert (listed.returncode, lost in listed.stdout, word in listed.stdout) == (1, True, True), listed.stdout
    told = json.loads(diandian("payment", "refused", "--json", environment=desk.environment).stdout)
    assert [one["paid_for"].split(":")[0] for one in told] == ["lost_time"]
    await clerk(Role.FINANCE)
    by_hand = ("payment", "settle-by-hand", lost, "--reason", "银行转账", "--evidence", "ICBC 1", "--by", OURS)
    proposed = diandian(*by_hand, environment=desk.environment)
    assert proposed.returncode == 0, proposed.stderr
    assert await fetch_value("SELECT count(*) FROM approval WHERE kind = 'hand_refund' AND state = 'proposed'") == 1
    asked = diandian("payment", "refund-again", lost, "--reason", "已联系", "--by", OURS, environment=desk.environment)
    assert (asked.returncode, lost in asked.stdout) == (0, True), asked.stderr
    assert await fetch_value("SELECT state FROM recovery_payment") == "requested"
