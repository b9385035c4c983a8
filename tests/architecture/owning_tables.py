"""Which room each table and view belongs to: the one whose `models.py` declares it, or that this page names."""

import ast
from functools import cache
from typing import Final

from tests.architecture.reading_source import nodes, room_of, trees

MADE_BY_SQL: Final = {
    "books_checkpoint": "books",
    "books_checkpoint_account": "books",
    "books_checkpoint_lot": "books",
    "books_checkpoint_register": "books",
    "certificate_form": "certificates",
    "credit_block": "credits",
    "credit_double": "credits",
    "credit_methodology_decision": "credits",
    "credit_name": "credits",
    "credit_sellable_lot": "credits",
    "credit_standing_lot": "credits",
    "credit_reservation_held": "holdings",
    "footprint_form": "footprint",
    "intent_answer": "intents",
    "intent_answer_rest": "intents",
    "limit_count": "limits",
    "outbox_message_kept": "outbox",
    "outbox_message_rest": "outbox",
    "outbox_open": "outbox",
    "payment_any_refund": "payments",
    "payment_open": "payments",
    "payment_transaction": "payments",
    "purchase_order_unpaid": "orders",
    "recovery_bound": "recovery",
    "recovery_case": "recovery",
    "recovery_day": "recovery",
    "recovery_marker": "recovery",
    "recovery_payment": "payments",
    "recovery_quarantine": "recovery",
    "recovery_state": "recovery",
    "retirement_source": "retirements",
    "tortoise_migrations": "migrations",
}
"""What no model describes: tables made by SQL, and views."""

FLOORS: Final = (
    {"migrations"},
    {"gateways", "limits", "outbox", "intents", "audit", "fonts"},
    {"approvals"},
    {"identity"},
    {"consents", "webhooks", "moderation", "messages"},
    {"avatars"},
    {"retention"},
    {"footprint", "scenarios"},
    {"ledger"},
    {"credits"},
    {"holdings", "claims"},
    {"cancellations"},
    {"retirements"},
    {"books"},
    {"payments"},
    {"orders", "certificates"},
    {"bills"},
    {"statements"},
    {"invoices"},
    {"recovery"},
    {"gifts", "zones", "wall", "sharing"},
    {"donations"},
    {"reports"},
    {"views", "inbox"},
    {"web", "workers"},
    {"cli"},
)
"""From the ground up, as docs/tour.md draws them: what a room's rows and statements may rest on."""


def floor(room: str) -> int:
    """How high a room stands."""
    found = [number for number, rooms in enumerate(FLOORS) if room in rooms]
    assert found, f"{room} has no floor: FLOORS in tests/architecture/owning_tables.py"
    return found[0]


@cache
def owners() -> dict[str, str]:
    """The room of each table and view, by its name."""
    found = dict(MADE_BY_SQL)
    for path, tree in trees("app").items():
        if path.name == "models.py" or path.parent.name == "models":
            room = room_of(path)
            for table in _tables(tree):
                assert table not in found, f"{table} has two owners"
                found[table] = room
    return found


def _tables(tree: ast.Module) -> list[str]:
    """What the `Meta` of each model calls its table."""
    return [
        node.value.value
        for meta in nodes(tree)
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta"
        for node in meta.body
        if isinstance(node, ast.Assign)
        and [ast.unparse(target) for target in node.targets] == ["table"]
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
