"""Identifiers: UUIDv7 inside, prefixed Crockford base32 at the doors, short codes for people.

Crockford's alphabet has no I, L, O or U; reading is case-insensitive and forgives O for 0 and
I or L for 1 (https://www.crockford.com/base32.html).
"""

import os
import secrets
import time
from typing import Final
from uuid import UUID

from app.kernel.typed import typed_code

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE: Final = {letter: value for value, letter in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_CHECK: Final = ALPHABET + "*~$=U"


def uuid7() -> UUID:
    """A new id whose order follows the millisecond it was made in (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (random_bits >> 62 & 0xFFF) << 64
    return UUID(int=value | 0b10 << 62 | random_bits & (1 << 62) - 1)


def public(prefix: str, id_: UUID) -> str:
    """The id as a door shows it: `ord_` and 26 characters."""
    value, letters = id_.int, []
    for _ in range(26):
        value, digit = divmod(value, 32)
        letters.append(ALPHABET[digit])
    return prefix + "_" + "".join(reversed(letters))


def parse(prefix: str, shown: str) -> UUID | None:
    """The id behind what a door showed, also in full width and with a full stop behind it; None where it is none."""
    head, _, tail = typed_code(shown).partition("_")
    if head != prefix or len(tail) != 26 or not tail.isascii():  # upper case makes two letters of `ß`
        return None
    value = 0
    for letter in tail.upper():
        if letter not in _VALUE:
            return None
        value = value * 32 + _VALUE[letter]
    return UUID(int=value) if value < 1 << 128 else None


def random_code(length: int) -> str:
    """`length` random characters of 5 bits each, from the system's generator."""
    return code_of(secrets.randbits(5 * length), length)


def code_of(value: int, length: int) -> str:
    """The lowest 5 bits a character of a number, as a code."""
    return "".join(ALPHABET[value >> shift & 31] for shift in range(0, 5 * length, 5))


def check_character(code: str) -> str:
    """Crockford's check symbol, modulo 37, of a code; it may be one of `*~$=U` beside the alphabet."""
    value = 0
    for letter in code:
        value = value * 32 + _VALUE[letter]
    return _CHECK[value % 37]


def checked_code(length: int) -> str:
    """`length` random characters and a check character, all from the plain alphabet.

    Draws again until the check symbol is one of the 32 plain ones, so that a person never has to
    type `*`; costs 0.2 bits.
    """
    while True:
        code = random_code(length)
        if (symbol := check_character(code)) in ALPHABET:
            return code + symbol


def read_code(typed: str, *, length: int) -> str | None:
    """A code of `length` characters as somebody typed it, in canonical form; None where it cannot be one.

    Dashes and spaces are passed over, lower case, the letters O, I, L and full width are forgiven, and so is what
    surrounds a code in the sentence it was copied from.
    """
    plain = "".join(typed_code(typed).split()).replace("-", "")
    if len(plain) != length or not plain.isascii() or any(letter not in _VALUE for letter in plain.upper()):
        return None
    return "".join(ALPHABET[_VALUE[letter]] for letter in plain.upper())


def read_checked_code(typed: str, *, length: int) -> str | None:
    """Like `read_code` for `length` characters of which the last is the check character; None if it is wrong."""
    code = read_code(typed, length=length)
    if code is None or check_character(code[:-1]) != code[-1]:
        return None
    return code


def grouped(code: str, *, size: int = 4) -> str:
    """The code in groups joined by dashes, for people: `7K3M-9QFX-2R`."""
    return "-".join(code[start : start + size] for start in range(0, len(code), size))
