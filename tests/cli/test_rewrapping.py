"""A new master key: every data key is wrapped anew by one verb, and what it opens opens still."""

import base64
from dataclasses import replace

from app.foundation import identity
from app.gateways.database import fetch
from app.kernel.clock import utc_now
from app.kernel.text import Language
from tests.cli.conftest import diandian
from tests.conftest import Stand
from tests.rooms.conftest import KEYRING

NEWER = replace(KEYRING, current="newer", keys={**KEYRING.keys, "newer": b"n" * 32})


def told(keyring: identity.Keyring) -> str:
    """As the setting has it: the current pair first."""
    pairs = [(keyring.current, keyring.keys[keyring.current])]
    pairs += [(name, key) for name, key in keyring.keys.items() if name != keyring.current]
    return ",".join(f"{name}={base64.b64encode(key).decode()}" for name, key in pairs)


async def test_every_key_is_under_the_new_one_and_a_second_run_finds_none(database: Stand) -> None:
    guest = (await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())).session.person_id
    await identity.set_name(guest, "林小川", keyring=KEYRING, now=utc_now())
    environment = database.environment() | {
        "DIANDIAN_MASTER_KEYS": told(NEWER),
        "DIANDIAN_INDEX_KEY": base64.b64encode(KEYRING.index_key).decode(),
    }
    first = diandian("rewrap-keys", environment=environment)
    assert first.returncode == 0, first.stderr
    assert "keys of persons: 1 wrapped anew" in first.stdout
    second = diandian("rewrap-keys", environment=environment)
    assert "keys of persons: 0 wrapped anew" in second.stdout
    assert {row["master_key"] for row in await fetch("SELECT master_key FROM keys.person_key")} == {"newer"}
    only_new = replace(NEWER, keys={"newer": NEWER.keys["newer"]})
    assert await identity.name_of(guest, keyring=only_new) == "林小川"
