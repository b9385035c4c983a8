"""WeChat Pay's own bill through its wire and its file: read, compared, and what is planted there is found."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from app.commerce import bills
from app.gateways.files import FolderStore
from app.kernel.clock import beijing_day, utc_now
from tests.flow import Flow
from tests.rooms.commerce.bills.conftest import BEIJING
from tests.rooms.conftest import KEYRING

PLANTS: dict[str, list[tuple[str, str]]] = {
    "": [],
    "column": [],
    "lost": [("ours_only", "payment")],
    "extra": [("bill_only", "payment")],
    "amount": [("amount", "payment")],
    "twice": [("duplicate", "payment")],
    "console": [("refund_only", "refund")],
}


def tomorrow(hour: int) -> datetime:
    """That hour of tomorrow in Beijing, when the bill of today is there and none of tomorrow."""
    return datetime.combine(beijing_day(utc_now()) + timedelta(days=1), time(hour), BEIJING)


async def fetched(flow: Flow, tmp_path: Path) -> str:
    """Tomorrow at eleven, of today: the far side's calendar and ours are moved, signatures stay of now."""
    later = tomorrow(11)
    offset_s = int((later - utc_now()).total_seconds())
    await flow.sandbox.control("POST", "clock", {"offset_s": offset_s, "stamp_offset_s": 0})
    flow.tools = replace(flow.tools, gateways=replace(flow.tools.gateways, files=FolderStore(tmp_path)))
    await bills.fetch_due(channels=flow.channels, files=flow.tools.gateways.files, keyring=KEYRING, now=later)
    (one,) = [one for one in await bills.list_bills(limit=5) if one.day == beijing_day(utc_now())]
    return one.last_word or ""


@pytest.mark.parametrize("defect", PLANTS)
async def test_what_is_planted_in_its_bill_is_found_and_nothing_else(flow: Flow, tmp_path: Path, defect: str) -> None:
    for key in ("k1", "k2"):
        await flow.paid(key)
    await flow.sandbox.control("POST", "bill", {"defect": defect})
    assert await fetched(flow, tmp_path) == "READ"
    found = await bills.list_differences(is_open=True, limit=10)
    assert [(one.nature.value, one.moved) for one in found] == PLANTS[defect]
    (one,) = await bills.list_bills(limit=1)
    assert one.sums[0].is_equal == (defect in {"", "column"})


@pytest.mark.parametrize(
    ("defect", "word"), [("summary", "UNFIT sums"), ("headings", "UNFIT headings"), ("cut", "BAD_FILE")]
)
async def test_a_bill_that_cannot_be_read_says_so_and_is_asked_for_again(
    flow: Flow, tmp_path: Path, defect: str, word: str
) -> None:
    await flow.paid()
    await flow.sandbox.control("POST", "bill", {"defect": defect})
    assert await fetched(flow, tmp_path) == word
    await flow.sandbox.control("POST", "bill", {"defect": ""})
    assert (
        await bills.fetch_due(
            channels=flow.channels, files=flow.tools.gateways.files, keyring=KEYRING, now=tomorrow(13)
        )
        == 1
    )
    (one,) = await bills.list_bills(limit=1)
    assert (one.state, one.open) == (bills.BillState.READ, 0)


async def test_a_payment_without_its_notice_is_found_by_the_bill_and_fulfilled(flow: Flow, tmp_path: Path) -> None:
    order = await flow.opened()
    await flow.pays(order, "success_no_notify")
    assert await fetched(flow, tmp_path) == "READ"
    (found,) = await bills.list_differences(is_open=True, limit=10)
    assert (found.nature, found.paid_for) == (bills.Nature.BILL_ONLY, f"order:{order.id}")
    assert await bills.ask_due(channels=flow.channels) == 1
    await flow.work()
    assert await flow.state(order) == "paid"
    assert await flow.count("retirement") == 1
    assert await bills.list_differences(is_open=True, limit=10) == []


async def test_a_day_on_which_only_we_moved_something_is_asked_about(flow: Flow, tmp_path: Path) -> None:
    await flow.paid_by_word("k1")
    assert await fetched(flow, tmp_path) == "NO_STATEMENT_EXIST"
    (found,) = await bills.list_differences(is_open=True, limit=10)
    assert found.nature is bills.Nature.OURS_ONLY
    await bills.ask_due(channels=flow.channels)
    (found,) = await bills.list_differences(is_open=True, limit=10)
    assert found.last_word == "ORDER_NOT_EXIST"
