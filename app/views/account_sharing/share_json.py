"""What a reader's program is told: its requests, and the books that a person granted it. A blank answer has one form."""

from datetime import date
from typing import Annotated, Final

import msgspec

from app.kernel import ids
from app.kernel.clock import rfc3339
from app.kernel.days import Period
from app.kernel.text import Text
from app.programmes.sharing import Book, BookFigures, Granularity, NewRequest, Reading, Request
from app.programmes.sharing.rules import PURPOSE_MOST

RequestId = Annotated[str, msgspec.Meta(examples=["shr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]


class PurposeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, as the person reads it in their language."""

    zh: Annotated[str, msgspec.Meta(min_length=2, max_length=PURPOSE_MOST["zh"], examples=["用于绿色消费贷评估"])]
    en: Annotated[str, msgspec.Meta(min_length=2, max_length=PURPOSE_MOST["en"], examples=["To assess a green loan"])]


class ShareRequestForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you ask one person for."""

    purpose: PurposeForm
    books: Annotated[tuple[Book, ...], msgspec.Meta(min_length=1, max_length=2)]
    """Each is answered by itself."""
    granularity: Granularity = Granularity.TOTALS
    period_from: date
    """Of the figures, in Beijing; three years at most."""
    period_to: date
    """Included."""
    share_until: date
    """The last day on which it may be answered and read: within a year."""


class ShareRequestView(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands. Whether anybody answered is told by nothing but what a read gives."""

    id: RequestId
    code: Annotated[str, msgspec.Meta(examples=["7K3M-9QFX"])]
    """For the one person you give it to; they type it at `/me/sharing`."""
    url: Annotated[str, msgspec.Meta(examples=["https://carbon.example.org/me/sharing/ask?code=7K3M9QFX"])]
    """The same as a link."""
    purpose: PurposeForm
    books: tuple[Book, ...]
    granularity: Granularity
    period_from: date
    period_to: date
    share_until: date
    asked_at: str


class ShareRequestsView(msgspec.Struct, frozen=True, kw_only=True):
    """What your organisation asked, the latest first; at most two hundred."""

    requests: tuple[ShareRequestView, ...]


class MonthView(msgspec.Struct, frozen=True, kw_only=True):
    """The grams of one month."""

    month: Annotated[str, msgspec.Meta(examples=["2026-11"])]
    grams: int


class BookView(msgspec.Struct, frozen=True, kw_only=True):
    """One book of the period. It is never netted with another."""

    total_grams: int
    months: tuple[MonthView, ...] | None
    """Null where totals were asked for."""


class BooksView(msgspec.Struct, frozen=True, kw_only=True):
    """The books beside each other; null is a book that tells nothing: not granted, or nothing in it."""

    emitted: BookView | None
    retired: BookView | None
    avoided: None = None
    """Not kept of persons yet."""


class SharedAccountView(msgspec.Struct, frozen=True, kw_only=True):
    """What a read gives. Nobody yet, a no and an empty account are the same answer."""

    request: RequestId
    person: Annotated[str, msgspec.Meta(examples=["acc_01JD8Q9T5K3V2M7N4P6R8S0W1X"])] | None
    """The person as this request alone knows them, the same on every read; null where nothing is told."""
    granularity: Granularity
    period_from: date
    period_to: date
    books: BooksView


EXAMPLE: Final = ShareRequestView(
    id="shr_01JD8Q9T5K3V2M7N4P6R8S0W1X", code="7K3M-9QFX",
    url="https://carbon.example.org/me/sharing/ask?code=7K3M9QFX",
    purpose=PurposeForm(zh="用于绿色消费贷评估", en="To assess a green loan"), books=(Book.RETIRED,),
    granularity=Granularity.TOTALS, period_from=date(2026, 1, 1), period_to=date(2026, 12, 31),
    share_until=date(2027, 4, 11), asked_at="2026-11-30T10:00:00+08:00",
)  # fmt: skip
EXAMPLE_ACCOUNT: Final = SharedAccountView(
    request=EXAMPLE.id, person="acc_01JD8Q9T5K3V2M7N4P6R8S0W1X", granularity=Granularity.TOTALS,
    period_from=EXAMPLE.period_from, period_to=EXAMPLE.period_to,
    books=BooksView(emitted=None, retired=BookView(total_grams=412_700, months=None)),
)  # fmt: skip


def new_request(form: ShareRequestForm) -> NewRequest | None:
    """What the form asks for; None where its period runs backwards."""
    if form.period_from > form.period_to:
        return None
    return NewRequest(
        purpose=Text(zh=form.purpose.zh, en=form.purpose.en),
        books=form.books,
        granularity=form.granularity,
        period=Period(form.period_from, form.period_to),
        share_until=form.share_until,
    )


def link_of(request: Request, public_url: str) -> str:
    """Where the person reads and answers it."""
    return f"{public_url}/me/sharing/ask?code={request.code}"


def request_view(one: Request, public_url: str) -> ShareRequestView:
    """A request as it is told."""
    return ShareRequestView(
        id=ids.public("shr", one.id),
        code=ids.grouped(one.code),
        url=link_of(one, public_url),
        purpose=PurposeForm(zh=one.purpose_zh, en=one.purpose_en),
        books=one.books,
        granularity=one.granularity,
        period_from=one.period_from,
        period_to=one.period_to,
        share_until=one.share_until,
        asked_at=rfc3339(one.asked_at),
    )


def account_view(found: Reading) -> SharedAccountView:
    """What a read gives."""
    return SharedAccountView(
        request=ids.public("shr", found.request.id),
        person=ids.public("acc", found.pseudonym) if found.pseudonym is not None else None,
        granularity=found.request.granularity,
        period_from=found.request.period_from,
        period_to=found.request.period_to,
        books=BooksView(emitted=_book(found.books.emitted), retired=_book(found.books.retired)),
    )


def _book(figures: BookFigures | None) -> BookView | None:
    if figures is None:
        return None
    months = None if figures.months is None else tuple(MonthView(month=m.month, grams=m.mass_g) for m in figures.months)
    return BookView(total_grams=figures.total_g, months=months)
