"""What 微信支付 says of itself: its name and its three ways to pay."""

from datetime import timedelta
from typing import Final

from app.gateways.channels.methods import Gives, Method, Need, Place, Rank
from app.kernel.money import Currency
from app.kernel.text import Text

NAME: Final = "wechatpay"
LABEL: Final = Text(zh="微信支付", en="WeChat Pay")
MARK: Final = "微"
_CNY: Final = frozenset({Currency.CNY})
_LASTS: Final = timedelta(hours=2)
"""How long a prepared payment can be paid: the platform's own limit."""

JSAPI: Final = Method(
    code="jsapi",
    label=LABEL,
    note=Text(zh="在微信里直接付款", en="Pay right here in WeChat"),
    places={Place.WECHAT: Rank.OWN, Place.MINI_PROGRAM: Rank.OWN},
    gives=Gives.CALL_UP,
    currencies=_CNY,
    needs=frozenset({Need.PAYER}),
    lasts=_LASTS,
)
"""Inside WeChat: the mini-program, or an H5 page in its browser."""
H5: Final = Method(
    code="h5",
    label=LABEL,
    note=Text(zh="打开微信付款", en="Opens WeChat to pay"),
    places={Place.PHONE: Rank.USUAL, Place.DESKTOP: Rank.ALSO},
    gives=Gives.REDIRECT,
    currencies=_CNY,
    needs=frozenset({Need.ADDRESS, Need.RETURN}),
    lasts=_LASTS,
)
"""A phone's browser outside WeChat."""
NATIVE: Final = Method(
    code="native",
    label=Text(zh="微信扫码", en="WeChat QR code"),
    note=Text(zh="显示二维码，用微信扫一扫付款", en="Shows a code to scan with WeChat"),
    places={
        Place.DESKTOP: Rank.USUAL,
        Place.TERMINAL: Rank.USUAL,
        Place.WECHAT: Rank.ALSO,
        Place.ALIPAY: Rank.ALSO,
        Place.PHONE: Rank.ALSO,
    },
    gives=Gives.QR,
    scanner=Text(zh="微信", en="WeChat"),
    currencies=_CNY,
    lasts=_LASTS,
)
"""A QR code on another screen."""

METHODS: Final = (JSAPI, H5, NATIVE)
