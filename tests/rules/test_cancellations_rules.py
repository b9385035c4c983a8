"""Which tonnes are cancelled next, what they cover, and what is taken from a person: conservation, order, bounds."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.text import Text
from app.registry.cancellations import errors
from app.registry.cancellations.paper_rules import (
    Evidence,
    EvidenceKind,
    Reported,
    Wanted,
    cancelling_day,
    evidence_kind,
    payload,
    plain_name,
    plain_reason,
    plain_reference,
    told,
)
from app.registry.cancellations.rules import (
    Mode,
    Span,
    SpanCover,
    Tonnes,
    UpstreamState,
    ahead_g,
    covered_g,
    first_uncovered_g,
    next_query_at,
    next_tonnes,
    together,
    uncovered_g,
    whole_tonnes,
)

TONNE_G = 1_000_000
retired = st.integers(0, 40 * TONNE_G)


@st.composite
def runs(draw: st.DrawFn) -> list[Tonnes]:
    """Runs of tonnes without overlap, in any order."""
    edges = sorted(draw(st.sets(st.integers(0, 40), max_size=12)))
    pairs = [Tonnes(*edges[at : at + 2]) for at in range(0, len(edges) - 1, 2)]
    return draw(st.permutations(pairs))


@given(retired, runs())
@settings(max_examples=150)
def test_the_next_tonnes_are_free_hold_a_retired_gram_and_begin_as_early_as_can_be(retired_g: int, taken) -> None:
    found = next_tonnes(retired_g, taken)
    free = [t for t in range(whole_tonnes(retired_g)) if not any(one.start_t <= t < one.stop_t for one in taken)]
    if found is None:
        assert free == []
    else:
        assert found.start_t == free[0]
        assert set(range(found.start_t, found.stop_t)) <= set(free)
        assert found.stop_t == whole_tonnes(retired_g) or found.stop_t not in free


@given(retired, runs())
@settings(max_examples=150)
def test_proposing_until_nothing_is_left_covers_every_retired_gram_and_less_than_a_tonne_ahead(
    retired_g, taken
) -> None:
    done = [one for one in taken if one.stop_t <= whole_tonnes(retired_g)]
    while (more := next_tonnes(retired_g, done)) is not None:
        done.append(more)
    assert uncovered_g(retired_g, done) == 0
    assert 0 <= ahead_g(retired_g, done) < TONNE_G
    assert sum(one.count for one in done) == whole_tonnes(retired_g)


@given(retired, runs())
@settings(max_examples=150)
def test_covered_and_uncovered_add_up_and_agree_with_the_plain_formula_without_a_hole(retired_g: int, taken) -> None:
    cancelled_g = sum(one.count for one in taken) * TONNE_G
    assert covered_g(0, retired_g, taken) + uncovered_g(retired_g, taken) == retired_g
    assert covered_g(0, retired_g, taken) + ahead_g(retired_g, taken) == cancelled_g
    assert uncovered_g(retired_g, taken) >= max(0, retired_g - cancelled_g)
    if first_uncovered_g(taken) == cancelled_g:  # from the start, without a hole
        assert uncovered_g(retired_g, taken) == max(0, retired_g - cancelled_g)


@given(runs(), st.lists(st.integers(0, 40 * TONNE_G), min_size=2, max_size=6, unique=True))
@settings(max_examples=100)
def test_slices_that_touch_are_covered_as_the_whole_is(taken, edges) -> None:
    edges = sorted(edges)
    parts = sum(covered_g(start, stop, taken) for start, stop in pairwise(edges))
    assert parts == covered_g(edges[0], edges[-1], taken)


def test_one_gram_takes_a_whole_tonne_and_a_whole_tonne_takes_one() -> None:
    assert [whole_tonnes(g) for g in (0, 1, TONNE_G, TONNE_G + 1)] == [0, 1, 1, 2]


def cover(mass: int, covered: int = 0, under_way: int = 0) -> SpanCover:
    return SpanCover(span=Span("L", 0, mass), covered_g=covered, under_way_g=under_way, proofs=())


@pytest.mark.parametrize(
    ("covers", "state"),
    [
        ([cover(5)], UpstreamState.POOLED),
        ([cover(5, under_way=5)], UpstreamState.SUBMITTED),
        ([cover(5, covered=4)], UpstreamState.PARTLY),
        ([cover(5, covered=5), cover(7)], UpstreamState.PARTLY),
        ([cover(5, covered=5), cover(7, under_way=7)], UpstreamState.PARTLY),
        ([cover(5, covered=5), cover(7, covered=7)], UpstreamState.CANCELLED),
        ([], UpstreamState.POOLED),
    ],
)
def test_a_certificate_is_cancelled_upstream_only_with_all_of_its_lots(covers, state) -> None:
    assert together(covers) is state


WANTED = Wanted(
    reference="UC-20261122-7K3M9QFX", mode=Mode.HAND, programme="CDCER", project="P-113", lot="CDCER-2022-0113",
    serial="CDCER-2022-0113-113-212", block_start=113, tonnes=Tonnes(2, 5), beneficiary=Text(zh="示例", en="Sample"),
)  # fmt: skip


def test_a_payload_is_canonical_says_all_of_it_and_is_read_back() -> None:
    evidence = Evidence(sha256=bytes(32), name="证明.pdf", kind=EvidenceKind.PDF, size=9)
    text = payload(WANTED, Reported(registry_reference="VN-1", cancelled_on=date(2026, 11, 20), evidence=evidence))
    said = json.loads(text)
    assert text == json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert (said["first"], said["last"], said["tonnes"]) == (115, 117, 3)
    assert said["evidence"] == {"kind": "pdf", "name": "证明.pdf", "sha256": "00" * 32, "size": 9}
    assert told(text) == WANTED == told(payload(WANTED))


def book(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.4", EvidenceKind.PDF),
        (b"\x89PNG\r\n\x1a\n", EvidenceKind.PNG),
        (b"\xff\xd8\xff\xe0", EvidenceKind.JPG),
        (book("[Content_Types].xml", "xl/workbook.xml"), EvidenceKind.XLSX),
    ],
)
def test_a_proof_is_what_its_bytes_say(data: bytes, kind: EvidenceKind) -> None:
    assert evidence_kind(data) is kind


@pytest.mark.parametrize(
    "data", [b"", b"%PDF", b" %PDF-1.4", b"<html>", b"GIF89a", b"PK\x03\x04 none", book("word/document.xml")]
)
def test_anything_else_is_no_proof(data: bytes) -> None:
    with pytest.raises(errors.EvidenceUnfit):
        evidence_kind(data)


def test_a_proof_has_at_most_two_megabytes() -> None:
    most = 2 * 1024 * 1024
    assert evidence_kind(b"%PDF-" + bytes(most - 5)) is EvidenceKind.PDF
    with pytest.raises(errors.EvidenceTooLarge):
        evidence_kind(b"%PDF-" + bytes(most - 4))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("proof.pdf", "proof.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\证明.pdf", "证明.pdf"),
        ("a\r\nb\u202e.pdf", "ab.pdf"),
        ("", "evidence"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_files_name_is_only_its_last_part(typed: str, kept: str) -> None:
    assert plain_name(typed) == kept


@given(st.text(alphabet="a. /\\\n\u202e证", max_size=300))
@settings(max_examples=100)
def test_any_name_becomes_one_that_can_be_kept(typed: str) -> None:
    name = plain_name(typed)
    assert 1 <= len(name) <= 120
    assert name.isprintable()
    assert not set(name) & {"/", "\\"}


def test_a_registrys_number_is_kept_without_what_the_keyboard_added() -> None:
    assert plain_reference("  ＶＮ－２０２６ ") == "VN-2026"
    for typed in ("", "ab", "-abc", "a b c", "x" * 65, "ab;c", "编号一二三"):
        with pytest.raises(errors.ReferenceUnfit):
            plain_reference(typed)


def test_the_day_lies_between_the_lots_issue_and_today() -> None:
    first, last = date(2023, 6, 1), date(2026, 11, 22)
    for typed in ("2023-06-01", " 2026-11-22 "):
        assert first <= cancelling_day(typed, issued_on=first, today=last) <= last
    for typed in ("2023-05-31", "2026-11-23", "22.11.2026", "", "2026-02-30"):
        with pytest.raises(errors.DayUnfit):
            cancelling_day(typed, issued_on=first, today=last)


def test_a_reason_has_two_to_four_hundred_characters() -> None:
    assert plain_reason(" 不符 ") == "不符"
    for typed in ("", " x ", "x" * 401):
        with pytest.raises(errors.ReasonUnfit):
            plain_reason(typed)


def test_a_silent_registry_is_asked_less_and_less_often_and_never_given_up() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    pauses = [(next_query_at(now, queries=n) - now).total_seconds() for n in (0, 1, 2, 3, 4, 100)]
    assert pauses == [15, 30, 60, 300, 1800, 1800]
