"""The operators' door: the platform's own people, two of them wherever something becomes final.

admission            signing in and out
pages_factor         the second step of a sign-in
pages_joining        what an invitation or a reset opens
pages_cancellations  upstream cancellation: what is missing, proposing, reporting, reviewing
pages_orders         quoted orders, until somebody lets them hold credits
pages_transfers      bank transfers: which are expected, and recording what came
pages_inbox          everything that waits for a second person
pages_members        who acts for an organisation
pages_organisations  organisations, written down by one and verified by another
mapping, inbox_mapping  from what rooms know to what a page shows
views, access_views, inbox_views, transfers_views  what each page needs
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.operator import (
    admission,
    pages_cancellations,
    pages_factor,
    pages_inbox,
    pages_joining,
    pages_members,
    pages_orders,
    pages_organisations,
    pages_transfers,
)

routes: Final[tuple[ControllerRouterHandler, ...]] = (
    admission.routes,
    pages_inbox.routes,
    pages_cancellations.routes,
    pages_orders.routes,
    pages_transfers.routes,
    pages_factor.routes,
    pages_joining.routes,
    pages_members.routes,
    pages_organisations.routes,
)
