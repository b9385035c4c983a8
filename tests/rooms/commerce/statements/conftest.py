"""A bank's statement over transfers of a sponsor: rows as a bank writes them, read and taken in by somebody of finance."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from app.commerce import orders, payments, statements
from app.commerce.statements import Finding, Taken
from app.foundation import approvals
from app.foundation.identity import Keyring, Role
from app.gateways.channels.bank import Bank
from app.kernel.clock import beijing_day, utc_now
from tests.rooms.commerce.payments.conftest import drawing, flow, notice_door, press, sandbox, sandbox_process
from tests.rooms.commerce.payments.test_bank_transfers import TONNE, Sponsor, sponsor
from tests.rooms.conftest import KEYRING
from tests.staff import staff

__all__ = ["drawing", "flow", "notice_door", "press", "sandbox", "sandbox_process", "sponsor"]
HEAD = "交易日期,贷方金额,借方金额,对方户名,对方账号,附言,交易流水号"


@dataclass
class Till:
    """Our bank account in front of finance."""

    sponsor: Sponsor
    keys: int = 0

    async def owed(self, tonnes: int = 1) -> tuple[orders.OrderFacts, str]:
        """An order that waits for its transfer, and the remark it waits for."""
        self.keys += 1
        order = await self.sponsor.order(tonnes * TONNE, key=f"k{self.keys}")
        return order, (await self.sponsor.chooses(order)).remark

    def row(self, minor: int, remark: str, number: str, *, day: str = "", payer: str = "示例公司") -> str:
        day = day or beijing_day(utc_now()).isoformat()
        return f'{day},"{minor // 100:,}.{minor % 100:02d}",,{payer},6222000099990001,{remark},{number}'

    async def reads(self, *rows: str, by: UUID | None = None, head: str = HEAD) -> UUID:
        channels = self.sponsor.flow.channels
        data = "\n".join((head, *rows, "")).encode()
        return await statements.read(
            "对账单.csv", data, by=by or self.sponsor.clerk, channels=channels, keyring=KEYRING, now=utc_now()
        )

    async def takes(self, *rows: str, head: str = HEAD) -> Taken:
        return await statements.take(await self.reads(*rows, head=head), by=self.sponsor.clerk, keyring=KEYRING)

    async def open(self) -> list[Finding]:
        return await statements.list_findings(is_open=True, keyring=KEYRING, limit=100)

    async def natures(self) -> list[str]:
        return sorted(one.nature.value for one in await self.open())

    async def waiting(self) -> list[approvals.Approval]:
        return await approvals.list_waiting(kind=payments.BANK_RECEIPT, limit=200)


async def found_finding(keyring: Keyring) -> UUID:
    """A row without a remark, taken in: for pages that need one to show."""
    channels = {"bank": Bank(holder="示例环境交易所", bank="示例银行", account="6222 0000", workdays=5)}
    data = f"{HEAD}\n{beijing_day(utc_now())},5.00,,示例公司,0001,利息,A0001\n".encode()
    clerk = await staff(Role.FINANCE)
    await statements.take(
        await statements.read("x.csv", data, by=clerk, channels=channels, keyring=keyring, now=utc_now()),
        by=clerk,
        keyring=keyring,
    )
    (one,) = await statements.list_findings(is_open=True, keyring=keyring, limit=1)
    return one.id


@pytest.fixture
async def till(sponsor: Sponsor) -> Till:
    return Till(sponsor)
