"""What 支付宝 says of itself: its name and its three ways to pay."""

from datetime import timedelta
from typing import Final

from app.gateways.channels.methods import Gives, Method, Need, Place, Rank
from app.kernel.money import Currency
from app.kernel.text import Text

NAME: Final = "alipay"
LABEL: Final = Text(zh="支付宝", en="Alipay")
MARK: Final = "支"
_CNY: Final = frozenset({Currency.CNY})
_LASTS: Final = timedelta(hours=2)
"""How long an attempt can be paid: the life of a code, unless a shorter one is asked for."""

CREATE: Final = Method(
    code="create",
    label=LABEL,
    note=Text(zh="在支付宝里直接付款", en="Pay right here in Alipay"),
    places={Place.ALIPAY_MINI_PROGRAM: Rank.OWN},
    gives=Gives.CALL_UP,
    currencies=_CNY,
    needs=frozenset({Need.PAYER}),
    lasts=_LASTS,
)
"""Our mini-program inside Alipay, which has told us who the payer is (`login`)."""
WAP: Final = Method(
    code="wap",
    label=LABEL,
    note=Text(zh="打开支付宝付款", en="Opens Alipay to pay"),
    places={Place.ALIPAY: Rank.OWN, Place.PHONE: Rank.USUAL, Place.DESKTOP: Rank.ALSO},
    gives=Gives.REDIRECT,
    currencies=_CNY,
    needs=frozenset({Need.RETURN}),
    lasts=_LASTS,
)
"""A phone's browser, Alipay's own too."""
PRECREATE: Final = Method(
    code="precreate",
    label=Text(zh="支付宝扫码", en="Alipay QR code"),
    note=Text(zh="显示二维码，用支付宝扫一扫付款", en="Shows a code to scan with Alipay"),
    places={
        Place.DESKTOP: Rank.USUAL,
        Place.TERMINAL: Rank.USUAL,
        Place.WECHAT: Rank.ALSO,
        Place.ALIPAY: Rank.ALSO,
        Place.PHONE: Rank.ALSO,
    },
    gives=Gives.QR,
    scanner=LABEL,
    currencies=_CNY,
    lasts=_LASTS,
)
"""A QR code on another screen."""

METHODS: Final = (PRECREATE, CREATE, WAP)
