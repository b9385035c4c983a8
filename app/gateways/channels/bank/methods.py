"""What 对公转账 says of itself: its name, its one way to pay, and the remark by which a transfer is told apart."""

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


def typed_remark(text: str) -> str:
    """The end of our number that somebody typed, as a remark or whole; blanks, dashes and case do not count."""
    plain = "".join(letter for letter in typed_code(text).upper() if letter.isalnum())
    return plain.translate(_ALIKE)[-_LENGTH:]
