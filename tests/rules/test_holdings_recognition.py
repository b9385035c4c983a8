"""The table of mutual recognition: what ships reads, and a faulty row stops it with its place."""

from pathlib import Path

import pytest

from app.registry import claims
from app.registry.credits.rules import Programme
from app.registry.holdings import Mix, RecognitionFileBroken, Scheme, accepts, load_recognition
from config.places import RECOGNITION, RULES
from config.settings import Settings

CCER, CDCER, CQCER, VCU, FORESTRY = Programme
HEADER = "scheme,scheme_zh,scheme_en,programme,accepted,rank,confirmed,source\n"
ROW = "s,甲,A,CCER,yes,2,yes,文件\n"
SHIPPED = load_recognition(RECOGNITION / f"{Settings().recognition}.csv")


def accepted(code: str) -> set[Programme]:
    return {programme for programme in Programme if accepts(SHIPPED, code, programme)}


def test_sichuan_and_chongqing_accept_each_other_and_ccer_and_nothing_else():
    assert accepted("chuanyu") == {CCER, CDCER, CQCER}
    assert (accepted("chengdu") & {CQCER}, accepted("chongqing") & {CDCER}) == (set(), set())
    assert all(row.is_confirmed for row in SHIPPED["chuanyu"].says.values())


def test_the_event_guide_ranks_ccer_before_provincial_credits_and_a_foreign_vcu_not_at_all():
    guide: Scheme = SHIPPED["mee-event-2019"]
    assert {programme: row.rank for programme, row in guide.says.items()} == {
        CCER: 2,
        CDCER: 3,
        CQCER: 3,
        FORESTRY: 3,
        VCU: None,
    }
    assert not accepts(SHIPPED, "mee-event-2019", VCU)
    assert not any(row.is_confirmed for row in guide.says.values())
    assert guide.preference == Mix.by_preference(CCER, CDCER, CQCER, FORESTRY)


def test_the_event_guide_s_ranks_are_those_of_its_rule_profile():
    profile = claims.choose(claims.load_profiles(RULES), "mee-event-2019")
    ours = {programme.value: row.rank for programme, row in SHIPPED["mee-event-2019"].says.items() if row.is_accepted}
    assert ours == {name: rank for name, rank in profile.ranks.items() if name in list(Programme)}


def test_every_scheme_says_something_of_every_programme_and_names_its_source():
    assert set(SHIPPED) == {"chuanyu", "national", "chengdu", "chongqing", "mee-event-2019"}
    for scheme in SHIPPED.values():
        assert set(scheme.says) == set(Programme)
        assert all(row.source for row in scheme.says.values())


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("", 1, "-"),
        (HEADER, 1, "-"),
        (HEADER.replace("rank", "order") + ROW, 1, "-"),
        (HEADER + "s,甲,A,CCER,yes,2,yes\n", 2, "-"),
        (HEADER + ROW + 's,甲,A,"CDCER,yes,2,yes,文件\n', 3, "-"),
        (HEADER + ROW + ROW.replace("CCER", "EUA"), 3, "programme"),
        (HEADER + ROW + ROW, 3, "programme"),
        (HEADER + ROW + ROW.replace("CCER", "CDCER").replace("甲", "乙"), 3, "scheme_zh"),
        (HEADER + ROW.replace("yes,2", "maybe,2"), 2, "accepted"),
        (HEADER + ROW.replace("yes,文件", ",文件"), 2, "confirmed"),
        (HEADER + ROW.replace("文件", " "), 2, "source"),
        (HEADER + ROW.replace("2", "0"), 2, "rank"),
        (HEADER + ROW.replace("2", "²"), 2, "rank"),
        (HEADER + ROW.replace("yes,2", "no,2"), 2, "rank"),
    ],
)
def test_a_faulty_table_is_refused_with_the_place_of_its_fault(tmp_path: Path, text: str, row: int, column: str):
    file = tmp_path / "2031.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(RecognitionFileBroken) as refusal:
        load_recognition(file)
    assert (refusal.value.facts["file"], refusal.value.facts["row"], refusal.value.facts["column"]) == (
        "2031.csv",
        row,
        column,
    )


def test_a_table_in_another_encoding_is_refused(tmp_path: Path):
    file = tmp_path / "2031.csv"
    file.write_bytes((HEADER + ROW).encode("gbk"))
    with pytest.raises(RecognitionFileBroken, match="recognition_file_broken"):
        load_recognition(file)
