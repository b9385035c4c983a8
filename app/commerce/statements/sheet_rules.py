"""A bank's statement as rows of money that came in, or all that is wrong with it. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

from app.commerce.statements.cell_rules import (
    Unread,
    account_of,
    day_of,
    is_credit,
    line_of,
    looks_like_day,
    money_of,
    number_of,
)
from app.commerce.statements.errors import CellFault, StatementUnfit
from app.commerce.statements.heading_rules import Headings, read_headings
from app.kernel.cells import SheetRow, listed
from app.kernel.text import Text

PAYER_MOST: Final = 120
REMARK_MOST: Final = 400
UNNUMBERED: Final = "ROW-"
"""Before the digest by which a row is told apart where its bank gives no number."""
_NO_ROW: Final = re.compile(
    "合计|总计|小计|期初|期末|上期|承前|过次|结余|本页|累计|笔数|打印|以下空白|total|opening|closing|end of",
    re.IGNORECASE,
)
"""Words of rows that are no movement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCredit:
    """One row of money that came in."""

    row: int
    """In the file, as spreadsheets count."""
    number: str
    """The bank's, or `ROW-` and a digest."""
    is_numbered: bool
    day: date
    amount_minor: int
    payer_name: str
    payer_end: str
    """The last four of their account's number; the rest is not kept."""
    remark: str
    balance_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatement:
    """A file without a fault."""

    credits: tuple[ReadCredit, ...]
    debits: int
    """Rows of money that left, or that a bank took back; they are counted only."""
    first_day: date
    last_day: date
    notes: tuple[Text, ...]
    """What of the file was not read."""


def read_statement(rows: Sequence[SheetRow], *, account: str, today: date, notes: Sequence[Text] = ()) -> ReadStatement:
    """The rows of a bank's file that are of `account`.

    Raises:
        StatementUnfit: with every fault of it.
    """
    headings = read_headings(rows)
    if isinstance(headings, Text):
        raise StatementUnfit((CellFault("", headings),))
    ours = account_of(account)
    if headings.account is not None and ours and headings.account != ours:
        raise StatementUnfit((CellFault("", _another(headings.account, ours)),))
    reader = _Reader(headings, ours, today)
    for row in rows[headings.place + 1 :]:
        reader.read(row)
    return reader.done(notes)


