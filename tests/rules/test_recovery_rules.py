"""What a marker is, and what lines of a bill say was paid."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.commerce.recovery.bill_lines import paid_in
from app.commerce.recovery.rules import Want, days_between, opened, sealed, want_of
from app.gateways.channels.base import BillKind, BillLine
from app.kernel.money import Currency

PLANNED: dict[str, Any] = {
    "version": 1, "no": 4, "token": "0190a0b0-0000-7000-8000-000000000000", "at": "2026-11-30T12:00:00Z",
    "timeline": "00000001", "is_followed": False, "head": {"size": 9, "root": "ab"},
    "lots": [{"name": "7", "code": "X", "next": 5, "bound": 100_005}], "registers": [{"name": "H", "next": 2, "bound": 102}],
}  # fmt: skip


def test_a_sealed_marker_opens_as_it_was() -> None:
    marker = opened(sealed(PLANNED))
    assert marker is not None
    assert (marker.no, marker.lots[0].bound, marker.registers[0].next) == (4, 100_005, 2)


@pytest.mark.parametrize(
    ("old", "new"), [(b'"no":4', b'"no":5'), (b'"bound":100005', b'"bound":5'), (b"ab", b"ac"), (b"{", b"")]
)
def test_a_marker_with_one_thing_changed_does_not_open(old: bytes, new: bytes) -> None:
    assert opened(sealed(PLANNED).replace(old, new, 1)) is None


def test_a_marker_of_another_version_does_not_open() -> None:
    assert opened(sealed({**PLANNED, "version": 2})) is None


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("lot:7:123", Want(kind="lot", name="7", upto=123)),
        ("register:H:5", Want(kind="register", name="H", upto=5)),
        ("purse:7:1", None),
        ("lot:7", None),
        (None, None),
    ],
)
def test_what_was_refused_is_read_as_postgresql_names_it(said: str | None, wanted: Want | None) -> None:
    assert want_of(said) == wanted


def test_days_are_those_of_beijing_both_ends_included() -> None:
    first = datetime(2026, 11, 29, 15, 59, tzinfo=UTC)
    assert days_between(first, datetime(2026, 11, 30, 16, 0, tzinfo=UTC)) == [
        date(2026, 11, 29), date(2026, 11, 30), date(2026, 12, 1),
    ]  # fmt: skip


def _line(kind: BillKind, transaction_id: str, amount_minor: int) -> BillLine:
    return BillLine(
        kind=kind, reference="r", transaction_id=transaction_id, amount_minor=amount_minor, currency=Currency.CNY,
        at=datetime(2026, 11, 30, tzinfo=UTC),
    )  # fmt: skip


def test_payments_of_a_bill_are_told_with_what_went_back_of_each() -> None:
    lines = [
        _line(BillKind.PAYMENT, "a", 100), _line(BillKind.PAYMENT, "b", 50), _line(BillKind.REFUND, "a", 30),
        _line(BillKind.REFUND, "a", 20), _line(BillKind.REFUND, "z", 9),
    ]  # fmt: skip
    assert [(line.transaction_id, back) for line, back in paid_in(lines)] == [("a", 50), ("b", 0)]
