"""The operators' door: the platform's own people, two of them wherever something becomes final.

admission            signing in and out
pages_factor         the second step of a sign-in
pages_wechat         WeChat instead of the password: the QR code, and the link of one's own account
pages_wechat_phone   the same on the telephone that scanned
pages_joining        what an invitation or a reset opens
pages_cancellations  upstream cancellation: what is missing, proposing, reporting, reviewing
pages_names          seeing a name that somebody gave, for a reason that they are shown; unmasking is the form for it
pages_orders         quoted orders, until somebody lets them hold credits
pages_rates          exchange rates: which counts, and proposing another
bills                what channels say they moved: by day, what differs, two who sign
bank                 bank transfers: which are expected, recording what came; the bank's statements and what does not fit
finance              payments, refunds and channels' messages, each with its evidence and its next step
moderation           content checks: what waits, showing and hiding
pages_inbox          everything that waits for a second person
pages_members        who acts for an organisation
readers              organisations that may ask persons for their accounts
pages_organisations  organisations, written down by one and verified by another
mapping, inbox_mapping  from what rooms know to what a page shows
views, access_views, inbox_views, wechat_views  what each page needs
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.operator import (
    admission,
    bank,
    bills,
    finance,
    moderation,
    pages_cancellations,
    pages_factor,
    pages_inbox,
    pages_joining,
    pages_members,
    pages_names,
    pages_orders,
    pages_organisations,
    pages_rates,
    pages_wechat,
    pages_wechat_phone,
    readers,
)

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    admission.routes,
    pages_inbox.routes,
    pages_cancellations.routes,
    pages_orders.routes,
    *bank.routes,
    pages_rates.routes,
    bills.routes,
    *finance.routes,
    moderation.routes,
    pages_factor.routes,
    pages_wechat.routes,
    pages_wechat_phone.routes,
    pages_joining.routes,
    pages_members.routes,
    pages_names.routes,
    pages_organisations.routes,
    readers.routes,
)
