"""Words for devices, and what a code looks like. Pure."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

from app.kernel.typed import typed_code

CODE_LETTERS: Final = "34679ACDEFGHJKMNPQRTWXY"
"""No two look alike on a small screen: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V."""
CODE_LENGTH: Final = 8
CODE_LIFE: Final = timedelta(minutes=10)
_CODE: Final = re.compile(rf"[{CODE_LETTERS}]{{{CODE_LENGTH}}}")


class CodePurpose(StrEnum):
    """What typing a shown code leads to."""

    MOVE = "move"
    """The same account on another device."""
    LINK = "link"
    """A guest's account becomes that of whoever types it (`identity.links`)."""


_BROWSERS: Final = (
    ("MicroMessenger", "wechat"),
    ("AlipayClient", "alipay"),
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("Chrome/", "chrome"),
    ("CriOS/", "chrome"),
    ("Safari/", "safari"),
)
"""In this order: Edge calls itself Chrome as well, and everybody calls themselves Safari."""
_SYSTEMS: Final = (
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("HarmonyOS", "harmony"),
    ("OpenHarmony", "harmony"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("Macintosh", "mac"),
    ("Linux", "linux"),
)


def device_of(called: str) -> str | None:
    """`chrome.windows` of what a browser calls itself; None where it says nothing that we know."""
    browser = _first(_BROWSERS, called)
    system = _first(_SYSTEMS, called)
    return None if browser == system == "other" else f"{browser}.{system}"


def typed_move_code(typed: str) -> str | None:
    """The code as it was shown: capitals without blanks and dashes; None where it cannot be one."""
    code = re.sub(r"[\s-]", "", typed_code(typed)).upper()
    return code if _CODE.fullmatch(code) else None


def _first(words: tuple[tuple[str, str], ...], called: str) -> str:
    return next((word for mark, word in words if mark in called), "other")
