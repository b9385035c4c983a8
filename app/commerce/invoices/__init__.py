"""Invoices (发票): what an organisation wants on its invoice, what is to be invoiced of its orders, and what was.

ask()          an organisation says title, tax number and e-mail for one of its paid orders, or mends them until it is invoiced
list_own()     the paid orders of an organisation, with what it said and how far its invoice is
list_days()    the paid orders of organisations in a range of days, with what is to be invoiced or reversed of each
lines_of()     the lines of some orders, with what stays of each
mark()         a person of finance: this order is invoiced now, or what went back since is reversed (红冲)

The invoice itself is made in the tax authority's own system; here stands what goes into it and that it was made. What is to be
invoiced is what was paid less what went back, as one SQL function says it (`invoices.net_minor`); marking names the amount
that was seen, and each amount is marked once.
"""

from app.commerce.invoices.asking import ask
from app.commerce.invoices.errors import (
    InvoiceAmountChanged,
    InvoiceEmailUnfit,
    InvoiceMade,
    InvoiceNotAsked,
    InvoiceNumberUnfit,
    InvoiceTaxNumberUnfit,
    InvoiceTitleUnfit,
)
from app.commerce.invoices.marking import mark
from app.commerce.invoices.reading import DAYS_MOST, InvoiceLine, OrderInvoice, lines_of, list_days, list_own
from app.commerce.invoices.rules import InvoiceState, NewAsking

__all__ = [
    "DAYS_MOST",
    "InvoiceAmountChanged",
    "InvoiceEmailUnfit",
    "InvoiceLine",
    "InvoiceMade",
    "InvoiceNotAsked",
    "InvoiceNumberUnfit",
    "InvoiceState",
    "InvoiceTaxNumberUnfit",
    "InvoiceTitleUnfit",
    "NewAsking",
    "OrderInvoice",
    "ask",
    "lines_of",
    "list_days",
    "list_own",
    "mark",
]
