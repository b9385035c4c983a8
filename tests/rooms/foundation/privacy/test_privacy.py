"""What is kept of a person is a list that every foreign key is held against; all of it goes into their export."""

from app.foundation import privacy, retention
from app.foundation.retention import Keep
from app.gateways.database import fetch
from app.kernel.text import Language
from app.views.privacy.page import kept_lines
from app.web.kit.responses import pages
from tests.conftest import TABLES

KEEP = Keep(messages_days=30, answers_days=90, sessions_days=31, attempts_days=1, figures_days=29, guests_days=28)

NOTHING_PERSONAL = frozenset(
    [
        "approval_event",
        "approval_kind",
        "bill_day",
        "books_checkpoint",
        "books_checkpoint_account",
        "books_checkpoint_lot",
        "books_checkpoint_register",
        "books_look",
        "books_part",
        "books_run",
        "certificate_form",
        "certificate_series",
        "certificate_wanted",
        "channel_bill",
        "channel_bill_erasure",
        "channel_bill_sum",
        "claim_root",
        "consent_text",
        "credit_block",
        "credit_double",
        "credit_lot",
        "credit_lot_correction",
        "credit_methodology",
        "credit_methodology_decision",
        "credit_name",
        "credit_price",
        "credit_project",
        "credit_reservation",
        "credit_reservation_held",
        "credit_reservation_line",
        "donation_board",
        "donation_scene_tally",
        "donation_tally",
        "exchange_rate",
        "font_coverage",
        "footprint_form",
        "gift_alert",
        "gift_card_event",
        "gift_code",
        "gift_code_end",
        "gift_level",
        "gift_part",
        "gift_pool",
        "gift_set",
        "gift_use",
        "holding_retirement_limit",
        "ledger_account",
        "ledger_entry",
        "ledger_movement",
        "ledger_transfer",
        "organisation",
        "outbox_open",
        "outbox_subscription",
        "paper_kind",
        "payment_notice_decision",
        "payment_open",
        "payment_reversal",
        "payment_subject_kind",
        "payment_transaction",
        "purchase_order_unpaid",
        "recovery_bound",
        "recovery_day",
        "recovery_marker",
        "recovery_payment",
        "recovery_quarantine",
        "recovery_state",
        "retention_tally",
        "retirement_allocation",
        "retirement_cursor",
        "retirement_line",
        "retirement_slice",
        "retirement_source",
        "retirement_verdict",
        "sale_line_price",
        "scenario",
        "scenario_tally",
        "scenario_zone",
        "scene_draft",
        "tortoise_migrations",
        "wall_event",
        "wall_scene",
        "webhook_delivery",
        "webhook_event",
        "webhook_kind",
        "webhook_try",
        "webhook_wait",
        "zone_edition",
        "zone_scene",
    ]
)
"""Masses, prices, papers, organisations and machinery: ids and figures, and nothing that anybody told of themselves."""
KEYS = """
    SELECT c.conrelid::regclass || '.' || a.attname AS key
    FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS pair (source, target)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = pair.source
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = pair.target AND b.attname = 'id'
    WHERE c.contype = 'f' AND c.confrelid IN ('person'::regclass, 'party'::regclass) AND c.conparentid = 0"""


async def test_every_row_that_names_a_person_stands_in_the_list_and_nothing_else_does(database) -> None:
    wanted = {row["key"] for row in await fetch(KEYS)}
    listed = {f"{rows.table}.{rows.column}" for group in privacy.kept() for rows in group.rows if rows.column}
    assert sorted(wanted - listed) == [], "a table without a line in rows.toml"
    assert sorted(listed - wanted - {"person.id", "party.id"}) == []
    assert len(wanted) > 60


def test_whatever_is_deleted_by_time_stands_with_what_it_is_kept_for() -> None:
    named = [kind for group in privacy.kept() for kind in group.kinds]
    assert sorted(named) == sorted(retention.Kind)


async def test_every_table_says_how_long_what_is_personal_in_it_is_kept(database) -> None:
    """A new table is listed with its group, which has its term, its reason and its fate; or it holds nothing personal."""
    tables = {row["name"] for row in await fetch(TABLES)}
    listed = {rows.table for group in privacy.kept() for rows in group.rows}
    assert sorted(tables - listed - NOTHING_PERSONAL) == [], "a table without a group in rows.toml"
    assert sorted((listed | NOTHING_PERSONAL) - tables) == []
    assert sorted(listed & NOTHING_PERSONAL) == []


def test_the_page_tells_the_term_the_reason_and_the_fate_of_each_group_in_both_languages() -> None:
    shown = {line.key: line for line in kept_lines(privacy.kept(), KEEP)}
    assert shown.keys() == {group.key for group in privacy.kept()} - {"staff"}
    for group in privacy.kept():
        if group.key == "staff":
            continue
        line = shown[group.key]
        assert (line.until, line.after) == (group.until.value, group.after.value)
        assert dict(line.sooner) == {kind.value: KEEP.of(kind).days for kind in group.kinds}
        for language in Language:
            for name in (
                f"group.{group.key}", f"what.{group.key}", f"why.{group.key}", f"until.{line.until}", f"after.{line.after}",
                *(f"kind.{kind}" for kind in group.kinds),
            ):  # fmt: skip
                assert pages.phrase(f"privacy.{name}", language, days=1), name
