"""The marker outside: nothing is given beyond it, and a history that is shorter is noticed and settles nothing."""

import dataclasses
from typing import Any

import msgspec
import pytest

from app.commerce import recovery
from app.gateways.database import constraint, fetch_one, fetch_value, retry_after_s
from tests.owning import as_owner
from tests.rooms.commerce.recovery.conftest import Marked
from workers.jobs import JOBS
from workers.running import run
from workers.subscriptions import SETTLE


async def settle(marked: Marked, **tools: Any) -> None:
    """Whatever is due, as a worker runs it."""
    flow = marked.flow
    own = dataclasses.replace(flow.tools, **tools)
    for job in ("fulfil_paid", "settle_retirements", "issue_certificates"):
        if rows := await flow.open_rows(job):
            await run(JOBS[SETTLE][job], rows, own)


async def settled(marked: Marked) -> int:
    return await marked.flow.count("retirement", "state = 'settled'")


async def test_nothing_is_cut_of_a_lot_that_no_marker_covers(marked: Marked) -> None:
    await marked.flow.paid_by_word("k1")
    with pytest.raises(Exception, match="not covered") as refusal:
        await marked.flow.work()
    assert constraint(refusal.value) == "recovery_bound"
    assert retry_after_s(refusal.value) == 5
    assert await settled(marked) == 0


async def test_a_worker_has_the_marker_cover_what_it_gives_and_gives_it(marked: Marked) -> None:
    await marked.flow.paid_by_word("k1")
    await settle(marked, cover=marked.cover)
    assert await settled(marked) == 1
    (lot,) = (await marked.marker()).lots
    position = await fetch_value("SELECT next_g FROM retirement_cursor")
    assert lot.next <= position <= lot.bound


async def test_what_a_large_set_will_give_is_covered_before_it_is_begun_and_the_next_ones_with_it(
    marked: Marked,
) -> None:
    asked: list[tuple[recovery.Want, ...]] = []

    async def cover(*wants: recovery.Want) -> None:
        asked.append(wants)
        assert await marked.flow.count("retirement") == len(asked) * 12 - 12, "nothing of the set was done"
        await marked.cover(*wants)

    for lot in range(2):
        for number in range(12):
            await marked.flow.paid_by_word(f"k{lot}-{number}")
        before = await fetch_value("SELECT coalesce(max(next_g), 0) FROM retirement_cursor")
        await settle(marked, cover=cover, is_going_on=True)
    assert await settled(marked) == 24
    assert await marked.flow.count("certificate") == 24
    assert asked == [(recovery.Want(kind="lot", name=asked[0][0].name, upto=before),)]


async def test_a_worker_that_cannot_write_the_marker_sets_nothing_aside_for_people(marked: Marked) -> None:
    await marked.flow.paid_by_word("k1")
    for _ in range(10):
        await settle(marked)
    row = await fetch_one("SELECT max(failures) AS failures, count(dead_at)::int AS dead FROM outbox_message")
    assert (row or {})["dead"] == 0
    assert await settled(marked) == 0


async def test_the_number_of_a_marker_is_known_here_before_its_file_is_there(marked: Marked) -> None:
    before = await marked.marker()
    await marked.connection.fetchval(
        """SELECT recovery.plan(gen_random_uuid(), '[{"kind": "register", "name": "H", "upto": 5000}]')"""
    )
    assert await marked.marker() == before
    assert await marked.mark()
    after = await marked.marker()
    assert after.no > before.no + 1, "a planned marker that was never written keeps its number"


async def test_a_marker_that_this_history_does_not_know_is_noticed_once_and_stops_settling(marked: Marked) -> None:
    await marked.flow.paid_by_word("k1")
    await settle(marked, cover=marked.cover)
    await marked.mark()
    await as_owner("DELETE FROM recovery_marker WHERE no = (SELECT max(no) FROM recovery_marker)")
    assert not await marked.mark()
    assert not await marked.mark()
    assert await marked.flow.count("recovery_case") == 1
    assert (await recovery.status()).is_open
    await marked.flow.paid_by_word("k2")
    await settle(marked, cover=marked.cover)
    assert await settled(marked) == 1
    assert "nobody has decided" in " ".join(await recovery.left())


async def test_the_same_number_under_another_token_is_another_history(marked: Marked) -> None:
    await as_owner("UPDATE recovery_marker SET token = gen_random_uuid()")
    assert not await marked.mark()


async def test_a_transfer_that_is_gone_is_noticed_by_the_head(marked: Marked) -> None:
    marker = await marked.marker()
    changed = saying(marker, size=(marker.head.size or 0) + 1000)
    rows = await marked.connection.fetch("SELECT what FROM recovery.compare($1::jsonb)", changed)
    assert [row["what"] for row in rows] == ["head"]


async def test_another_timeline_is_noticed_where_no_second_server_followed(marked: Marked) -> None:
    marker = await marked.marker()
    for followed, wanted in ((False, ["timeline"]), (True, [])):
        told = saying(marker, timeline="000000FF", is_followed=followed)
        rows = await marked.connection.fetch("SELECT what FROM recovery.compare($1::jsonb)", told)
        assert [row["what"] for row in rows] == wanted


async def test_bounds_of_another_timeline_do_not_hold(marked: Marked) -> None:
    await marked.flow.paid_by_word("k1")
    await settle(marked, cover=marked.cover)
    await as_owner("UPDATE recovery_state SET timeline = '000000FF'")
    await marked.flow.paid_by_word("k2")
    await settle(marked)
    assert await settled(marked) == 1


async def test_without_its_file_a_history_that_had_one_is_not_called_whole(marked: Marked) -> None:
    await marked.files.drop(recovery.FILE)
    with pytest.raises(recovery.MarkerMissing):
        await marked.mark()


async def test_a_marker_that_somebody_changed_is_refused(marked: Marked) -> None:
    data = await marked.files.fetch(recovery.FILE)
    assert data is not None
    await marked.files.keep(recovery.FILE, data.replace(b'"no":1', b'"no":7'))
    with pytest.raises(recovery.MarkerUnfit):
        await marked.mark()


async def test_what_is_published_is_the_marker_and_can_stand_in_for_it(marked: Marked) -> None:
    told = await recovery.published()
    assert told is not None
    assert recovery.opened(told.encode()) == await marked.marker()


def saying(marker: recovery.Marker, *, size: int | None = None, **changed: Any) -> str:
    """A marker that says something else, as JSON."""
    if size is not None:
        changed["head"] = msgspec.structs.replace(marker.head, size=size)
    return msgspec.json.encode(msgspec.structs.replace(marker, **changed)).decode()
