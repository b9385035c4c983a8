"""Misfortunes of the registry, by name, for its next calls.

Without effect: `silence_before`, `500`, `refusal:CODE`. With it: `silence_after`, `delay` (accepted, final after
`hold_s`), `duplicate` (the order reaches the desk twice). Forged answers: `unsigned`, `wrong_signature`,
`unknown_key`, `stale`, `other_question`, `body`, `other_status`. Forged receipts: `receipt_signature`,
`receipt_body`; truly signed lies: `receipt_reference`, `receipt_tonnes`, `receipt_range`, `receipt_serial`,
`receipt_account`, `receipt_registry`, `receipt_field`. `no_receipt`: cancelled, it says, and proves nothing.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from app.sandbox.far_side import FarSide

ROUTES: Final = frozenset({"submit", "query"})
WITHOUT_EFFECT: Final = frozenset({"silence_before", "500"})
WITH_EFFECT: Final = frozenset({"silence_after", "delay", "duplicate", "no_receipt"})
ANSWERS: Final = frozenset(
    {"unsigned", "wrong_signature", "unknown_key", "stale", "other_question", "body", "other_status"}
)
RECEIPTS: Final = frozenset({"receipt_signature", "receipt_body"})
LIES: Final = {
    "receipt_reference": lambda told: told.update(reference="UC-20990101-00000000"),
    "receipt_tonnes": lambda told: told.update(tonnes=told["tonnes"] + 1),
    "receipt_range": lambda told: told.update(first=told["first"] + 1, last=told["last"] + 1),
    "receipt_serial": lambda told: told.update(serial=told["serial"] + "9"),
    "receipt_account": lambda told: told.update(account="DRP-SANDBOX-ACCOUNT-2"),
    "receipt_registry": lambda told: told.update(registry="DRP-SANDBOX 另一登记机构"),
    "receipt_field": lambda told: told.update(remark="an extra field"),
}
NAMES: Final = WITHOUT_EFFECT | WITH_EFFECT | ANSWERS | RECEIPTS | frozenset(LIES)
_REFUSAL: Final = re.compile(r"refusal:[A-Z_]{2,40}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One call's misfortune."""

    kind: str
    hold_s: float


def is_kind(kind: str) -> bool:
    """Whether a fault of that name exists."""
    return kind in NAMES or _REFUSAL.fullmatch(kind) is not None


def order(far: FarSide, *, route: str, kind: str, times: int, hold_s: float) -> None:
    """Let it happen to the next calls of a route."""
    far.truth.run(
        "INSERT INTO registry_fault (route, kind, left, hold_s) VALUES (?, ?, ?, ?)", route, kind, times, hold_s
    )


def take(far: FarSide, route: str) -> Fault | None:
    """The fault this call meets; it is used up by being taken."""
    with far.truth.transaction():
        row = far.truth.row("SELECT * FROM registry_fault WHERE left > 0 AND route = ? ORDER BY id LIMIT 1", route)
        if row is None:
            return None
        far.truth.run("UPDATE registry_fault SET left = left - 1 WHERE id = ?", row["id"])
        return Fault(row["kind"], row["hold_s"])


def lie(kind: str, told: dict[str, Any]) -> None:
    """Change what a receipt says before it is signed."""
    if kind in LIES:
        LIES[kind](told)
