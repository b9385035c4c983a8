"""What e-CNY says of itself: its name and its two ways to pay."""

from datetime import timedelta
from typing import Final

from app.gateways.channels.methods import Gives, Method, Place, Rank
from app.kernel.money import Currency
from app.kernel.text import Text

NAME: Final = "ecny_cmb"
"""Of the currency and of the bank whose gateway leads to it."""
LABEL: Final = Text(zh="数字人民币", en="e-CNY")
MARK: Final = "数"
_CNY: Final = frozenset({Currency.CNY})
_LASTS: Final = timedelta(hours=2)
"""How long one attempt can be paid. The bank names no limit; an order of ours waits half an hour anyway."""

H5: Final = Method(
    code="h5",
    label=LABEL,
    note=Text(zh="打开数字人民币 App 付款", en="Opens the e-CNY app to pay"),
    places={Place.PHONE: Rank.USUAL},
    gives=Gives.REDIRECT,
    currencies=_CNY,
    lasts=_LASTS,
)
"""A phone's browser, which hands over to the app (`TT04`)."""
QR: Final = Method(
    code="ecny_qr",
    label=Text(zh="数字人民币扫码", en="e-CNY QR code"),
    note=Text(zh="显示二维码，用数字人民币 App 扫一扫付款", en="Shows a code to scan with the e-CNY app"),
    places={
        Place.DESKTOP: Rank.USUAL,
        Place.TERMINAL: Rank.USUAL,
        Place.WECHAT: Rank.ALSO,
        Place.ALIPAY: Rank.ALSO,
        Place.PHONE: Rank.ALSO,
    },
    gives=Gives.QR,
    currencies=_CNY,
    lasts=_LASTS,
    scanner=Text(zh="数字人民币 App", en="the e-CNY app"),
)
"""A QR code on another screen (`TT01`)."""

METHODS: Final = (H5, QR)
TRANSACTION_TYPES: Final = {QR.code: "TT01", H5.code: "TT04"}
"""`transactionType` of a method."""
