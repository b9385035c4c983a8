"""The pages of finance: payments, refunds and channels' messages as lists, each row with its evidence and its next step.

searching  what the address of such a list asks for
payments   payments; asking the channel again
refunds    refunds; one that its channel refused is asked again, or given back by hand and confirmed by another
notices    messages of channels; what is parked is compared again, or two people decide
invoices   what is to be invoiced of a range of days, as a list and as files; each marked once
views      what these pages need
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.operator.finance import invoices, notices, payments, refunds

routes: Final[tuple[ControllerRouterHandler, ...]] = (payments.routes, refunds.routes, notices.routes, invoices.routes)
