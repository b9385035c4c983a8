"""What PayPal says of itself: its name and its one way to pay."""

from datetime import timedelta
from typing import Final

from app.gateways.channels.methods import Gives, Method, Need, Place, Rank
from app.kernel.money import Currency
from app.kernel.text import Language, Text

NAME: Final = "paypal"
LABEL: Final = Text(zh="PayPal", en="PayPal")
MARK: Final = "P"

CHECKOUT: Final = Method(
    code="checkout",
    label=LABEL,
    note=Text(zh="去 PayPal 付美元", en="Pay in US dollars at PayPal"),
    places={
        Place.PHONE: Rank.USUAL,
        Place.DESKTOP: Rank.USUAL,
        Place.WECHAT: Rank.ALSO,
        Place.ALIPAY: Rank.ALSO,
    },
    gives=Gives.REDIRECT,
    # PayPal takes yuan from accounts inside China only: docs/decisions/0058.
    currencies=frozenset({Currency.USD}),
    needs=frozenset({Need.RETURN}),
    # Below this the fee (3.49 % and 49 cents, PayPal US, merchant fees) leaves nothing.
    least_minor=52,
    lasts=timedelta(hours=3),
    is_abroad=True,
    favoured_by=Language.EN,
)
"""The payer approves at PayPal, comes back, and we take the money."""

METHODS: Final = (CHECKOUT,)
