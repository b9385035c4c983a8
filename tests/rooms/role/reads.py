"""The tables and sequences that the role may read. A new grant needs a line here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_TOLD = Case(
    "tells what is in it", harmless="the application shows it; names in it are sealed under keys outside of PostgreSQL"
)

READS: Final = dict.fromkeys(
    (
        "SELECT account",
        "SELECT approval",
        "SELECT approval_event",
        "SELECT approval_kind",
        "SELECT audit_entry",
        "SELECT books_part",
        "SELECT books_run",
        "SELECT certificate",
        "SELECT certificate_file",
        "SELECT certificate_series",
        "SELECT credit_block",
        "SELECT credit_double",
        "SELECT credit_lot",
        "SELECT credit_lot_correction",
        "SELECT credit_methodology",
        "SELECT credit_methodology_decision",
        "SELECT credit_name",
        "SELECT credit_price",
        "SELECT credit_project",
        "SELECT credit_reservation",
        "SELECT credit_reservation_line",
        "SELECT credit_sellable_lot",
        "SELECT credit_standing_lot",
        "SELECT font_coverage",
        "SELECT footprint",
        "SELECT holding_transfer",
        "SELECT identity_session",
        "SELECT intent",
        "SELECT invitation",
        "SELECT ledger_account",
        "SELECT ledger_entry",
        "SELECT ledger_movement",
        "SELECT ledger_transfer",
        "SELECT membership",
        "SELECT operator",
        "SELECT operator_factor",
        "SELECT operator_reset",
        "SELECT organisation",
        "SELECT outbox_message",
        "SELECT outbox_subscription",
        "SELECT party",
        "SELECT payment",
        "SELECT payment_notice",
        "SELECT payment_refund",
        "SELECT payment_refund_act",
        "SELECT payment_subject_kind",
        "SELECT person",
        "SELECT person_key",
        "SELECT person_pii",
        "SELECT purchase_order",
        "SELECT purchase_order_act",
        "SELECT purchase_order_line",
        "SELECT purchase_order_part",
        "SELECT recovery_code",
        "SELECT retention_tally",
        "SELECT retirement",
        "SELECT retirement_allocation",
        "SELECT retirement_cursor",
        "SELECT retirement_line",
        "SELECT retirement_naming",
        "SELECT retirement_slice",
        "SELECT retirement_true_up",
        "SELECT retirement_verdict",
        "SELECT scenario",
        "SELECT scenario_tally",
        "SELECT sign_in_attempt",
        "SELECT sign_in_place",
        "SELECT tortoise_migrations",
        "SELECT upstream_cancellation",
        "SELECT upstream_cancellation_history",
    ),
    _TOLD,
)

_NUMBERS = Case(
    "skips numbers", harmless="ids may have gaps; register numbers of certificates come from a row, not a sequence"
)
SEQUENCES: Final = dict.fromkeys(
    (
        "USAGE certificate_file_id_seq",
        "USAGE credit_lot_id_seq",
        "USAGE credit_lot_correction_id_seq",
        "USAGE font_coverage_id_seq",
        "USAGE intent_id_seq",
        "USAGE payment_notice_id_seq",
        "USAGE purchase_order_line_id_seq",
        "USAGE retirement_line_id_seq",
        "USAGE retirement_true_up_id_seq",
        "USAGE retirement_verdict_id_seq",
    ),
    _NUMBERS,
)
