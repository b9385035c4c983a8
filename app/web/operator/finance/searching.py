"""What the address of a list of finance asks for: state, channel, and words: a number, an order, an amount or a day."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from app.commerce.orders import cause_of
from app.commerce.payments import Wanted
from app.gateways.channels.methods import Gives
from app.gateways.channels.table import CHANNELS, find_kind
from app.kernel import days, ids
from app.kernel.text import Language, Text
from app.kernel.typed import typed_code
from app.views import listing
from app.views.listing import Asked, Filter

_AMOUNT: Final = re.compile(r"(?:¥|US\$)?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,10})\.([0-9]{2})", re.ASCII)
_ALL: Final = Text(zh="全部渠道", en="All channels")


def read(path: str, query: Mapping[str, str], states: Sequence[str]) -> Asked:
    """The address of a list with these states, of which the first holds where none is named."""
    names = ("all", *(kind.name for kind in CHANNELS))
    return listing.read(path, query, {"state": tuple(states), "channel": names}, has_words=True)


def wanted(asked: Asked) -> Wanted:
    """What is looked for. Words that are no order, amount or day are a number."""
    words = typed_code(asked.words)
    given: dict[str, Any] = {}
    if words:
        if (order_id := ids.parse("ord", words)) is not None:
            given["subject"] = cause_of(order_id)
        elif (day := _day(words)) is not None:
            given["day"] = day
        elif (amount := _AMOUNT.fullmatch(words)) is not None:
            given["amount_minor"] = int(amount[1].replace(",", "")) * 100 + int(amount[2])
        else:
            given["number"] = words
    channel = asked.chosen["channel"]
    return Wanted(state=asked.chosen["state"], channel=None if channel == "all" else channel, **given)


def state_filters(asked: Asked, labels: Mapping[str, Text], language: Language) -> tuple[Filter, ...]:
    """A link for each state."""
    return tuple(asked.filter("state", name, label.in_(language)) for name, label in labels.items())


def channel_filters(asked: Asked, language: Language) -> tuple[Filter, ...]:
    """A link for each channel that we know."""
    return (
        asked.filter("channel", "all", _ALL.in_(language)),
        *(asked.filter("channel", kind.name, kind.label.in_(language)) for kind in CHANNELS),
    )


def channel_name(name: str, language: Language) -> str:
    """A channel's name; of one that is no longer in the table its code."""
    kind = find_kind(name)
    return kind.label.in_(language) if kind else name


def is_by_hand(name: str) -> bool:
    """Whether all of a channel's money comes by transfer, as two people record it."""
    kind = find_kind(name)
    return kind is not None and all(method.gives is Gives.TRANSFER for method in kind.methods)


def _day(words: str) -> date | None:
    try:
        return days.read_day(words)
    except ValueError:
        return None
