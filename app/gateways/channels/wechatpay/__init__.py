"""微信支付, API v3: our side of the wire. What stands on the wire: docs/wire/wechatpay.md.

keys.py      what a merchant must hand in before anything can be sent
signing.py   canonical messages, signatures, the cipher (pure)
reading.py   the channel's JSON in our words (pure)
trusting.py  which of the platform's keys we believe, and until when
asking.py    one call, signed and believed
billing.py   fetching the trade bill
bill_reading.py  what stands in it (pure)
methods.py   what it says of itself: JSAPI, H5 and Native
channel.py   the verbs
kind.py      its row of the table of channels
"""

from app.gateways.channels.wechatpay.channel import WeChatPay
from app.gateways.channels.wechatpay.keys import WeChatPayKeys
from app.gateways.channels.wechatpay.kind import KIND
from app.gateways.channels.wechatpay.methods import H5, JSAPI, NATIVE

__all__ = ["H5", "JSAPI", "KIND", "NATIVE", "WeChatPay", "WeChatPayKeys"]
