"""Asking the books and the register from the terminal."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import asyncpg
import pytest
from PIL import Image

from app import certificates
from app.cli.operations.proving import _progress
from app.gateways.database import fetch, transaction
from app.kernel.drawing import scan_text
from app.kernel.drawing.qr import QUIET, qr_modules
from app.kernel.text import Language, Text
from app.registry import retirements
from tests.cli.conftest import diandian
from tests.conftest import Stand
from tests.rooms.conftest import River

ISSUER = certificates.Issuer(name=Text(zh="示例", en="Sample"), public_url="https://carbon.example", is_sandbox=True)


async def certified(river: River) -> str:
    """An order, and three retirements in two settlings, two of them certified; answers a verification code."""
    await river.order()
    requested = await river.requested([3_000, 12_400, 700])
    for batch in (requested[:2], requested[2:]):
        async with transaction() as tx:
            await retirements.settle(batch, tx=tx)
    async with transaction() as tx:
        causes = [certificates.cause_of(id_) for id_ in requested[:2]]
        await certificates.issue(certificates.NEUTRALITY, causes, issuer=ISSUER, tx=tx)
    return (await certificates.list_of(river.person_id, limit=1))[0].verify_code


async def test_the_books_are_proved_from_the_terminal_and_damage_is_told_with_exit_1(river: River) -> None:
    await certified(river)
    environment = {"DATABASE_URL": river.stand.app_url}
    told = diandian("prove", environment=environment)
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(r"✔ Every slice begins where the one before it ends +3 / 3\n", told.stdout), told.stdout
    assert re.search(r"! Retired here, not yet cancelled at the registry +16.1 kg\n", told.stdout), told.stdout
    assert "the books add up · grams" in told.stdout
    assert "Every settled retirement" not in told.stdout

    connection = await asyncpg.connect(river.stand.super_url)
    try:
        await connection.execute("UPDATE retirement_cursor SET next_g = next_g + 1")
        broken = diandian("prove", "--lot", "CDCER-2022-0113", environment=environment | {"LANG": "zh_CN.UTF-8"})
        assert broken.returncode == 1
        assert "✘ 游标停在最后一个区段之后" in broken.stdout and "the cursor stands at gram 16101" in broken.stdout
        answer = diandian("verify", "--json", environment=environment)
        said = json.loads(answer.stdout)
        assert (answer.returncode, said["ok"], said["scope"]) == (1, False, "all")
        assert [line["check"] for line in said["differences"]] == ["cursor_stands"]
    finally:
        await connection.execute("UPDATE retirement_cursor SET next_g = next_g - 1")
        await connection.close()


async def test_who_watches_a_proof_at_a_terminal_is_told_the_name_of_every_part(
    database: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    heard = _progress(Language.ZH)
    assert heard is not None
    parts = [row["name"].removeprefix("prove_") for row in await fetch("SELECT name FROM books_part")]
    for part in parts:
        heard(part, 1.2)
    assert len(set(capsys.readouterr().err.splitlines())) == len(parts)


async def test_a_person_asks_register_and_scenes(river: River, tmp_path: Path) -> None:
    code = await certified(river)
    environment = {"DATABASE_URL": river.stand.app_url, "DIANDIAN_PUBLIC_URL": "https://carbon.example"}

    typed = f"{code[:5]}-{code[5:]}".lower()
    shown = diandian("certificate", "verify", typed, environment=environment)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("✔ ")
    unknown = diandian("certificate", "verify", "0000000000", environment=environment)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("✘ ")

    (scene,) = json.loads(diandian("scene", "list", "--json", environment=environment).stdout)
    assert (scene["code"], scene["phase"]) == (river.scene.code, "live")

    url = f"https://carbon.example/s/{river.scene.code}"
    png = tmp_path / "scene.png"
    drawn = diandian("scene", "qr", river.scene.code, "-o", str(png), environment=environment)
    assert (drawn.returncode, drawn.stdout.strip()) == (0, url), drawn.stderr
    with Image.open(png) as picture:
        assert picture.width == (len(qr_modules(scan_text(url))) + 2 * QUIET) * 24


def test_a_code_is_drawn_as_svg_or_png_and_nothing_else(tmp_path: Path) -> None:
    from app.cli.scenes.showing_scenes import draw

    draw("https://carbon.example/s/H7QP3K", tmp_path / "scene.svg")
    assert ET.parse(tmp_path / "scene.svg").getroot().tag.endswith("svg")

    with pytest.raises(ValueError, match=r"\.jpg"):
        draw("https://carbon.example/s/H7QP3K", tmp_path / "scene.jpg")
