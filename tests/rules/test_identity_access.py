"""Register numbers, codes of an authenticator, and who may give which role: without tables."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from app.foundation.identity import CountryUnfit, OrganisationKind, RegisterNumberUnfit, Role, read_register
from app.foundation.identity.access_rules import givable
from app.foundation.identity.credentials.factor_rules import (
    new_recovery_codes,
    new_secret,
    offer,
    read_recovery_code,
    step_of,
)
from app.foundation.identity.organisation_rules import is_credit_code

NOW = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)


def test_a_credit_code_is_told_by_its_check_character() -> None:
    assert is_credit_code("91350100M000100Y43")  # the example of GB 32100-2015
    for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        assert is_credit_code("91350100M000100Y4" + other) == (other == "3")


def test_one_wrong_or_two_swapped_characters_of_a_credit_code_are_noticed() -> None:
    right = "91350100M000100Y43"
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for at in range(17):
        for letter in letters:
            if letter != right[at]:
                assert not is_credit_code(right[:at] + letter + right[at + 1 :])
        swapped = right[:at] + right[at + 1] + right[at] + right[at + 2 :]
        assert swapped == right or not is_credit_code(swapped)


@pytest.mark.parametrize(
    "typed", ["９１３５０１００Ｍ０００１００Ｙ４３", " 9135 0100 m000 100y 43 ", "91350100-M000100Y-43"]
)
def test_width_case_spaces_and_dashes_of_a_credit_code_are_forgiven(typed: str) -> None:
    assert read_register(" cn ", typed).number == "91350100M000100Y43"


@pytest.mark.parametrize("typed", ["", "91350100M000100Y4", "91350100M000100Y44", "91350100I000100Y43", "9" * 40])
def test_what_is_no_credit_code_is_refused_by_field(typed: str) -> None:
    with pytest.raises(RegisterNumberUnfit) as refusal:
        read_register("CN", typed)
    assert refusal.value.field == "/register_number"


def test_elsewhere_the_country_and_its_number_identify() -> None:
    assert read_register("sg", "201912345k").number == "201912345K"
    assert read_register("DE", "HRB 12345").number == "HRB12345"
    with pytest.raises(RegisterNumberUnfit):
        read_register("SG", "<script>")
    with pytest.raises(CountryUnfit):
        read_register("China", "1")


def test_a_code_counts_in_its_half_minute_and_one_on_either_side() -> None:
    secret = new_secret()
    totp = pyotp.TOTP(secret)
    for steps, is_taken in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        assert (step_of(secret, totp.at(NOW + steps * STEP), now=NOW, after=None) is not None) == is_taken
    assert step_of(secret, f" {totp.at(NOW)[:3]} {totp.at(NOW)[3:]} ", now=NOW, after=None) is not None


def test_a_code_that_was_taken_and_any_earlier_one_are_refused() -> None:
    secret = new_secret()
    totp = pyotp.TOTP(secret)
    taken = step_of(secret, totp.at(NOW), now=NOW, after=None)
    assert taken is not None
    assert step_of(secret, totp.at(NOW), now=NOW, after=taken) is None
    assert step_of(secret, totp.at(NOW - STEP), now=NOW, after=taken) is None
    assert step_of(secret, totp.at(NOW + STEP), now=NOW, after=taken) == taken + 1


@pytest.mark.parametrize("around", ["{}", "{}。", "“{}”", " {}\n", "\u200b{}"])
def test_a_code_is_read_as_a_chinese_keyboard_and_a_message_write_it(around: str) -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    wide = code.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    for typed in (code, wide):
        assert step_of(secret, around.format(typed), now=NOW, after=None) is not None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 345"])
def test_what_is_no_code_is_no_code(typed: str) -> None:
    assert step_of(new_secret(), typed, now=NOW, after=None) is None


def test_the_reference_codes_of_rfc_6238_are_ours() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # the ASCII key of the RFC's appendix B, in base32
    for unix, code in ((59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")):
        assert step_of(secret, code, now=datetime.fromtimestamp(unix, UTC), after=None) == unix // 30


def test_the_offer_names_the_house_and_the_account() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    parts = urlsplit(offer(secret, account="li@x.example", issuer="Sample Exchange").uri)
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", "/Sample Exchange:li@x.example")
    assert parse_qs(parts.query) == {"secret": [secret], "issuer": ["Sample Exchange"]}


def test_recovery_codes_are_ten_all_different_and_read_as_people_type_them() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert read_recovery_code(f" {code.lower().replace('-', ' ')} ") == code.replace("-", "")
    assert read_recovery_code("123456") is None


def test_who_may_give_which_role() -> None:
    company, court, exchange = OrganisationKind.COMPANY, OrganisationKind.COURT, OrganisationKind.EXCHANGE
    assert Role.ADMINISTRATOR in givable(exchange, platform={Role.ADMINISTRATOR}, own={Role.ADMINISTRATOR})
    assert Role.SPONSOR not in givable(exchange, platform={Role.ADMINISTRATOR}, own=set())
    for platform in ({Role.OPERATOR}, {Role.REVIEWER, Role.FINANCE, Role.AUDITOR}, set()):
        assert not givable(exchange, platform=platform, own=platform)
    assert givable(company, platform=set(), own={Role.SPONSOR}) == {
        Role.SPONSOR, Role.OPERATOR, Role.FINANCE, Role.AUDITOR,
    }  # fmt: skip
    assert Role.COURT in givable(court, platform={Role.ADMINISTRATOR}, own=set())
    assert not givable(company, platform={Role.OPERATOR}, own={Role.FINANCE, Role.AUDITOR, Role.OPERATOR})
