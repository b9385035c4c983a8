"""Sheets that we write: whatever stands in a cell, they open, and nothing in them is computed."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from app.views import sheets


@pytest.mark.parametrize("odd", ["\x0b", "\x1b", "\x00", "\ud800", "\ufffe", "\uffff"])
async def test_what_no_workbook_can_hold_is_shown_as_lost_and_the_rest_stays(odd: str) -> None:
    book = load_workbook(BytesIO(await sheets.written({"s": [[f"a{odd}b", "c"]]})))
    assert [cell.value for cell in book["s"][1]] == ["a\ufffdb", "c"]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1"])
async def test_no_cell_that_begins_like_a_formula_is_one(formula: str) -> None:
    (cell,) = load_workbook(BytesIO(await sheets.written({"s": [[formula]]})))["s"][1]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", formula, True)
