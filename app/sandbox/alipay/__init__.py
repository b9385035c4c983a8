"""Alipay's gateway as its merchants see it, for rehearsal."""

from app.sandbox.alipay import bills, control, notifying, outcomes, people, refunds, routes, tampering, trades
from app.sandbox.alipay.keys import knobs
from app.sandbox.channels import FarChannel

ROUTES = [*routes.ROUTES]
CONTROL = [*control.ROUTES]
SCHEMA = trades.SCHEMA
CHANNEL = FarChannel(
    name=notifying.NAME,
    label=("支付宝", "Alipay"),
    color="#1677FF",
    find=outcomes.find_sale,
    bring_about=outcomes.bring_about,
    notify=notifying.send_so,
    sending=notifying.sending,
    is_heard=notifying.is_heard,
    schedule_s=notifying.SCHEDULE_S,
    tampers=tampering.NAMES,
    refund_results=refunds.RESULTS,
    set_refund=refunds.set_result,
    bill_defects=bills.DEFECTS,
    somebody=lambda far: people.mint_code(far, person=None, is_new_app=True)["person"],
    books=outcomes.books,
    paths=("/gateway.do", "/alipay/"),
    refuse=routes.refuse_plainly,
    fault_routes=routes.FAULT_ROUTES,
)

__all__ = ["CHANNEL", "CONTROL", "ROUTES", "SCHEMA", "knobs"]
