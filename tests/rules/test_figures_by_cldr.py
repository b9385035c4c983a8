"""Dates, numbers and amounts as we print them, beside what the Unicode CLDR says of both languages (by way of Babel).

Babel is a second reading here and not in the product: docs/decisions/0010-dependencies.md.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import mass, money
from app.kernel.money import Currency
from app.kernel.text import Language
from app.web.kit.responses import pages

LOCALES = {Language.ZH: "zh_CN", Language.EN: "en"}
ANY_LOCALE = st.sampled_from(sorted(LOCALES.values()))
GRAMS = st.integers(0, 10**15)


def printed(name, value, language):
    template = pages._environment().from_string(f"{{{{ view | {name} }}}}")
    return template.render(view=value, language=language)


@given(GRAMS, ANY_LOCALE)
def test_numbers_are_grouped_as_readers_of_both_languages_expect(value, locale):
    assert printed("number", value, Language.ZH) == printed("number", value, Language.EN)
    assert printed("number", value, Language.EN) == format_decimal(value, locale=locale)


@given(GRAMS, ANY_LOCALE)
def test_masses_have_the_point_and_the_groups_of_both_languages(mass_g, locale):
    assert mass.exact_kg(mass_g) == format_decimal(Decimal(mass_g) / 1000, "#,##0.000", locale)
    whole, _, part = mass.exact_t(mass_g).partition(".")
    assert whole == format_decimal(mass_g // 10**6, locale=locale)
    assert int(part.ljust(6, "0") or 0) == mass_g % 10**6


@given(st.integers(0, 10**13), st.sampled_from(Currency), st.sampled_from(Language))
def test_amounts_are_written_as_in_the_readers_country_with_dollars_told_apart(amount_minor, currency, language):
    told = format_currency(amount_minor // 100, currency.value, "¤#,##0", LOCALES[language], currency_digits=False)
    sign = "US$" if currency is Currency.USD else "¥"
    groups = told.lstrip("".join(set("US$¥CN")))
    assert money.text(amount_minor, currency) == f"{sign}{groups}.{amount_minor % 100:02d}"


@pytest.mark.parametrize("day", [date(2026, 1, 1) + timedelta(days=28 * n) for n in range(14)])
def test_a_day_is_iso_in_chinese_and_by_name_in_english(day):
    assert printed("day", day, Language.ZH) == day.isoformat()
    assert printed("day", day, Language.EN) == format_date(day, "d MMM y", locale="en")


@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_has_its_name_in_english_and_its_number_in_chinese(month):
    first, told = date(2024, month, 1), f"2024-{month:02d}"
    assert printed("month", told, Language.EN) == format_date(first, "MMM y", locale="en")
    assert printed("month", told, Language.ZH).replace(" ", "") == format_date(first, "y年M月", locale="zh_CN")


@pytest.mark.parametrize("at", [datetime(2026, 12, 31, 16, 5, 9, tzinfo=UTC), datetime(2026, 9, 1, 0, 0, tzinfo=UTC)])
def test_an_instant_is_told_by_the_clock_of_beijing(at):
    beijing = get_timezone("Asia/Shanghai")
    assert printed("moment", at, Language.EN) == format_datetime(at, "d MMM y HH:mm", tzinfo=beijing, locale="en")
    assert printed("moment", at, Language.ZH) == format_datetime(at, "y-MM-dd HH:mm", tzinfo=beijing, locale="zh_CN")
    assert printed("clock", at, Language.ZH) == format_datetime(at, "HH:mm", tzinfo=beijing, locale="zh_CN")


@pytest.mark.parametrize("count", [0, 1, 2, 5, 11, 21, 101])
def test_only_one_is_singular_and_only_in_english(count):
    texts = pages._locales()[Language.EN]
    key = next(one for one in texts if f"{one}.one" in texts and texts[one] != texts[f"{one}.one"])
    is_singular = pages._text(key, Language.EN, {"count": count}) == texts[f"{key}.one"]
    assert is_singular == (Locale("en").plural_form(count) == "one")
    assert Locale("zh").plural_form(count) == "other"
