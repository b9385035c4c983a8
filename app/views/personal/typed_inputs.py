"""What somebody typed into the personal calculator's page, as the calculator takes it, and back to the field at fault.

Nothing is refused here: what is no number goes on as it was typed, and the calculator names its field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app import footprint
from app.footprint import DayUnfit, Kind, Span
from app.kernel.days import Period
from app.kernel.typed import is_nothing, typed_code, typed_number

FORM: Final = footprint.FORMS["personal"]
OWN: Final = frozenset({"mode", "activity_year", "flights"})
"""Fields that the page asks for in its own way."""
FLIGHTS_SHOWN: Final = 2
FLIGHTS_MOST: Final = 40
_TYPED_MOST: Final = 40
_FLIGHT: Final = re.compile(r"/flights/([0-9]+)(?:/([a-z_]+))?")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was filled in: what the calculator takes, the days it is of, and which row each flight came from."""

    span: Span
    inputs: Mapping[str, Any]
    period: Period
    flight_rows: tuple[int, ...] = ()

    def name_of(self, pointer: str | None) -> str | None:
        """The name of the page's field that a refusal means; None: none of them."""
        if not pointer:
            return None
        if (flight := _FLIGHT.fullmatch(pointer)) is not None:
            at = int(flight[1])
            row = self.flight_rows[at] if at < len(self.flight_rows) else at
            return f"flight_{row}_{flight[2] or 'km'}"
        return pointer.removeprefix("/")


def span_of(typed: str) -> Span:
    """A day, unless a year is asked for."""
    return Span.YEAR if typed == Span.YEAR else Span.DAY


def read(data: Mapping[str, str], *, today: date) -> Typed:
    """The inputs of a form.

    Raises:
        DayUnfit: its day or year is none that figures can be of.
    """
    span = span_of(data.get("span", ""))
    period = read_period(data, today=today)
    inputs: dict[str, Any] = {"mode": span.value, "activity_year": period.first.year}
    for each in FORM.fields:
        if each.name not in OWN and (value := _value(each, data.get(each.name, ""))) is not None:
            inputs[each.name] = value
    flights, rows = [], []
    for row in range(FLIGHTS_MOST):
        km = data.get(f"flight_{row}_km", "")
        if is_nothing(km.strip()):
            continue
        cabin = data.get(f"flight_{row}_cabin", "")
        flights.append(
            {"km": _number(km), "round_trip": f"flight_{row}_round_trip" in data} | ({"cabin": cabin} if cabin else {})
        )
        rows.append(row)
    if flights:
        inputs["flights"] = flights
    return Typed(span, inputs, period, tuple(rows))


def read_period(data: Mapping[str, str], *, today: date) -> Period:
    """The days of `span` that `on` or `activity_year` names; left out they are today, or the last whole year.

    Raises:
        DayUnfit: they are none that figures can be of.
    """
    span = span_of(data.get("span", ""))
    if span is Span.YEAR:
        typed = typed_code(data.get("activity_year", ""))
        year = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else 0
        return footprint.year_period(year if typed else today.year - 1, today=today)
    typed = typed_code(data.get("on", ""))
    try:
        day = date.fromisoformat(typed) if typed else today
    except ValueError:
        raise DayUnfit(
            field="/on", first=date(footprint.FIRST_YEAR, 1, 1).isoformat(), last=today.isoformat()
        ) from None
    return footprint.day_period(day, today=today)


def _value(each: footprint.Field, typed: str) -> str | int | bool | None:
    typed = typed[:_TYPED_MOST]
    match each.kind:
        case Kind.TICK:
            return True if typed else None
        case Kind.CHOICE:
            return typed or None
        case Kind.COUNT:
            plain = typed_code(typed)
            return None if not plain else int(plain) if plain.isascii() and plain.isdecimal() else plain
        case _:
            return None if is_nothing(typed.strip()) else _number(typed)


def _number(typed: str) -> str:
    """In plain digits; what is no number stays as it is, for the calculator to refuse."""
    return typed_number(typed[:_TYPED_MOST]) or typed[:_TYPED_MOST]
