"""The pack of a closing report for whoever may have it: the one that is kept, or one made now."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from app.certificates import Issuer
from app.certificates.rendering import Press
from app.gateways.files import FileStore
from app.gateways.waiting import Line
from app.kernel.text import Language
from app.programmes import donations, zones
from app.views.zones import board_sheet
from app.views.zones.board_story import NameServices
from app.views.zones.report.gathering import Report, read
from app.views.zones.report.packing import pack

_TURNS: Final = Line(1, waiting_most=4)
_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="report")
"""Always the same one: its layouts stay in memory there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A pack, and whether it is the one that is kept."""

    data: bytes
    sha256: str
    is_final: bool
    slug: str

    @property
    def digest_base64(self) -> str:
        """As the header `Repr-Digest` has it (RFC 9530)."""
        return b64encode(bytes.fromhex(self.sha256)).decode()


async def fetch(
    slug: str, *, by: UUID, services: NameServices, issuer: Issuer, files: FileStore, press: Callable[[], Press]
) -> Fetched:
    """The report of a zone, for its owner's people and operators of the platform.

    Of a closed zone the first that is made is kept, and everybody is given that one from then on.

    Raises:
        ZoneUnknown: there is none.
        RoleMissing: `by` is neither.
        Crowded: too many are being made.
    """
    zone = await zones.find(slug)
    await donations.demand_reader(zone, by=by)
    if (kept := await donations.find_report(zone)) is not None:
        data = await donations.read_report(kept, files=files)
        return Fetched(data=data, sha256=bytes(kept.sha256).hex(), is_final=True, slug=slug)
    async with _TURNS.turn(str(by)):
        report = await read(slug, services=services, issuer=issuer)
        data = await _made(report, press)
    if not report.is_closed:
        return Fetched(data=data, sha256=sha256(data).hexdigest(), is_final=False, slug=slug)
    kept = await donations.keep_report(zone, data, by=by, files=files)
    data = await donations.read_report(kept, files=files)  # of two at once the first
    return Fetched(data=data, sha256=bytes(kept.sha256).hex(), is_final=True, slug=slug)


async def _made(report: Report, press: Callable[[], Press]) -> bytes:
    sheets = {one: await board_sheet.as_sheet(report.board, one, at=report.made_at) for one in Language}
    return await asyncio.get_running_loop().run_in_executor(_THREAD, lambda: pack(report, sheets, press=press()))
