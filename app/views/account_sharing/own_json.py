"""Sharing as a person's own program is told it: what is asked, what they answered, who read, and their statements."""

from datetime import date
from typing import Annotated, Final

import msgspec

from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.programmes.sharing import Book, Granularity, ReadOutcome, Request, ShareState
from app.views.account_sharing.pages import ReadLine, ShareCard, StatementLine

ShareId = Annotated[str, msgspec.Meta(examples=["shr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
Organisation = Annotated[str, msgspec.Meta(examples=["示例农商银行"])]


class AskedView(msgspec.Struct, frozen=True, kw_only=True):
    """A request, before it is answered."""

    code: Annotated[str, msgspec.Meta(examples=["7K3M9QFX"])]
    organisation: Organisation
    """Who asks."""
    purpose: str
    books: tuple[Book, ...]
    """Each is answered by itself."""
    granularity: Granularity
    period_from: date
    period_to: date
    share_until: date
    """The last day on which it may be answered and read."""
    asked_at: str
    may_answer: bool
    """False: this account may be shared with nobody."""


class AnswerForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Yes or no to each book that is asked for, and to no other; no to all of them is a refusal."""

    books: Annotated[dict[Book, bool], msgspec.Meta(max_length=2, examples=[{"emitted": False, "retired": True}])]


class ShareView(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was answered, and where that stands."""

    id: ShareId
    organisation: Organisation
    purpose: str
    state: ShareState
    granted: tuple[str, ...]
    """Books they said yes to; nothing else is ever told."""
    withheld: tuple[str, ...]
    granularity: Granularity
    period_from: date
    period_to: date
    share_until: date
    answered_at: str
    revoked_at: str | None


class SharesView(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first; at most a hundred."""

    items: tuple[ShareView, ...]


class ReadView(msgspec.Struct, frozen=True, kw_only=True):
    """One read. Refused ones are among them."""

    share: ShareId
    organisation: Organisation
    key_end: Annotated[str, msgspec.Meta(examples=["9QFX"])]
    """The last characters of the key that was used."""
    at: str
    outcome: ReadOutcome


class ReadsView(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first; at most fifty."""

    items: tuple[ReadView, ...]


class StatementForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the statement is of. Its figures are those of this moment."""

    period_from: date
    period_to: date
    """Included; today at the latest, three years at most."""
    granularity: Granularity = Granularity.TOTALS
    name: Annotated[str, msgspec.Meta(max_length=2_000, examples=["林小川"])] = ""
    """What stands on the paper; empty: no name."""


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """A statement. Its paper follows in seconds: until then `number` and the addresses are null."""

    id: Annotated[str, msgspec.Meta(examples=["sta_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    period_from: date
    period_to: date
    granularity: Granularity
    made_at: str
    number: str | None
    verify_url: str | None
    """For anybody who is given the paper."""
    pdf_zh_url: str | None
    pdf_en_url: str | None
    record_url: str | None
    """The record as JSON, the very bytes whose digest the verification tells."""


class StatementsView(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first; at most twenty."""

    items: tuple[StatementView, ...]


EXAMPLE_ASKED: Final = AskedView(
    code="7K3M9QFX", organisation="示例农商银行", purpose="用于绿色消费贷评估", books=(Book.EMITTED, Book.RETIRED),
    granularity=Granularity.TOTALS, period_from=date(2026, 1, 1), period_to=date(2026, 12, 31),
    share_until=date(2027, 4, 11), asked_at="2026-11-30T10:00:00+08:00", may_answer=True,
)  # fmt: skip
EXAMPLE_SHARE: Final = ShareView(
    id="shr_01JD8Q9T5K3V2M7N4P6R8S0W1X", organisation="示例农商银行", purpose="用于绿色消费贷评估",
    state=ShareState.LIVE, granted=("retired",), withheld=("emitted",), granularity=Granularity.TOTALS,
    period_from=date(2026, 1, 1), period_to=date(2026, 12, 31), share_until=date(2027, 4, 11),
    answered_at="2026-11-30T10:05:00+08:00", revoked_at=None,
)  # fmt: skip
EXAMPLE_READ: Final = ReadView(
    share=EXAMPLE_SHARE.id, organisation="示例农商银行", key_end="9QFX", at="2026-11-30T10:06:00+08:00",
    outcome=ReadOutcome.FIGURES,
)  # fmt: skip
EXAMPLE_STATEMENT: Final = StatementView(
    id="sta_01JD8Q9T5K3V2M7N4P6R8S0W1X", period_from=date(2026, 1, 1), period_to=date(2026, 11, 30),
    granularity=Granularity.MONTHS, made_at="2026-11-30T10:10:00+08:00", number="DD-20261130-PA-8A2B3C4D5",
    verify_url="/v/7K3M9QFX2R", pdf_zh_url="/me/sharing/statements/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X/zh.pdf",
    pdf_en_url="/me/sharing/statements/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X/en.pdf",
    record_url="/me/sharing/statements/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X/record.json",
)  # fmt: skip


def asked_view(one: Request, organisation: str, language: Language, *, may_answer: bool) -> AskedView:
    """A request as it is told to whoever may answer it."""
    return AskedView(
        code=one.code,
        organisation=organisation,
        purpose=one.purpose.in_(language),
        books=one.books,
        granularity=one.granularity,
        period_from=one.period_from,
        period_to=one.period_to,
        share_until=one.share_until,
        asked_at=rfc3339(one.asked_at),
        may_answer=may_answer,
    )


def share_view(one: ShareCard) -> ShareView:
    """An answer as it stands."""
    return ShareView(
        id=one.id,
        organisation=one.organisation,
        purpose=one.purpose,
        state=one.state,
        granted=one.granted,
        withheld=one.withheld,
        granularity=one.granularity,
        period_from=one.period_from,
        period_to=one.period_to,
        share_until=one.until,
        answered_at=rfc3339(one.answered_at),
        revoked_at=rfc3339(one.revoked_at) if one.revoked_at else None,
    )


def read_view(one: ReadLine) -> ReadView:
    """One line of the log."""
    return ReadView(
        share=one.share_id,
        organisation=one.organisation,
        key_end=one.key_end,
        at=rfc3339(one.at),
        outcome=one.outcome,
    )


def statement_view(one: StatementLine) -> StatementView:
    """A statement, with its paper where there is one."""
    return StatementView(
        id=one.id,
        period_from=one.period_from,
        period_to=one.period_to,
        granularity=one.granularity,
        made_at=rfc3339(one.made_at),
        number=one.number,
        verify_url=one.verify_url or None,
        pdf_zh_url=one.pdf_zh_url or None,
        pdf_en_url=one.pdf_en_url or None,
        record_url=one.json_url or None,
    )
