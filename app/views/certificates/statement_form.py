"""The frozen record of a statement of a personal account, and the answer that verifies one, as the API describes them."""

from typing import Annotated, Final, Literal

import msgspec

from app.views.certificates.coverage import TextView
from app.views.certificates.paper_form import PaperRecord, VerifiedPaper


class StatedMonth(msgspec.Struct, frozen=True, kw_only=True):
    """The grams of one month; a month without any is absent."""

    month: Annotated[str, msgspec.Meta(examples=["2026-11"])]
    mass_g: int


class StatedBook(msgspec.Struct, frozen=True, kw_only=True):
    """One book. Books stand beside each other and are never netted."""

    total_g: int
    months: tuple[StatedMonth, ...] | None
    """Null where totals alone were stated."""


class StatedBooks(msgspec.Struct, frozen=True, kw_only=True):
    """The books of an account."""

    emitted: StatedBook | None
    retired: StatedBook | None
    avoided: None = None
    """Not kept: nobody counts it yet."""


class StatementRecord(PaperRecord, frozen=True, kw_only=True):
    """What the paper froze."""

    kind: Literal["account"]
    granularity: Literal["totals", "months"]
    period_from: str
    period_to: str
    books: StatedBooks
    as_of: str


class VerifiedStatement(VerifiedPaper, frozen=True, kw_only=True):
    """The public part of a statement of a personal carbon account, as it stood when it was made."""

    paper: Literal["account"] = "account"
    record: StatementRecord
    superseded_by: None = None
    """Of no later one: a statement is of its day, another day's is another statement."""


EXAMPLE: Final = VerifiedStatement(
    valid=True, register_number="A-3", holder="林*",
    record_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    record=StatementRecord(
        record_version=1, kind="account", title=TextView(zh="个人碳账户声明", en="Statement of a Personal Carbon Account"),
        granularity="months", period_from="2026-01-01", period_to="2026-11-30",
        books=StatedBooks(
            emitted=StatedBook(total_g=4_542, months=(StatedMonth(month="2026-11", mass_g=4_542),)),
            retired=StatedBook(total_g=4_542, months=(StatedMonth(month="2026-11", mass_g=4_542),)),
        ),
        as_of="2026-11-30T10:00:00+08:00", number="DD-20261130-PA-7K3M9QXRA", verify_code="7K3M9QXR2D",
        verify_url="HTTPS://DD.EXAMPLE.ORG/V/7K3M9QXR2D", edition=1, supersedes=None,
        issued_at="2026-11-30T10:00:05+08:00", issuer=TextView(zh="示例环境交易所", en="Sample Exchange"), sandbox=True,
    ),
    title=TextView(zh="个人碳账户声明", en="Statement of a Personal Carbon Account"),
)  # fmt: skip
