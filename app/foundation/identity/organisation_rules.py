"""What identifies an organisation in law: a number in a register, checked where the register says how. Pure."""

import re
import unicodedata
from typing import Final

from app.foundation.identity.access_errors import CountryUnfit, RegisterNumberUnfit
from app.foundation.identity.rules import Register

CHINA: Final = "CN"
_USCC: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100-2015: without I, O, S, V and Z; each is worth its place."""
_OTHER: Final = re.compile(r"[0-9A-Z][0-9A-Z./-]{0,39}")


def read_register(country: str, number: str) -> Register:
    """The register entry as it was typed: width, case, spaces and dashes of a Chinese code are forgiven.

    Raises:
        CountryUnfit: not two letters.
        RegisterNumberUnfit: of China, not a unified social credit code whose check character is right.
    """
    country = unicodedata.normalize("NFKC", country).strip().upper()
    if not re.fullmatch("[A-Z]{2}", country):
        raise CountryUnfit
    number = "".join(unicodedata.normalize("NFKC", number).split()).upper()
    if country == CHINA:
        number = number.replace("-", "")
        if not is_credit_code(number):
            raise RegisterNumberUnfit
    elif not _OTHER.fullmatch(number):
        raise RegisterNumberUnfit
    return Register(country, number)


def is_credit_code(code: str) -> bool:
    """Whether this is a unified social credit code, by its length, its characters and its check character."""
    if len(code) != 18 or any(letter not in _USCC for letter in code):
        return False
    return credit_code(code[:17]) == code


def credit_code(first: str) -> str:
    """The whole code that begins with these seventeen characters: GB 32100 weighs them by powers of 3, modulo 31."""
    assert len(first) == 17, first
    total = sum(_USCC.index(letter) * pow(3, at, 31) for at, letter in enumerate(first))
    return first + _USCC[-total % 31]
