"""How each registry's serials are read. Pure; made from real serials (`tests/data/registry_serials.csv`).

The text alone says whose serial it is: no programme is asked. Anything may stand between its parts (dashes of every
kind, spaces, 至, `to`, underscores), so that one block has one reading however it is typed.

- Verra: `[batch]-[first]-[last]-(VCS-)VCU-…-[project]-[from]-[to]-[flag]`, with or without the sector: 13, 12 or 11 parts.
- Gold Standard, ACR, CAR: the last two numbers are first and last tonne, where all the parts before them are there.
- CCER, CDCER, CQCER, SCLC: `LETTERS-year-batch-first-last` and nothing else. Shorter, it names a batch: raw only.
- Cercarbono's names a batch, never its tonnes: raw only. So is a text without any registry's marks.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from app.kernel.text import Text
from app.registry.credits.serials.registry_rules import OURS, Registry, registry_named
from app.registry.credits.serials.serial_rules import (
    MOST_TONNES,
    SERIAL_LENGTH,
    Impossible,
    RawOnly,
    Serial,
    foreign_letter,
    names_of,
    normalised,
    without_zeros,
)

_NUMBER: Final = "[0-9]{1,15}"
_BLOCK: Final = f"(?P<start>{_NUMBER})-(?P<end>{_NUMBER})"
_FORMS: Final = {
    Registry.VERRA: re.compile(
        f"(?P<batch>{_NUMBER})-{_BLOCK}-(?:(?P<programme>VCS)-)?(?P<unit>VCU)-(?P<kind>[0-9]{{1,6}})-(?P<registry>[A-Z]{{1,10}})"
        "-(?P<country>[A-Z]{2})(?:-(?P<sector>[0-9]{1,3}))?-(?P<project>[0-9]{1,10})-(?P<from>[0-9]{8})-(?P<to>[0-9]{8})"
        "-(?P<flag>[01])"
    ),
    Registry.GOLD_STANDARD: re.compile(
        "GS(?P<standard>[0-9])-(?P<kind>[0-9]{1,3})-(?P<country>[A-Z]{2})-GS(?P<project>[0-9]{1,10})-(?P<sector>[0-9]{1,3})"
        f"-(?P<year>[0-9]{{4}})-(?P<batch>{_NUMBER})-{_BLOCK}"
    ),
    Registry.ACR: re.compile(
        f"ACR-(?P<country>[A-Z]{{2}})-(?P<project>[0-9]{{1,10}})-(?P<year>[0-9]{{4}})-(?P<batch>{_NUMBER})-{_BLOCK}"
    ),
    Registry.CAR: re.compile(
        "CAR-(?P<kind>[0-9]{1,3})-(?P<country>[A-Z]{2})-(?P<project>[0-9]{1,10})-(?P<sector>[0-9]{1,3})"
        f"-(?P<developer>[0-9]{{1,10}})-(?P<state>[A-Z]{{2}})-(?P<year>[0-9]{{4}})-(?P<batch>{_NUMBER})-{_BLOCK}"
    ),
}
_OURS: Final = re.compile(f"(?P<letters>[A-Z]+)-(?P<year>[0-9]{{4}})-(?P<batch>[0-9A-Z]{{1,20}})-{_BLOCK}")
_OURS_WITHOUT_LETTERS: Final = re.compile(f"(?:^|-)[12][0-9]{{3}}-[0-9A-Z]{{1,20}}-{_BLOCK}(?:-|$)")
_SERIES: Final[Mapping[Registry, tuple[str, ...]]] = {
    Registry.VERRA: ("batch",),
    Registry.GOLD_STANDARD: ("batch",),
    Registry.ACR: ("project", "year", "batch"),
    Registry.CAR: ("project", "year", "batch"),
}
"""Within which parts a registry counts. Fewer parts err on the safe side: more blocks would meet."""
_BATCH_WITHOUT_LETTERS: Final = re.compile("[12][0-9]{3}-[0-9]{1,20}")
_WORDS: Final = re.compile("[年第批次号期]+")
_BATCH_IN_WORDS: Final = re.compile("[12][0-9]{3} ?(?:年[ -]?)?(?:第 ?)?[0-9A-Z]{1,20} ?批")
_BLOCK_IN_WORDS: Final = re.compile(_OURS_WITHOUT_LETTERS.pattern.replace("(?:^|-)", "(?<![0-9A-Z])", 1))
_LETTER_FOR_A_DIGIT: Final = re.compile("(?=.*[0-9])(?=.*[OI])[0-9OI]+")

_BETWEEN_NUMBERS: Final = re.compile("(?<=[0-9]) ?(?:至|到|TO) ?(?=[0-9])")
_PARTS: Final = re.compile("[^\\W_]+")
_TOKENS: Final = re.compile("[A-Z]+|[0-9]+|[^\\W_A-Z0-9]+")
_AROUND: Final = " .,;:!?。、，；：！？'\"`“”‘’·|#*-"
_THOUSANDS: Final = re.compile("(?<=[0-9])[ .,'’·、](?=[0-9]{3}(?:[^0-9]|$))")
_MOST_NUMBERS: Final = 2
"""Numbers that a batch of ours has: its year and its own; more of them would be a block that cannot be read."""
_MOST_DIGITS: Final = 12
"""A longer number would be year, batch and block without anything between them."""


def read(raw: str) -> Serial | RawOnly:
    """The block a serial names, or why it names none.

    Raises:
        Impossible: empty, too long, with letters of other scripts, or with a registry's marks and no serial of it.
    """
    key = normalised(raw)
    if len(raw) > SERIAL_LENGTH:
        raise Impossible(Text(zh=f"超过 {SERIAL_LENGTH} 个字符", en=f"it is longer than {SERIAL_LENGTH} characters"))
    _only_plain_characters(raw, key)
    text = _BETWEEN_NUMBERS.sub("-", key.strip(_AROUND))
    registry = registry_named(_TOKENS.findall(text))
    if registry in OURS or registry is None:
        return _read_ours(raw, key, text, registry)
    form = _FORMS.get(registry)
    if form is None:
        return RawOnly(raw, key, registry, _NAMES_A_BATCH)
    if (match := form.fullmatch("-".join(_PARTS.findall(text)))) is None:
        raise Impossible(
            Text(zh=f"不合{registry.text.zh}的序列号格式", en=f"it has the marks of {registry.text.en}, not the form")
        )
    return _serial(raw, key, registry, match)


def _only_plain_characters(raw: str, key: str) -> None:
    odd = foreign_letter(key) or next((one for one in raw if unicodedata.category(one) == "No"), None)
    if odd is not None:
        code = f"U+{ord(odd):04X}"
        raise Impossible(
            Text(
                zh=f"含有不应出现的字符 {code}，只能用拉丁字母、汉字、数字和连字符",
                en=f"the character {code} cannot stand in it: Latin letters, Chinese characters, digits and dashes can",
            )
        )
    if not names_of(key):
        raise Impossible(Text(zh="其中没有字母、汉字或数字", en="there is no letter, Chinese character or digit in it"))
    for part in _PARTS.findall(key):
        if _LETTER_FOR_A_DIGIT.fullmatch(part):
            raise Impossible(
                Text(
                    zh=f"“{part}”中以字母 O 或 I 代替了数字",
                    en=f'"{part}" has the letter O or I where a digit is meant',
                )
            )


def _read_ours(raw: str, key: str, text: str, registry: Registry | None) -> Serial | RawOnly:
    joined = "-".join(_PARTS.findall(text))
    match = _OURS.fullmatch(joined)
    if registry is not None and match is not None and match["letters"] == registry:
        if _THOUSANDS.search(text):
            raise Impossible(_write_it(registry))
        return _serial(raw, key, registry, match)
    if registry is None:
        block = _OURS_WITHOUT_LETTERS.search(joined)
        if (said := _WORDS.sub("-", text)) != text:
            block = _BLOCK_IN_WORDS.search("-".join(_PARTS.findall(said)))
        is_batch = _BATCH_WITHOUT_LETTERS.fullmatch(joined) or _BATCH_IN_WORDS.search(text)
        if is_batch or (block is not None and int(block["start"]) <= int(block["end"])):
            raise Impossible(_WHOSE)
        return RawOnly(raw, key, None, _NO_REGISTRY)
    tokens = _TOKENS.findall(text)
    numbers = [token for token in tokens if token.isdigit()]
    if tokens[0] != registry or len(numbers) > _MOST_NUMBERS or any(len(one) > _MOST_DIGITS for one in numbers):
        raise Impossible(_write_it(registry))
    return RawOnly(raw, key, registry, _NAMES_A_BATCH)


def _serial(raw: str, key: str, registry: Registry, match: re.Match[str]) -> Serial:
    parts = {name: part for name, part in match.groupdict().items() if part is not None}
    try:
        start, end = int(parts["start"]), int(parts["end"])
        first, last = _VINTAGES.get(registry, _year)(parts)
    except ValueError as fault:
        raise Impossible(_NO_SUCH_DAY) from fault
    if not start <= end < start + MOST_TONNES:
        raise Impossible(Text(zh=f"号段 {start} 至 {end} 不成立", en=f"{start} to {end} is no block"))
    if first is not None and last is not None and first > last:
        raise Impossible(_NO_SUCH_DAY)
    series = "-".join(without_zeros(parts[name]) for name in _SERIES.get(registry, ("year", "batch")))
    project = parts.get("project")
    return Serial(
        raw=raw,
        key=key,
        registry=registry,
        series=f"{registry}:{series}",
        block_start=start,
        block_stop=end + 1,
        project=f"{'' if registry is Registry.VERRA else registry}{project}" if project else None,
        vintage_start=first,
        vintage_end=last,
        country=parts.get("country"),
        fields=parts,
    )


Vintage = tuple[date | None, date | None]


def _days(parts: Mapping[str, str]) -> Vintage:
    first, last = (date(int(text[4:]), int(text[2:4]), int(text[:2])) for text in (parts["from"], parts["to"]))
    return first, last


def _year(parts: Mapping[str, str]) -> Vintage:
    return date(int(parts["year"]), 1, 1), date(int(parts["year"]), 12, 31)


def _unsaid(parts: Mapping[str, str]) -> Vintage:
    """The year of ours is the batch's; nothing says that it is the vintage's."""
    if not 1990 <= int(parts["year"]) <= 2199:
        raise ValueError(parts["year"])
    return None, None


_VINTAGES: Final[Mapping[Registry, Callable[[Mapping[str, str]], Vintage]]] = {
    Registry.VERRA: _days,
    **dict.fromkeys(OURS, _unsaid),
}
_NAMES_A_BATCH: Final = Text(zh="只写明批次，没有写明吨号", en="names a batch, not its tonnes")
_NO_REGISTRY: Final = Text(
    zh="没有任何登记机构的标识，不能说明吨号", en="bears no registry's marks and names no tonnes"
)
_NO_SUCH_DAY: Final = Text(zh="所载年份或日期不成立", en="its year or days cannot be")
_WHOSE: Final = Text(
    zh="含有批次或号段，但开头不是登记机构的字母，应写作 CDCER-2022-0113-1-3000",
    en="it names a batch or block but does not begin with its registry's letters, such as CDCER-2022-0113-1-3000",
)


def _write_it(registry: Registry) -> Text:
    return Text(
        zh=f"应写作 {registry}-2022-0113-1-3000（字母-年份-批次-首吨-末吨），或只写批次 {registry}-2022-0113",
        en=f"write it as {registry}-2022-0113-1-3000 (letters-year-batch-first-last) or, the batch alone, {registry}-2022-0113",
    )
