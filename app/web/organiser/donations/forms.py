"""What was typed into the forms of donations, read as what it says."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.kernel import ids
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.typed import typed_code, typed_number
from app.programmes import donations

_FEN = 100


def grams(data: Mapping[str, str], name: str) -> int:
    """Tonnes with at most six decimals, as grams.

    Raises:
        DonationUnfit: no such number; the field is named.
    """
    return _scaled(data, name, GRAMS_PER_TONNE, "请填写吨数，最多六位小数", "give tonnes, with at most six decimals")


def amount_fen(data: Mapping[str, str], name: str) -> int:
    """Yuan with at most two decimals, as fen.

    Raises:
        DonationUnfit: no such number; the field is named.
    """
    return _scaled(data, name, _FEN, "请填写金额（元），最多两位小数", "give yuan, with at most two decimals")


def day(data: Mapping[str, str], name: str) -> date:
    """A day as a date field sends it.

    Raises:
        DonationUnfit: none; the field is named.
    """
    try:
        return date.fromisoformat(typed_code(data.get(name, "")))
    except ValueError:
        raise _unfit(name, "请填写日期", "give a day") from None


def donor_id(data: Mapping[str, str]) -> UUID:
    """The organisation that gives.

    Raises:
        DonationUnknown: it is no such id.
    """
    found = ids.parse("org", data.get("donor", ""))
    if found is None:
        raise donations.DonationUnknown(field="/donor")
    return found


def known_id(prefix: str, shown: str) -> UUID:
    """The donation behind `don_…`, the intent behind `din_…`.

    Raises:
        DonationUnknown: it is no such id.
    """
    found = ids.parse(prefix, shown)
    if found is None:
        raise donations.DonationUnknown
    return found


def _scaled(data: Mapping[str, str], name: str, scale: int, zh: str, en: str) -> int:
    typed = typed_number(data.get(name, ""), "吨", "t", "元")
    value = Decimal(typed) * scale if typed and len(typed) < 20 else Decimal(0)
    if value != value.to_integral_value() or value <= 0:
        raise _unfit(name, zh, en)
    return int(value)


def _unfit(name: str, zh: str, en: str) -> donations.DonationUnfit:
    return donations.DonationUnfit(field=f"/{name}", problem_zh=zh, problem_en=en)
