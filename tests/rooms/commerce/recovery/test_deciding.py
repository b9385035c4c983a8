"""Two people decide about lost time: what may have been given is set aside for good, and the proof holds."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from app.commerce import recovery
from app.foundation import approvals
from app.foundation.identity import Role, RoleMissing
from app.gateways.database import fetch, fetch_one, fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Language
from app.registry import books
from tests.owning import as_owner
from tests.rooms.commerce.recovery.conftest import Marked
from tests.rooms.commerce.recovery.test_marking import settle, settled
from tests.staff import staff


async def lose(marked: Marked) -> None:
    """One order is settled; then a marker outside is unknown here, as after a loss."""
    await marked.flow.paid_by_word("k1")
    await settle(marked, cover=marked.cover)
    await marked.mark()
    await as_owner("DELETE FROM recovery_marker WHERE no = (SELECT max(no) FROM recovery_marker)")
    assert not await marked.mark()


async def decide(marked: Marked, by: UUID, second: UUID, *, reason: str = "the machine died") -> recovery.Plan:
    last = await fetch_value("SELECT max(last_posted_at) FROM recovery_case")
    return await recovery.decide(
        last, by=by, second=second, reason=reason, asked=marked.flow.channels.keys(), now=utc_now()
    )


async def proof(marked: Marked) -> dict[str, bool]:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(marked.flow.river.stand.app_url)

    run = await books.prove(connect=connect, only_grams=False)
    return {one.check: one.is_ok for one in run.checked}


async def test_what_may_have_been_given_is_never_given_again_and_the_line_has_no_gap(marked: Marked) -> None:
    await lose(marked)
    outside = await marked.marker()
    plan = await decide(marked, await staff(Role.ADMINISTRATOR), await staff(Role.FINANCE))
    assert {(one.kind, one.stop) for one in plan.ranges} >= {("lot", outside.lots[0].bound)}
    assert await marked.mark()
    await marked.flow.paid_by_word("k2")
    await settle(marked, cover=marked.cover)
    first = await fetch_value(
        "SELECT min(start_g) FROM retirement_slice WHERE start_g > 0 AND retirement_id IS NOT NULL"
    )
    assert first == outside.lots[0].bound
    register = next(one for one in outside.registers if one.name == "H")
    number = await fetch_value("SELECT max(register_no) FROM certificate WHERE series = 'H'")
    assert number == register.bound
    told = await proof(marked)
    names = {
        "slices_chained",
        "ranges_tiled",
        "slices_are_retired",
        "cursor_stands",
        "retirements_cut",
        "register_counts",
    }
    assert all(told[name] for name in names), told
    assert not told["recovered"], "the bills of the days are not read yet"


async def test_the_same_person_twice_decides_nothing(marked: Marked) -> None:
    await lose(marked)
    one = await staff(Role.ADMINISTRATOR, Role.FINANCE)
    with pytest.raises(approvals.SamePerson):
        await decide(marked, one, one)
    assert (await recovery.status()).is_open


@pytest.mark.parametrize(("first", "second"), [(Role.OPERATOR, Role.FINANCE), (Role.ADMINISTRATOR, Role.AUDITOR)])
async def test_who_has_not_the_roles_decides_nothing(marked: Marked, first: Role, second: Role) -> None:
    await lose(marked)
    with pytest.raises(RoleMissing):
        await decide(marked, await staff(first), await staff(second))
    assert (await recovery.status()).is_open


async def test_a_moment_later_than_the_last_posting_is_refused(marked: Marked) -> None:
    await lose(marked)
    by, second = await staff(Role.ADMINISTRATOR), await staff(Role.FINANCE)
    with pytest.raises(recovery.SinceUnfit):
        await recovery.decide(
            utc_now() + timedelta(minutes=1),
            by=by,
            second=second,
            reason="x",
            asked=marked.flow.channels.keys(),
            now=utc_now(),
        )


async def test_where_nothing_is_lost_there_is_nothing_to_decide(marked: Marked) -> None:
    with pytest.raises(recovery.CaseNotOpen):
        await recovery.plan(utc_now(), asked=marked.flow.channels.keys(), now=utc_now())


async def test_grams_that_somebody_holds_are_set_aside_once_the_stock_has_them(marked: Marked) -> None:
    """Nobody else's lot waits for it; this one does."""
    await lose(marked)
    waiting = await marked.flow.paid_by_word("k2")
    lot_id = marked.flow.river.lot_id
    left_g = await fetch_value("SELECT balance FROM ledger_account WHERE path = $1", f"inventory:{lot_id}")
    await as_owner(
        "UPDATE recovery_case SET marker = jsonb_set(marker, '{lots,0,bound}', to_jsonb($1::bigint))", left_g * 10
    )
    lot_g = await fetch_value("SELECT mass_g FROM credit_lot WHERE id = $1", lot_id)
    plan = await decide(marked, await staff(Role.ADMINISTRATOR), await staff(Role.REVIEWER))
    assert next(one.stop for one in plan.ranges if one.kind == "lot") == lot_g
    row = await fetch_one("SELECT taken, stop FROM recovery_quarantine WHERE kind = 'lot'")
    assert row is not None
    assert row["taken"] < row["stop"]
    await marked.mark()
    await settle(marked, cover=marked.cover)
    assert await settled(marked) == 1, "this lot waits"
    assert "are not set aside" in " ".join(await recovery.left())
    assert waiting.mass_g == row["stop"] - row["taken"]


async def test_a_decision_about_one_case_is_made_once(marked: Marked) -> None:
    await lose(marked)
    by, second = await staff(Role.ADMINISTRATOR), await staff(Role.FINANCE)
    await decide(marked, by, second)
    with pytest.raises(recovery.CaseNotOpen):
        await decide(marked, by, second)
    assert len(await fetch("SELECT 1 FROM recovery_case WHERE decided_with IS NOT NULL")) == 1


async def test_a_moment_after_which_it_was_quiet_is_refused_with_one_that_can_be_said_instead(marked: Marked) -> None:
    """Whoever restored to a moment names that moment; the last thing that happened before it may be hours older."""
    await lose(marked)
    asked = marked.flow.channels.keys()
    with pytest.raises(recovery.SinceUnfit) as refusal:
        await recovery.plan(utc_now() + timedelta(minutes=1), asked=asked, now=utc_now())

    (named,) = re.findall(r"last posting the database knows \((\S+)\)", refusal.value.message().in_(Language.EN))
    assert (await recovery.plan(datetime.fromisoformat(named), asked=asked, now=utc_now())).ranges
