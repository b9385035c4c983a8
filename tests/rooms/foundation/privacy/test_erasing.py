"""After an erasure nothing of the person can be found in what is kept, and everything that was proved still is."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from app import certificates
from app.commerce import payments
from app.foundation import avatars, consents, identity, intents, moderation, privacy
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.foundation.identity import Role
from app.foundation.moderation import ContentPurpose
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Language
from config.logging import configure_logging, flush
from config.places import CONSENTS, WORDS
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from tests.rooms.foundation.privacy.leaks import dump, files, found
from tests.rules.hostile_pictures import plain
from tests.staff import staff
from workers.jobs import draw_wanted

NAME, CALLED, OPENID, PHONE = "欧阳听雨", "听雨小筑", "oPlanted0openid1234567890abc", "13900001234"


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
    flow, person = drawing, drawing.river.person_id
    order = await flow.named(NAME)
    await flow.work()
    paper = await flow.certificate(order)
    await flow.asks(paper, "pdf")
    await draw_wanted(await flow.open_rows("draw_wanted"), flow.tools)
    assert files(flow.tools.gateways.files._folder)
    await identity.set_name(person, CALLED, keyring=KEYRING, now=utc_now())
    assert await identity.keep_openid(person, OPENID, "wx1", keyring=KEYRING, now=utc_now())
    picture = await avatars.put(person, plain(seed=7), by_wechat=False, keyring=KEYRING)
    await moderation.ask_text(
        person,
        f"{NAME} {PHONE}",
        ContentPurpose.NAME,
        words=moderation.load_words(WORDS),
        by_wechat=False,
        keyring=KEYRING,
    )
    await intents.keep(person, f"key {PHONE}", b"s" * 32, 201, f'{{"name": "{NAME}"}}'.encode())
    await consents.give(
        person, ConsentPurpose.WALL, version=2, language=Language.ZH, place=ConsentPlace.PAGE,
        texts=consents.load_texts(CONSENTS),
    )  # fmt: skip
    seen = await payments.find_notice(await fetch_value("SELECT max(id) FROM payment_notice"), keyring=KEYRING)
    assert seen is not None
    (payer,) = re.findall(r'"openid":\s*"([^"]+)"', seen[1].content)
    (kept,) = await fetch("SELECT sealed FROM avatar")
    drawn = await avatars.fetch_own(person, keyring=KEYRING)
    assert drawn is not None and picture.digest
    planted = {
        "name": NAME.encode(), "called": CALLED.encode(), "openid": OPENID.encode(), "phone": PHONE.encode(),
        "payer": payer.encode(), "avatar": drawn[40:120],
    }  # fmt: skip

    exported = str(await privacy.export(person, keyring=KEYRING))
    assert all(word in exported for word in (NAME, CALLED, OPENID, PHONE))
    books = await fetch("SELECT path, unit, balance FROM ledger_account ORDER BY 1, 2")

    await identity.erase(person, now=utc_now())
    await identity.erase(person, now=utc_now())

    flush()
    folder = flow.tools.gateways.files._folder
    text = await dump(flow.river.stand.super_url)
    assert found(planted, text, files(folder) + output.getvalue()) == []
    assert bytes(kept["sealed"]).hex() not in text
    assert await fetch("SELECT path, unit, balance FROM ledger_account ORDER BY 1, 2") == books
    shown = await certificates.verify(paper.verify_code)
    assert shown.holder_id == person and str(order.mass_g) in shown.record_json
    gone = await payments.find_notice(await fetch_value("SELECT max(id) FROM payment_notice"), keyring=KEYRING)
    assert gone is not None and gone[1].is_gone and gone[0].amount_minor
    assert await fetch_value("SELECT state FROM person WHERE id = $1", person) == "erased"
    assert not (await consents.status_of(person, ConsentPurpose.WALL, texts=consents.load_texts(CONSENTS))).is_given


async def test_the_words_are_found_where_nothing_was_erased(flow: Flow) -> None:
    """The search itself: a planted word is found in clear and in bytes."""
    await intents.keep(flow.river.person_id, "k", b"s" * 32, 201, NAME.encode())
    text = await dump(flow.river.stand.super_url)
    assert found({"name": NAME.encode(), "other": b"nowhere to be found"}, text) == ["name in public.intent"]


async def test_staff_are_not_erased_and_nothing_of_them_is_lost(database) -> None:
    person = await staff(Role.OPERATOR)
    with pytest.raises(identity.StaffKeepsAccount):
        await identity.erase(person, now=utc_now())
    assert await fetch_value("SELECT state FROM person WHERE id = $1", person) == "active"


async def test_a_look_is_written_down_with_its_reason_and_shown_to_the_person(flow: Flow) -> None:
    person, clerk = flow.river.person_id, await staff(Role.OPERATOR)
    await identity.set_name(person, CALLED, keyring=KEYRING, now=utc_now())
    for _ in range(2):
        seen = await privacy.unmask(person, by=clerk, reason=privacy.LookReason.COMPLAINT, keyring=KEYRING)
        assert seen == CALLED
    assert [one.reason for one in await privacy.looks_at(person)] == [privacy.LookReason.COMPLAINT] * 2
    with pytest.raises(identity.RoleMissing):
        await privacy.unmask(person, by=await flow.river.guest(), reason=privacy.LookReason.ASKED, keyring=KEYRING)
    assert len(await privacy.looks_at(person)) == 2
