"""What PostgreSQL itself refuses of an upstream cancellation, whoever asks: the application's role and the owner."""

import asyncpg
import pytest

from app.foundation import approvals
from app.registry import cancellations
from tests.rooms.conftest import connected, refusal
from tests.rooms.registry.cancellations.conftest import Desk

PRIVILEGE = ("42501", None)


async def attacked(desk: Desk, statement: str, *, as_owner: bool = False) -> tuple[str | None, str | None]:
    """How the statement is refused."""
    url = desk.river.stand.super_url if as_owner else desk.river.stand.app_url
    async with connected(url) as connection:
        return await refusal(connection, statement)


REWRITING = [
    "start_t = 5",
    "stop_t = 9",
    "mode = 'registry'",
    "maker_id = gen_random_uuid()",
    "reference = 'UC-1'",
    "lot_id = 99",
]


@pytest.mark.parametrize("what", REWRITING)
async def test_the_application_may_not_write_what_was_proposed(desk: Desk, what: str) -> None:
    await desk.retire(1)
    await desk.propose()
    assert await attacked(desk, f"UPDATE upstream_cancellation SET {what}") == PRIVILEGE


async def test_nobody_deletes_or_empties_them_nor_their_history(desk: Desk) -> None:
    await desk.retire(1)
    await desk.propose()
    for table in ("upstream_cancellation", "upstream_cancellation_history"):
        assert await attacked(desk, f"DELETE FROM {table}") == PRIVILEGE
        assert (await attacked(desk, f"DELETE FROM {table}", as_owner=True))[0] == "23514"
        assert (await attacked(desk, f"TRUNCATE {table} CASCADE", as_owner=True))[0] == "23514"
    changed = "UPDATE upstream_cancellation_history SET note = 'x'"
    assert (await attacked(desk, changed, as_owner=True))[0] == "23514"
    assert await attacked(desk, changed) == PRIVILEGE
    written = "INSERT INTO upstream_cancellation_history SELECT * FROM upstream_cancellation_history"
    assert await attacked(desk, written) == PRIVILEGE


@pytest.mark.parametrize("as_owner", [False, True])
async def test_a_cancelled_one_is_final(desk: Desk, *, as_owner: bool) -> None:
    await desk.retire(1)
    await desk.cancelled()
    for change in (
        "state = 'returned'",
        "registry_reference = 'VN-OTHER'",
        "evidence_sha256 = sha256('x')",
        "queries = 1",
    ):
        refused = await attacked(desk, f"UPDATE upstream_cancellation SET {change}", as_owner=as_owner)
        assert refused == ("23514", "upstream_cancellation_is_final")


async def test_nothing_is_cancelled_that_nobody_approved_even_by_sql(desk: Desk) -> None:
    await desk.retire(1)
    await desk.report(await desk.propose())
    statement = "UPDATE upstream_cancellation SET state = 'cancelled', approval_id = {}, finished_at = now()"
    waiting = "(SELECT id FROM approval WHERE state = 'proposed')"
    for as_owner in (False, True):
        for approval in (waiting, "gen_random_uuid()"):
            refused = await attacked(desk, statement.format(approval), as_owner=as_owner)
            assert refused == ("23514", "upstream_cancellation_two_people")
        refused = await attacked(desk, statement.format("NULL"), as_owner=as_owner)
        assert refused == ("23514", "upstream_cancellation_approved_check")


async def test_nothing_is_returned_that_nobody_sent_back_even_by_sql(desk: Desk) -> None:
    await desk.retire(1)
    await desk.propose()
    statement = "UPDATE upstream_cancellation SET state = 'returned', reason = 'no', finished_at = now()"
    for as_owner in (False, True):
        assert await attacked(desk, statement, as_owner=as_owner) == ("23514", "upstream_cancellation_two_people")


async def test_the_report_replaces_the_first_text_so_what_is_agreed_to_names_the_proof(desk: Desk) -> None:
    await desk.retire(1)
    reference = await desk.propose()
    first = await approvals.find_open("upstream_cancellation", reference)
    await desk.report(reference)
    second = await approvals.find_open("upstream_cancellation", reference)
    assert first is not None
    assert second is not None
    assert (await approvals.find(first.id)).superseded_by == second.id
    assert "evidence" not in first.said()
    assert second.payload == (await cancellations.find(reference)).payload


