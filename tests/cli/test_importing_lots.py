"""Importing lots from the terminal, as an operator would: template, dry run, apply, repeat; prices and suspensions."""

import base64
import csv
import json
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from app.cli import main
from app.cli.columns import columns
from app.cli.credits.imports import print_import, write_template
from app.cli.credits.prices import minor
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.gateways.sheets import read_file
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.registry.credits import COLUMNS, CellFault, Examined, RowKind, RowResult
from tests.cli.conftest import diandian
from tests.conftest import Stand
from tests.rooms.conftest import KEYRING
from tests.staff import enrolled, exchange

PASSWORD = "correct horse battery"

ROW = {
    "批次编号": "CDCER-2022-0113", "减排机制": "CDCER", "序列号": "CDCER-2022-0113-1-3000", "项目编号": "P-113",
    "项目名称": "示例绿道碳汇", "项目英文名称": "Sample greenway sink", "方法学编号": "CDCER-001", "减排或清除": "清除",
    "年份起": "2022-01-01", "年份止": "2022-12-31", "签发日期": "2023-06-30", "项目所在地": "示例区",
    "项目所在地英文": "Sample district", "成交编号": "T-1",
}  # fmt: skip


def filled(file: Path, *rows: dict[str, str]) -> Path:
    """The template with these rows."""
    write_template(file)
    headings = [column.heading.zh for column in COLUMNS]
    if file.suffix == ".csv":
        with file.open("a", encoding="utf-8", newline="") as out:
            csv.DictWriter(out, headings, restval="").writerows(rows)
    else:
        book = openpyxl.load_workbook(file)
        for row in rows:
            book.worksheets[0].append([row.get(heading) for heading in headings])
        book.save(file)
    return file


async def test_a_sheet_is_looked_at_and_then_taken_in(database: Stand, tmp_path: Path) -> None:
    file = filled(tmp_path / "lots.xlsx", ROW, ROW | {"批次编号": "B", "序列号": "CDCER-2022-B-1-1", "成交编号": ""})
    environment = {"DATABASE_URL": database.app_url}
    looked = diandian("import", "lots", str(file), environment=environment)
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.endswith("nothing was changed: 2 lots (3,001 t) can be taken in; say --apply\n"), looked.stdout
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 0
    taken = diandian("import", "lots", str(file), "--apply", "--json", environment=environment)
    told = json.loads(taken.stdout)
    assert (taken.returncode, told["applied"], told["counts"]["new"]) == (0, True, 2)
    assert await fetch_value("SELECT sum(mass_g)::bigint FROM credit_lot") == 3_001_000_000


A_ROW_AT_FAULT = RowResult(
    3, RowKind.OVERLAPS, "C", 1, "A",
    (CellFault("C3", Text(zh="与批次 A 冲突", en="is, or overlaps, lot A")), CellFault("F3", Text(zh="重复", en="is taken"))),
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "fault", "closing"),
    [
        (
            Language.ZH,
            "C3 与批次 A 冲突",
            "未导入任何一行：1 行有误；改正后重试，或加 --skip-bad 只导入其余 1 批（5 t）",
        ),
        (
            Language.EN,
            "C3 is, or overlaps, lot A",
            "nothing was taken in: 1 row at fault;\nmend, or say --skip-bad to take the other 1 lot (5 t)",
        ),
    ],
)
def test_a_row_shows_every_fault_with_its_cell_and_the_last_line_what_was_taken(
    capsys: pytest.CaptureFixture[str], language: Language, fault: str, closing: str
) -> None:
    verdicts = (RowResult(2, RowKind.NEW, "B", 5), A_ROW_AT_FAULT)
    notes = (Text(zh="第 9 行被隐藏", en="hidden: row 9"),)
    refused = Examined(verdicts, is_applied=False, notes=notes)
    assert print_import(refused, language, as_json=False, is_applying=True) == 1
    told = capsys.readouterr().out
    assert fault in told and "F3 " in told and notes[0].in_(language) in told
    assert told.endswith(closing + "\n"), told
    assert print_import(Examined(verdicts[:1], is_applied=True), language, as_json=False, is_applying=True) == 0
    assert ("taken in: 1 lot (5 t)" if language is Language.EN else "已导入 1 批（5 t）") in capsys.readouterr().out
    print_import(refused, language, as_json=True, is_applying=True)
    told = json.loads(capsys.readouterr().out)
    assert [fault["cell"] for fault in told["rows"][1]["faults"]] == ["C3", "F3"]
    assert told["notes"] == [{"zh": "第 9 行被隐藏", "en": "hidden: row 9"}]


