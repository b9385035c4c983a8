"""Claims at the terminal: the annex and a file, as a table and as JSON."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import certificates
from app.cli import main
from app.cli.claims.findings import print_findings
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_one, transaction
from app.gateways.files import FolderStore
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.registry import cancellations, holdings, retirements
from app.registry.credits import Programme
from tests.cli import conftest
from tests.conftest import PROJECT
from tests.rooms.conftest import PROFILES, River, organisation, request_for
from tests.rooms.registry.cancellations.conftest import Desk
from tests.staff import staff

PAPER = (PROJECT / "docs" / "rooms" / "claims.md").read_text("utf-8")
EXAMPLE = re.findall(r"```json\n(.*?)```", PAPER, re.DOTALL)[0]


def diandian(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "claim.json"
    path.write_text(EXAMPLE, "utf-8")
    return path


def test_the_annex_lists_every_case_and_names_the_late_and_the_pending() -> None:
    shown = diandian("claims", "annex", "--profile", "iso14068-1")

    assert shown.exit_code == 0, shown.output
    rows = re.findall(r"^ {0,2}(\d{1,3})  20\d\d-\d\d ", shown.output, re.MULTILINE)
    assert rows == [str(number) for number in range(1, 133)]
    assert re.findall(r"✘ +(\d+)  retired_12m", shown.output) == ["8", "119", "131"]
    assert re.findall(r"… +(\d+)  period_ended", shown.output) == ["69", "72", "74", "87", "88", "103", "110"]
    assert "616,921.203 t: 0 stands, 129 open, 3 blocked" in shown.output


def test_the_annex_as_json_has_eleven_findings_a_case_and_their_sums() -> None:
    told = json.loads(diandian("claims", "annex", "--json").output)

    assert told["profile"]["name"] == "local"
    assert {len(case["findings"]) for case in told["cases"]} == {11}
    assert told["summary"]["standing"] == {"stands": 0, "open": 132, "blocked": 0}
    assert all(sum(counts.values()) == 132 for counts in told["summary"]["rules"].values())
    assert (told["cases"][0]["period_to"], told["cases"][3]["period_to"]) == ("2023-03-31", None)


@pytest.mark.parametrize(
    ("language", "fails", "stopped", "weaker"),
    [
        (
            "zh_CN.UTF-8",
            r"✘ vintage_5y +不通过 +阻止 [^–?]*2017-12-31",
            "声明不成立，覆盖 ",
            "(mee-event-2019)：碳中和",
        ),
        (
            "C.UTF-8",
            r"✘ vintage_5y +fail +block [^–?]*2017-12-31",
            "does not stand",
            "(mee-event-2019): Carbon neutral",
        ),
    ],
)
def test_a_claim_from_a_file_is_told_rule_by_rule_in_the_readers_language(
    example: Path, language: str, fails: str, stopped: str, weaker: str
) -> None:
    shown = CliRunner().invoke(
        main, ["claims", "judge", "--file", str(example), "--profile", "iso14068-1"], env={"LC_ALL": language}
    )

    assert shown.exit_code == 1, shown.output
    told = re.sub(r"\s+", " ", shown.output)
    assert re.search(fails, told), told
    assert stopped in told
    assert weaker in told


def test_a_file_as_windows_editors_save_it_is_judged_by_a_weaker_profile(example: Path) -> None:
    example.write_text(example.read_text("utf-8"), "utf-8-sig")
    weaker = diandian("claims", "judge", "--file", str(example), "--profile", "mee-event-2019", "--json")
    assert weaker.exit_code == 0
    told = json.loads(weaker.output)
    assert (told["standing"], told["title"]["level"]) == ("stands", "neutral")
    assert [other["profile"] for other in told["weaker_profiles"]] == ["local"]


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        ('{"claim": 7}', (), "claims.claim_unreadable)"),
        (EXAMPLE, ("--profile", "strict"), "claims.profile_unknown)"),
    ],
)
def test_what_cannot_be_judged_leaves_with_two_and_a_code(
    tmp_path: Path, content: str, arguments: tuple[str, ...], told: str
) -> None:
    path = tmp_path / "claim.json"
    path.write_text(content, "utf-8")
    refused = diandian("claims", "judge", "--file", str(path), *arguments)

    assert refused.exit_code == 2
    assert told in " ".join(refused.output.split())
    assert "Traceback" not in refused.output


ISSUER = certificates.Issuer(name=Text(zh="示例", en="Sample"), public_url="https://carbon.example", is_sandbox=True)


async def test_what_was_judged_is_shown_by_code_and_number(river: River, capsys: pytest.CaptureFixture[str]) -> None:
    bank = await organisation("示例总行")
    parties = {"payer_id": bank, "holder_id": bank, "beneficiary_id": bank}
    async with transaction() as tx:
        await holdings.reserve("a", Programme.CDCER, 12_000, expires_at=utc_now(), tx=tx)
        (claimed,) = await request_for([river.asked("a", 12_000).but(**parties, emission_g=13_000)], tx=tx)
    (visit,) = await river.requested([700])
    async with transaction() as tx:
        await retirements.settle([claimed, visit], profiles=PROFILES, tx=tx)
        await certificates.issue(
            certificates.NEUTRALITY, list(map(certificates.cause_of, [claimed, visit])), issuer=ISSUER, tx=tx
        )
    row = await fetch_one("SELECT verify_code FROM certificate WHERE retirement_id = $1", claimed)
    numbers = {each["id"]: each["number"] for each in await fetch("SELECT id, number FROM retirement")}
    assert row is not None
    environment = {"DATABASE_URL": river.stand.app_url}

    code = row["verify_code"]
    shown = conftest.diandian("claims", "show", f"{code[:5]}-{code[5:]}".lower(), environment=environment)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"{numbers[claimed]} · settled")
    assert re.search(r"✘ covers +fail +warn +Retired 0.012 t, less than the 0.013 t\n", shown.stdout), shown.stdout
    chinese = conftest.diandian("claims", "show", code, environment=environment | {"LC_ALL": "zh_CN.UTF-8"})
    assert re.search(r"✘ covers +不通过 +提示 .*少于排放", chinese.stdout), chinese.stdout
    wide = numbers[claimed].translate({letter: letter + 0xFEE0 for letter in range(0x21, 0x7F)})
    assert conftest.diandian("claims", "show", f"{wide}。", environment=environment).stdout == shown.stdout
    refused = conftest.diandian("claims", "show", "r-20261122-00000000", environment=environment)
    assert (refused.returncode, refused.stdout, refused.stderr[:2]) == (1, "", "✘ "), refused.stderr

    print_findings(await retirements.recall(numbers[claimed]), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["retirement"], told["claimed"]) == (numbers[claimed], True)
    assert [len(one["verdicts"]["findings"]) for one in told["judged"]] == [11]
    print_findings(await retirements.recall(numbers[visit]), as_json=False)
    assert capsys.readouterr().out.splitlines()[3] == "not judged: nothing is claimed"


async def test_both_judgements_are_shown_by_stage_and_profile_with_how_the_claim_stands_now(
    river: River, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = await organisation("示例总行")
    parties = {"payer_id": bank, "holder_id": bank, "beneficiary_id": bank, "profile": "iso14068-1"}
    async with transaction() as tx:
        await holdings.reserve("a", Programme.CDCER, 12_000, expires_at=utc_now(), tx=tx)
        (claimed,) = await request_for([river.asked("a", 12_000).but(**parties)], tx=tx)
        await retirements.settle([claimed], profiles=PROFILES, tx=tx)
    (row,) = await fetch("SELECT number FROM retirement")
    print_findings(await retirements.recall(row["number"]), as_json=True)
    assert json.loads(capsys.readouterr().out)["now"]["title"]["zh"] == "碳抵消（待上游注销）"

    await Desk(river, await staff(Role.OPERATOR), await staff(Role.REVIEWER), FolderStore(tmp_path)).cancelled()
    (cancelled,) = await fetch("SELECT id FROM upstream_cancellation")
    found = await cancellations.ranges([cancelled["id"]])
    assert await retirements.judge_upstream([], cancelled=found, profiles=PROFILES) == 1
    judged = await retirements.recall(row["number"])
    print_findings(judged, as_json=False)
    shown = capsys.readouterr().out
    assert re.findall(r"^(\S.*) · (\S+) 1 · judged", shown, re.MULTILINE) == [
        ("at settling", "iso14068-1"),
        ("after upstream cancellation", "iso14068-1"),
    ]
    assert shown.splitlines()[-1].endswith("· Carbon offset")
    print_findings(judged, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [(one["stage"], one["profile"], one["version"]) for one in told["judged"]] == [
        ("settled", "iso14068-1", "1"),
        ("upstream", "iso14068-1", "1"),
    ]
    assert (told["now"]["stage"], told["now"]["is_final"]) == ("upstream", True)
