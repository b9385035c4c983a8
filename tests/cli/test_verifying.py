"""Asking the books and the register from the terminal."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import asyncpg
import pytest
import segno
from PIL import Image

from app import certificates, retirements
from app.cli.verifying import INVARIANTS, verify
from app.gateways.database import transaction
from app.kernel.drawing import scan_text
from app.kernel.text import Text
from config.settings import Settings
from tests.cli.conftest import diandian
from tests.conftest import Stand
from tests.rooms.conftest import River

ISSUER = certificates.Issuer(name=Text(zh="示例", en="Sample"), public_url="https://carbon.example", is_sandbox=True)
RECORD, FLOOR = "certificate_record_check", "ledger_account_floor_check"


def unguarded(table: str, constraint: str, damage: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint}; {damage}"


def guarded(table: str, constraint: str, check: str, mending: str) -> str:
    return f"{mending}; ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({check})"


DAMAGES = (
    # the invariant that must notice, the damage, its mending
    ("sums are zero", "UPDATE ledger_account SET balance = balance + 1 WHERE path = 'sales'",
     "UPDATE ledger_account SET balance = balance - 1 WHERE path = 'sales'"),
    ("no account below its floor",
     unguarded("ledger_account", FLOOR, "UPDATE ledger_account SET floor = 1 WHERE path = 'sales'"),
     guarded("ledger_account", FLOOR, "kind = 'external' OR balance >= floor",
             "UPDATE ledger_account SET floor = 0 WHERE path = 'sales'")),
    ("transfers are whole", "UPDATE ledger_transfer SET legs = legs + 1", "UPDATE ledger_transfer SET legs = legs - 1"),
    ("balances are their entries", "UPDATE ledger_entry SET amount = amount + 1 WHERE id = (SELECT min(id) FROM ledger_entry)",
     "UPDATE ledger_entry SET amount = amount - 1 WHERE id = (SELECT min(id) FROM ledger_entry)"),
    ("slices have no gap", "UPDATE retirement_slice SET start_g = 5, stop_g = stop_g + 5 WHERE start_g = 0",
     "UPDATE retirement_slice SET start_g = 0, stop_g = stop_g - 5 WHERE start_g = 5"),
    ("slices are the retired grams", "UPDATE retirement_cursor SET next_g = next_g + 1",
     "UPDATE retirement_cursor SET next_g = next_g - 1"),
    ("retirements are their slices", "UPDATE retirement SET mass_g = mass_g + 1", "UPDATE retirement SET mass_g = mass_g - 1"),
    ("orders are their retirements", "UPDATE purchase_order SET state = 'paid'",
     "UPDATE purchase_order SET state = 'placed'"),
    ("orders are their lines", "UPDATE purchase_order_line SET amount_minor = amount_minor + 1",
     "UPDATE purchase_order_line SET amount_minor = amount_minor - 1"),
    ("a certificate each", "UPDATE retirement SET state = 'requested', settled_at = NULL",
     "UPDATE retirement SET state = 'settled', settled_at = now()"),
    ("the register has no gap", "UPDATE certificate SET register_no = register_no + 7 WHERE register_no = 2",
     "UPDATE certificate SET register_no = register_no - 7 WHERE register_no = 9"),
    ("records are what was hashed",
     unguarded("certificate", RECORD, "UPDATE certificate SET record = record || ' '"),
     guarded("certificate", RECORD, "record_sha256 = sha256(convert_to(record, 'UTF8'))",
             "UPDATE certificate SET record = trim(record)")),
)  # fmt: skip


async def certified(river: River) -> str:
    """An order, and three retirements in two settlings, two of them certified; answers a verification code."""
    await river.order()
    requested = await river.requested([3_000, 12_400, 700])
    for batch in (requested[:2], requested[2:]):
        async with transaction() as tx:
            await retirements.settle(batch, tx=tx)
    async with transaction() as tx:
        await certificates.issue(requested[:2], issuer=ISSUER, tx=tx)
    return (await certificates.list_of(river.person_id, limit=1))[0].verify_code


async def broken(stand: Stand) -> set[str]:
    checks = await verify(Settings(database_url=stand.app_url))
    return {check.name for check in checks if check.state == "fault"}


async def test_every_invariant_holds_and_notices_its_damage(river: River) -> None:
    await certified(river)
    assert await broken(river.stand) == set(), "one certificate is on its way, which is no fault"
    assert {name for name, _, _ in DAMAGES} == {name for name, _ in INVARIANTS}

    connection = await asyncpg.connect(river.stand.super_url)
    try:
        await connection.execute("SET session_replication_role = replica")  # a superuser's hand, past every trigger
        for name, damage, mending in DAMAGES:
            await connection.execute(damage)
            assert name in await broken(river.stand), name
            await connection.execute(mending)
            assert await broken(river.stand) == set(), name
        await connection.execute("DELETE FROM outbox_message")
        assert await broken(river.stand) == {"a certificate each"}, "nothing will certify it any more"
    finally:
        await connection.close()


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

    (scene,) = json.loads(diandian("scenario", "list", "--json", environment=environment).stdout)
    assert (scene["code"], scene["phase"]) == (river.scene.code, "live")

    url = f"https://carbon.example/s/{river.scene.code}"
    png = tmp_path / "scene.png"
    drawn = diandian("scenario", "qr", river.scene.code, "-o", str(png), environment=environment)
    assert (drawn.returncode, drawn.stdout.strip()) == (0, url), drawn.stderr
    code_matrix = segno.make(scan_text(url), error="m", micro=False, boost_error=False)
    with Image.open(png) as picture:
        assert picture.width == (len(code_matrix.matrix) + 8) * 24


def test_a_code_is_drawn_as_svg_or_png_and_nothing_else(tmp_path: Path) -> None:
    from app.cli.showing_scenes import draw

    draw("https://carbon.example/s/H7QP3K", tmp_path / "scene.svg")
    assert ET.parse(tmp_path / "scene.svg").getroot().tag.endswith("svg")

    with pytest.raises(ValueError, match=r"\.jpg"):
        draw("https://carbon.example/s/H7QP3K", tmp_path / "scene.jpg")
