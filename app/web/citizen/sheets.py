"""From a frozen record to the sheet on its page, by the same words and drawings as its PDF."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app import certificates
from app.kernel.text import Language
from app.views.certificates.sheet import Sheet, SheetEntry, SheetRow, SheetRun


def sheet_of(record: Mapping[str, Any], language: Language) -> Sheet:
    """The sheet of a record, in this language."""
    told = certificates.sheet(record, language)
    zone = told["zone"]
    ring, qr = certificates.marks(record["number"], record["verify_url"])
    return Sheet(
        title=told["title"],
        subtitle=told["subtitle"],
        brand=told["brand"],
        number_line=told["number_line"],
        sentence=tuple(_runs(told["sentence"], language)),
        figure=told["figure"],
        unit=told["unit"],
        giver=told["giver"],
        rows=tuple(
            SheetRow(
                label=row["label"],
                entries=tuple(SheetEntry(head=entry["head"], notes=tuple(entry["notes"])) for entry in row["entries"]),
            )
            for row in told["rows"]
        ),
        verify=told["verify"]["title"],
        host=told["verify"]["host"],
        code=told["verify"]["code"],
        issuer=told["issuer"],
        issued=told["issued"],
        ring=_drawn(ring),
        landscape=_drawn(certificates.foot(certificates.foot_seed(record))),
        qr=_drawn(qr),
        accent=zone["accent"] if zone else None,
        zone_line=zone["line"] if zone else None,
        zone_seal=zone["seal"] if zone else None,
    )


def _runs(lines: Sequence[Sequence[tuple[str, bool]]], language: Language) -> Iterator[SheetRun]:
    """The paper's lines one after the other: a page breaks them where it must."""
    for number, line in enumerate(lines):
        if number and language is Language.EN:
            yield SheetRun(words=" ", is_strong=False)
        for words, is_strong in line:
            yield SheetRun(words=words, is_strong=is_strong)


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 - drawn by us
