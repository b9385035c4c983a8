"""数字人民币 (e-CNY) through China Merchants Bank's aggregated gateway (招商银行聚合支付): our side of the wire.

A bank's gateway, as its public documents describe it; no production credentials were available. What stands on the wire, and
what is not confirmed: docs/wire/ecny_cmb.md.

sm2.py         signatures of the national standard (pure)
keys.py        what a merchant must hand in before anything can be sent
signing.py     what is signed, and how keys and signatures are written (pure)
envelopes.py   the outer part of the bank's messages: what is signed, what it carries (pure)
reading.py     the bank's fields in our words (pure)
writing.py     our words in the bank's fields (pure)
asking.py      one call, signed and believed
notifying.py   notices, and our answers to them
billing.py     the bank's list of a day
methods.py     what it says of itself: a code to scan, and the app on the same phone
channel.py     the verbs
kind.py        its row of the table of channels
"""

from app.gateways.channels.ecny_cmb.channel import EcnyCmb
from app.gateways.channels.ecny_cmb.keys import EcnyKeys
from app.gateways.channels.ecny_cmb.kind import KIND
from app.gateways.channels.ecny_cmb.methods import H5, QR

__all__ = ["H5", "KIND", "QR", "EcnyCmb", "EcnyKeys"]
