"""微信支付, API v3: our side of the wire. What stands on the wire: docs/wire/wechatpay.md.

keys.py      what a merchant must hand in before anything can be sent
signing.py   canonical messages, signatures, the cipher (pure)
reading.py   the channel's JSON in our words (pure)
trusting.py  which of the platform's keys we believe, and until when
asking.py    one call, signed and believed
channel.py   the verbs
"""

from app.gateways.channels.wechatpay.channel import WeChatPay
from app.gateways.channels.wechatpay.keys import WeChatPayKeys

__all__ = ["WeChatPay", "WeChatPayKeys"]
