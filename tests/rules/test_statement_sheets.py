"""A bank's file is read as the bank wrote it, or every fault of it is told; a remark is found however it was typed."""

from datetime import date
from io import BytesIO
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commerce.payments import remarks_in
from app.commerce.statements.cell_rules import Unread, day_of, money_of
from app.commerce.statements.errors import StatementUnfit
from app.commerce.statements.sheet_rules import ReadStatement, read_statement
from app.gateways.channels.bank import remark_of
from app.gateways.sheets import read_sheet

TODAY = date(2026, 11, 30)
OURS = "6222 0000 1111 2222"
ALPHABET = "".join(one for one in digits + ascii_uppercase if one not in "ILOU")
HEAD = "交易日期,借方金额,贷方金额,余额,对方户名,对方账号,摘要,附言,交易流水号"


def read(text: str, *, encoding: str = "utf-8") -> ReadStatement:
    return read_statement(read_sheet(text.encode(encoding)).rows, account=OURS, today=TODAY)


def faults(text: str) -> list[str]:
    with pytest.raises(StatementUnfit) as unfit:
        read(text)
    return [f"{one.place} {one.text.zh}" for one in unfit.value.faults]


ICBC = f'账号：,6222000011112222\n{HEAD}\n2026-11-27,,"12,400.50",99000,示例公司,62220001,转账,DD7K3M9QXR,ICBC0001\n'
CCB = (
    "账号,本方账号,交易时间,借方发生额/元(支取),贷方发生额/元(收入),余额,币种,对方户名,对方账号,摘要,备注,账户明细编号-交易流水号\n"
    "6222000011112222,,20261127 10:20:30,0.00,12400.50,99000.00,人民币元,示例公司,62220001,转账,DD7K3M9QXR,14-N51033\n"
)
BOC = (
    "交易类型[ Transaction Type ],交易日期[ Transaction Date ],交易金额[ Trade Amount ],付款人名称[ Payer's Name ],"
    "交易流水号[ Transaction reference number ],交易附言[ Remark ]\n来账,20261127,12400.50,示例公司,BOC123456,DD7K3M9QXR\n"
    "往账,20261127,-30.00,,BOC123457,手续费\n"
)
CMB = (
    "交易日,交易时间,起息日,交易类型,借方金额,贷方金额,余额,摘要,流水号,用途,收(付)方名称,收(付)方账号\n"
    "20261127,102030,20261127,网银汇款,,１２，４００．５０,99000,DD7K3M9QXR,C0287T0000001,货款,示例公司,62220001\n"
)  # fmt: skip


