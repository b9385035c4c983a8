"""What stands in a certificate's record, which tonnes its grams lie in, and its numbers: pure."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certificates.naming_rules import Naming, beneficiary_name
from app.certificates.numbering_rules import canonical, common, issue_day, public_number, verify_code
from app.certificates.rendering import claim_notes, sheet
from app.certificates.rules import (
    VERIFY_CODE_LENGTH,
    Cut,
    Facts,
    Issuer,
    Parties,
    contents,
    masked,
    may_say_neutral,
    programme_shown,
    reach_of,
    read_record,
    serials_of,
)
from app.foundation.identity import PartyCard, PartyKind
from app.kernel.ids import ALPHABET, check_character, read_checked_code
from app.kernel.text import Language, Text
from app.registry import claims
from app.registry.claims import ClaimFacts, Layer, Mandate, Purpose
from app.registry.credits import LotFacts, Programme, UnitKind
from app.registry.retirements import Funding, Verdict
from tests.sample_claims import ISO, LOCAL, MEE, RETIRED_ON, claim, line

LOT = LotFacts(
    id=7,
    code="CDCER-2022-0113",
    programme=Programme.CDCER,
    project=Text(zh="示例绿道碳汇", en="Sample greenway sink"),
    project_number="P-113",
    methodology="CDCER-001",
    unit_kind=UnitKind.REMOVAL,
    place=Text(zh="示例区", en="Sample district"),
    country="CN",
    vintage_start=date(2022, 1, 1),
    vintage_end=date(2022, 12, 31),
    issued_on=date(2023, 6, 1),
    serial_raw="CDCER-2022-0113-113-212",
    block_start=113,
    mass_g=100_000_000,
)
CITIZEN = PartyCard(UUID(int=1), PartyKind.PERSON, None)
COMPANY = PartyCard(UUID(int=2), PartyKind.ORGANISATION, Text(zh="示例碳汇公司", en="Sample Carbon"))
BANK = PartyCard(UUID(int=3), PartyKind.ORGANISATION, Text(zh="示例总行", en="Sample Bank"))
CLAIM = ClaimFacts(
    layer=Layer.OWN,
    id=UUID(int=4),
    cause="order:1",
    purpose=Purpose.EVENT,
    scenario_id=UUID(int=5),
    beneficiary_id=CITIZEN.id,
    beneficiary_kind=CITIZEN.kind,
    period_from=date(2026, 11, 22),
    period_to=date(2026, 11, 22),
    emission_g=12_400,
    language="zh",
    made_at=datetime(2026, 11, 22, 2, 31, tzinfo=UTC),
)
FACTS = Facts(
    retirement_number="R-20261122-7K3M9QFX",
    claim=CLAIM,
    funding=Funding.ORDER,
    subject=Text(zh="示例职工欢乐跑", en="Sample Workers' Fun Run"),
    organiser=Text(zh="示例工会", en="Sample Union"),
    scenario_code="H7QP3K",
    mass_g=12_400,
    basis=Text(zh="地铁 46 km", en="Metro 46 km"),
    calculator="personal@1",
    factor_set="2025.1",
    parties=Parties(CITIZEN, CITIZEN, CITIZEN, None),
    verdict=None,
    cuts=[Cut(lot=LOT, start_g=417_000, stop_g=429_400)],
    retired_at=datetime(2026, 11, 22, 2, 32, 7, tzinfo=UTC),
)
ISSUER = Issuer(name=Text(zh="示例交易所", en="Sample Exchange"), public_url="https://dd.example.org", is_sandbox=True)
AT = datetime(2026, 11, 22, 2, 32, 8, tzinfo=UTC)


def emitted(emission_g: int) -> ClaimFacts:
    """The claim with another figure."""
    return replace(CLAIM, emission_g=emission_g)


def composed(facts: Facts = FACTS, issuer: Issuer = ISSUER) -> str:
    last = facts.supersedes
    told = common(
        number="DD-20261122-SC-7K3M9QFX2", code="7K3M9QFX2R", issuer=issuer, issued_at=AT,
        supersedes=last.number if last else None, edition=1 + (last.version if last else 0),
    )  # fmt: skip
    return canonical({**contents(facts), **told})


def test_the_record_is_canonical_json_and_the_same_for_the_same_facts() -> None:
    record = composed()
    assert record == composed(replace(FACTS, cuts=tuple(FACTS.cuts)))
    assert record == json.dumps(json.loads(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert read_record(record) == json.loads(record)


def test_the_record_says_its_times_in_beijing_and_its_address_for_a_small_qr_code() -> None:
    record = read_record(composed())
    assert (record["retired_at"], record["issued_at"]) == ("2026-11-22T10:32:07+08:00", "2026-11-22T10:32:08+08:00")
    assert record["verify_url"] == "HTTPS://DD.EXAMPLE.ORG/V/7K3M9QFX2R"


def test_the_record_says_whether_all_of_the_emission_is_offset() -> None:
    assert read_record(composed())["level"] == "offset"
    assert read_record(composed(replace(FACTS, mass_g=12_399)))["level"] == "part"


@pytest.mark.parametrize(
    ("payer", "beneficiary", "kind", "paid", "named", "persons"),
    [
        (CITIZEN, CITIZEN, "honorary", "本人支付", [], [["payer", "holder", "beneficiary"]]),
        (COMPANY, CITIZEN, "honorary", "由示例碳汇公司支付", [["payer", "holder"]], [["beneficiary"]]),
        (BANK, BANK, "statement", "自行支付", [["payer", "holder", "beneficiary"]], []),
        (COMPANY, BANK, "statement", "由示例碳汇公司支付", [["payer", "holder"], ["beneficiary"]], []),
        (CITIZEN, BANK, "statement", "由他人支付", [["beneficiary"]], [["payer", "holder"]]),
    ],
)
def test_the_record_names_organisations_with_their_roles_and_no_person(
    payer: PartyCard, beneficiary: PartyCard, kind: str, paid: str, named: list[list[str]], persons: list[list[str]]
) -> None:
    record = read_record(
        composed(replace(FACTS, parties=Parties(payer, payer, beneficiary, Mandate("协议", None, None))))
    )
    assert (record["kind"], record["payer"]["zh"]) == (kind, paid)
    assert [party["roles"] for party in record["parties"]["named"]] == named
    assert record["parties"]["persons"] == persons
    assert beneficiary_name(record, Language.EN) == (beneficiary.name.en if beneficiary.name else None)
    assert str(CITIZEN.id) not in json.dumps(record)


@pytest.mark.parametrize(
    ("payer", "mandate", "agrees", "naming"),
    [
        (BANK, None, None, Naming.OWN),
        (COMPANY, Mandate("协议", None, None), None, Naming.PAYER),
        (COMPANY, None, None, Naming.NOBODY),
        (COMPANY, None, True, Naming.AGREED),
        (COMPANY, Mandate("协议", None, None), False, Naming.OBJECTED),
    ],
)
def test_an_organisation_is_named_by_somebodys_word_or_not_at_all(
    *, payer: PartyCard, mandate: Mandate | None, agrees: bool | None, naming: Naming
) -> None:
    parties = Parties(payer, payer, BANK, mandate, agrees)
    record = composed(replace(FACTS, parties=parties))
    assert parties.naming is naming
    assert ("示例总行" in record) == naming.is_named
    told = read_record(record)["parties"]
    (mine,) = [one for one in (*told["named"], *told["unnamed"]) if "beneficiary" in one["roles"]]
    assert mine["naming"] == naming.value
    assert ("示例总行" in json.dumps(sheet(read_record(record), Language.ZH), ensure_ascii=False)) == naming.is_named


def test_the_paper_tells_emission_retired_and_coverage_and_below_all_nothing_neutral() -> None:
    found = claims.judge(claim(emission_g=1_000_000 * 1_000_000), (line(),), LOCAL, retired_on=RETIRED_ON)
    verdict = Verdict(
        retirement_id=UUID(int=9), profile="local", version="1", judged_on=AT.date(), document=claims.to_document(found)
    )
    parties = Parties(COMPANY, COMPANY, BANK, Mandate("协议", None, None))
    facts = replace(FACTS, claim=emitted(1_000_000 * 1_000_000), mass_g=1, parties=parties, verdict=verdict)
    for language, wanted, never in (
        (Language.ZH, ("碳抵消证明书（覆盖 0.00%）", "排放 1,000,000,000,000 g · 注销 1 g", "部分抵消，覆盖 0.00%",
                       "未核验的机构，由付款方指明"), "声明成立"),
        (Language.EN, ("(0.00 %)", "offset in part, 0.00 % covered", "named by the payer"), "the claim stands"),
    ):  # fmt: skip
        told = json.dumps(sheet(read_record(composed(facts)), language), ensure_ascii=False)
        assert all(words in told for words in wanted), told
        assert never not in told and "碳中和证" not in told and "Neutrality" not in told
    almost = read_record(composed(replace(facts, claim=emitted(100_000), mass_g=99_999)))
    assert (almost["coverage"]["percent"], almost["level"]) == ("99.99", "part")


def test_the_paper_of_a_covered_person_says_in_addition_to_whom_in_both_languages() -> None:
    facts = replace(FACTS, claim=replace(FACTS.claim, layer=Layer.ADDITIONAL, group_code="runners"))
    for language, words in (
        (Language.ZH, f"在{FACTS.organiser.zh}已负责的排放之外另行注销"),
        (Language.EN, f"in addition to what {FACTS.organiser.en} covers"),
    ):
        assert words in json.dumps(sheet(read_record(composed(facts)), language), ensure_ascii=False)
        assert words in claim_notes(read_record(composed(facts)), language)
        assert words not in claim_notes(read_record(composed(FACTS)), language)
        before = {key: value for key, value in read_record(composed(facts)).items() if key != "layer"}
        assert words not in claim_notes(before, language)  # of a paper that was frozen before nobody knows


def judged(profile: claims.Profile, **emitted_as: int) -> Verdict:
    """What a profile says of the sample claim, or of one with another emission."""
    found = claims.judge(claim(**emitted_as), (line(),), profile, retired_on=RETIRED_ON)
    return Verdict(
        retirement_id=UUID(int=9),
        profile=profile.name,
        version="1",
        judged_on=AT.date(),
        document=claims.to_document(found),
    )


@pytest.mark.parametrize("beneficiary", [CITIZEN, BANK])
@pytest.mark.parametrize(
    "verdict",
    [None, judged(LOCAL), judged(ISO), judged(MEE), judged(ISO, emission_g=1_000_000)],
    ids=["none", "local", "iso", "mee", "stopped"],
)
@pytest.mark.parametrize(("emission_g", "mass_g", "besides_g"), [
    (0, 12_400, 0), (12_400, 12_400, 0), (12_400, 12_399, 0), (12_400, 12_399, 1), (10**12, 1, 0), (12_401, 12_400, 0),
])  # fmt: skip
def test_whoever_judged_and_whoever_it_is_for_nothing_says_neutral_below_full_coverage(
    *, beneficiary: PartyCard, verdict: Verdict | None, emission_g: int, mass_g: int, besides_g: int
) -> None:
    facts = replace(
        FACTS, claim=emitted(emission_g), mass_g=mass_g, besides_g=besides_g, verdict=verdict,
        parties=Parties(beneficiary, beneficiary, beneficiary, None),
    )  # fmt: skip
    record = read_record(composed(facts))
    is_full = 0 < emission_g <= mass_g + besides_g
    assert (record["coverage"]["is_full"], may_say_neutral(record) and not is_full) == (is_full, False)
    told = [record["title"], *({**sheet(record, language), "brand": ""} for language in Language)]
    said = json.dumps(told, ensure_ascii=False).lower()
    if not is_full:
        assert "中和" not in said and "neutral" not in said, said


def test_neutral_is_said_where_a_profile_grants_it_and_all_is_covered() -> None:
    parties = Parties(BANK, BANK, BANK, None)
    record = read_record(composed(replace(FACTS, parties=parties, verdict=judged(ISO))))
    assert (record["level"], record["title"]["zh"], may_say_neutral(record)) == ("neutral", "碳中和证明书", True)


def test_a_paper_that_was_frozen_before_is_set_as_it_was() -> None:
    record = read_record(composed())
    before = {name: value for name, value in record.items() if name != "coverage"} | {"version": 2}
    before["parties"] = {"named": [], "persons": record["parties"]["persons"], "mandate": None}
    assert "覆盖" not in json.dumps(sheet(before, Language.ZH), ensure_ascii=False)
    assert reach_of(before).is_full


def test_a_record_of_the_first_version_names_nobody() -> None:
    first = {name: value for name, value in read_record(composed()).items() if name != "parties"}
    assert beneficiary_name(first, Language.ZH) is None


def test_a_rehearsal_says_so() -> None:
    assert read_record(composed())["sandbox"] is True
    assert read_record(composed(issuer=replace(ISSUER, is_sandbox=False)))["sandbox"] is False


def test_every_line_names_its_grams_and_its_credits_as_not_yet_cancelled_upstream() -> None:
    (line,) = read_record(composed())["lines"]
    assert (line["start_g"], line["stop_g"], line["mass_g"]) == (417_000, 429_400, 12_400)
    assert (line["serial"], line["vintage"], line["upstream"]) == ("CDCER-2022-0113-113-212", "2022", "pending")
    two_years = replace(LOT, vintage_end=date(2023, 6, 30))
    (line,) = read_record(composed(replace(FACTS, cuts=[Cut(lot=two_years, start_g=0, stop_g=1)])))["lines"]
    assert line["vintage"] == "2022–2023"


@pytest.mark.parametrize(
    ("start_g", "stop_g", "tonnes"),
    [
        (0, 1, "#113"),
        (0, 1_000_000, "#113"),
        (999_999, 1_000_000, "#113"),
        (999_999, 1_000_001, "#113 – #114"),
        (1_000_000, 3_000_000, "#114 – #115"),
        (99_999_999, 100_000_000, "#212"),
    ],
)
def test_grams_lie_in_the_tonnes_of_the_registry(start_g: int, stop_g: int, tonnes: str) -> None:
    assert serials_of(Cut(lot=LOT, start_g=start_g, stop_g=stop_g)) == tonnes


@given(st.integers(0, 99_999_999), st.integers(1, 5_000_000))
def test_the_tonnes_named_hold_all_of_the_grams_and_no_tonne_too_many(start_g: int, mass_g: int) -> None:
    stop_g = min(start_g + mass_g, LOT.mass_g)
    named = serials_of(Cut(lot=LOT, start_g=start_g, stop_g=stop_g)).split("–")
    numbers = [int(part.strip(" #")) - LOT.block_start for part in named]
    first, last = numbers[0], numbers[-1]
    assert first * 1_000_000 <= start_g < (first + 1) * 1_000_000
    assert last * 1_000_000 < stop_g <= (last + 1) * 1_000_000


def test_a_number_for_people_carries_its_day_and_nothing_else_to_guess_by() -> None:
    numbers = {public_number(date(2026, 11, 22)) for _ in range(500)}
    assert len(numbers) == 500
    for number in numbers:
        tail = number.removeprefix("DD-20261122-SC-")
        assert len(tail) == 9
        assert read_checked_code(tail, length=9) == tail
    # Every place takes many letters: no counter, no clock in it.
    assert all(len({number[-9 + place] for number in numbers}) > 16 for place in range(9))


def test_a_number_carries_the_day_in_beijing() -> None:
    assert issue_day(datetime(2026, 11, 22, 16, tzinfo=UTC)) == date(2026, 11, 23)


def test_a_verify_code_finds_out_any_one_wrong_character() -> None:
    for _ in range(20):
        code = verify_code()
        assert len(code) == VERIFY_CODE_LENGTH
        for place in range(len(code)):
            for letter in set(ALPHABET) - {code[place]}:
                wrong = code[:place] + letter + code[place + 1 :]
                assert check_character(wrong[:-1]) != wrong[-1]
                assert read_checked_code(wrong, length=VERIFY_CODE_LENGTH) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("林小川", "林*"),
        ("O'Neil", "O*"),
        ("", ""),
        ("𠮷田", "𠮷*"),
        ("👩\u200d👩\u200d👧小明", "👩\u200d👩\u200d👧*"),
        ("é\u0301lan", "é\u0301*"),
        ("क्षितिज", "क्षि*"),
        ("བསྟན་འཛིན", "བ*"),
        ("ꆈꌠ", "ꆈ*"),
        ("ﷴ علي", "م*"),
        ("🇨🇳🇫🇷", "🇨🇳*"),
    ],
)
def test_strangers_see_the_first_letter_of_a_name(name: str, shown: str) -> None:
    assert masked(name) == shown


@pytest.mark.parametrize(
    "name", ["林", "𠮷", "👟", "👩\u200d👩\u200d👧", "🇨🇳", "👍🏽", "é", "e\u0301", "क्षि", "བྒྲུ", "ꆈ", "م", "林。",
             " 林 ", "林\u200b", "林\u202e", "葛\U000e0100", "1\ufe0f\u20e3"]
)  # fmt: skip
def test_of_a_name_of_one_letter_strangers_see_none(name: str) -> None:
    assert masked(name) == "*"


@pytest.mark.parametrize(
    ("programme", "shown", "with_name"),
    [
        (Programme.CDCER, ("CDCER", "CDCER"), ("CDCER 碳惠天府减排量", "CDCER Chengdu carbon inclusion")),
        (Programme.FORESTRY, ("林草碳普惠减排量", "Sichuan forestry and grassland credit"), None),
    ],
)
def test_a_programme_is_shown_by_the_letters_it_trades_under_and_never_by_our_own_word(programme, shown, with_name):
    cut = Cut(lot=replace(LOT, programme=programme), start_g=0, stop_g=12_400)
    record = read_record(composed(replace(FACTS, cuts=[cut])))
    (line,) = record["lines"]
    assert tuple(programme_shown(line, language) for language in Language) == shown
    assert tuple(programme_shown(line, language, with_name=True) for language in Language) == (with_name or shown)
    assert line["programme"] == programme.value, "the record itself keeps the code"
