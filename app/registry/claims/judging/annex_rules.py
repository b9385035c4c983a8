"""Reading the report's annex of cases (附录): what a case's name says of its period, and what its printed type means.

Periods stand only inside names, in four spellings, and spaces may be missing. Misprints are kept: a name that says
no readable period has none, and nothing is guessed for it.
"""

import calendar
import re
from datetime import date
from typing import Final

from app.kernel.days import Period
from app.registry.claims.judging.shapes import EntityKind

ENTITIES: Final = {
    "企业碳中和": EntityKind.ORGANISATION,
    "产品碳足迹": EntityKind.PRODUCT,
    "会议": EntityKind.MEETING,
    "赛事": EntityKind.EVENT,
    "会展": EntityKind.EVENT,
    "零碳金融网点": EntityKind.SITE,
    "零碳会议室": EntityKind.SITE,
    "景区": EntityKind.SITE,
}
"""The annex's eight types."""

_YEAR: Final = r"(?<![0-9])([0-9]{4})"
_NUMBER: Final = r"([0-9]{1,2})"
_TO: Final = r"\s*(?:至|—+|–|-)\s*"
_ISO: Final = rf"{_YEAR}-{_NUMBER}-{_NUMBER}(?![0-9])"
_DAY: Final = rf"{_YEAR}\s*年\s*{_NUMBER}\s*月\s*{_NUMBER}\s*日"

_ISO_DAYS: Final = re.compile(_ISO + _TO + _ISO)
"""`2022-01-01 至 2022-12-31`."""
_WRITTEN_DAYS: Final = re.compile(_DAY + _TO + _DAY)
"""`2022 年 1 月 1日—2022 年 12 月 31日`."""
_MONTHS: Final = re.compile(rf"{_YEAR}\s*年\s*{_NUMBER}\s*(?:月?{_TO}{_NUMBER}\s*)?月(?!\s*[0-9]+\s*日)")
"""`2023 年 6-11 月`, `2023 年 8 月-12 月`, `2023 年 12 月`."""
_WHOLE_YEAR: Final = re.compile(
    rf"{_YEAR}\s*年(?:\s*度|\s*(?:总体)?碳(?:排放|中和)|\s*温室气体排放|\s*认购碳减排量|\s*市场营销策划服务)"
)
"""`2022 年度`, or a year of account: `2021 年碳中和`. In `2023 年‘全国低碳日’四川主场活动` the year tells which time
it took place, and on which of its days, nobody says: that is no period."""
_TERRITORY: Final = re.compile(r"社区(?!居民委员会|居委会)")
"""A neighbourhood; its committee is an organisation."""


def period_of(name: str) -> Period | None:
    """The period a case's name tells, both days included; None where it tells none, or none that can be."""
    if found := _ISO_DAYS.search(name) or _WRITTEN_DAYS.search(name):
        year, month, day, to_year, to_month, to_day = (int(group) for group in found.groups())
        return _period((year, month, day), (to_year, to_month, to_day))
    if found := _MONTHS.search(name):
        year, month = int(found[1]), int(found[2])
        to_month = int(found[3] or month)
        if not 1 <= month <= to_month <= 12:
            return None
        return _period((year, month, 1), (year, to_month, calendar.monthrange(year, to_month)[1]))
    if found := _WHOLE_YEAR.search(name):
        return _period((int(found[1]), 1, 1), (int(found[1]), 12, 31))
    return None


def entity_of(printed_type: str, name: str) -> EntityKind | None:
    """What a case of that printed type is, None for a type the annex does not know.

    The report prints inventories of neighbourhoods as 会议; those are territories, which a profile may leave out.
    """
    entity = ENTITIES.get(printed_type)
    if entity is EntityKind.MEETING and _TERRITORY.search(name):
        return EntityKind.TERRITORY
    return entity


def _period(first: tuple[int, int, int], last: tuple[int, int, int]) -> Period | None:
    try:
        starts, ends = date(*first), date(*last)
    except ValueError:  # a misprint such as the 31st of June
        return None
    return Period(starts, ends) if starts <= ends else None
