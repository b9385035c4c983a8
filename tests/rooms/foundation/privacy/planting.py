"""Words planted in every place where a person can type, upload or be told of, each as their own way in keeps it."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.certificates import CertificateFacts
from app.commerce import payments
from app.commerce.orders import OrderFacts
from app.foundation import avatars, consents, identity, moderation
from app.foundation.consents import ConsentPlace, ConsentPurpose
from app.foundation.moderation import ContentPurpose
from app.gateways.database import fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Language
from config.places import CONSENTS, WORDS
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from tests.rules.hostile_pictures import plain
from workers.jobs import draw_wanted

NAME: Final = "欧阳听雨"
CALLED: Final = "听雨小筑"
OPENID: Final = "oPlanted0openid1234567890abc"
PHONE: Final = "13900001234"


@dataclass(frozen=True, slots=True)
class Planted:
    """Somebody of whom everything is kept that can be."""

    person_id: UUID
    order: OrderFacts
    paper: CertificateFacts
    words: dict[str, bytes]


async def plant(drawing: Flow) -> Planted:
    """An order paid and named, its certificate drawn, a name and a picture shown, consents, a WeChat."""
    flow, person = drawing, drawing.river.person_id
    order = await flow.named(NAME)
    await flow.work()
    paper = await flow.certificate(order)
    await flow.asks(paper, "pdf")
    await draw_wanted(await flow.open_rows("draw_wanted"), flow.tools)
    await identity.set_name(person, CALLED, keyring=KEYRING, now=utc_now())
    assert await identity.keep_openid(person, OPENID, "wx1", keyring=KEYRING, now=utc_now())
    picture = await avatars.put(person, plain(seed=7), by_wechat=False, keyring=KEYRING)
    assert picture.digest
    await moderation.ask_text(
        person, f"{NAME} {PHONE}", ContentPurpose.NAME, words=moderation.load_words(WORDS), by_wechat=False,
        keyring=KEYRING,
    )  # fmt: skip
    await consents.give(
        person, ConsentPurpose.WALL, version=2, language=Language.ZH, place=ConsentPlace.PAGE,
        texts=consents.load_texts(CONSENTS),
    )  # fmt: skip
    seen = await payments.find_notice(await fetch_value("SELECT max(id) FROM payment_notice"), keyring=KEYRING)
    assert seen is not None
    (payer,) = re.findall(r'"openid":\s*"([^"]+)"', seen[1].content)
    drawn = await avatars.fetch_own(person, keyring=KEYRING)
    assert drawn is not None
    words = {
        "name": NAME, "called": CALLED, "openid": OPENID, "phone": PHONE, "payer": payer,
    }  # fmt: skip
    return Planted(
        person, order, paper, {key: word.encode() for key, word in words.items()} | {"avatar": drawn[40:120]}
    )
