"""Importing lots from the terminal, as an operator would: template, dry run, apply, repeat; prices and suspensions."""

import base64
import csv
import json
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from app import identity
from app.cli import main
from app.cli.importing import tell, write_template
from app.cli.keeping_prices import minor
from app.credits import COLUMNS, Examined, Verdict, VerdictKind
from app.gateways.database import fetch, fetch_value
from app.gateways.sheets import read_file
from app.identity import OrganisationKind, Role
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from tests.cli.conftest import diandian
from tests.conftest import Stand
from tests.rooms.conftest import KEYRING

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
    assert "2 new: nothing was changed" in looked.stdout
    assert await fetch_value("SELECT count(*) FROM credit_lot") == 0
    taken = diandian("import", "lots", str(file), "--apply", "--json", environment=environment)
    told = json.loads(taken.stdout)
    assert (taken.returncode, told["applied"], told["counts"]["new"]) == (0, True, 2)
    assert await fetch_value("SELECT sum(mass_g)::bigint FROM credit_lot") == 3_001_000_000


def test_a_row_at_fault_is_told_with_its_cell_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    reason = Text(zh="与批次 A 冲突", en="is, or overlaps, lot A")
    verdicts = (
        Verdict(2, VerdictKind.NEW, "B", 5),
        Verdict(3, VerdictKind.OVERLAPS, "C", 1, "A", "C3", reason),
    )
    assert tell(Examined(verdicts, is_applied=False), as_json=False, is_applying=True) == 1
    told = capsys.readouterr().out
    assert "C3 与批次 A 冲突 / is, or overlaps, lot A" in told
    assert "1 new, 1 overlaps: nothing was taken in" in told
    assert tell(Examined(verdicts[:1], is_applied=True), as_json=False, is_applying=True) == 0


async def test_a_price_is_set_from_the_terminal(database: Stand) -> None:
    environment = await desk_of(database)
    today = beijing_day(utc_now())
    set_ = ("price", "set", "vcu", "30.5", "--by", "op@carbon.example")
    done = diandian(*set_, environment=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"VCU       no price  →  ¥30.50 / t ({today} – …)\n"
    assert diandian(*set_, environment=environment).stdout == "nothing changed: the list says so already\n"
    backdated = diandian(*set_, "--from", str(today - timedelta(days=1)), environment=environment)
    assert (backdated.returncode, "credits.price_backdated" in backdated.stderr) == (1, True), backdated.stderr
    anonymous = diandian("price", "set", "vcu", "30.5", environment=environment)
    assert (anonymous.returncode, "--by" in anonymous.stderr) == (2, True), anonymous.stderr
    history = diandian("price", "history", environment=environment).stdout
    assert "price.set" in history and "VCU CNY" in history and "per_tonne_minor=3050" in history
    assert await fetch("SELECT programme, per_tonne_minor FROM credit_price") == [
        {"programme": "VCU", "per_tonne_minor": 3_050}
    ]


async def desk_of(database: Stand) -> dict[str, str]:
    """An operator of the platform at a terminal: their password stands in the environment."""
    keys = {"DIANDIAN_MASTER_KEYS": f"t1={base64.b64encode(b'k' * 32).decode()}",
            "DIANDIAN_INDEX_KEY": base64.b64encode(b"i" * 32).decode()}  # fmt: skip
    house = await identity.enrol_organisation(
        Text(zh="示例交易所", en="Sample Exchange"), kind=OrganisationKind.EXCHANGE, now=utc_now(), is_verified=True
    )
    await identity.enrol_operator(
        "op@carbon.example", PASSWORD, organisation_id=house, roles=[Role.OPERATOR], keyring=KEYRING, now=utc_now()
    )
    return {"DATABASE_URL": database.app_url, "DIANDIAN_OPERATOR_PASSWORD": PASSWORD, **keys}


@pytest.mark.parametrize("name", ["lots.xlsx", "lots.csv"])
def test_the_template_reads_back_as_its_own_headings(tmp_path: Path, name: str) -> None:
    write_template(tmp_path / name)
    (heading,) = read_file(tmp_path / name)
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
