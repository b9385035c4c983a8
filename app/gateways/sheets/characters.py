"""Which code page a text file is in: decoded strictly, and what GB18030 gives is looked at before it is believed."""

import codecs
import unicodedata
from collections import Counter
from typing import Final

from app.gateways.sheets.bounds import CodePageUnknown, unreadable

_RARE_SHARE: Final = 0.1
"""Of the Chinese characters of a text read as GB18030, how many may be outside of GB 2312: a name may hold one, a
text of another code page that was read so holds a third and more."""
_KANA: Final = frozenset({0xA4, 0xA5})
"""Two rows of GB 2312 that text of Big5 and EUC-JP lands on."""


def decoded(data: bytes) -> str:
    """The characters of a text file: UTF-8 with or without its mark, UTF-16 with its mark, else GB18030 where that
    gives plausible Chinese.

    GB18030 decodes almost any bytes, so what it gives is looked at: a text of Big5, Shift-JIS, Latin-1 or broken
    UTF-8 gives rare characters in plenty. (EUC-KR can pass for rare GB18030; nobody sends us Korean.)

    Raises:
        CodePageUnknown: with the line and the column of the first byte, or character, that does not fit.
        SheetUnreadable: it is no text at all.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise unreadable("UTF-32 编码，请另存为 UTF-8 的 CSV", "it is UTF-32; save it as a CSV in UTF-8")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as fault:
            raise _unknown(data[: fault.start - fault.start % 2].decode("utf-16", "replace")) from fault
    if b"\0" in data:
        raise unreadable(
            "不是 CSV 或 XLSX 文件（或是没有标记的 UTF-16）",
            "it is neither a CSV nor an XLSX (or UTF-16 without its mark)",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        is_utf8_so_far = any(byte > 0x7F for byte in data[: fault.start])
        before = data[: fault.start].decode("utf-8", "replace")
    if is_utf8_so_far and (data.startswith(codecs.BOM_UTF8) or not _is_gb18030(data)):  # it began as UTF-8 and broke
        raise _unknown(before)
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as fault:
        raise _unknown(data[: fault.start].decode("gb18030", "replace")) from fault
    if (odd := _first_implausible(text)) is not None:
        raise _unknown(text[:odd])
    return text


def _is_gb18030(data: bytes) -> bool:
    try:
        return _first_implausible(data.decode("gb18030")) is None
    except UnicodeDecodeError:
        return False


def _first_implausible(text: str) -> int | None:
    """Where a text read as GB18030 stops looking like one, or None."""
    counted = Counter(text)
    foreign = {one for one in counted if unicodedata.category(one) in {"Co", "Cn"}}  # nobody's, or everybody's own
    if foreign:
        return next(place for place, one in enumerate(text) if one in foreign)
    everyday = {one for one in counted if not one.isascii() and _is_everyday(one.encode("gb18030"))}
    rare = {one for one in counted if not one.isascii()} - everyday
    times_rare, times_common = (sum(counted[one] for one in ones) for ones in (rare, everyday))
    is_alone = not times_common and any(_ends_as_a_letter(one) for one in rare)
    if times_rare <= max(1, (times_common + times_rare) * _RARE_SHARE) and not is_alone and not _may_be_japanese(text):
        return None
    return next((place for place, one in enumerate(text) if one in rare), 0)


def _ends_as_a_letter(character: str) -> bool:
    """As an accented letter of Latin-1 and the plain one behind it would."""
    return character.encode("gb18030")[1] < 0x80


def _may_be_japanese(text: str) -> bool:
    """Whether there is kana, and EUC-JP, which has it in the same place, would read the rest as well."""
    if not any("\u3041" <= one <= "\u30f6" for one in text):
        return False
    try:
        text.encode("gb18030").decode("euc-jp")
    except UnicodeDecodeError:
        return False
    return True


def _is_everyday(code: bytes) -> bool:
    """Whether a character is of GB 2312, a sign GBK added beside its signs (㎡, №, ℃) or in its last row (㑇, 㘚, 䶮), where
    no other code page has letters, or written in four bytes."""
    if len(code) != 2:
        return True  # nothing but GB18030 has digits within its characters
    first, second = code[0], code[1]
    if first in _KANA:
        return False
    return (0xA1 <= first <= 0xF7 and second >= 0xA1) or (first in {0xA8, 0xA9, 0xFE} and second < 0xA1)


def _unknown(before: str) -> CodePageUnknown:
    """Where the reader stopped, in lines and characters from 1."""
    lines = before.split("\n")
    return CodePageUnknown(line=len(lines), column=len(lines[-1].lstrip("\ufeff")) + 1)
