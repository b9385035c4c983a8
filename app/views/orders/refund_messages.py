"""What a message in WeChat says of money that went back: for what, how much, when; nothing of a person."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.commerce import orders, payments
from app.foundation.messages import MessageKind, NewMessage, fit_title
from app.gateways.database import Tx
from app.kernel import ids, money
from app.kernel.clock import BEIJING
from app.kernel.text import Language
from app.views.orders import ordering

PAGE: Final = "pages/order/index"
"""Of the mini-program."""
_ORDER: Final = "order"
_SHOWN: Final = 32
"""Characters of a `character_string` field of WeChat's templates."""


async def refund_messages(refund_ids: Sequence[UUID], *, tx: Tx) -> list[NewMessage]:
    """One for each of these refunds of an order that is back with its payer; what else is paid for tells nobody here."""
    told: list[NewMessage] = []
    for one in await payments.done_of(refund_ids, tx=tx):
        kind, order_id = payments.read_subject(one.subject)
        if kind != _ORDER:
            continue
        order = await orders.recall(order_id)
        number, language = ids.public("ord", order.id), Language(order.language)
        told.append(
            NewMessage(
                kind=MessageKind.REFUND,
                about=f"refund:{one.id}",
                person_id=order.person_id,
                page=f"{PAGE}?id={number}",
                values={
                    "thing1": fit_title(await ordering.described(order, language)),
                    "amount2": money.text(one.amount_minor, one.currency).removeprefix("US").replace(",", ""),
                    "time3": f"{one.finished_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
                    "character_string4": number[:_SHOWN],
                },
                language=language,
            )
        )
    return told
