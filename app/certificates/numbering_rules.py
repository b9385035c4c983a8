"""What stands in every record, whatever the kind of paper: its numbers, who issues it, and when. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from app.certificates.rules import VERIFY_CODE_LENGTH, Issuer
from app.kernel.clock import beijing_day, rfc3339
from app.kernel.ids import checked_code


def public_number(on: date, letters: str = "SC") -> str:
    """A number for people that nobody can guess: `DD-20261122-SC-` with 40 random bits and a check character."""
    return f"DD-{on:%Y%m%d}-{letters}-{checked_code(8)}"


def verify_code() -> str:
    """Nine random characters and a check character."""
    return checked_code(VERIFY_CODE_LENGTH - 1)


def common(
    *, number: str, code: str, issuer: Issuer, issued_at: datetime, supersedes: str | None, edition: int
) -> dict[str, Any]:
    """What stands in the record of every paper: its numbers, its edition, who issues it and when."""
    return {
        "number": number,
        "verify_code": code,
        # Upper case keeps the QR in alphanumeric mode, which needs fewer modules.
        "verify_url": f"{issuer.public_url.upper()}/V/{code}",
        "edition": edition,
        "supersedes": supersedes,
        "issued_at": rfc3339(issued_at),
        "issuer": {"zh": issuer.name.zh, "en": issuer.name.en},
        "sandbox": issuer.is_sandbox,
    }


def canonical(record: Mapping[str, Any]) -> str:
    """A record as canonical JSON: sorted keys, no spaces, UTF-8; the bytes that are hashed."""
    return msgspec.json.encode(record, order="deterministic").decode()


def issue_day(instant: datetime) -> date:
    """The Beijing day that a number carries."""
    return beijing_day(instant)
