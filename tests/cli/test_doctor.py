"""The doctor's lines: what is well, what production would refuse, and what to do."""

import json
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from app.cli.operations import doctor_database
from app.cli.operations.doctor import look
from app.cli.reporting import report
from app.foundation import fonts
from config.settings import Settings
from tests.cli.conftest import diandian
from tests.conftest import Stand
from tests.tiny.gateway import KIND


async def states(environment: dict[str, str], **wishes: bool) -> dict[str, tuple[str, str]]:
    """State and detail of each check by its name; of several of one name the worst."""
    order = ["good", "note", "fault"]
    checks = sorted(await look(environment, **wishes), key=lambda check: order.index(check.state))
    return {check.name: (check.state, check.detail.en) for check in checks}


async def test_an_installation_that_is_fit_but_for_a_second_server_has_that_one_fault(
    production: dict[str, str], tmp_path: Path
) -> None:
    told = await states(production | {"DIANDIAN_DATA_FOLDER": str(tmp_path)})

    assert {name for name, (state, _) in told.items() if state != "good"} <= {
        "fonts",
        "free space",
        "settling worker",
        "drawing worker",
        "messages",  # no worker has made days yet: a note
        "recovery marker",  # none yet: a note
        "synchronous standby",
    }
    assert {name for name, (state, _) in told.items() if state == "fault"} == {"synchronous standby"}
    assert {
        "python",
        "settings",
        "keys",
        "database",
        "role",
        "owner of the books",
        "writer of the books",
        "fsync",
    } <= set(told)
    assert {
        "data_checksums",
        "migrations",
        "map of jobs",
        "channels",
        "clock",
        "redis",
        "factors",
        "rules",
        "data folder",
    } <= set(told)


async def test_what_production_refuses_is_a_note_in_a_rehearsal(stand: Stand) -> None:
    environment = {"DATABASE_URL": stand.super_url, "FAULT_POINT": "order.placed:1"}

    rehearsed = await states(environment)
    judged = await states(environment, as_production=True)

    assert rehearsed["role"][0] == rehearsed["FAULT_POINT"][0] == "note"
    assert judged["role"][0] == judged["FAULT_POINT"][0] == judged["settings"][0] == "fault"


async def test_a_database_without_our_tables_is_a_fault_everywhere(stand: Stand) -> None:
    name = f"t_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(stand.super_url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        url = urlunsplit(urlsplit(stand.super_url)._replace(path=f"/{name}"))
        told = await states({"DATABASE_URL": url})
        await connection.execute(f"DROP DATABASE {name}")
    finally:
        await connection.close()

    assert told["migrations"] == ("fault", "UndefinedTableError")
    assert told["database"][0] == "good"


async def test_a_map_of_jobs_that_differs_is_named(stand: Stand) -> None:
    connection = await asyncpg.connect(stand.super_url)
    try:
        await connection.execute(
            "INSERT INTO outbox_subscription (kind, job, queue) VALUES ('moon.risen', 'howl', 'settle')"
        )
        told = await states({"DATABASE_URL": stand.app_url})
    finally:
        await connection.execute("DELETE FROM outbox_subscription WHERE kind = 'moon.risen'")
        await connection.close()

    assert told["map of jobs"] == ("fault", "moon.risen")


@pytest.mark.parametrize(
    ("name", "value", "check", "state"),
    [
        ("DATABASE_URL", "postgresql://ddt_app@127.0.0.1:1/diandian", "database", "fault"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "redis", "note"),
        ("DIANDIAN_FACTOR_SET", "1999.1", "factors", "fault"),
        ("DIANDIAN_RECOGNITION", "1999", "recognition", "fault"),
        ("DIANDIAN_RULE_PROFILE", "lenient", "rules", "fault"),
        ("DIANDIAN_FONT_FOLDERS", "/nowhere", "fonts", "fault"),
        ("DIANDIAN_SEAL_FILE", "/nowhere.svg", "seal", "fault"),
        ("DIANDIAN_DATA_FOLDER", "/proc/nowhere", "data folder", "fault"),
        ("DIANDIAN_WECHATPAY_MCHID", "1600000001", "keys", "fault"),
    ],
)
async def test_what_is_not_well_has_its_line(name: str, value: str, check: str, state: str) -> None:
    environment = {name: value}
    if check == "keys":
        environment["DIANDIAN_MASTER_KEYS"] = f"m1={'A' * 43}="

    assert (await states(environment))[check][0] == state


