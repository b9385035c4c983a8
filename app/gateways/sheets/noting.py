"""What a reader of a sheet may not see in it, gathered while it is read and said in a few sentences."""

from collections.abc import Sequence

from app.gateways.sheets.bounds import Bounds
from app.kernel.cells import column_name, listed
from app.kernel.text import Text


class Notes:
    """The notes of one sheet."""

    def __init__(self, bounds: Bounds) -> None:
        self._last = column_name(bounds.columns_most - 1)
        self._hidden_rows: list[int] = []
        self._far_rows: list[int] = []
        self._undaily: list[str] = []
        self.texts: list[Text] = []

    def hidden_row(self, number: int) -> None:
        """A row that holds something and is not shown."""
        self._hidden_rows.append(number)

    def further_right(self, number: int, holds_something: bool) -> None:  # noqa: FBT001 - the row's own
        """A row that goes on beyond the last column that is read."""
        if holds_something:
            self._far_rows.append(number)

    def without_day(self, cell: str) -> None:
        """A date cell that shows a month or a year, and holds a day."""
        self._undaily.append(cell)

    def hidden_columns(self, columns: Sequence[int]) -> None:
        """Columns that hold something and are not shown."""
        if columns:
            names = [column_name(column) for column in columns]
            self.add(
                f"第 {'、'.join(names)} 列被隐藏，仍按数据读取",
                f"hidden, and read all the same: column {', '.join(names)}",
            )

    def add(self, zh: str, en: str) -> None:
        """A sentence of its own."""
        self.texts.append(Text(zh=zh, en=en))

    def told(self) -> tuple[Text, ...]:
        """All of them."""
        if self._hidden_rows:
            rows = listed(self._hidden_rows)
            self.add(
                f"第 {rows.zh} 行被隐藏（筛选或手工），仍按数据读取",
                f"hidden by a filter or by hand, and read all the same: row {rows.en}",
            )
        if self._far_rows:
            rows = listed(self._far_rows)
            self.add(
                f"{self._last} 列以后的内容未读取（第 {rows.zh} 行）",
                f"not read, beyond column {self._last}: row {rows.en}",
            )
        if self._undaily:
            shown, left = self._undaily[:12], len(self._undaily) - 12
            more = (f" 等（另 {left} 处）", f" and {left} more") if left > 0 else ("", "")
            self.add(
                f"{'、'.join(shown)}{more[0]} 只显示年或月，按单元格里的日期读取",
                f"shown without their day, and read as the day they hold: {', '.join(shown)}{more[1]}",
            )
        return tuple(self.texts)
