"""A certificate is kept as a form, which many share, and its figures; put together it is what was issued, to the byte."""

import asyncio
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app import certificates
from app.certificates import NEUTRALITY
from app.gateways.database import fetch, fetch_value, transaction
from app.registry import retirements
from tests.flow import ISSUER
from tests.rooms.conftest import River, connected

NUMBER: Final = "DD-20261201-SC-7K3M9QFX2"
CODE: Final = "7K3M9QFX2R"
AT: Final = datetime(2026, 12, 1, 16, 30, 5, 250_000, tzinfo=UTC)
WHOLE: Final = (
    "SELECT s.form, s.figures, w.record FROM certificates.split($1, $2, $3, $4) AS s"
    " CROSS JOIN LATERAL certificates.whole(s.form, s.figures, $2, $3, $4) AS w"
)
PIECES: Final = (
    NUMBER, CODE, "2026-12-02T00:30:05+08:00", "2026-12-02", f'"number":"{NUMBER}"', '"number":', '"mass_g":12400,',
    '"name":{"en":"A","zh":"甲 1"}', '"subject_detail":"3\\" 号楼 \\\\"', "R-20261201-1PJBCPEJ", "a0" * 32, '"sha256":"',
    '"ground":"', "0.5 %", "%s", "%%", "\\n", "\n", "\x01", "\x04", '"', "\\", "{", "}", "#1 – #2", "1,540", "中2", "😀", "𝟚",
    "-", "7",
)  # fmt: skip

TYPED: Final = st.characters(codec="utf-8", exclude_characters="\0")


async def issued(river: River, masses_g: list[int], name: str = "test") -> None:
    ids = await river.requested(masses_g, name=name)
    async with transaction() as tx:
        await retirements.settle(ids, tx=tx)
    async with transaction() as tx:
        await certificates.issue(NEUTRALITY, [certificates.cause_of(id_) for id_ in ids], issuer=ISSUER, tx=tx)


async def test_two_hundred_certificates_of_one_scene_and_lot_share_a_form_and_read_as_they_were_hashed(
    river: River,
) -> None:
    await issued(river, [1_000 + n for n in range(200)])
    rows = await fetch("SELECT c.form_id, c.figures, c.record, c.record_sha256 FROM certificate c")
    assert len(rows) == 200
    assert {row["form_id"] for row in rows} == {await fetch_value("SELECT id FROM certificate_form")}
    assert all(sha256(row["record"].encode()).digest() == row["record_sha256"] for row in rows)
    assert all(7 * len(row["figures"]) < len(row["record"]) for row in rows)


async def test_a_form_that_is_there_is_read_and_not_written(river: River) -> None:
    await issued(river, [1_000])
    async with connected(river.stand.super_url) as connection:
        asked = "SELECT xmin::text, (SELECT last_value FROM certificate_form_id_seq) AS last FROM certificate_form"
        before = await connection.fetch(asked)
        await issued(river, [2_000], "again")
        assert await connection.fetch(asked) == before
    assert await fetch_value("SELECT count(DISTINCT form_id) FROM certificate") == 1


async def test_two_that_write_the_same_new_forms_in_another_order_get_the_same_ids(river: River) -> None:
    forms = [f"form {n}" for n in range(20)]
    async with connected(river.stand.owner_url) as one, connected(river.stand.owner_url) as other:
        await one.execute("BEGIN")
        first = await one.fetchval("SELECT certificates.forms($1)", forms)
        second = asyncio.create_task(other.fetchval("SELECT certificates.forms($1)", forms[::-1]))
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done, "it waits for whoever was first"
        await one.execute("COMMIT")
        assert await second == first[::-1]
    assert len(set(first)) == 20


async def test_of_texts_without_a_form_there_is_no_id(river: River) -> None:
    async with connected(river.stand.owner_url) as owner:
        assert await owner.fetchval("SELECT certificates.forms($1)", [None, None]) == [None, None]
        found = await owner.fetchval("SELECT certificates.forms($1)", ["a", None, "b", "a"])
    assert (found[0], found[1]) == (found[3], None) and found[0] != found[2]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES) | st.text(TYPED, max_size=8)).map("".join))
