"""WeChat Pay API v3 as its merchants see it, for rehearsal."""

from app.sandbox import faults
from app.sandbox.channels import FarChannel
from app.sandbox.wechat import login
from app.sandbox.wechatpay import bills, console, notifying, outcomes, refunds, routes, tampering

ROUTES = [*routes.ROUTES]
CONTROL = console.CONTROL
CHANNEL = FarChannel(
    name=notifying.NAME,
    label=("微信支付", "WeChat Pay"),
    color="#07C160",
    find=outcomes.find_sale,
    bring_about=outcomes.bring_about,
    notify=notifying.send_so,
    sending=notifying.sending,
    is_heard=notifying.is_heard,
    schedule_s=notifying.SCHEDULE_S,
    tampers=tampering.NAMES,
    refund_results=frozenset({"SUCCESS", "ABNORMAL", "CLOSED", "PROCESSING"}),
    set_refund=refunds.set_result,
    bill_defects=bills.DEFECTS,
    somebody=lambda far: login.mint_code(far)["openid"],
    settle_due=refunds.settle_due,
    books=outcomes.books,
    fault_routes=faults.ROUTES - {"login", "page_login", "token", "*"},
    paths=("/v3/",),
    refuse=routes.refuse_plainly,
)

__all__ = ["CHANNEL", "CONTROL", "ROUTES"]
