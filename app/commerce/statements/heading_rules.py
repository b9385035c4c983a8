"""Which row of a bank's statement holds the headings, and which column holds what, by the words banks use. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.commerce.statements.cell_rules import account_of, folded
from app.kernel.cells import SheetRow
from app.kernel.text import Text

_LOOKED_AT: Final = 40
"""Rows among which the headings are looked for: above them a bank writes account, name and period."""
_WORDS: Final = {
    "day": (
        "交易日期 记账日期 入账日期 记账日 交易日 入账日 过账日期 交易时间 交易日期时间 交易时间戳 发生日期 "
        "记账时间 入账时间 日期 起息日 起息日期 transactiondate tradedate bookingdate valuedate date"
    ),
    "credit": (
        "贷方金额 收入金额 贷方发生额 贷方发生金额 收入 贷方 收方金额 存入金额 转入金额 入账金额 存入 "
        "贷方发生额收入 收入发生额 creditamount credit amountin"
    ),
    "debit": (
        "借方金额 支出金额 借方发生额 借方发生金额 支出 借方 付方金额 支取金额 转出金额 出账金额 支取 "
        "借方发生额支取 支出发生额 debitamount debit amountout"
    ),
    "amount": ("交易金额 发生额 金额 发生金额 tradeamount transactionamount amount"),
    "direction": (
        "借贷标志 借贷标记 借贷方向 借贷 收支标志 收支方向 收支 收/支 借/贷 往来账标志 往来标志 交易类型 方向 "
        "debit/credit dr/cr transactiontype"
    ),
    "balance": ("余额 账户余额 当前余额 交易后余额 本次余额 账面余额 balance"),
    "payer": (
        "对方户名 对方名称 对方账户名称 对方单位名称 对方单位 对方账户名 对方账号名称 对手户名 交易对手名称 "
        "交易对手 收付方名称 付款人名称 付款方名称 付款人户名 付款方户名 付款人 付款方 payername "
        "counterpartyname counterparty"
    ),
    "payer_account": (
        "对方账号 对方账户 对方帐号 对手账号 交易对手账号 收付方账号 付款人账号 付款方账号 "
        "counterpartyaccount payeraccount"
    ),
    "number": (
        "交易流水号 流水号 银行流水号 交易流水 账户明细编号-交易流水号 账户明细编号 核心流水号 业务流水号 "
        "主机流水号 明细流水号 流水编号 业务参考号 交易参考号 参考号 日志号 transactionreferencenumber "
        "transactionid serialnumber reference"
    ),
    "text": (
        "附言 交易附言 客户附言 汇款附言 转账附言 摘要 交易摘要 业务摘要 其它摘要 其他摘要 用途 交易用途 汇款用途 "
        "备注 个性化信息 留言 说明 remark remarks purpose description narrative"
    ),
}
WORDS: Final[Mapping[str, tuple[str, ...]]] = {field: tuple(words.split()) for field, words in _WORDS.items()}
"""Field -> its headings, the most telling first: a statement may have several that name a day or a number, and all that
hold a payer's words are read."""
_OWN: Final = frozenset({"账号", "帐号", "账户", "本方账号", "查询账号", "我方账号", "accountnumber", "account"})
"""Our own account, above the headings or in a column."""
_UNIT: Final = re.compile(r"[(（\[【/].*$")
"""What follows a heading: a unit, an English name, a form."""
_NAMES: Final = {word: field for field, words in WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Headings:
    """The heading row, read."""

    place: int
    """Of the row, among the rows that hold something."""
    columns: Mapping[str, int]
    """Field -> column, from 0."""
    texts: tuple[int, ...]
    account: str | None
    """Our account as the file names it, letters and digits; None: it does not."""


def read_headings(rows: Sequence[SheetRow]) -> Headings | Text:
    """The row of the first ones that names most; or what is missing, in words."""
    known = [len({_NAMES.get(_word(text)) for text in row.texts} - {None}) for row in rows[:_LOOKED_AT]]
    place = max(range(len(known)), key=known.__getitem__, default=-1)
    if place < 0 or known[place] < 3:
        return Text(
            zh="找不到表头行，应含 交易日期、贷方金额（或收入金额）、摘要（或附言）等列名；请从网上银行导出明细，勿删表头",
            en="no row of headings was found, such as 交易日期, 贷方金额 and 摘要; keep the headings of the bank’s export",
        )
    columns, texts, own = _columns(rows[place])
    missing = []
    if "day" not in columns:
        missing.append(("交易日期", "the day (交易日期)"))
    if "credit" not in columns and not {"amount", "direction"} <= columns.keys():
        missing.append(("贷方金额（或 交易金额 与 借贷标志）", "what came in (贷方金额, or 交易金额 with 借贷标志)"))
    if not texts:
        missing.append(("附言、摘要或用途", "the payer’s words (附言, 摘要 or 用途)"))
    if missing:
        zh, en = "、".join(zh for zh, _ in missing), ", ".join(en for _, en in missing)
        return Text(zh=f"缺少列：{zh}", en=f"columns are missing: {en}")
    account = _account_above(rows[:place]) or _account_in(rows[place + 1 :], own)
    return Headings(place, columns, texts, account)


def _columns(row: SheetRow) -> tuple[dict[str, int], tuple[int, ...], int | None]:
    """Of each field its most telling heading; of two that are the same, the first."""
    found: dict[str, tuple[int, int]] = {}
    texts: dict[int, int] = {}
    own = None
    for column, text in enumerate(row.texts):
        word = _word(text)
        field = _NAMES.get(word)
        if field == "text":
            texts[column] = WORDS[field].index(word)
        elif field is not None:
            rank = WORDS[field].index(word)
            if field not in found or rank < found[field][0]:
                found[field] = (rank, column)
        elif word in _OWN and own is None:
            own = column
    return {field: column for field, (_, column) in found.items()}, tuple(sorted(texts, key=texts.__getitem__)), own


def _word(text: str) -> str:
    """A heading without its unit; `收(付)方名称` and `借/贷` keep what is within them."""
    plain = folded(text)
    for word in (plain, re.sub(r"[()（）]", "", plain), _UNIT.sub("", plain)):
        if word in _NAMES or word in _OWN:
            return word
    return plain


def _account_above(rows: Sequence[SheetRow]) -> str | None:
    """`账号：6222 0200 …` in one cell, or in two beside each other."""
    for row in rows:
        for column, text in enumerate(row.texts):
            label, colon, behind = text.replace("：", ":").partition(":")
            word = _word(label)
            if word not in _OWN and not word.startswith("账号"):
                continue
            given = behind if colon and behind.strip() else next((t for t in row.texts[column + 1 :] if t.strip()), "")
            plain = account_of(given)
            if sum(letter.isdigit() for letter in plain) >= 8:
                return plain
    return None


def _account_in(rows: Sequence[SheetRow], column: int | None) -> str | None:
    if column is None:
        return None
    found = {account_of(row.texts[column]) for row in rows if column < len(row.texts)} - {""}
    return found.pop() if len(found) == 1 else None