@example("")
@example("\n")
@example("1\n2")
@example("12")
@example("\x01\x02\x03\x04")
async def test_whatever_text_is_taken_apart_comes_back_to_the_byte(owner: Any, text: str) -> None:
    row = await owner.fetchrow(WHOLE, text, NUMBER, CODE, AT)
    assert row["record"] == text
    if row["form"] is None:
        assert row["figures"] == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(TYPED) | st.sampled_from(PIECES),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["number", "name", "x", "sha256"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["mass_g", "subject_detail", "holder_name", "number"]), json_values))
async def test_canonical_json_always_has_a_form_whatever_somebody_typed(owner: Any, said: dict[str, Any]) -> None:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    row = await owner.fetchrow(WHOLE, text, NUMBER, CODE, AT)
    assert row["record"] == text
    assert row["form"] is not None


@pytest.mark.parametrize(
    "retired_at",
    [
        "2026-12-02T00:30:05+08:00",
        "2026-12-02T00:30:04+08:00",
        "2026-12-02T23:59:59+08:00",
        "2025-07-01T09:00:00+08:00",
    ],
)
@pytest.mark.parametrize("day", ["2026-12-02", "2025-07-01"])
async def test_a_form_is_the_same_whenever_something_was(owner: Any, retired_at: str, day: str) -> None:
    period = f'"period":{{"from":"{day}","to":"{day}"}}'
    text = f'{{"basis":{{"en":"Metro {retired_at[17:19]} km"}},{period},"retired_at":"{retired_at}"}}'
    row = await owner.fetchrow(WHOLE, text, NUMBER, CODE, AT)
    assert row["form"] == '{"basis":{"en":"Metro \n km"},"period":{"from":"\n","to":"\n"},"retired_at":"\n"}'
    assert row["record"] == text


@pytest.mark.parametrize("document", [None, "协议.pdf"])
async def test_whatever_a_payer_wrote_of_a_mandate_stands_in_no_form(owner: Any, document: str | None) -> None:
    forms = set()
    for written in ("受托代购协议 2023-07", 'by word of "our board" \\ 3', "甲"):
        digest = sha256(written.encode()).hexdigest() if document else None
        told = {"document": document and f"{written}.pdf", "ground": written, "sha256": digest}
        said = {"number": NUMBER, "parties": {"mandate": told, "named": [], "unnamed": [{"naming": "unasked"}]}}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        row = await owner.fetchrow(WHOLE, text, NUMBER, CODE, AT)
        assert row["record"] == text
        forms.add(row["form"])
    assert len(forms) == 1 and None not in forms


async def test_a_text_with_a_line_break_is_kept_whole(owner: Any) -> None:
    text = '{"mass_g": 12,\n "number": "x"}'
    row = await owner.fetchrow(WHOLE, text, NUMBER, CODE, AT)
    assert (row["form"], row["figures"], row["record"]) == (None, text, text)


@pytest.fixture
async def owner(river: River) -> Any:
    async with connected(river.stand.owner_url) as connection:
        yield connection


@pytest.mark.parametrize("statement", ["UPDATE certificate_form SET form = ''", "DELETE FROM certificate_form",
                                       "TRUNCATE certificate_form CASCADE"])  # fmt: skip
async def test_a_form_stays_as_it_was_written(river: River, owner: Any, statement: str) -> None:
    await issued(river, [1_000])
    with pytest.raises(asyncpg.CheckViolationError, match="never edited"):
        await owner.execute(statement)


async def test_a_form_that_was_changed_names_every_certificate_of_it(river: River) -> None:
    await issued(river, [1_000 + n for n in range(7)])
    async with connected(river.stand.super_url) as connection:
        tried = connection.transaction()
        await tried.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("ALTER TABLE certificate_form DROP CONSTRAINT certificate_form_sha256_check")
        await connection.execute("UPDATE certificate_form SET form = replace(form, 'offset', 'part')")
        row = await connection.fetchrow(
            "SELECT * FROM books.prove_certificates() WHERE \"check\" = 'records_unchanged'"
        )
        numbers = [one["number"] for one in await connection.fetch("SELECT number FROM certificate ORDER BY number")]
        await tried.rollback()
    assert (row["ok"], row["expected"], row["found"]) == (False, 7, 0)
    assert row["detail"] == [f"certificate {number} was changed after it was issued" for number in numbers]
