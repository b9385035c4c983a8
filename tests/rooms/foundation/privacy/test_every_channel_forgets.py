"""Whatever a channel tells of a payer, in answers, notices and bills, is not found after the payer was erased."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from app.commerce import bills
from app.foundation import identity
from app.gateways.channels.table import CHANNELS
from app.gateways.database import fetch
from app.kernel.clock import utc_now
from tests.rooms.conftest import KEYRING
from tests.rooms.foundation.privacy.leaks import dump, files, found, valkey
from tests.tills import LATER, REHEARSED, Tills, tills

__all__ = ["tills"]
PAYERS = (
    "payer@sandbox.example", "Ouyang", "Tingyu", "77 Planted Lane", "san***@sandbox.example", "SANDBOXPAYER2",
)  # fmt: skip
"""What the far sides say of whoever pays, besides the ids that they make up for each."""


async def test_no_channels_word_about_a_payer_is_found_after_they_are_erased(tills: Tills) -> None:
    persons = []
    for name in REHEARSED:
        order, reference = await tills.opened(name)
        await tills.ends(name, reference, "success")
        persons.append(order.person_id)
    await asyncio.sleep(0.5)
    await tills.settle()
    paid = await fetch("SELECT DISTINCT channel FROM payment WHERE transaction_id IS NOT NULL")
    assert {row["channel"] for row in paid} == set(REHEARSED)
    payers = _payers(tills.flow.sandbox.folder)
    assert payers, "the far sides know who paid"

    await tills.later()
    gateways = tills.flow.tools.gateways
    later = utc_now() + LATER
    await bills.fetch_due(channels=tills.channels, files=gateways.files, keyring=KEYRING, now=later, kinds=CHANNELS)
    read = await fetch("SELECT DISTINCT channel FROM channel_bill b JOIN channel_bill_file f ON f.bill_id = b.id")
    assert {row["channel"] for row in read} == set(REHEARSED)

    for person_id in persons:
        await identity.erase(person_id, now=utc_now())
    words = {word: word.encode() for word in (*PAYERS, *payers)}
    kept = files(gateways.files._folder) + await valkey(tills.flow)
    assert found(words, await dump(tills.flow.river.stand.super_url), kept) == []
    assert {row["is_forgotten"] for row in await fetch("SELECT is_forgotten FROM payment")} == {True}


def _payers(folder: Path) -> set[str]:
    """Every id of a payer that stands anywhere in the far sides' own books."""
    names = {"openid", "buyer_id", "payer_id"}
    ids: set[str] = set()
    for file in folder.rglob("*.sqlite3"):
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as books:
            for (table,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                columns = {row[1] for row in books.execute(f"PRAGMA table_info({table})")} & names
                for column in columns:
                    ids.update(row[0] for row in books.execute(f"SELECT {column} FROM {table}") if row[0])
    return ids
