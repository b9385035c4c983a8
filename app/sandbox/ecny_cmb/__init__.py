"""China Merchants Bank's aggregated gateway (招商银行聚合支付) as its merchants of e-CNY see it, for rehearsal."""

from app.sandbox.channels import FarChannel
from app.sandbox.ecny_cmb import bills, notifying, outcomes, refunds, routes, tampering, trades
from app.sandbox.ecny_cmb.keys import knobs

ROUTES = [*routes.ROUTES]
CONTROL = [*routes.CONTROL]
SCHEMA = trades.SCHEMA
CHANNEL = FarChannel(
    name=trades.NAME,
    label=("数字人民币", "e-CNY"),
    color="#C8161D",
    find=outcomes.find_sale,
    bring_about=outcomes.bring_about,
    notify=notifying.send_so,
    sending=notifying.sending,
    is_heard=notifying.is_heard,
    is_clients=notifying.is_clients,
    schedule_s=notifying.SCHEDULE_S,
    tampers=tampering.NAMES,
    refund_results=refunds.RESULTS,
    set_refund=refunds.set_result,
    bill_defects=bills.DEFECTS,
    settle_due=refunds.settle_due,
    books=outcomes.books,
    paths=("/polypay/", "/bill/check/"),
    refuse=routes.refuse_plainly,
    fault_routes=frozenset(f"{trades.NAME}.{verb}" for verb in routes.VERBS),
)

__all__ = ["CHANNEL", "CONTROL", "ROUTES", "SCHEMA", "knobs"]