def test_what_was_skipped_is_said_where_the_others_were_taken(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = (RowResult(2, RowKind.NEW, "B", 5), RowResult(3, RowKind.KNOWN, "A", 5), A_ROW_AT_FAULT)
    print_import(Examined(verdicts, is_applied=True), Language.EN, as_json=False, is_applying=True)
    assert capsys.readouterr().out.endswith("taken in: 1 lot (5 t); 1 row here already; not taken in: 1 row at fault\n")


def test_no_line_is_wider_than_a_terminal_and_the_thousandth_fault_is_the_last_in_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = CellFault("AB12", Text(zh="这一格写得很长，" * 20, en="a long reason, " * 20))
    verdicts = tuple(RowResult(n, RowKind.UNREADABLE, "示例" * 20, faults=(long,)) for n in range(2, 1203))
    for language in Language:
        print_import(Examined(verdicts, is_applied=False), language, as_json=False, is_applying=True)
        told = capsys.readouterr().out
        assert max(columns(line) for line in told.splitlines()) <= 80
        assert told.count("AB12") == 1_000
        assert ("另有 201 处问题" if language is Language.ZH else "and 201 more faults") in told


async def test_headings_at_fault_take_nothing_in_even_where_bad_rows_are_skipped(
    database: Stand, tmp_path: Path
) -> None:
    file = filled(tmp_path / "lots.csv", ROW)
    file.write_text(file.read_text("utf-8-sig").replace("标签", "标鉴"), "utf-8")
    taken = diandian(
        "import", "lots", str(file), "--apply", "--skip-bad", environment={"DATABASE_URL": database.app_url}
    )
    assert taken.returncode == 1
    assert 'the heading "标鉴" is unknown' in taken.stdout
    assert "nothing was taken in: mend the headings first" in taken.stdout
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 0


async def test_a_price_is_set_from_the_terminal(database: Stand) -> None:
    environment = await desk_of(database)
    today = beijing_day(utc_now())
    set_ = ("price", "set", "vcu", "30.5", "--by", "op@carbon.example")
    done = diandian(*set_, environment=environment)
    assert done.returncode == 0, done.stderr
    assert "proposed, another person approves it: Price VCU CNY" in done.stdout
    id_, sha256 = re.search(r"(\S{36})\n  sha256 (\S+)", done.stdout).groups()  # type: ignore[union-attr]
    assert id_ in diandian(*set_, environment=environment).stdout  # said twice it is one proposal
    alone = diandian("approvals", "approve", id_, sha256, "--by", "op@carbon.example", environment=environment)
    assert (alone.returncode, "approval.same_person" in alone.stderr) == (1, True), alone.stderr
    assert await fetch("SELECT * FROM credit_price") == []
    second = diandian("approvals", "approve", id_, sha256, "--by", "fin@carbon.example", environment=environment)
    assert (second.returncode, "Price VCU CNY: approved" in second.stdout) == (0, True), second.stderr
    backdated = diandian(*set_, "--from", str(today - timedelta(days=1)), environment=environment)
    assert (backdated.returncode, "credits.price_backdated" in backdated.stderr) == (1, True), backdated.stderr
    anonymous = diandian("price", "set", "vcu", "30.5", environment=environment)
    assert (anonymous.returncode, "--by" in anonymous.stderr) == (2, True), anonymous.stderr
    history = diandian("price", "history", environment=environment).stdout
    assert "price.set" in history and "VCU CNY" in history and "per_tonne_minor=3050" in history
    assert await fetch("SELECT programme, per_tonne_minor FROM credit_price") == [
        {"programme": "VCU", "per_tonne_minor": 3_050}
    ]


async def test_what_a_sheet_of_suspensions_hides_is_said_where_it_is_proposed(database: Stand, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(
        ["programme", "code", "name_zh", "name_en", "suspended_from", "note_zh", "note_en", "source"]
    )  # fmt: skip
    for code in ("A-1", "A-2"):
        book.active.append(["VCU", code, "水稻", "Rice", "2023-02-03", "已停用", "Stopped", "示例来源"])
    book.active.row_dimensions[3].hidden = True
    book.create_sheet("旧数据")
    book.save(tmp_path / "suspended.xlsx")
    environment = await desk_of(database)
    done = diandian(
        "methodology", "load", "--file", str(tmp_path / "suspended.xlsx"), "--by", "op@carbon.example",
        environment=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("proposed, another person approves it") == 2
    assert done.stdout.endswith(
        "! not read, other sheets: 旧数据\n! hidden by a filter or by hand, and read all the same: row 3\n"
    )


async def desk_of(database: Stand) -> dict[str, str]:
    """An operator of the platform at a terminal: their password stands in the environment."""
    keys = {"DIANDIAN_MASTER_KEYS": f"t1={base64.b64encode(b'k' * 32).decode()}",
            "DIANDIAN_INDEX_KEY": base64.b64encode(b"i" * 32).decode()}  # fmt: skip
    house = await exchange()
    await enrolled("op@carbon.example", PASSWORD, house, [Role.OPERATOR], keyring=KEYRING)
    await enrolled("fin@carbon.example", PASSWORD, house, [Role.FINANCE], keyring=KEYRING)
    return {"DATABASE_URL": database.app_url, "DIANDIAN_OPERATOR_PASSWORD": PASSWORD, **keys}


@pytest.mark.parametrize("name", ["lots.xlsx", "lots.csv"])
def test_the_template_reads_back_as_its_own_headings(tmp_path: Path, name: str) -> None:
    write_template(tmp_path / name)
    (heading,) = read_file(tmp_path / name).rows
    assert list(heading.texts) == [column.heading.zh for column in COLUMNS]
    with pytest.raises(ValueError, match="exists"):
        write_template(tmp_path / name)
    with pytest.raises(ValueError, match="ends in"):
        write_template(tmp_path / "lots.ods")


@pytest.mark.parametrize(
    "words",
    [
        ["import", "lots"],
        ["import", "lots", "x.csv"],
        ["import", "lots", "pyproject.toml", "--template", "x.csv"],
        ["import", "lots", "pyproject.toml", "--skip-bad"],
        ["price", "set", "VCU", "3,50", "--by", "x@y.example"],
        ["price", "set", "XYZ", "3.50", "--by", "x@y.example"],
        ["methodology", "suspend", "VCU", "X"],
    ],
)
def test_words_that_do_not_go_together_are_wrong_use(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2


@pytest.mark.parametrize(
    ("written", "fen"), [("50", 5_000), ("50.5", 5_050), ("0.01", 1), ("99999999.99", 9_999_999_999)]
)
def test_a_price_is_read_to_the_fen(written: str, fen: int) -> None:
    assert minor(written) == fen
    for wrong in (f"{written}.", f"-{written}", f" {written}", "1.234", "１", ""):
        with pytest.raises(ValueError, match="no price"):
            minor(wrong)
