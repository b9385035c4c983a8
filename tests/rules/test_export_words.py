"""What the export calls its rows, and what their fields count."""

import pytest

from app.foundation.privacy import kept
from app.kernel.text import Text
from app.views.privacy.export import title_of, unit_of

_TABLES = sorted({rows.table for group in kept() for rows in group.rows})


@pytest.mark.parametrize("table", _TABLES)
def test_every_table_of_the_export_says_in_both_languages_what_its_rows_are(table: str) -> None:
    title = title_of(table)
    assert title.zh and title.en and title.zh != title.en


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("mass_g", Text(zh="克 CO₂e", en="g CO₂e")),
        ("amount_fen", Text(zh="分（人民币）", en="fen (0.01 CNY)")),
        ("settled_at", Text(zh="时刻，含时区", en="instant, with its offset")),
        ("person_id", None),
        ("g", None),
        ("state", None),
    ],
)
def test_a_field_counts_what_the_end_of_its_name_says(field: str, unit: Text | None) -> None:
    assert unit_of(field) == unit