@pytest.mark.parametrize("text", [ICBC, CCB, BOC, CMB], ids=["icbc", "ccb", "boc", "cmb"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_headings_of_each_large_bank_give_the_same_row(text: str, encoding: str) -> None:
    (credit,) = read(text, encoding=encoding).credits
    assert (credit.day, credit.amount_minor, credit.payer_name) == (date(2026, 11, 27), 1_240_050, "示例公司")
    assert credit.is_numbered
    assert "DD7K3M9QXR" in credit.remark


def test_what_left_and_totals_are_no_rows_and_a_reversal_is_said() -> None:
    told = read(f"{HEAD}\n20261127,500,,,房东,,房租,,A0001\n20261128,,-3.00,,,,冲正,,A0002\n合计,500,-3,,,,,,\n")
    assert (told.credits, told.debits) == ((), 2)
    assert (told.first_day, told.last_day) == (date(2026, 11, 27), date(2026, 11, 28))
    assert [one.zh for one in told.notes] == ["合计等非明细行，未读取：第 4 行", "红字（冲正），请人工核对：第 3 行"]


def test_every_fault_of_a_file_is_told_with_its_cell_and_what_would_be_right() -> None:
    said = faults(
        f"{HEAD}\n2026-13-01,,5.00,,,,,,A0001\n2026-12-24,,5.00,,,,,,A0002\n20261127,,5.123,,,,,,A0003\n"
        "20261127,,=1+1,,,,,,A0004\n20261127,1,2,,,,,,A0005\n20261127,,,,,,,,A0006\n20261127,,9,,,,,,A0007\n20261127,,8,,,,,,A0007\n"
    )
    assert [one.split(" ")[0] for one in said] == ["A2", "A3", "C4", "C5", "C6", "C7", "I9"]
    assert "应如 2026-11-27" in said[0]
    assert "2026-11-30 之间" in said[1]
    assert "最多两位小数" in said[2]
    assert "公式" in said[3]
    assert "与第 8 行相同" in said[6]


def test_a_formula_in_a_payers_words_does_not_stop_the_file() -> None:
    told = read(f"{HEAD}\n20261127,,5,,=cmd|' /C calc'!A0,,,@SUM(1+1)*cmd,A0001\n")
    assert [(one.payer_name, one.remark) for one in told.credits] == [("", "")]
    assert "E2、H2" in told.notes[0].zh


def test_a_formula_in_a_workbook_is_a_fault_of_its_cell() -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (HEAD.split(","), ["20261127", "", "=1+1", "", "示例公司", "", "", "DD7K3M9QXR", "A0001"]):
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    with pytest.raises(StatementUnfit) as unfit:
        read_statement(read_sheet(file.getvalue()).rows, account=OURS, today=TODAY)
    assert [one.place for one in unfit.value.faults] == ["C2"]


def test_a_workbook_and_a_csv_of_the_same_rows_give_the_same_keys() -> None:
    from openpyxl import Workbook

    head = "交易日期,贷方金额,余额,对方户名,附言"
    book = Workbook()
    book.active.append(head.split(","))
    book.active.append([date(2026, 11, 27), 12400.5, 99000, "示例公司", "DD7K3M9QXR"])
    file = BytesIO()
    book.save(file)
    sheet = read_statement(read_sheet(file.getvalue()).rows, account=OURS, today=TODAY)
    text = read(f'{head}\n2026/11/27,"12,400.50",99000.00,示例公司,DD7K3M9QXR\n')
    assert [one.number for one in sheet.credits] == [one.number for one in text.credits]
    assert not text.credits[0].is_numbered


def test_rows_alike_in_everything_are_two_and_a_number_that_stands_twice_is_one() -> None:
    alike = read("交易日期,贷方金额,附言\n20261127,5,x\n20261127,5,x\n")
    assert len({one.number for one in alike.credits}) == 2
    again = read("交易日期,贷方金额,附言\n20261127,5,x\n20261127,5,x\n20261127,6,y\n")
    assert [one.number for one in again.credits][:2] == [one.number for one in alike.credits]
    once = read(f"{HEAD}\n20261127,,5,,,,,,A0001\n20261127,,5,,,,,,A0001\n")
    assert (len(once.credits), "重复" in once.notes[0].zh) == (1, True)


def test_the_statement_of_another_account_and_a_file_without_headings_are_refused() -> None:
    assert faults(f"账号,6222000099998888\n{HEAD}\n20261127,,5,,,,,,A0001\n") == [
        " 这是尾号 8888 账户的对账单，收款账户尾号为 2222"
    ]
    assert "找不到表头行" in faults("a,b\n1,2\n")[0]
    assert "缺少列：贷方金额" in faults("交易日期,余额,附言\n20261127,5,x\n")[0]
    assert "没有任何一笔" in faults(f"{HEAD}\n")[0]


@given(st.integers(0, 10**13), st.sampled_from(["narrow", "wide"]), st.sampled_from(["", ","]))
def test_money_is_read_to_the_fen_however_it_is_written(minor: int, width: str, separator: str) -> None:
    written = f"{minor // 100:{separator}}.{minor % 100:02d}"
    if width == "wide":
        written = "".join(chr(ord(one) + 0xFEE0) for one in written)
    assert money_of(f"¥{written}") == minor


@pytest.mark.parametrize("written", ["1,2345", "1.234", "12,40.00", "一百", "1e5", "0x10", "--5", "5-"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(Unread):
        money_of(written)


@pytest.mark.parametrize(
    "written", ["2026-11-27", "2026/11/27", "20261127", "2026年11月27日", "2026.11.27", "2026-11-27 23:59:59"]
)
def test_a_day_is_read_however_a_bank_writes_it(written: str) -> None:
    assert day_of(written, today=TODAY) == date(2026, 11, 27)


@given(
    st.text(ALPHABET, min_size=24, max_size=24),
    st.sampled_from(["{}", "货款{}谢谢", "附言：{}。", "转账/{}/网银", "a{} b"]),
    st.integers(0, 3),
)
def test_a_remark_is_found_in_a_banks_text_in_every_spelling(reference: str, around: str, way: int) -> None:
    remark = remark_of(reference)
    spelt = (
        remark,
        remark.lower(),
        f"{remark[:2]} {remark[2:6]}-{remark[6:]}",
        "".join(chr(ord(one) + 0xFEE0) for one in remark),
    )[way].replace("0", "O" if way != 3 else "0")
    assert reference[-8:] in remarks_in(around.format(spelt)).marked


def test_a_whole_number_and_eight_letters_alone_are_found_and_are_no_marked_remark() -> None:
    assert remarks_in("付 0123456789ABCDEF7K3M9QXR 款").bare == ("7K3M9QXR",)
    assert remarks_in("7k3m-9qxr").bare == ("7K3M9QXR",)
    assert remarks_in("20261127 货款").bare == ("20261127",)
    assert remarks_in("货款 合同 2026-11").marked == ()
