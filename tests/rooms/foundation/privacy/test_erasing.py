"""After an erasure nothing of the person can be found in what is kept, and everything that was proved still is."""

import asyncio
import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from app import certificates
from app.commerce import payments
from app.foundation import consents, identity, intents, privacy
from app.foundation.consents import ConsentPurpose
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from config.logging import configure_logging, flush
from config.places import CONSENTS
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from tests.rooms.foundation.privacy.leaks import dump, files, found, valkey
from tests.rooms.foundation.privacy.planting import CALLED, NAME, OPENID, PHONE, plant
from tests.staff import staff


@pytest.fixture
def output() -> Iterator[io.BytesIO]:
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.BytesIO()
    configure_logging(level="DEBUG", stream=stream)
    yield stream
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


async def test_a_dump_holds_nothing_planted_after_an_erasure_and_the_certificate_still_verifies(
    drawing: Flow, output: io.BytesIO
) -> None:
    flow = drawing
    planted = await plant(flow)
    person = planted.person_id
    await intents.keep(person, f"key {PHONE}", b"s" * 32, 201, f'{{"name": "{NAME}"}}'.encode())
    ground = privacy.read_ground("complaint", f"{NAME} {PHONE} complained")
    await privacy.unmask(person, ground, by=await staff(Role.OPERATOR), keyring=KEYRING)
    folder = flow.tools.gateways.files._folder
    assert files(folder)
    (kept,) = await fetch("SELECT sealed FROM avatar")
    exported = str(await privacy.export(person, keyring=KEYRING))
    assert all(word in exported for word in (NAME, CALLED, OPENID, PHONE))
    books = await fetch("SELECT path, unit, balance FROM ledger_account ORDER BY 1, 2")

    await identity.erase(person, now=utc_now())
    await identity.erase(person, now=utc_now())

    flush()
    text = await dump(flow.river.stand.super_url)
    assert found(planted.words, text, files(folder) + output.getvalue() + await valkey(flow)) == []
    assert bytes(kept["sealed"]).hex() not in text
    assert await fetch("SELECT path, unit, balance FROM ledger_account ORDER BY 1, 2") == books
    shown = await certificates.verify(planted.paper.verify_code)
    assert shown.holder_id == person and str(planted.order.mass_g) in shown.record_json
    gone = await payments.find_notice(await fetch_value("SELECT max(id) FROM payment_notice"), keyring=KEYRING)
    assert gone is not None and gone[1].is_gone and gone[0].amount_minor
    assert await fetch_value("SELECT state FROM person WHERE id = $1", person) == "erased"
    assert not (await consents.status_of(person, ConsentPurpose.WALL, texts=consents.load_texts(CONSENTS))).is_given


async def test_a_message_that_comes_after_an_erasure_keeps_its_facts_and_opens_for_nobody(flow: Flow) -> None:
    order = await flow.opened()
    await flow.pays(order)
    await identity.erase(flow.river.person_id, now=utc_now())
    await flow.receive_notice()

    seen = await payments.find_notice(await fetch_value("SELECT max(id) FROM payment_notice"), keyring=KEYRING)
    assert seen is not None
    facts, raw = seen
    assert (facts.amount_minor, facts.fate.value, raw.is_gone) == (order.amount_minor, "applied", True)
    assert await fetch_value("SELECT count(*) FROM keys.payment_notice_key") == 0


async def test_an_erasure_waits_for_a_message_that_is_just_being_kept_and_takes_its_key(flow: Flow) -> None:
    order = await flow.opened()
    await flow.pays(order)
    notice = await flow.notice()
    await asyncio.gather(flow.receive(notice), identity.erase(flow.river.person_id, now=utc_now()))
    assert await fetch_value("SELECT count(*) FROM payment_notice") == 1
    assert await fetch_value("SELECT count(*) FROM keys.payment_notice_key") == 0


async def test_the_words_are_found_where_nothing_was_erased(flow: Flow) -> None:
    """The search itself: a planted word is found in clear and in bytes."""
    await intents.keep(flow.river.person_id, "k", b"s" * 32, 201, NAME.encode())
    text = await dump(flow.river.stand.super_url)
    (place,) = found({"name": NAME.encode(), "other": b"nowhere to be found"}, text)
    assert place.startswith("name in public.intent_answer_")  # its week, or the rest where nobody has made it yet


async def test_staff_are_not_erased_and_nothing_of_them_is_lost(database) -> None:
    person = await staff(Role.OPERATOR)
    with pytest.raises(identity.StaffKeepsAccount):
        await identity.erase(person, now=utc_now())
    assert await fetch_value("SELECT state FROM person WHERE id = $1", person) == "active"


async def test_a_look_is_written_down_with_its_reason_and_shown_to_the_person(flow: Flow) -> None:
    person, clerk = flow.river.person_id, await staff(Role.OPERATOR)
    await identity.set_name(person, CALLED, keyring=KEYRING, now=utc_now())
    ground = privacy.read_ground("complaint", "有人投诉这个名字")
    for _ in range(2):
        assert await privacy.unmask(person, ground, by=clerk, keyring=KEYRING) == CALLED
    told = [(one.reason, one.said) for one in await privacy.looks_at(person, keyring=KEYRING)]
    assert told == [(privacy.LookReason.COMPLAINT, "有人投诉这个名字")] * 2
    with pytest.raises(identity.RoleMissing):
        await privacy.unmask(person, ground, by=await flow.river.guest(), keyring=KEYRING)
    assert len(await privacy.looks_at(person, keyring=KEYRING)) == 2
