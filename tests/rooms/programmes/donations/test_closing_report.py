"""The closing report: what it says, whom it is given to, and that a closed zone has one for good."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pypdfium2
import pytest
from openpyxl import load_workbook

from app import footprint
from app.certificates.rendering import Press
from app.foundation import consents, identity
from app.foundation.consents import ConsentTexts
from app.foundation.identity import Keyring, Role
from app.gateways.database import constraint
from app.gateways.files import FolderStore
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language
from app.programmes import donations
from app.programmes.donations import Asked, Shown
from app.views.zones import report
from config.places import CONSENTS
from tests.flow import ISSUER
from tests.owning import as_owner
from tests.rooms.conftest import FACTORS, KEYRING
from tests.rooms.programmes.donations.conftest import Donating
from tests.rooms.programmes.donations.helpers import GIVEN_T, document, donor, gives, published
from tests.rooms.programmes.donations.test_support import green
from tests.staff import member

NAMES = ("示例水泥", "=示例沼气", "示例交通集团", "示例能源集团", "示例银行")


@dataclass(frozen=True)
class Names:
    """What names are read with."""

    keyring: Keyring
    consents: ConsentTexts


SERVICES = Names(KEYRING, consents.load_texts(CONSENTS))


async def _closed(donating: Donating) -> None:
    zone = donating.zone
    for name, tonnes in zip(NAMES, GIVEN_T, strict=True):
        shown = Shown.ANONYMOUS if tonnes == 20_000 else Shown.NAME
        one = await donor(name, holds_t=tonnes)
        await gives(zone, one, tonnes, shown_as=shown)
    today = beijing_day(utc_now())
    people = [await member(zone.owner_id, Role.OPERATOR) for _ in range(2)]
    waits = await donations.propose_support(zone, green(one.id), by=people[0], today=today)
    await donations.agree_support(waits.id, seen=waits.sha256, by=people[1])
    inputs = footprint.visit_inputs("metro", "12", round_trip=True, extras={"meals_mixed": "1"})
    kept = await footprint.keep(footprint.calculate("personal", inputs, FACTORS), by=donating.river.person_id)
    for number, mass_g in enumerate((2_680_000, 6_620_000, 3_455_000)):
        await donating.guest_retires(f"test:guest:{number}", mass_g, footprint_id=None if number else kept)
    await donating.work()
    made = await donations.propose(zone, Asked(today=today, language="zh"), by=people[0], key="all")
    await donations.agree(made.id, seen=made.sha256, by=people[1])
    await donating.work()


async def test_a_closed_zone_has_one_report_with_every_figure_in_both_languages(
    donating: Donating, tmp_path: Path
) -> None:
    zone, files, press = donating.zone, FolderStore(tmp_path), Press()
    await _closed(donating)
    by = await member(zone.owner_id, Role.SPONSOR)
    asked = {"services": SERVICES, "issuer": ISSUER, "files": files, "press": lambda: press}
    first = await report.fetch(zone.slug, by=by, **asked)  # type: ignore[arg-type]
    assert (first.is_final, first.sha256) == (True, sha256(first.data).hexdigest())
    archive = ZipFile(BytesIO(first.data))
    found = {name.removeprefix("sample-games/"): archive.read(name) for name in archive.namelist()}
    assert sorted(found) == [
        "SHA256SUMS", "board-en.png", "board-zh.png", "figures-en.png", "figures-zh.png", "report-en.pdf", "report-en.xlsx",
        "report-zh.pdf", "report-zh.xlsx",
    ]  # fmt: skip
    for line in found["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert sha256(found[name]).hexdigest() == digest
    told = {language: _text(found[f"report-{language.value}.pdf"]) for language in Language}
    number = (await donations.list_of_zone(zone.id))[0].retirement_number
    for text in told.values():
        for word in ("106.2", "374,600", "32,500", "397,695", "300,000", "12.755", "1,200", str(number), "2025.1"):
            assert word in text, word
    assert ("一位不留名的捐赠者" in told[Language.ZH], "A donor who stays unnamed" in told[Language.EN]) == (True, True)
    book = load_workbook(BytesIO(found["report-zh.xlsx"]))
    names = [row[1] for row in book["榜 organisations"].iter_rows(min_row=2)]
    assert [cell.data_type for cell in names] == ["s"] * 5, "a name that begins like a formula is text"

    again = await report.fetch(zone.slug, by=by, **asked)  # type: ignore[arg-type]
    assert again.data == first.data
    with pytest.raises(identity.RoleMissing):
        await report.fetch(zone.slug, by=(await donor("示例外人")).person_id, **asked)  # type: ignore[arg-type]
    with pytest.raises(Exception) as refused:  # noqa: PT011 - which constraint is asked below
        await as_owner("UPDATE donation_report SET size_bytes = 1")
    assert constraint(refused.value) == "donation_report_stays"


async def test_while_its_days_last_or_its_account_holds_something_nothing_is_frozen(
    donating: Donating, tmp_path: Path
) -> None:
    zone, files = donating.zone, FolderStore(tmp_path)
    await gives(zone, await donor(holds_t=2), 2)
    by = await member(zone.owner_id, Role.SPONSOR)
    assert not await donations.is_closed(zone)
    with pytest.raises(donations.ZoneOpen):
        await donations.keep_report(zone, b"x", by=by, files=files)
    await donating.work()
    await donations.retire(zone, Asked(today=beijing_day(utc_now()), language="zh"), by=by, key="r", limit_g=10**9)
    await donating.work()
    assert await donations.is_closed(zone)
    longer = await published(document(ends_on=date(2199, 1, 1)), zone.owner_id, [await donating.scene_id()])
    assert not await donations.is_closed(longer)
    with pytest.raises(donations.ZoneOpen):
        await donations.keep_report(longer, b"x", by=by, files=files)


def _text(pdf: bytes) -> str:
    read = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in read)
    finally:
        read.close()
