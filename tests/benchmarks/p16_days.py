"""P16: the proof of a day among 20,000 retirements, and of as large a day among 200,000.

Rows are written by SQL alone, as settling and issuing would have left them; a checkpoint is sealed on what stands, one
day's rows come on top, and the day is proved: `books.prove_day`, with what it seals and writes down. The full proof of
grams beside it grows with what there is.
"""

import time
from typing import Final

from app.registry import books
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, say
from tests.benchmarks.p8_proof import FILL, fill

AT_MOST: Final = 1.3
_SMALL: Final = 20_000
_LARGE: Final = 200_000
_DAY: Final = 5_000
_SAYS: Final = '\'{"number":"%s","retirement_number":"%s","start_g":%s,"stop_g":%s,"rest":"%s"}\''
_ISSUE: Final = (
    (
        "INSERT INTO certificate_form (form, sha256) SELECT q.form, sha256(convert_to(q.form, 'UTF8'))"
        f" FROM (SELECT format({_SAYS}, chr(1), chr(10), chr(10), chr(10), repeat('x', 1500)) AS form) AS q"
        " ON CONFLICT DO NOTHING"
    ),
    (
        "INSERT INTO certificate (id, series, register_no, number, verify_code, version, form_id, figures, record_sha256,"
        " language, issued_at, holder_id, retirement_id, scenario_id, claim_id, paper_id, cause)"
        " SELECT q.id, 'H', q.no, q.number, upper(lpad(to_hex(q.no), 10, '0')), 1,"
        " (SELECT max(f.id) FROM certificate_form f), q.figures,"
        " sha256(convert_to(q.record, 'UTF8')), 'zh', now(), person, q.id, scenario, q.id, 'neutrality',"
        " 'retirement:' || q.id FROM who, (SELECT p.id,"
        " concat_ws(E'\\n', 'R-$mark-' || lpad(p.n::text, 8, '0'), p.stop_g - p.mass_g, p.stop_g) AS figures,"
        " (SELECT next_no - 1 FROM certificate_series WHERE name = 'H') + row_number() OVER (ORDER BY p.n) AS no,"
        f" '$mark-' || p.n AS number, p.n, format({_SAYS}, '$mark-' || p.n,"
        " 'R-$mark-' || lpad(p.n::text, 8, '0'), p.stop_g - p.mass_g, p.stop_g, repeat('x', 1500)) AS record"
        " FROM placed p) AS q"
    ),
    "UPDATE certificate_series SET next_no = next_no + $rows WHERE name = 'H'",
)


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """A small house and its days, then a large one and its days."""
    connection = await here.untouched()
    found: dict[int, list[float]] = {}
    whole: dict[int, float] = {}
    try:
        mark = 0
        for size, chunks in ((_SMALL, 1), (_LARGE, _LARGE // _SMALL - 1)):
            for _ in range(chunks):  # sealed one by one, so that the older day that is added up again has one size
                mark += 1
                await fill(connection, _SMALL, f"P16S{mark}", (*FILL, *_ISSUE))
                await _proved(here)
            found[size] = []
            for _ in range(wishes.rotations):
                mark += 1
                await fill(connection, _DAY, f"P16D{mark}", (*FILL, *_ISSUE))
                found[size].append(await _proved(here))
            began = time.perf_counter()
            run = await books.prove(connect=here.untouched, only_grams=True)
            whole[size] = time.perf_counter() - began
            if run.differences:
                raise CannotRun(f"the proof does not hold on what was written for it: {run.differences[0]}")
            say(f"P16: among {size:,} a day takes {Spread.of(found[size]).median:.2f} s, all {whole[size]:.2f} s")
    finally:
        await connection.close()
    small, large = (Spread.of(found[size]) for size in (_SMALL, _LARGE))
    times = large.median / small.median
    return Finding(
        [
            Line(
                id="P16",
                what=f"a day among {_LARGE:,} ÷ among {_SMALL:,}",
                measured=f"{times:.2f} ×",
                target=f"≤ {AT_MOST} ×",
                is_met=None if wishes.is_quick else times <= AT_MOST,
                figures={str(size): times_s for size, times_s in found.items()},
            ),
            Line(id="P16", what=f"  a day among {_SMALL:,}", measured=f"{small.median:.2f} s", spread=small.text()),
            Line(id="P16", what=f"  a day among {_LARGE:,}", measured=f"{large.median:.2f} s", spread=large.text()),
            Line(id="P16", what="  all grams, likewise", measured=f"{whole[_LARGE] / whole[_SMALL]:.1f} ×"),
        ],
        [f"P16: a day is {_DAY:,} retirements with lines, slices and certificates, {_DAY // 25:,} transfers."],
    )


async def _proved(here: Ground) -> float:
    before = time.perf_counter()
    run = await books.prove_day(connect=here.untouched)
    took = time.perf_counter() - before
    if run.differences:
        raise CannotRun(f"the proof does not hold on what was written for it: {run.differences[0]}")
    return took
