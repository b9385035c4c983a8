"""What pages, API and terminal tell alike: how long ago, which row an id means, what an exception means."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from app import certificates
from app.commerce import orders
from app.kernel import ids
from app.kernel.errors import Crowded, Unavailable
from app.views import console, decoding, errors, facts
from app.views.ids import certificate_id, order_id

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROW = UUID("0193a1b2-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(minutes=-5), (1, "minutes")),
        (timedelta(seconds=10), (1, "minutes")),
        (timedelta(minutes=59, seconds=59), (59, "minutes")),
        (timedelta(hours=1), (1, "hours")),
        (timedelta(hours=47, minutes=59), (47, "hours")),
        (timedelta(days=2), (2, "days")),
    ],
)
def test_an_age_is_told_in_the_unit_that_says_enough(passed: timedelta, told: tuple[int, str]) -> None:
    age = console.age(NOW - passed, NOW)

    assert (age.number, age.unit) == told


def test_an_id_as_it_is_shown_leads_to_its_row() -> None:
    assert order_id(ids.public("ord", ROW)) == ROW
    assert certificate_id(ids.public("crt", ROW)) == ROW


@pytest.mark.parametrize("shown", ["", "ord_", "crt_1", "x", "ord_01JD8Q9T5K3V2M7N4P6R8S0W1"])
def test_what_is_no_id_is_told_as_a_row_that_is_not_there(shown: str) -> None:
    with pytest.raises(orders.OrderUnknown):
        order_id(shown)
    with pytest.raises(certificates.CertificateUnknown):
        certificate_id(shown)


@pytest.mark.parametrize(
    ("exc", "fact"),
    [
        (orders.OrderUnknown(), orders.OrderUnknown),
        (msgspec.ValidationError("Expected `int`, got `str` - at `$.a`"), errors.FieldsInvalid),
        (msgspec.DecodeError("malformed"), errors.Malformed),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), errors.Malformed),
        (RecursionError(), errors.TooDeep),
        (Crowded(), errors.Busy),
        (Unavailable("wechatpay"), errors.Silent),
        (ValueError("ours"), errors.Failed),
    ],
)
def test_an_exception_means_one_fact_whichever_way_it_came_in(exc: Exception, fact: type) -> None:
    assert type(facts.as_fact(exc)) is fact


def test_a_file_is_read_as_strictly_as_a_body() -> None:
    assert decoding.decode(b'{"a": 1}', dict[str, int]) == {"a": 1}
    with pytest.raises(errors.KeyRepeated):
        decoding.decode(b'{"a": 1, "a": 2}')
    with pytest.raises(msgspec.ValidationError):
        decoding.decode(b'{"a": "1"}', dict[str, int])
