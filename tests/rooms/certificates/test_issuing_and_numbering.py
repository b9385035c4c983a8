"""Certificates are numbered without a gap, frozen when issued, and hold no name."""

import asyncio
import json
import re
from hashlib import sha256

import asyncpg
import pytest

from app import certificates
from app.certificates import NEUTRALITY
from app.commerce import orders
from app.foundation import identity, outbox
from app.gateways.database import fetch, transaction
from app.kernel.ids import ALPHABET
from tests.flow import ISSUER, Flow
from tests.rooms.conftest import KEYRING
from workers.jobs import JOBS
from workers.subscriptions import SETTLE

NAME = "林小川"


async def test_register_numbers_have_no_gap_over_rollbacks_and_four_issuers_at_once(flow: Flow) -> None:
    for number in range(12):
        await flow.paid_by_word(f"k{number}")
    for job in ("fulfil_paid", "settle_retirements"):
        await JOBS[SETTLE][job](await flow.open_rows(job), flow.tools)
    rows = await flow.open_rows("issue_certificates")
    begin = asyncio.Barrier(4)

    async def issuer(number: int) -> None:
        await begin.wait()
        for round_, row in enumerate(rows[3 * number :] + rows[: 3 * number]):
            if (number // 2 + round_) % 2:  # every other one takes its numbers and then dies before it commits
                async with transaction() as tx:
                    await _issue([row], tx)
                    await tx.rollback()
            else:
                async with transaction() as tx:
                    await _issue([row], tx)

    async def _issue(ids: list[int], tx: object) -> None:
        settled = await outbox.take(ids, "issue_certificates", tx=tx)
        await certificates.issue(NEUTRALITY, [m.subject for m in settled], issuer=ISSUER, tx=tx)

    await asyncio.gather(*(issuer(number) for number in range(4)))

    found = await fetch("SELECT register_no FROM certificate WHERE series = 'H' ORDER BY register_no")
    assert [row["register_no"] for row in found] == list(range(1, 13))
    assert await fetch("SELECT next_no FROM certificate_series WHERE name = 'H'") == [{"next_no": 13}]
    await flow.work()


async def test_one_retirement_has_one_certificate_whoever_issues_it_again(flow: Flow) -> None:
    order = await flow.paid_by_word("k1")
    await flow.work()
    (retirement,) = await fetch("SELECT id FROM retirement WHERE cause = $1", orders.cause_of(order.id))

    async def again() -> list[object]:
        async with transaction() as tx:
            return list(
                await certificates.issue(NEUTRALITY, [certificates.cause_of(retirement["id"])], issuer=ISSUER, tx=tx)
            )

    assert await asyncio.gather(again(), again(), again()) == [[], [], []]
    assert await flow.count("certificate") == 1


async def test_the_record_is_frozen_and_its_digest_is_of_the_very_bytes(flow: Flow) -> None:
    order = await flow.paid_by_word("k1")
    await flow.work()
    certificate = await flow.certificate(order)
    (row,) = await fetch("SELECT c.record, c.record_sha256 FROM certificate c")
    assert sha256(row["record"].encode()).digest() == row["record_sha256"] == certificate.record_sha256
    assert row["record"] == json.dumps(
        json.loads(row["record"]), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )

    for url, words in (
        (flow.river.stand.app_url, (asyncpg.InsufficientPrivilegeError,)),
        (flow.river.stand.owner_url, (asyncpg.CheckViolationError,)),
    ):
        connection = await asyncpg.connect(url)
        try:
            for statement in (
                "UPDATE certificate SET language = 'en'",
                "UPDATE certificate SET form_id = NULL, figures = '{}', record_sha256 = sha256('{}')",
                "DELETE FROM certificate",
                "TRUNCATE certificate CASCADE",
            ):
                with pytest.raises(words):
                    await connection.execute(statement)
        finally:
            await connection.close()
    assert await flow.certificate(order) == certificate


async def test_the_database_refuses_a_record_that_its_digest_does_not_fit(flow: Flow) -> None:
    await flow.paid_by_word("k1")
    await flow.work()
    owner = await asyncpg.connect(flow.river.stand.owner_url)
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refusal:
            await owner.execute(
                "INSERT INTO certificate (id, paper_id, cause, retirement_id, claim_id, holder_id,"
                " scenario_id, series, register_no, number,"
                " verify_code, version, form_id, figures, record_sha256, name_sealed, language, issued_at)"
                " SELECT gen_random_uuid(), paper_id, cause, retirement_id, claim_id, holder_id, scenario_id,"
                " series, 99, 'DD-X', 'X', 2, form_id, figures || ' ',"
                " record_sha256, name_sealed, language, issued_at FROM certificate"
            )
        assert refusal.value.constraint_name == "certificate_record_check"
    finally:
        await owner.close()


async def test_a_name_lies_sealed_beside_the_record_and_never_in_it(flow: Flow) -> None:
    order = await flow.named(NAME)
    await flow.work()
    certificate = await flow.certificate(order)
    assert certificate.name_sealed is not None
    opened = await identity.unseal(
        order.person_id, certificate.name_sealed, purpose=certificates.NAME_PURPOSE, keyring=KEYRING
    )
    assert opened == NAME

    admin = await asyncpg.connect(flow.river.stand.super_url)
    try:
        for table in await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            for letters in (NAME, json.dumps(NAME)[1:-1], NAME.encode().hex()):
                hits = await admin.fetchval(
                    f"SELECT count(*) FROM {table['tablename']} AS t WHERE t::text LIKE '%' || $1 || '%'", letters
                )
                assert hits == 0, table["tablename"]
    finally:
        await admin.close()


async def test_what_the_record_says_is_what_the_books_say(flow: Flow) -> None:
    order = await flow.paid()
    await flow.work()
    record = (await flow.certificate(order)).record
    slices = await fetch("SELECT start_g, stop_g, mass_g FROM retirement_slice ORDER BY start_g")
    assert [{name: line[name] for name in ("start_g", "stop_g", "mass_g")} for line in record["lines"]] == slices
    assert (record["emission_g"], record["mass_g"]) == (order.emission_g, order.mass_g)
    (retirement,) = await fetch("SELECT number, settled_at FROM retirement")
    assert record["retirement_number"] == retirement["number"]
    assert record["sandbox"] is True
    assert NAME not in json.dumps(record, ensure_ascii=False)


async def test_numbers_for_people_can_neither_be_guessed_nor_told_from_the_register(flow: Flow) -> None:
    for number in range(5):
        await flow.paid_by_word(f"k{number}")
    await flow.work()
    rows = await fetch(
        "SELECT c.number, c.verify_code, c.register_no, c.record FROM certificate c ORDER BY c.register_no"
    )
    form = re.compile(rf"DD-\d{{8}}-SC-[{ALPHABET}]{{9}}")
    assert all(form.fullmatch(row["number"]) for row in rows)
    assert all(re.fullmatch(rf"[{ALPHABET}]{{10}}", row["verify_code"]) for row in rows)
    tails = [row["number"][-9:] for row in rows]
    assert len(set(tails)) == len({row["verify_code"] for row in rows}) == 5
    assert all("register" not in row["record"] for row in rows)  # how many there are is for auditors
