"""The lines of a frozen record as pages show them."""

from typing import Any

from app.certificates.rules import programme_shown
from app.kernel.text import Language
from app.web.citizen.views import SliceLine


def slice_lines(record: dict[str, Any], language: Language) -> tuple[SliceLine, ...]:
    """Every lot the certificate took from, with its grams."""
    return tuple(
        SliceLine(
            programme=programme_shown(line, language),
            project=line["project"][language.value],
            lot=line["lot"],
            serial=f"{line['serial']} {line['tonnes']}",
            start_g=line["start_g"],
            stop_g=line["stop_g"],
        )
        for line in record["lines"]
    )
