"""Whoever names or reaches a person at a door is not found in a dump without keys: each typed as a person types it.

The words stand in `typed.toml` beside the fields in which they are typed; what WeChat tells, pictures and what channels say
are planted in tests/rooms/foundation/privacy.
"""

import io
import logging
from collections.abc import Iterator
from typing import Final

import pytest
import structlog

from app.foundation.identity import Role
from app.gateways.database import fetch_value
from app.kernel.ids import public
from config.logging import configure_logging, flush
from tests.doors.conftest import OWN_PAGE, PAGE
from tests.doors.test_bank_statements import Desk, desk
from tests.doors.test_bank_transfers import Sponsor, sponsor
from tests.doors.test_invoices import ASKED
from tests.doors.test_pages_first_day import TYPED, link_of
from tests.doors.test_pages_operator import fields, platform
from tests.doors.test_sign_up import FORM
from tests.doors.test_webhooks import URL
from tests.rooms.foundation.privacy import leaks

__all__ = ["desk", "platform", "sponsor"]
WORDS: Final = {
    "name": "欧阳听雨",
    "reason": "欧阳静宜替我下的单",
    "payer": "上官云起",
    "remark": "云起 13900004321 会务费",
    "receipt": "慕容知秋",
    "invoice": "kaipiao.murong@personal.example",
    "applicant": "司徒望舒",
    "applicant_email": "wangshu@personal.example",
    "purpose": "为来宾赠碳，联系夏侯女士 13900002468",
    "label": "给诸葛明月",
    "member": "诸葛明月",
    "member_email": "mingyue@personal.example",
    "why": "尉迟先生来电 13900008765",
    "look": "令狐女士投诉，电话 13900006789",
    "hook": "token-of-a-group-7f3a91",
}
"""By the names that `typed.toml` calls them."""


@pytest.fixture
def output() -> Iterator[io.BytesIO]:
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.BytesIO()
    configure_logging(level="DEBUG", stream=stream)
    yield stream
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


async def planted(desk: Desk) -> None:
    """Everybody types what `WORDS` has, each at their door."""
    at = desk.sponsor
    await _visitor(at)
    await _bank(desk)
    await _organisation(at)
    await _staff(at)


async def _visitor(at: Sponsor) -> None:
    door = at.at.door
    async with door.guest() as citizen:
        order_id = str((await citizen.order(door.live, name=WORDS["name"])).json()["id"])
        await door.money_comes(order_id)
        await door.work(but="settle_retirements")
        back = await citizen.post(f"/api/v1/orders/{order_id}/take-back", json={"reason": WORDS["reason"]})
        assert back.status_code == 200, back.text
        certified = str((await citizen.order(door.live, name=WORDS["name"])).json()["id"])
        await door.paid(certified)
        operator = await at.at.come(Role.OPERATOR)
        page = fields((await operator.get("/operator/names")).text)
        asked = page | {"number": certified, "reason": "complaint", "said": WORDS["look"]}
        looked = await operator.post("/operator/names", data=asked)
        assert looked.status_code == 200, looked.text


async def _bank(desk: Desk) -> None:
    at = desk.sponsor
    remark = (await at.chooses(await at.order()))["remark"]
    row = desk.row("150.00", f"{WORDS['remark']} {remark}", "ICBC0001").replace("示例碳汇公司", WORDS["payer"])
    other = desk.row("5.00", WORDS["remark"], "ICBC0002").replace("示例碳汇公司", WORDS["payer"])
    answer = await desk.uploads(row, other)
    assert answer.status_code == 303, answer.text
    url = answer.headers["location"]
    assert WORDS["payer"] in await desk.page(url), "read where it was read before"
    assert (await desk.posts(f"{url}/take")).status_code == 303
    assert WORDS["payer"] in await desk.page(url) and WORDS["remark"] in await desk.page(url)
    approval = await fetch_value("SELECT id FROM approval WHERE kind = 'bank_receipt'")
    assert WORDS["payer"] in await desk.page(f"/operator/inbox/{approval}", who=desk.second)
    typed = (await at.chooses(await at.order()))["remark"]
    page = await desk.page(await at.records(typed, bank_number="ICBC0009", payer_name=WORDS["receipt"]))
    assert WORDS["receipt"] in page
    await desk.uploads(desk.row("7.00", WORDS["remark"], "ICBC0003").replace("示例碳汇公司", WORDS["payer"]))


async def _organisation(at: Sponsor) -> None:
    door = at.at.door
    order_id = await at.order()
    await door.fulfilled(order_id)
    asked = ASKED | {"order": order_id, "email": WORDS["invoice"]}
    member = await at.at.come(Role.SPONSOR, organisation_id=at.payer_id)
    assert (await at.posts(member, "/organiser/invoices", asked)).status_code == 303
    hook = {
        "do": "new", "kind": "standard", "label": "值班系统", "url": f"{URL}?key={WORDS['hook']}", "language": "zh",
        "gift.pool_low": "1",
    }  # fmt: skip
    page = fields((await member.get("/organiser/webhooks", headers=PAGE)).text)
    added = await member.post("/organiser/webhooks", data=page | hook, headers=PAGE)
    assert added.status_code == 200, added.text
    form = FORM | {"name": WORDS["applicant"], "email": WORDS["applicant_email"], "purpose": WORDS["purpose"]}
    async with door.caller(**OWN_PAGE, **PAGE) as stranger:
        assert (await stranger.post("/organiser/sign-up", data=form)).status_code == 303


async def _staff(at: Sponsor) -> None:
    door = at.at.door
    admin = await at.at.come(Role.ADMINISTRATOR)
    url = f"/members/{public('org', at.at.organisation_id)}"
    form = fields((await admin.get(url)).text) | {"role_operator": "on", "label": WORDS["label"]}
    link = link_of((await admin.post(url, data=form)).text)
    async with door.caller(**OWN_PAGE, **PAGE) as browser:
        joined = TYPED | {"name": WORDS["member"], "email": WORDS["member_email"]}
        assert (await browser.post(link, data=joined)).status_code == 303


async def test_nothing_that_names_or_reaches_a_person_is_found_in_a_dump_without_keys_the_files_or_the_logs(
    desk: Desk, output: io.BytesIO
) -> None:
    await planted(desk)
    flush()
    services = desk.sponsor.at.door.app.state.services
    text = await leaks.dump(desk.sponsor.at.door.stand.super_url, leaks.WITHOUT_KEYS)
    kept = leaks.files(services.gateways.files._folder) + output.getvalue()
    assert "public.bank_statement_row: ICBC0002" in text or "ICBC0002" in text, (
        "the dump has what was typed beside them"
    )
    assert leaks.found({name: word.encode() for name, word in WORDS.items()}, text, kept) == []