async def test_what_was_reported_is_not_rewritten_under_the_reviewers_eyes(desk: Desk) -> None:
    await desk.retire(1)
    await desk.report(await desk.propose())
    for change, wall in (
        ("payload = payload || ' ', payload_sha256 = sha256(convert_to(payload || ' ', 'UTF8'))", "payload_stays"),
        ("registry_reference = 'VN-9'", "proof_stays"),
        ("evidence_sha256 = sha256('another file')", "proof_stays"),
        ("cancelled_on = cancelled_on - 1", "proof_stays"),
    ):
        refused = await attacked(desk, f"UPDATE upstream_cancellation SET {change}")
        assert refused == ("23514", f"upstream_cancellation_{wall}")


async def test_a_payload_says_what_its_row_says(desk: Desk) -> None:
    await desk.retire(2_000_000)
    one = await cancellations.find(await desk.propose())
    lie = one.payload.replace('"last":2', '"last":9')
    assert lie != one.payload
    statement = (
        "UPDATE upstream_cancellation SET state = 'reported', registry_reference = 'VN-1', cancelled_on = '2026-01-01',"
        " evidence_sha256 = sha256('p'), evidence_name = 'p.pdf', evidence_kind = 'pdf', evidence_size = 1,"
        f" reported_at = now(), payload = '{lie}', payload_sha256 = sha256(convert_to('{lie}', 'UTF8'))"
    )
    assert await attacked(desk, statement) == ("23514", "upstream_cancellation_payload_true")


@pytest.mark.parametrize("state", ["cancelled", "approved", "sending", "refused", "unknown"])
async def test_no_state_is_skipped(desk: Desk, state: str) -> None:
    await desk.retire(1)
    await desk.propose()
    refused = await attacked(desk, f"UPDATE upstream_cancellation SET state = '{state}'", as_owner=True)
    assert refused[0] == "23514"


COPY = (
    "INSERT INTO upstream_cancellation (id, reference, lot_id, programme, start_t, stop_t, mode, state, maker_id, payload,"
    " payload_sha256, queries, proposed_at) SELECT gen_random_uuid(), 'UC-X', lot_id, programme, {start}, {stop}, mode,"
    " '{state}', maker_id, p, sha256(convert_to(p, 'UTF8')), 0, now() FROM (SELECT u.*,"
    " (payload::jsonb || jsonb_build_object('reference', 'UC-X', 'start_t', {start}, 'stop_t', {stop}, 'tonnes',"
    " {stop} - {start}, 'first', 1 + {start}, 'last', {stop}))::text AS p FROM upstream_cancellation u) AS s"
)


@pytest.mark.parametrize(
    ("start", "stop", "state", "wall"),
    [
        (0, 1, "proposed", ("23P01", "upstream_cancellation_no_overlap")),
        (1, 2, "proposed", ("23514", "upstream_cancellation_within_retired")),
        (0, 101, "proposed", ("23514", "upstream_cancellation_within_lot")),
        (0, 1, "cancelled", ("23514", "upstream_cancellation_step_check")),
    ],
)
async def test_a_tonne_is_cancelled_once_within_its_lot_and_only_for_retired_grams(
    desk: Desk, start: int, stop: int, state: str, wall: tuple[str, str]
) -> None:
    await desk.retire(1)
    await desk.propose()
    assert await attacked(desk, COPY.format(start=start, stop=stop, state=state)) == wall


async def test_the_copy_used_above_is_let_in_where_nothing_is_wrong(desk: Desk) -> None:
    await desk.retire(1_000_000)
    await desk.propose()
    await desk.retire(1)
    async with connected(desk.river.stand.app_url) as connection:
        assert await connection.execute(COPY.format(start=1, stop=2, state="proposed")) == "INSERT 0 1"


async def test_the_functions_of_the_room_are_not_the_applications_to_call(desk: Desk) -> None:
    async with connected(desk.river.stand.app_url) as connection:
        for name in ("guard", "remember", "refuse_change"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SELECT cancellations.{name}()")
