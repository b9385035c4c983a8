"""What 对公转账 says of itself: its name, its one way to pay, and the remark by which a transfer is told apart."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.gateways.channels.methods import Gives, Method, Place, Rank
from app.kernel.money import Currency
from app.kernel.text import Text
from app.kernel.typed import typed_code

NAME: Final = "bank"
LABEL: Final = Text(zh="对公转账", en="Bank transfer")
MARK: Final = "银"
WORKDAYS: Final = 5
WORKDAYS_MOST: Final = 15
"""With every weekend between them still within the month that an order waits at most."""
_START: Final = "DD"
_LENGTH: Final = 8
"""40 bits: nobody guesses one, and a mistyped letter is no other payment's."""
_ALIKE: Final = str.maketrans("OIL", "011")
_LETTER: Final = "[0-9A-HJKMNP-TV-Z]"
_APART: Final = r"[\s._·-]*"
"""What a bank's form, or a person, puts between the letters of a remark."""
_MARKED: Final = re.compile(rf"(?=D{_APART}D((?:{_APART}{_LETTER}){{{_LENGTH}}}))")
_WHOLE: Final = re.compile(r"[0-9A-Z]+")
_NUMBER_LENGTH: Final = 24
"""Of our whole number, which some payers copy in place of its end."""
_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


def transfer(workdays: int) -> Method:
    """The way to pay, whose credits wait that many working days."""
    return Method(
        code="transfer",
        label=LABEL,
        note=Text(
            zh=f"从单位账户转账，减排量保留 {workdays} 个工作日",
            en=f"From your organisation’s account; credits wait {workdays} working days",
        ),
        places=dict.fromkeys(Place, Rank.ALSO),
        gives=Gives.TRANSFER,
        currencies=frozenset({Currency.CNY}),
        only_organisations=True,
        workdays=workdays,
        lasts=timedelta(days=31),
    )


def remark_of(reference: str) -> str:
    """What the payer writes beside the transfer (附言): short enough to be typed, derived from our number alone."""
    return _START + reference[-_LENGTH:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """The ends of numbers that may stand in a text."""

    marked: tuple[str, ...]
    """Written as remarks are, `DD` before them; a payer meant one of ours."""
    bare: tuple[str, ...]
    """Eight letters without it, or a number as long as ours: one of ours only where a payment has it."""


def remarks_in(text: str) -> Remarks:
    """What of a bank's text may name a payment; width, case, blanks, dashes and letters that look alike do not count."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_DASHES)
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf").translate(_ALIKE)
    marked = [re.sub(r"[^0-9A-Z]", "", found[1]) for found in _MARKED.finditer(seen)]
    runs = _WHOLE.findall(re.sub(r"(?<=[0-9A-Z])[._·-](?=[0-9A-Z])", "", seen)) + _WHOLE.findall(seen)
    bare = [run[-_LENGTH:] for run in runs if len(run) in {_LENGTH, _NUMBER_LENGTH}]
    return Remarks(
        marked=tuple(dict.fromkeys(marked)), bare=tuple(one for one in dict.fromkeys(bare) if one not in marked)
    )


def typed_remark(text: str) -> str:
    """The end of our number that somebody typed, as a remark or whole; blanks, dashes and case do not count."""
    plain = "".join(letter for letter in typed_code(text).upper() if letter.isalnum())
    return plain.translate(_ALIKE)[-_LENGTH:]
