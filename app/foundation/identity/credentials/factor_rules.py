"""The second factor: codes of half a minute (RFC 6238), and recovery codes on paper. Pure, the caller passes `now`."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyotp

from app.kernel.ids import ALPHABET, grouped, read_code
from app.kernel.typed import typed_code

STEP_S: Final = 30
SKEW_STEPS: Final = 1
"""A telephone's clock may be half a minute off, either way."""
RECOVERY_CODES: Final = 10
RECOVERY_LENGTH: Final = 16
"""Characters of five bits: 80 in all."""


@dataclass(frozen=True, slots=True)
class FactorOffer:
    """What an authenticator is to be told."""

    secret: str = field(repr=False)
    """Base32, for typing."""
    uri: str = field(repr=False)
    """The same for a QR code."""


def new_secret() -> str:
    """160 bits, in base32."""
    return pyotp.random_base32()


def offer(secret: str, *, account: str, issuer: str) -> FactorOffer:
    """What to show."""
    return FactorOffer(secret, pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def step_of(secret: str, typed: str, *, now: datetime, after: int | None) -> int | None:
    """The half minute whose code was typed; None where it is another's, or not later than `after`, the last one taken."""
    code = "".join(typed_code(typed).split())
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        return None
    current = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    for step in range(current - SKEW_STEPS, current + SKEW_STEPS + 1):
        if (after is None or step > after) and secrets.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """As a person keeps them: `7K3M-9QFX-2R0A-BCDE`."""
    return [grouped("".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH))) for _ in range(RECOVERY_CODES)]


def read_recovery_code(typed: str) -> str | None:
    """Its sixteen characters; None where it cannot be one."""
    return read_code(typed, length=RECOVERY_LENGTH)
