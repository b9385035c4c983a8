"""PayPal, Orders v2: our side of the wire. What stands on the wire: docs/wire/paypal.md.

keys.py      what a merchant must hand in before anything can be sent
amounts.py   decimal strings and minor units, by currency (pure)
reading.py   the channel's JSON in our words (pure)
noticing.py  its events in our words (pure)
signing.py   what a notice's signature is over (pure)
trusting.py  which certificate may sign a notice, fetched from where, chained to which root
tokens.py    the access token: one for all calls, renewed early
asking.py    one call
billing.py   the day's transactions, in windows and pages, and what their lines say
methods.py   what it says of itself
channel.py   the verbs
kind.py      its row of the table of channels
"""

from app.gateways.channels.paypal.channel import PayPal
from app.gateways.channels.paypal.keys import PayPalKeys
from app.gateways.channels.paypal.kind import KIND
from app.gateways.channels.paypal.methods import CHECKOUT

__all__ = ["CHECKOUT", "KIND", "PayPal", "PayPalKeys"]
