"""The bank's statements in words: what a finding is, how a state is called; for consoles and terminal.

number_of()        a statement's number, `bst_…`; finding_number() a finding's, `bsf_…`
find_id()          what is behind them; find_finding_id()
title_of()         a finding in one sentence
"""

from typing import Final
from uuid import UUID

from app.commerce.statements import (
    Finding,
    FindingState,
    FindingUnknown,
    Nature,
    RowState,
    StatementState,
    StatementUnknown,
    Step,
)
from app.kernel import ids
from app.kernel.text import Text

_STATEMENT: Final = "bst"
_FINDING: Final = "bsf"
STATEMENT_STATES: Final = {
    StatementState.READ: Text(zh="待导入", en="Not taken in"),
    StatementState.TAKEN: Text(zh="已导入", en="Taken in"),
}
ROW_STATES: Final = {
    RowState.OPEN: Text(zh="有差异", en="Does not fit"),
    RowState.PROPOSED: Text(zh="待复核", en="To be confirmed"),
    RowState.PAID: Text(zh="已支付", en="Paid"),
    RowState.CLOSED: Text(zh="已说明", en="Explained"),
}
FINDING_STATES: Final = {
    FindingState.OPEN: Text(zh="未了结", en="Open"),
    FindingState.SETTLED: Text(zh="已一致", en="Settled"),
    FindingState.EXPLAINED: Text(zh="已说明", en="Explained"),
}
STEPS: Final = {
    Step.RECORD: Text(zh="按附言码登记", en="Record it under its remark"),
    Step.RETURN: Text(zh="退回并说明", en="Transfer it back and explain"),
    Step.ASK: Text(zh="核对并说明", en="Look into it and explain"),
}
NATURES: Final = {
    Nature.NO_CODE: Text(zh="没有附言码", en="No remark"),
    Nature.UNKNOWN: Text(zh="附言码不存在", en="Unknown remark"),
    Nature.SEVERAL: Text(zh="多个附言码", en="Several remarks"),
    Nature.TWICE: Text(zh="重复到账", en="Twice"),
    Nature.LESS: Text(zh="少付", en="Too little"),
    Nature.MORE: Text(zh="多付", en="Too much"),
    Nature.PAID: Text(zh="订单已付", en="Paid already"),
    Nature.LATE: Text(zh="过期或已关闭", en="Late"),
    Nature.EARLY: Text(zh="早于下单", en="Before the order"),
    Nature.NUMBER: Text(zh="流水号不同", en="Another number"),
    Nature.AMOUNT: Text(zh="登记金额不同", en="Another amount"),
    Nature.REFUSED: Text(zh="复核未通过", en="Not agreed to"),
    Nature.FITS: Text(zh="待登记", en="To be recorded"),
    Nature.UNSEEN: Text(zh="对账单没有", en="In no statement"),
}
_TITLES: Final = {
    Nature.NO_CODE: Text(
        zh="到账没有附言码，不知是哪张订单的", en="Money came without a remark; nobody knows for which order"
    ),
    Nature.UNKNOWN: Text(zh="附言码不属于任何订单", en="Its remark is no order’s"),
    Nature.SEVERAL: Text(zh="一笔到账写了多张订单的附言码", en="One transfer names several orders"),
    Nature.TWICE: Text(zh="同一附言码已有另一笔到账", en="Another transfer with the same remark came before"),
    Nature.LESS: Text(zh="到账少于应收金额", en="Less came than the order asks for"),
    Nature.MORE: Text(zh="到账多于应收金额", en="More came than the order asks for"),
    Nature.PAID: Text(zh="订单已用另一笔到账付清", en="Its order was paid by another transfer"),
    Nature.LATE: Text(zh="金额相符，订单的付款已过期或关闭", en="It fits, and its payment has expired or was closed"),
    Nature.EARLY: Text(zh="到账日早于下单日", en="It came before its order was placed"),
    Nature.NUMBER: Text(
        zh="这笔付款已按另一流水号登记，待复核", en="Its payment was recorded under another number, and waits"
    ),
    Nature.AMOUNT: Text(zh="这一流水号登记的金额与对账单不同", en="Its number was recorded with another amount"),
    Nature.REFUSED: Text(zh="登记后复核未通过或已撤回", en="It was recorded, and not agreed to or taken back"),
    Nature.FITS: Text(zh="现已相符，尚未登记", en="It fits by now, and nobody has recorded it"),
    Nature.UNSEEN: Text(zh="已登记的到账，对账单里没有", en="A recorded transfer stands in no statement"),
}


def number_of(statement_id: UUID) -> str:
    """`bst_…`"""
    return ids.public(_STATEMENT, statement_id)


def finding_number(finding_id: UUID) -> str:
    """`bsf_…`"""
    return ids.public(_FINDING, finding_id)


def find_id(shown: str) -> UUID:
    """The statement behind `bst_…`.

    Raises:
        StatementUnknown: it is no such number at all.
    """
    if (uuid := ids.parse(_STATEMENT, shown)) is None:
        raise StatementUnknown
    return uuid


def find_finding_id(shown: str) -> UUID:
    """The finding behind `bsf_…`.

    Raises:
        FindingUnknown: it is no such number at all.
    """
    if (uuid := ids.parse(_FINDING, shown)) is None:
        raise FindingUnknown
    return uuid


def title_of(one: Finding) -> Text:
    """In one sentence what is the matter."""
    return _TITLES[one.nature]
