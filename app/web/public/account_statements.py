"""What anybody with its code may see of a statement of a personal account: its frozen figures, book beside book."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from app.certificates import Verified
from app.certificates.rules import read_record
from app.kernel.text import Language
from app.views import estimates
from app.views.page import Page
from app.views.services import Services
from app.web.public.api import masked_holder


@dataclass(frozen=True, slots=True, kw_only=True)
class BookColumn:
    """One book; `months` pairs of a month and its grams, empty where totals were stated."""

    name: str
    total_g: int
    months: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatementPage(Page):
    """Its frozen record."""

    template: ClassVar[str] = "public/account_statement.html"

    code: str
    title: str
    number: str
    holder: str
    """The first letter; empty once the person is forgotten."""
    period_from: date
    period_to: date
    books: tuple[BookColumn, ...]
    as_of: datetime
    issuer: str
    sha256: str


def account_statement(found: Verified, services: Services, language: Language) -> AccountStatementPage:
    """The page in the reader's language."""
    record = read_record(found.record_json)
    return AccountStatementPage(
        here=f"/v/{record['verify_code']}",
        sandbox=services.issuer.is_sandbox,
        code=record["verify_code"],
        title=record["title"][language],
        number=record["number"],
        holder=masked_holder(found, services, language),
        period_from=date.fromisoformat(record["period_from"]),
        period_to=date.fromisoformat(record["period_to"]),
        books=tuple(_column(book, record["books"][book]) for book in ("emitted", "retired")),
        as_of=estimates.instant(record["as_of"]),
        issuer=record["issuer"][language],
        sha256=found.record_sha256.hex(),
    )


def _column(name: str, book: dict[str, Any]) -> BookColumn:
    months = book["months"] or ()
    return BookColumn(name=name, total_g=book["total_g"], months=tuple((one["month"], one["mass_g"]) for one in months))
