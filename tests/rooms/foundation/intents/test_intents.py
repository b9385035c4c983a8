"""Intents: what a client was told under a key of its own is told again, word for word; the first answer wins."""

import asyncio
import hashlib
from uuid import uuid4

import pytest

from app.foundation import intents
from app.foundation.intents import KeptAnswer
from app.gateways.database import fetch_value
from tests.conftest import Stand
from tests.rooms.conftest import connected, refusal

BODY = hashlib.sha256(b"{}").digest()


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def test_an_answer_is_found_byte_for_byte_under_its_actor_and_key():
    ann, bo = uuid4(), uuid4()
    answer = '{"id": "ord_1", "text": "王𠮷"}'.encode() + b"\x00\xff"
    await intents.keep(ann, "k" * 255, BODY, 201, answer)
    assert await intents.find(ann, "k" * 255) == KeptAnswer(BODY, 201, answer)
    assert await intents.find(ann, "k") is None
    assert await intents.find(bo, "k" * 255) is None


async def test_the_first_answer_wins_and_stays():
    ann = uuid4()
    await intents.keep(ann, "k", BODY, 201, b"first")
    await intents.keep(ann, "k", hashlib.sha256(b"other").digest(), 409, b"second")
    assert await intents.find(ann, "k") == KeptAnswer(BODY, 201, b"first")


async def test_of_answers_kept_at_once_everybody_reads_one():
    ann = uuid4()
    await asyncio.gather(*(intents.keep(ann, "k", BODY, 200 + number, b"%d" % number) for number in range(16)))
    found = await intents.find(ann, "k")
    assert found is not None and found.answer == b"%d" % (found.status - 200)
    assert await fetch_value("SELECT count(*) FROM intent_answer") == 1


async def test_the_application_cannot_change_or_forget_what_it_told(database: Stand):
    await intents.keep(uuid4(), "k", BODY, 201, b"first")
    async with connected(database.app_url) as app:
        forged = "INSERT INTO intent_answer SELECT 1, gen_random_uuid(), 'k', '', 200, '', now()"
        for attack in (
            "UPDATE intent_answer SET answer = ''", "DELETE FROM intent_answer", "TRUNCATE intent_answer", forged,
        ):  # fmt: skip
            assert await refusal(app, attack) == ("42501", None)
