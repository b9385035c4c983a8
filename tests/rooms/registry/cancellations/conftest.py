"""Two people of the platform, a lot with retired grams, and the registry's far side."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch, transaction
from app.gateways.files import FileStore, FolderStore
from app.gateways.registries.base import Registry
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry import cancellations, retirements
from app.registry.cancellations import CancellationFacts, Mode, State, Upload
from tests.far_side import Sandbox, own_sandbox, sandbox, sandbox_process
from tests.rooms.conftest import River
from tests.staff import staff
from tests.wire.registry_asking import ours_for

__all__ = ["own_sandbox", "sandbox", "sandbox_process"]  # fixtures, found by their names

LOT = "CDCER-2022-0113"
BENEFICIARY = Text(zh="示例环境交易所", en="Sample Exchange")
PDF = b"%PDF-1.7\n a proof"


@dataclass
class Desk:
    """The operators' desk over a river."""

    river: River
    maker: UUID
    checker: UUID
    files: FileStore
    registries: dict[str, Registry] = field(default_factory=dict)
    _batches: int = 0

    async def retire(self, *masses_g: int) -> None:
        """Retire grams of the lot, in one batch."""
        self._batches += 1
        ids = await self.river.requested(masses_g, name=f"desk{self._batches}")
        async with transaction() as tx:
            await retirements.settle(ids, tx=tx)

    async def propose(self, mode: Mode = Mode.HAND, *, by: UUID | None = None, lot: str = LOT) -> str:
        """The maker proposes."""
        return await cancellations.propose(
            lot, mode=mode, by=by or self.maker, beneficiary=BENEFICIARY, wired=self.registries.keys()
        )

    async def report(self, reference: str, *, number: str = "VN-2026-1", data: bytes = PDF, **more: Any) -> None:
        """The maker brings the proof."""
        given = {
            "registry_reference": number,
            "cancelled_on": beijing_day(utc_now()).isoformat(),
            "proof": Upload(name="proof.pdf", data=data),
            "by": self.maker,
            "files": self.files,
        }
        await cancellations.report(reference, **given | more)

    async def seen(self, reference: str) -> str:
        """What a second person would be shown now."""
        return (await cancellations.find(reference)).payload_sha256.hex()

    async def approve(self, reference: str, *, by: UUID | None = None, seen: str | None = None) -> State:
        """The second person says yes."""
        return await cancellations.approve(reference, seen=seen or await self.seen(reference), by=by or self.checker)

    async def send_back(self, reference: str, reason: str = "编号与凭证不符") -> None:
        """The second person says no."""
        await cancellations.send_back(reference, reason=reason, seen=await self.seen(reference), by=self.checker)

    async def cancelled(self, number: str = "VN-2026-1") -> str:
        """Everything that was retired, cancelled by hand."""
        reference = await self.propose()
        await self.report(reference, number=number)
        await self.approve(reference)
        return reference

    async def approved(self) -> CancellationFacts:
        """A proposal by wire that a second person agreed to; nothing has been sent."""
        reference = await self.propose(Mode.REGISTRY)
        await self.approve(reference)
        return await cancellations.find(reference)

    async def send(self, one: CancellationFacts) -> CancellationFacts:
        """What the worker's job does; answers how it stands afterwards."""
        await cancellations.send(one.id, registries=self.registries)
        return await cancellations.find(one.reference)

    async def sweep(self, one: CancellationFacts) -> CancellationFacts:
        """What the sweeper does once its time has come."""
        await fetch(
            "UPDATE upstream_cancellation SET next_query_at = clock_timestamp() WHERE next_query_at IS NOT NULL"
        )
        await cancellations.ask_due(registries=self.registries)
        return await cancellations.find(one.reference)

    async def standing(self) -> cancellations.LotCoverage:
        """The lot."""
        (one,) = await cancellations.lot_coverages()
        return one


@pytest.fixture
async def desk(river: River, tmp_path: Path) -> Desk:
    """By hand only."""
    return Desk(river, await staff(Role.OPERATOR), await staff(Role.REVIEWER), FolderStore(tmp_path / "files"))


@pytest.fixture
async def wired(desk: Desk, sandbox: Sandbox) -> AsyncIterator[Desk]:
    """With a registry that holds the lot's units."""
    await sandbox.control(
        "POST", "registry/units", [{"programme": "CDCER", "serial": "CDCER-2022-0113-1-100", "first": 1, "last": 100}]
    )
    registry = ours_for(sandbox)
    desk.registries["CDCER"] = registry
    yield desk
    await registry.aclose()
