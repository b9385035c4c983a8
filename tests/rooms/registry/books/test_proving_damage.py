"""A superuser's hand, past every constraint and trigger: whatever it damages, the proof says no and names the row."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import pytest

from app import certificates
from app.gateways.database import fetch_value, transaction
from app.kernel.text import Text
from app.registry import retirements
from tests.rooms.conftest import River, connected, open_lot

ISSUER: Final = certificates.Issuer(
    name=Text(zh="示例", en="Sample"), public_url="https://carbon.example", is_sandbox=True
)
TONNE: Final = 1_000_000
MASSES: Final = (300_000, 12_400, 900_000, 700)
"""The third lies across the edge of the two lots: the first of them has one tonne."""

SLICE: Final = "WHERE start_g = 300000 AND lot_id = $old"
DAMAGES: Final[tuple[tuple[str, str, set[str], str], ...]] = (
    # what was done, the statements, the checks that must fail (others may), what must be named
    (
        "a slice moved by a gram",
        f"UPDATE retirement_slice SET start_g = start_g + 1, stop_g = stop_g + 1 {SLICE}",
        {"slices_chained"}, "[300001, 312401) of lot $old",
    ),
    (
        "a slice deleted", f"DELETE FROM retirement_slice {SLICE}",
        {"slices_chained", "slices_are_retired", "retirements_cut", "ranges_tiled"}, "the grams before it end at 300000",
    ),
    (
        "a slice doubled",
        ("ALTER TABLE retirement_slice DROP CONSTRAINT retirement_slice_start_key, DROP CONSTRAINT retirement_slice_stop_key;"
        "INSERT INTO retirement_slice (allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g)"
        f" SELECT allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g FROM retirement_slice {SLICE}"),
        {"slices_chained", "slices_are_retired", "retirements_cut"}, "[300000, 312400) of lot $old",
    ),
    (
        "a mass changed, its constraint dropped",
        ("ALTER TABLE retirement_slice DROP CONSTRAINT retirement_slice_mass_check;"
        f"UPDATE retirement_slice SET mass_g = mass_g + 1 {SLICE}"),
        {"slices_measured", "slices_are_retired", "retirements_cut"}, "[300000, 312400) of lot $old, retirement R-",
    ),
    (
        "two slices given to each other's retirements",
        ("UPDATE retirement_slice s SET retirement_id = o.retirement_id FROM retirement_slice o"
        " WHERE s.lot_id = $old AND o.lot_id = $old AND s.start_g + o.start_g = 300000 AND s.start_g <> o.start_g"),
        {"retirements_cut"}, "of 12400 g is settled: lines of 12400 g, slices of 300000 g",
    ),
    (
        "a slice given to a retirement that is not there",
        f"UPDATE retirement_slice SET retirement_id = gen_random_uuid() {SLICE}",
        {"retirements_cut"}, "retirement unknown",
    ),
    (
        "a slice moved to another allocation",
        ("UPDATE retirement_slice SET allocation_id = (SELECT max(id) FROM retirement_allocation)"
        " WHERE start_g = 300000 AND lot_id = $old"),
        {"ranges_tiled"}, "its slices are",
    ),
    (
        "an allocation cut short",
        "UPDATE retirement_allocation SET stop_g = stop_g - 1 WHERE lot_id = $old AND start_g = 0",
        {"ranges_tiled", "ranges_chained"}, "[0, 299999) of lot $old: its slices are [0, 300000)",
    ),
    (
        "an allocation deleted", "DELETE FROM retirement_allocation WHERE lot_id = $old AND start_g = 0",
        {"ranges_tiled", "ranges_chained"}, "slices [0, 300000) name it",
    ),
    ("a cursor moved", "UPDATE retirement_cursor SET next_g = next_g + 1 WHERE lot_id = $new", {"cursor_stands"}, "lot $new"),
    ("a lot made smaller", ("ALTER TABLE credit_lot DROP CONSTRAINT credit_lot_mass_check;"
     "UPDATE credit_lot SET mass_g = 999999 WHERE id = $old"), {"within_lot", "lot_in_ledger"}, "lot $old (OLD) of 999999 g"),
    ("a lot deleted", "DELETE FROM credit_lot WHERE id = $old", {"within_lot", "lot_in_ledger"}, "lot $old"),
    (
        "a retirement's mass changed", "UPDATE retirement SET mass_g = mass_g + 1 WHERE mass_g = 12400",
        {"retirements_cut"}, "of 12401 g is settled: lines of 12400 g, slices of 12400 g",
    ),
    (
        "a retirement's state changed",
        "UPDATE retirement SET state = 'requested', settled_at = NULL WHERE mass_g = 900000",
        {"retirements_cut", "certified"}, "of 900000 g is requested: lines of 900000 g, slices of 900000 g",
    ),
    (
        "a requested one called settled", "UPDATE retirement SET state = 'settled', settled_at = now() WHERE mass_g = 5",
        {"retirements_cut", "certified"}, "of 5 g is settled: lines of 5 g, slices of 0 g",
    ),
    ("a retirement deleted", "DELETE FROM retirement WHERE mass_g = 12400", {"retirements_cut"}, "retirement unknown"),
    (
        "a line's lot changed", "UPDATE retirement_line SET lot_id = $new WHERE mass_g = 12400",
        {"retirements_cut"}, "of 12400 g is settled: lines of 12400 g, slices of 12400 g",
    ),
    (
        "a balance changed", "UPDATE ledger_account SET balance = balance + 1 WHERE path = 'retired:$new'",
        {"unit_is_zero", "balances_are_entries", "slices_are_retired"}, "account retired:$new g:$new holds",
    ),
    (
        "a balance shifted to another account",
        ("UPDATE ledger_account SET balance = balance + CASE path WHEN 'retired:$new' THEN 1 ELSE -1 END"
        " WHERE path IN ('retired:$new', 'inventory:$new')"),
        {"balances_are_entries", "slices_are_retired"}, "account inventory:$new g:$new holds",
    ),
    (
        "a balance below its floor",
        ("ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_floor_check;"
        "UPDATE ledger_account SET floor = 1 WHERE path = 'sales'"),
        {"above_floor"}, "account sales CNY holds 0, below its floor 1",
    ),
    (
        "an entry changed", "UPDATE ledger_entry SET amount = amount + 1 WHERE id = (SELECT max(id) FROM ledger_entry)",
        {"transfers_whole", "entries_run_on", "balances_are_entries"}, "has 4 of 4 legs and makes 1 g:",
    ),
    (
        "an entry's balance changed",
        "UPDATE ledger_entry SET balance = balance + 1 WHERE id = (SELECT min(id) FROM ledger_entry)",
        {"entries_run_on"}, "of transfer open:",
    ),
    (
        "an entry deleted", "DELETE FROM ledger_entry WHERE id = (SELECT max(id) FROM ledger_entry)",
        {"transfers_whole", "balances_are_entries"}, "has 3 of 4 legs",
    ),
    (
        "a transfer deleted", "DELETE FROM ledger_transfer WHERE cause = 'open:$old'", {"transfers_whole"},
        "transfer unknown",
    ),
    (
        "an account deleted", "DELETE FROM ledger_account WHERE path = 'reserved:$old'",
        {"balances_are_entries", "transfers_whole"}, "out of nothing",
    ),
    (
        "a certificate deleted, its job done", "DELETE FROM certificate WHERE register_no = 2; DELETE FROM outbox_message",
        {"certified", "register_counts"}, "register H has 2 certificates",
    ),
    ("a register number changed", "UPDATE certificate SET register_no = 9 WHERE register_no = 2", {"register_counts"},
     "numbers 1 to 9"),
    (
        "a record changed",
        "UPDATE certificate SET figures = figures || ' ' WHERE register_no = 2",
        {"records_unchanged"}, "was changed after it was issued",
    ),
    (
        "a figure changed", "UPDATE certificate SET figures = replace(figures, '312400', '312401') WHERE register_no = 2",
        {"records_unchanged", "records_tell"}, "was changed after it was issued",
    ),
    (
        "a figure taken away",
        "UPDATE certificate SET figures = left(figures, strpos(figures, E'\n') - 1) WHERE register_no = 2",
        {"records_unchanged", "records_tell"}, "was changed after it was issued",
    ),
    (
        "a figure that is none",
        ("ALTER TABLE certificate ALTER figures DROP NOT NULL;"
        "UPDATE certificate SET form_id = NULL, figures = NULL WHERE register_no = 2"),
        {"records_unchanged", "records_tell"}, "was changed after it was issued",
    ),
    (
        "an instant of issue without end", "UPDATE certificate SET issued_at = 'infinity' WHERE register_no = 2",
        {"records_unchanged"}, "was changed after it was issued",
    ),
    (
        "an instant of issue that has none eight hours later",
        "UPDATE certificate SET issued_at = '294276-12-31 23:00+00' WHERE register_no = 2",
        {"records_unchanged"}, "was changed after it was issued",
    ),
    (
        "a certificate put under another's form",
        ("INSERT INTO certificate_form (form, sha256) VALUES ('{}', sha256('{}'));"
        "UPDATE certificate SET form_id = (SELECT max(id) FROM certificate_form) WHERE register_no = 2"),
        {"records_unchanged", "records_tell"}, "was changed after it was issued",
    ),
    (
        "a form deleted", "DELETE FROM certificate_form", {"records_unchanged", "records_tell"},
        "was changed after it was issued",
    ),
    (
        "a form changed, with its digest",
        ("UPDATE certificate_form SET form = f.form, sha256 = sha256(convert_to(f.form, 'UTF8')) FROM"
        " (SELECT id, replace(form, '本人', '他人') AS form FROM certificate_form) AS f WHERE f.id = certificate_form.id"),
        {"records_unchanged"}, "was changed after it was issued",
    ),
    (
        "a record changed, with its digest",
        ("UPDATE certificate SET form_id = NULL, figures = n.record, record_sha256 = sha256(convert_to(n.record, 'UTF8')) FROM"
        " (SELECT c.id, replace(c.record, '312400', '312401') AS record FROM certificate c) AS n WHERE n.id = certificate.id"),
        {"records_tell"}, "does not say what was cut for retirement R-",
    ),
    ("a certificate given to somebody else", "UPDATE certificate SET holder_id = id WHERE register_no = 2",
     {"records_tell"}, "names another holder"),
    (
        "an order's state changed",
        "ALTER TABLE purchase_order DROP CONSTRAINT purchase_order_sale_check; UPDATE purchase_order SET state = 'paid'",
        {"orders_retired"}, "0 g retired for it in 0",
    ),
    (
        "an order called sold",
        ("ALTER TABLE purchase_order DROP CONSTRAINT purchase_order_sale_check;"
        "UPDATE purchase_order SET state = 'paid', sale_cause = 'sale:order:' || id"),
        {"orders_retired", "orders_paid", "money_is_paid", "money_by_kind", "sales_posted"},
        "sales of kind order: the ledger has 0 CNY, the rows make",
    ),
    (
        "money out of nothing",
        ("INSERT INTO ledger_account (path, unit, kind, floor, balance) VALUES ('pocket', 'CNY', 'external', 0, -7);"
        "UPDATE ledger_account SET balance = balance + 7 WHERE path = 'sales'"),
        {"money_is_paid"}, "sales has 7 CNY, payments and sales make 0",
    ),
    (
        "grams out of nothing",
        ("INSERT INTO ledger_account (path, unit, kind, floor, balance) VALUES ('mint', 'g:$new', 'external', 0, -7);"
        "UPDATE ledger_account SET balance = balance + 7 WHERE path = 'inventory:$new'"),
        {"grams_at_home"}, "-7 g of lot $new lie in mint (external)",
    ),
    ("an account without a floor", "UPDATE ledger_account SET kind = 'external' WHERE path = 'inventory:$old'",
     {"grams_at_home"}, "lie in inventory:$old (external)"),
    ("a reservation's line deleted", "DELETE FROM credit_reservation_line WHERE mass_g = 5", {"reserved_for_somebody"},
     "g are set aside and not retired, reserved:"),
    ("a reservation called released", "UPDATE credit_reservation SET state = 'released' WHERE mass_g = 5",
     {"reserved_for_somebody", "used_is_retired"}, "0 g were set aside and used, 5 g are retired"),
    ("a job to settle forgotten", "DELETE FROM outbox_message WHERE job = 'settle_retirements'", {"requested_is_coming"},
     "is requested and nothing will settle it"),
    (
        "a price changed", "UPDATE sale_line_price SET amount_minor = amount_minor + 1", {"orders_add_up"},
        "CNY: lines of",
    ),
    ("a line deleted", "DELETE FROM sale_line_price; DELETE FROM sale_line",
     {"orders_add_up", "orders_retired"}, "lines of 0 g"),
    ("a waiting job forgotten", "DELETE FROM outbox_message", {"certified"}, "is settled and has 0 certificates"),
    ("a waiting job that nobody looks for", "DELETE FROM outbox_open", {"waiting_is_found"},
     "is not where it is looked for"),
    ("an unpaid order that nobody ends", "DELETE FROM purchase_order_unpaid", {"waiting_is_found"}, "order "),
    ("a reservation that nobody gives back", "DELETE FROM credit_reservation_held", {"waiting_is_found"}, "reservation "),
)  # fmt: skip


@pytest.fixture
async def lots(river: River) -> AsyncIterator[dict[str, int]]:
    """Two lots, four settled retirements in three settlings, three certified, one only requested; and an unpaid order."""
    await river.order()
    old = await open_lot("OLD", "CDCER-2020-OLD-1-1", year=2020)
    ids: list[UUID] = await river.requested([*MASSES, 5])
    for batch in (ids[:1], ids[1:2], ids[2:4]):
        async with transaction() as tx:
            await retirements.settle(batch, tx=tx)
    async with transaction() as tx:
        await certificates.issue(
            certificates.NEUTRALITY, [certificates.cause_of(id_) for id_ in ids[:3]], issuer=ISSUER, tx=tx
        )
    assert await fetch_value("SELECT count(*) FROM retirement_slice") == 5
    return {"$old": old, "$new": river.lot_id}


async def ask(connection: Any, lot_id: int | None = None) -> dict[str, list[str]]:
    """The checks that fail, each with what it names."""
    rows = await connection.fetch("SELECT * FROM books.prove($1)", lot_id)
    failed: dict[str, list[str]] = {}
    for row in rows:
        if not row["ok"]:
            failed.setdefault(row["check"], []).extend(row["detail"])
    assert len({row["check"] for row in rows}) >= 17
    return failed


def filled(text: str, lots: dict[str, int]) -> str:
    """With the ids of the lots."""
    for word, lot_id in lots.items():
        text = text.replace(word, str(lot_id))
    return text


async def test_whatever_a_superuser_damages_the_proof_notices_and_names(river: River, lots: dict[str, int]) -> None:
    async with connected(river.stand.super_url) as connection:
        assert await ask(connection) == {}, "one certificate is on its way, which is no fault"
        for what, damage, checks, sentence in DAMAGES:
            statements, named = filled(damage, lots), filled(sentence, lots)
            tried = connection.transaction()
            await tried.start()
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(statements)
            failed = await ask(connection)
            await tried.rollback()
            assert checks <= failed.keys(), (what, failed)
            assert any(named in told for check in checks for told in failed[check]), (what, failed)
        assert await ask(connection) == {}


async def test_the_proof_of_one_lot_sees_its_own_damage_and_not_another_lots(
    river: River, lots: dict[str, int]
) -> None:
    moved = f"UPDATE retirement_slice SET start_g = start_g + 1 WHERE start_g = 300000 AND lot_id = {lots['$old']}"
    async with connected(river.stand.super_url) as connection:
        tried = connection.transaction()
        await tried.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("ALTER TABLE retirement_slice DROP CONSTRAINT retirement_slice_mass_check")
        await connection.execute(moved)
        assert {"slices_chained", "slices_measured"} <= (await ask(connection, lots["$old"])).keys()
        assert await ask(connection, lots["$new"]) == {}
        await tried.rollback()


async def test_a_wrong_entry_is_named_by_its_account_and_number_and_no_other_with_that_number(
    river: River, lots: dict[str, int]
) -> None:
    """A number stands once within an account; over accounts no index says so."""
    async with connected(river.stand.super_url) as connection:
        tried = connection.transaction()
        await tried.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        wrong = await connection.fetchrow("SELECT id, account_id FROM ledger_entry ORDER BY id DESC LIMIT 1")
        assert await connection.execute(
            "UPDATE ledger_entry SET id = $1 WHERE (account_id, id) = (SELECT account_id, max(id) FROM ledger_entry"
            " WHERE account_id <> $2 GROUP BY account_id ORDER BY 2 DESC LIMIT 1)",
            wrong["id"], wrong["account_id"],
        ) == "UPDATE 1"  # fmt: skip
        await connection.execute(
            "UPDATE ledger_entry SET balance = balance + 1 WHERE (account_id, id) = ($1, $2)",
            wrong["account_id"],
            wrong["id"],
        )
        path = await connection.fetchval("SELECT path FROM ledger_account WHERE id = $1", wrong["account_id"])
        (named,) = (await ask(connection))["entries_run_on"]
        assert f" of {path} and left " in named
        await tried.rollback()


async def test_the_application_may_prove_and_the_public_may_not(river: River, lots: dict[str, int]) -> None:
    async with connected(river.stand.app_url) as app:
        assert await ask(app) == {}
    async with connected(river.stand.super_url) as connection:
        allowed = await connection.fetchval("SELECT has_function_privilege('public', 'books.prove(bigint)', 'EXECUTE')")
    assert not allowed


async def test_tonnes_cancelled_upstream_are_told_with_their_gap_and_never_twice(
    river: River, lots: dict[str, int]
) -> None:
    new = lots["$new"]
    async with connected(river.stand.super_url) as connection:
        tried = connection.transaction()
        await tried.start()
        await connection.execute("DROP TABLE IF EXISTS upstream_cancellation CASCADE")
        gap = await upstream(connection, new)
        assert (gap["ok"], gap["found"]) == (True, 0)
        assert gap["detail"] == [
            f"lot {new} (CDCER-2022-0113): {gap['expected']} g are retired here and not yet cancelled at the registry"
        ]

        await connection.execute(
            "CREATE TABLE upstream_cancellation (lot_id bigint, start_t bigint, stop_t bigint, state text, approval_id uuid)"
        )
        for state in ("proposed", "refused"):
            await connection.execute(f"INSERT INTO upstream_cancellation VALUES ({new}, 0, 1, '{state}')")
        assert (await upstream(connection, new))["found"] == 0, "not yet cancelled"
        await connection.execute(f"INSERT INTO upstream_cancellation VALUES ({new}, 0, 1, 'cancelled')")
        covered = await upstream(connection, new)
        assert (covered["ok"], covered["found"], covered["detail"]) == (True, TONNE, None)

        await connection.execute(f"INSERT INTO upstream_cancellation VALUES ({new}, 0, 1, 'cancelled')")
        assert not (await upstream(connection, new))["ok"], "a tonne cancelled twice"
        await connection.execute(
            "UPDATE upstream_cancellation SET start_t = 100, stop_t = 101 WHERE state <> 'cancelled';"
            "UPDATE upstream_cancellation SET state = 'cancelled' WHERE start_t = 100"
        )
        assert not (await upstream(connection, new))["ok"], "a tonne beyond the lot"
        await tried.rollback()


async def upstream(connection: Any, lot_id: int) -> Any:
    return await connection.fetchrow("SELECT * FROM books.prove_grams($1) WHERE \"check\" = 'upstream'", lot_id)
