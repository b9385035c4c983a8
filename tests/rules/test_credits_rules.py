"""Credits, pure: a registry's inclusive end becomes our exclusive stop, and what cannot be read is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry.credits.errors import SerialOfAnotherRegistry, SerialUnreadable
from app.registry.credits.programme_rules import read_serial
from app.registry.credits.rules import Programme, serial_of_tonne
from app.registry.credits.serials.serial_rules import normalised, without_zeros

quick = settings(max_examples=60, deadline=None)
PLAIN = [programme for programme in Programme if programme is not Programme.VCU]
numbers = st.integers(min_value=0, max_value=10**12)
counts = st.integers(min_value=1, max_value=10**9)
LETTERS = {
    Programme.CCER: "CCER", Programme.CDCER: "CDCER", Programme.CQCER: "CQCER", Programme.FORESTRY: "SCLC",
}  # fmt: skip
batches = st.from_regex(r"[A-HJ-NP-Z0-9]{1,20}", fullmatch=True)


def vcu(batch: int, start: int, end: int) -> str:
    return f"{batch:04d}-{start:06d}-{end:06d}-VCS-VCU-003-VER-US-0003-01012020-31122020-1"


def test_a_published_vcu_serial_counts_its_last_unit():
    serial = read_serial(Programme.VCU, vcu(1, 1, 100))
    assert (serial.block_start, serial.block_stop) == (1, 101)
    assert serial.mass_g == 100_000_000
    assert serial.series == "VERRA:1"


@quick
@given(batch=numbers, start=numbers, count=counts)
def test_a_vcu_serial_reads_back(batch, start, count):
    serial = read_serial(Programme.VCU, vcu(batch, start, start + count - 1))
    assert (serial.block_start, serial.block_stop) == (start, start + count)
    assert serial.mass_g == count * 1_000_000
    assert serial.series == f"VERRA:{batch}", "0001 and 1 are one batch: their blocks may not overlap"


@quick
@given(
    programme=st.sampled_from(PLAIN),
    year=st.integers(min_value=1990, max_value=2199),
    batch=batches,
    start=numbers,
    count=counts,
    marks=st.sampled_from(["--", ":~", "—至", "__", "//"]),
)
def test_a_serial_of_our_import_sheet_reads_back_whatever_its_batch_is(programme, year, batch, start, count, marks):
    raw = f"{LETTERS[programme]}-{year}-{batch}{marks[0]}{start}{marks[1]}{start + count - 1}"
    serial = read_serial(programme, raw)
    assert (serial.raw, serial.series) == (raw, f"{LETTERS[programme]}:{year}-{without_zeros(batch)}")
    assert (serial.block_start, serial.block_stop) == (start, start + count)


@quick
@given(start=numbers, count=counts, space=st.sampled_from(["", " ", "\u3000", "\t\n"]))
def test_width_case_and_space_around_make_no_other_serial(start, count, space):
    plain = f"CDCER-2022-0113-{start}-{start + count - 1}"
    wide = plain.translate({code: code + 0xFEE0 for code in range(0x30, 0x5B)}).lower()
    first, second = read_serial(Programme.CDCER, plain), read_serial(Programme.CDCER, space + wide + space)
    assert (first.key, first.series, first.block_start) == (second.key, second.series, second.block_start)
    assert second.raw == space + wide + space, "kept byte for byte"
    assert normalised(first.key) == first.key


def test_the_same_batch_of_two_registries_is_two_series_and_fits_a_bigint():
    serials = [read_serial(programme, f"{LETTERS[programme]}-2022-A-1-9") for programme in PLAIN]
    assert len({serial.series_id for serial in serials}) == len(PLAIN)
    assert all(0 <= serial.series_id < 1 << 63 for serial in serials)


@pytest.mark.parametrize(
    ("programme", "raw"),
    [
        (Programme.CDCER, "CDCER-2022-0113-100-99"),
        (Programme.CDCER, "CDCER-1989-0113-1-2"),
        (Programme.CDCER, "…"),
        (Programme.CDCER, "CDCER"),
        (Programme.CDCER, ""),
        (Programme.CDCER, "-1-2"),
        (Programme.CDCER, "CDCER-1-2-"),
        (Programme.CDCER, "CDCER 2022-1-2"),
        (Programme.CDCER, "碳惠-1-2"),
        (Programme.CCER, "CCER-1-9999999999999999"),
        (Programme.CCER, "CCER-0-999999999999999"),  # 10^15 tonnes: their grams fit no bigint
        (Programme.VCU, "VCU-1-2"),
        (Programme.VCU, vcu(1, 100, 99)),
        (Programme.VCU, vcu(1, 1, 10**20)),
        (Programme.VCU, vcu(1, 10**20, 10**20)),
        (Programme.VCU, vcu(1, 1, 100).replace("VCS", "GS")),
        (Programme.VCU, vcu(1, 1, 100)[:-1] + "2"),
    ],
)
def test_what_no_parser_can_read_is_refused_with_its_text(programme, raw):
    with pytest.raises(SerialUnreadable) as refusal:
        read_serial(programme, raw)
    facts = refusal.value.facts
    assert (facts["serial"], facts["programme"]) == (raw, programme.value)
    assert facts["reason_zh"] and facts["reason_en"]
    assert refusal.value.field == "/serial"


@quick
@given(st.sampled_from(Programme), st.text(max_size=40) | st.text("0123456789-:~٣AZ", max_size=60))
def test_any_text_is_a_serial_whose_block_a_bigint_holds_or_is_refused(programme, raw):
    try:
        serial = read_serial(programme, raw)
    except (SerialUnreadable, SerialOfAnotherRegistry):
        return
    assert 0 <= serial.block_start < serial.block_stop
    assert serial.mass_g == (serial.block_stop - serial.block_start) * 1_000_000 < 1 << 63


@quick
@given(start=numbers, gram=st.integers(min_value=0, max_value=10**15))
def test_each_gram_lies_in_the_tonne_of_its_number(start, gram):
    shown = serial_of_tonne("CCER-2022", block_start=start, tonne=gram // 1_000_000)
    assert shown == f"CCER-2022 #{start + gram // 1_000_000}"
