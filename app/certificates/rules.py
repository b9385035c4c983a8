"""What stands in a certificate's record, and its numbers. Pure.

The record is frozen when the certificate is issued: page, PDF, PNG and API all show it and nothing else.
It holds no name; a name, where one was given, lies sealed beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec

from app.credits import LotFacts, Programme
from app.kernel.clock import beijing_day, rfc3339
from app.kernel.ids import checked_code
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Language, Text

RECORD_VERSION: Final = 1
SERIES: Final = "H"
"""Register of the electronic honour certificates (电子荣誉证书)."""
VERIFY_CODE_LENGTH: Final = 10
"""Nine random characters and the check character: 45 bits."""

ANONYMOUS: Final = Text(zh="访客", en="Visitor")
"""The name on a certificate where its holder gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues, and where the certificates can be verified."""

    name: Text
    public_url: str
    """Scheme and host, without a slash at the end."""
    is_sandbox: bool
    """Everything that comes out of a sandbox says SANDBOX 样张."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Grams [start_g, stop_g) of a lot, with what is printed about the lot."""

    lot: LotFacts
    start_g: int
    stop_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a record is made of."""

    retirement_number: str
    purpose: str
    subject: Text
    organiser: Text
    scenario_code: str
    period_from: date
    period_to: date
    emission_g: int
    mass_g: int
    basis: Text
    calculator: str
    factor_set: str
    payer: Text
    cuts: Sequence[Cut]
    retired_at: datetime


def public_number(on: date) -> str:
    """A number for people that nobody can guess: `DD-20261122-SC-` with 40 random bits and a check character."""
    return f"DD-{on:%Y%m%d}-SC-{checked_code(8)}"


def verify_code() -> str:
    """Nine random characters and a check character."""
    return checked_code(VERIFY_CODE_LENGTH - 1)


def compose(facts: Facts, *, number: str, code: str, issuer: Issuer, issued_at: datetime) -> str:
    """The frozen record as canonical JSON: sorted keys, no spaces, UTF-8; the bytes that are hashed."""
    record = {
        "version": RECORD_VERSION,
        "number": number,
        "verify_code": code,
        # Upper case keeps the QR in alphanumeric mode, which needs fewer modules.
        "verify_url": f"{issuer.public_url.upper()}/V/{code}",
        "kind": "honorary",
        "level": "offset" if facts.mass_g >= facts.emission_g else "part",
        "title": _text(Text(zh="碳中和电子荣誉证书", en="Certificate of Carbon Neutrality")),
        "subject": _text(facts.subject),
        "organiser": _text(facts.organiser),
        "scenario_code": facts.scenario_code,
        "purpose": facts.purpose,
        "period": {"from": facts.period_from.isoformat(), "to": facts.period_to.isoformat()},
        "emission_g": facts.emission_g,
        "mass_g": facts.mass_g,
        "basis": {**_text(facts.basis), "calculator": facts.calculator, "factor_set": facts.factor_set},
        "lines": [_line(cut) for cut in facts.cuts],
        "retirement_number": facts.retirement_number,
        "retired_at": rfc3339(facts.retired_at),
        "issued_at": rfc3339(issued_at),
        "payer": _text(facts.payer),
        "issuer": _text(issuer.name),
        "sandbox": issuer.is_sandbox,
    }
    return msgspec.json.encode(record, order="deterministic").decode()


def read_record(record: str) -> dict[str, Any]:
    """The record as plain JSON types."""
    read: dict[str, Any] = msgspec.json.decode(record)
    return read


def programme_shown(line: Mapping[str, Any], language: Language, *, with_name: bool = False) -> str:
    """How a record's line names its programme: by its letters, `with_name` followed by what they stand for.

    A programme that is not traded under letters, and whose record holds our own word for it, is shown by its name.
    """
    programme = Programme(line["programme"])
    letters, name = programme.short.in_(language), str(line["programme_name"][language.value])
    if letters != programme.value:
        return name
    return f"{letters} {name}" if with_name else letters


def masked(name: str) -> str:
    """A name as strangers see it: its first character and a star."""
    return f"{name[:1]}*" if name else ""


def serials_of(cut: Cut) -> str:
    """The numbers of the registry's tonnes that the grams lie in: `#113` or `#113 – #115`.

    Gram g of a lot lies in tonne g // 1 000 000, counted from the lot's first.
    """
    first = cut.lot.block_start + cut.start_g // GRAMS_PER_TONNE
    last = cut.lot.block_start + (cut.stop_g - 1) // GRAMS_PER_TONNE
    return f"#{first}" if first == last else f"#{first} – #{last}"


def _line(cut: Cut) -> Mapping[str, object]:
    lot = cut.lot
    years = {lot.vintage_start.year, lot.vintage_end.year}
    return {
        "programme": lot.programme.value,
        "programme_name": _text(lot.programme.meaning),
        "project": _text(lot.project),
        "project_number": lot.project_number,
        "methodology": lot.methodology,
        "place": _text(lot.place),
        "vintage": "–".join(str(year) for year in sorted(years)),
        "lot": lot.code,
        "serial": lot.serial_raw,
        "tonnes": serials_of(cut),
        "start_g": cut.start_g,
        "stop_g": cut.stop_g,
        "mass_g": cut.stop_g - cut.start_g,
        "upstream": "pending",
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def issue_day(instant: datetime) -> date:
    """The Beijing day that a number carries."""
    return beijing_day(instant)