async def test_a_secret_file_that_others_may_read_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "all"
    path.write_text("DIANDIAN_POOL_SIZE=4\n")
    path.chmod(0o644)
    assert (await states({"DIANDIAN_SECRET_FILE": str(path)}))["secret file"][0] == "note"

    path.chmod(0o600)
    assert (await states({"DIANDIAN_SECRET_FILE": str(path)}))["secret file"][0] == "good"

    named = tmp_path / "csrf"
    named.write_text("x")
    named.chmod(0o644)
    path.write_text(f"DIANDIAN_CSRF_KEY_FILE={named}\n")
    found = await look({"DIANDIAN_SECRET_FILE": str(path)})
    assert [one.state for one in found if one.name == "secret file" and "CSRF_KEY_FILE" in one.detail.en] == ["note"]


def test_without_a_synchronous_standby_production_is_told_what_it_would_lose(
    production: dict[str, str], tmp_path: Path
) -> None:
    said = diandian("doctor", "--json", environment=production | {"DIANDIAN_DATA_FOLDER": str(tmp_path)})

    (fault,) = [one for one in json.loads(said.stdout)["checks"] if one["state"] == "fault"]
    assert (said.returncode, fault["name"]) == (1, "synchronous standby")
    assert "last seconds" in fault["fix"]


async def test_a_fault_leaves_with_one_and_tells_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    checks = await look({}, as_production=True)

    assert report(checks, as_json=False) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert 'DIANDIAN_MASTER_KEYS is missing → such as DIANDIAN_MASTER_KEYS="m1=$(openssl rand -base64 32)"' in told
    assert report(checks, as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


async def test_the_scripts_that_names_may_be_written_in_are_told() -> None:
    told = [check for check in await look({}) if check.name == "fonts"]

    (drawn,) = [check.detail.en for check in told if check.detail.en.startswith("names may be written in")]
    assert {"Han", "Arabic", "Thai", "Devanagari", "emoji"} <= set(re.split(r", | in ", drawn))
    lacking = fonts.scripts([fonts.find_fonts().coverage])[1]
    assert [check.detail.en for check in told if check.detail.en.startswith("names are refused in")] == (
        [f"names are refused in {', '.join(lacking)}"] if lacking else []
    )


async def test_an_issuers_name_without_glyphs_is_a_fault() -> None:
    told = await states({"DIANDIAN_ISSUER_ZH": "示例\U0001fffd交易所"})
    assert told["fonts"] == ("fault", "no font has “\U0001fffd” (U+1FFFD) of the issuer's name")


async def test_what_the_drawing_worker_told_is_compared_with_what_is_here(database: Stand) -> None:
    async def said() -> list[str]:
        checks = await look({"DATABASE_URL": database.app_url})
        return [f"{check.state}: {check.detail.en}" for check in checks if "drawing worker" in check.detail.en]

    assert await said() == ["note: the drawing worker has not told its fonts yet"]
    await fonts.report(fonts.find_fonts().coverage)
    (alike,) = await said()
    assert alike.startswith("good: the drawing worker told its fonts (")
    await fonts.report(fonts.find_fonts(system=False).coverage)
    (other,) = await said()
    assert other.startswith(("good: ", "note: the drawing worker told other fonts than are here ("))


async def test_a_channel_whose_clearing_account_nobody_opened_is_a_fault(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_database, "CHANNELS", (KIND,))
    settings = Settings(database_url=stand.app_url, channels={"tiny": {"url": "http://127.0.0.1:9", "key": "k"}})
    told = {check.name: check for check in await doctor_database.look_at_database(settings, "note")}
    assert (told["channels"].state, told["channels"].detail.en) == ("fault", "tiny")
    assert "diandian migrate" in told["channels"].fix.en


async def test_the_servers_version_is_told_as_it_says_it_itself(database: Stand) -> None:
    connection = await asyncpg.connect(database.super_url)
    try:
        version = (await connection.fetchval("SHOW server_version")).partition(" ")[0]
    finally:
        await connection.close()

    assert (await states({"DATABASE_URL": database.app_url}))["database"] == ("good", f"PostgreSQL {version} answers")
