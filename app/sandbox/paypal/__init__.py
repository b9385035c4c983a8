"""PayPal, Orders v2, as its merchants see it, for rehearsal: token, orders, captures, refunds, webhooks, transactions.

keys.py       the app, its webhook, and the certificates that notices are signed under
tables.py     its own tables
admission.py  who may call, and the one way every answer leaves
forms.py      what stands in a request, strictly
repeats.py    PayPal-Request-Id: one effect for each
orders.py     orders and captures
refunds.py    money that goes back: by the merchant's call, in the console, by a bank
outcomes.py   what the named outcomes do; the books in common words
signing.py    the signature of a webhook
notifying.py  webhooks, and how one is spoilt
reports.py    transactions, as the reporting call tells them
routes.py     the wire
control.py    what only a rehearsal can order
"""

from app.sandbox.channels import FarChannel
from app.sandbox.paypal import admission, control, notifying, outcomes, refunds, reports, routes
from app.sandbox.paypal.keys import knobs
from app.sandbox.paypal.tables import SCHEMA

ROUTES = routes.ROUTES
CONTROL = control.ROUTES
CHANNEL = FarChannel(
    name=notifying.NAME,
    label=("PayPal", "PayPal"),
    color="#003087",
    find=outcomes.find_sale,
    bring_about=outcomes.bring_about,
    take=outcomes.take,
    notify=notifying.send_so,
    sending=notifying.sending,
    is_heard=notifying.is_heard,
    schedule_s=notifying.SCHEDULE_S,
    tampers=notifying.TAMPERS,
    refund_results=refunds.RESULTS,
    set_refund=refunds.set_result,
    bill_defects=reports.DEFECTS,
    books=outcomes.books,
    paths=("/v1/oauth2/", "/v1/notifications/", "/v1/reporting/", "/v2/"),
    refuse=admission.refuse_plainly,
    fault_routes=admission.FAULT_ROUTES,
)

__all__ = ["CHANNEL", "CONTROL", "ROUTES", "SCHEMA", "knobs"]
