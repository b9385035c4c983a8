"""A zone from a file at the terminal: proposed by one, agreed to by another, and the same file again changes nothing."""

import base64
import re
import subprocess
from pathlib import Path

from app import wiring
from app.foundation.identity import Role
from config.settings import Settings
from tests import staff, zoned
from tests.cli.conftest import diandian
from tests.conftest import Stand

MASTER, INDEX = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"i"))
SETTINGS = Settings(
    master_keys=f"t={MASTER}", index_key=INDEX, password_memory_kib=64, password_passes=1, password_lanes=1
)
PASSWORD = "a long enough sample password"
MAKER, CHECKER = "maker@carbon.example", "checker@carbon.example"


def verb(stand: Stand, *words: str, by: str = MAKER) -> subprocess.CompletedProcess[str]:
    environment = stand.environment() | {
        "LANG": "en_GB.UTF-8", "DIANDIAN_MASTER_KEYS": SETTINGS.master_keys, "DIANDIAN_INDEX_KEY": INDEX,
        "DIANDIAN_OPERATOR_EMAIL": by, "DIANDIAN_OPERATOR_PASSWORD": PASSWORD,
    }  # fmt: skip
    return diandian(*words, environment=environment)


async def test_a_file_is_applied_confirmed_and_applied_again(database: Stand, tmp_path: Path) -> None:
    house, keyring = await staff.exchange(), wiring.keyring(SETTINGS)
    await staff.enrolled(MAKER, PASSWORD, house, [Role.OPERATOR], keyring=keyring)
    await staff.enrolled(CHECKER, PASSWORD, house, [Role.REVIEWER], keyring=keyring)
    await zoned.scene(await zoned.owner(), "GAMES1")
    file = tmp_path / "games.toml"
    file.write_bytes(zoned.file("GAMES1"))

    proposed = verb(database, "zone", "apply", str(file))
    assert proposed.returncode == 0, proposed.stderr
    (approval,) = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", proposed.stdout)
    (sha256,) = re.findall(r"\b[0-9a-f]{64}\b", proposed.stdout)
    confirmed = verb(database, "zone", "confirm", approval, sha256, by=CHECKER)
    assert confirmed.returncode == 0, confirmed.stderr
    again = verb(database, "zone", "apply", str(file))
    assert (again.returncode, "nothing changed" in again.stdout) == (0, True), again.stderr
    shown = verb(database, "zone", "show", "games")
    assert '"slug": "games"' in shown.stdout, shown.stderr
