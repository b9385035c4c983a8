"""支付宝, the open platform's gateway (RSA2): our side of the wire. What stands on the wire: docs/wire/alipay.md.

keys.py          what a merchant must hand in before anything can be sent
certificates.py  how certificates are named, and which of them prove themselves (pure)
trusting.py      the platform's certificates that we believe
signing.py       what is signed and verified, by python-alipay-sdk
reading.py       answers and notices in our words (pure)
writing.py       amounts, times and texts as the platform wants them, and what each call asks for (pure)
asking.py        one call, signed and believed
renewing.py      a newer certificate of the platform, when an answer names one that we lack
billing.py       where the bill of a day lies, and its file
bills.py         what stands in it (pure)
methods.py       what it says of itself: in its mini-program, in a phone's browser, a code to scan
login.py         who is behind a login code of its mini-program
channel.py       the verbs
kind.py          its row of the table of channels
"""

from app.gateways.channels.alipay.channel import Alipay
from app.gateways.channels.alipay.keys import AlipayKeys
from app.gateways.channels.alipay.kind import KIND
from app.gateways.channels.alipay.methods import CREATE, PRECREATE, WAP

__all__ = ["CREATE", "KIND", "PRECREATE", "WAP", "Alipay", "AlipayKeys"]