class _Reader:
    """Goes through the rows below the headings, gathering credits and faults."""

    def __init__(self, headings: Headings, account: str, today: date) -> None:
        self._headings, self._account, self._today = headings, account, today
        self._credits: list[ReadCredit] = []
        self._faults: list[CellFault] = []
        self._days: list[date] = []
        self._debits = 0
        self._seen: Counter[str] = Counter()
        self._by_number: dict[str, ReadCredit] = {}
        self._passed: list[int] = []
        self._repeated: list[int] = []
        self._reversed: list[int] = []
        self._unread: list[str] = []

    def read(self, row: SheetRow) -> None:
        if self._is_no_movement(row):
            self._passed.append(row.number)
            return
        before = len(self._faults)
        day = self._cell(row, "day")
        credit = self._credit(row)
        if len(self._faults) > before:
            return
        assert isinstance(day, date) and credit is not None
        self._days.append(day)
        if credit <= 0:
            self._debits += 1
            if credit < 0:
                self._reversed.append(row.number)
            return
        self._keep(row, day, credit)

    def _is_no_movement(self, row: SheetRow) -> bool:
        """A row of totals or a remark: it has no day, and says so or has no amount either."""
        column = self._headings.columns["day"]
        if column in row.faults or looks_like_day(_text(row, column)):
            return False
        if any(_NO_ROW.search(text) for text in row.texts):
            return True
        amounts = [self._headings.columns.get(field) for field in ("credit", "debit", "amount")]
        return not any(c is not None and (_text(row, c).strip() or c in row.faults) for c in amounts) and not (
            _text(row, column).strip() and sum(bool(text.strip()) for text in row.texts) > 1
        )

    def _credit(self, row: SheetRow) -> int | None:
        """What came in; 0 for what left, below 0 for what the bank took back. None: a fault says why."""
        columns = self._headings.columns
        if "credit" not in columns:
            amount, way = self._cell(row, "amount"), self._cell(row, "direction")
            if not isinstance(amount, int) or not isinstance(way, bool):
                return None
            self._demand_one(row, "amount", amount)
            return amount if way else 0
        credit, debit = self._cell(row, "credit"), self._cell(row, "debit") if "debit" in columns else 0
        if not isinstance(credit, int) or not isinstance(debit, int):
            return None
        if credit > 0 and debit > 0:
            self._fault(row, "credit", "借方与贷方都有金额", "both debit and credit have an amount")
        self._demand_one(row, "credit", credit, debit)
        return credit

    def _demand_one(self, row: SheetRow, field: str, *amounts: int) -> None:
        if not any(amounts):
            self._fault(row, field, "应有金额", "an amount is missing")

    def _cell(self, row: SheetRow, field: str) -> date | int | bool | None:
        column = self._headings.columns[field]
        if column in row.faults:
            self._faults.append(CellFault(row.name(column), row.faults[column]))
            return None
        written = _text(row, column)
        try:
            if field == "day":
                return day_of(written, today=self._today)
            return is_credit(written) if field == "direction" else money_of(written)
        except Unread as unread:
            self._faults.append(CellFault(row.name(column), unread.text))
            return None

    def _fault(self, row: SheetRow, field: str, zh: str, en: str) -> None:
        self._faults.append(CellFault(row.name(self._headings.columns[field]), Text(zh=zh, en=en)))

    def _keep(self, row: SheetRow, day: date, amount_minor: int) -> None:
        columns = self._headings.columns
        payer = line_of(self._words(row, columns.get("payer")), most=PAYER_MOST)
        end = account_of(self._words(row, columns.get("payer_account")))[-4:]
        told = dict.fromkeys(line_of(self._words(row, column), most=REMARK_MOST) for column in self._headings.texts)
        remark = " · ".join(text for text in told if text)[:REMARK_MOST].strip()
        balance = self._balance(row)
        column = columns.get("number")
        if column is not None and column in row.faults:
            self._faults.append(CellFault(row.name(column), row.faults[column]))
            return
        number = number_of(_text(row, column)) if column is not None else None
        credit = ReadCredit(
            row=row.number,
            number=number or self._digest(day, amount_minor, payer, end, remark, balance),
            is_numbered=number is not None,
            day=day,
            amount_minor=amount_minor,
            payer_name=payer,
            payer_end=end,
            remark=remark,
            balance_minor=balance,
        )
        other = self._by_number.setdefault(credit.number, credit)
        if other is credit:
            self._credits.append(credit)
        elif (other.day, other.amount_minor) == (day, amount_minor):
            self._repeated.append(row.number)
        else:
            assert column is not None
            what = (
                f"流水号与第 {other.row} 行相同，日期或金额不同",
                f"has the number of row {other.row}, with another day or amount",
            )
            self._faults.append(CellFault(row.name(column), Text(zh=what[0], en=what[1])))

    def _words(self, row: SheetRow, column: int | None) -> str:
        """A text that others wrote; one that no sheet may hold is left out, and does not stop the file."""
        if column is None:
            return ""
        if column in row.faults:
            self._unread.append(row.name(column))
        return _text(row, column)

    def _balance(self, row: SheetRow) -> int | None:
        column = self._headings.columns.get("balance")
        if column is None or not _text(row, column).strip():
            return None
        try:
            return money_of(_text(row, column))
        except Unread:
            return None

    def _digest(self, *what: object) -> str:
        """Rows that are alike in everything are counted: the second of a file is the second of an overlapping one."""
        text = "\x1f".join(["" if one is None else str(one) for one in (self._account, *what)])
        self._seen[text] += 1
        return UNNUMBERED + sha256(f"{text}\x1f{self._seen[text]}".encode()).hexdigest()[:32].upper()

    def done(self, notes: Sequence[Text]) -> ReadStatement:
        """What was read.

        Raises:
            StatementUnfit
        """
        if not self._faults and not self._days:
            self._faults.append(CellFault("", Text(zh="表头以下没有任何一笔", en="there is no row below the headings")))
        if self._faults:
            raise StatementUnfit(tuple(self._faults))
        return ReadStatement(
            credits=tuple(self._credits),
            debits=self._debits,
            first_day=min(self._days),
            last_day=max(self._days),
            notes=(*notes, *self._notes()),
        )

    def _notes(self) -> list[Text]:
        said = []
        for rows, zh, en in (
            (self._passed, "合计等非明细行，未读取", "totals and remarks, not read"),
            (self._repeated, "与前面的行重复，只计一次", "rows that stand twice, counted once"),
            (self._reversed, "红字（冲正），请人工核对", "amounts below zero (reversals), to be looked at"),
        ):
            if rows:
                told = listed(rows)
                said.append(Text(zh=f"{zh}：第 {told.zh} 行", en=f"{en}: row {told.en}"))
        if self._unread:
            cells = "、".join(self._unread[:12]), ", ".join(self._unread[:12])
            said.append(
                Text(
                    zh=f"文字以公式开头或含有非法字符，未读取：{cells[0]}",
                    en=f"texts like formulas, or with characters that are none, not read: {cells[1]}",
                )
            )
        return said


def _text(row: SheetRow, column: int) -> str:
    return row.texts[column] if column < len(row.texts) else ""


def _another(named: str, ours: str) -> Text:
    return Text(
        zh=f"这是尾号 {named[-4:]} 账户的对账单，收款账户尾号为 {ours[-4:]}",
        en=f"this is the statement of an account ending in {named[-4:]}; ours ends in {ours[-4:]}",
    )
