"""What every far side of a channel hands to the shared parts: the cashier, the messenger, the control plane.

A package that rehearses a channel exports `ROUTES` (its wire), `CHANNEL` (this), and where it has them `SCHEMA` (its own
tables, each named after it; emptied by a reset), `CONTROL` (further handlers under `/_sandbox/`) and `knobs(folder, url)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx
from litestar import Response
from litestar.exceptions import HTTPException

from app.sandbox.far_side import FarSide
from app.sandbox.keys import packages
from app.sandbox.plans import Plan
from app.sandbox.truth import Row


class Outcome(StrEnum):
    """What becomes of a visit to the cashier; chosen by a button or a control call, never by the amount."""

    SUCCESS = "success"
    """成功: money moves, a signed notice follows at once."""
    DECLINED = "declined"
    """余额不足: no money, no notice; the same order may be tried again."""
    CANCEL = "cancel"
    """取消: the payer leaves; the order stays open until it expires."""
    SUCCESS_NO_NOTIFY = "success_no_notify"
    """成功但丢回调: money moves, no notice ever; asking finds out."""
    DUPLICATE_NOTIFY = "duplicate_notify"
    """重复回调: money moves, the notice comes three times, one after the other, under one event id."""
    DELAY_15S = "delay_15s"
    """延迟 15 秒: money moves and asking finds out now; the notice comes 15 s later."""


class CannotBePaid(Exception):
    """The payer comes too late or a second time; `reason` is `paid`, `closed`, `expired` or `link`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What stands on the cashier's page."""

    reference: str
    """The merchant's order number."""
    token: str
    """In the page's address."""
    description: str
    amount_minor: int
    sign: str
    """Of the currency: `¥`, `US$`."""
    notify_url: str
    obstacle: str | None
    """Why it cannot be paid now: a reason of `CannotBePaid`."""
    back: str | None = None
    """Where the merchant wants the payer afterwards, when the order itself says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What happened at one channel, in words that all of them share.

    A trade: `reference`, `transaction_id` (None until paid), `amount_minor`, `currency`, `is_paid`. A refund: `reference` (of
    the trade), `refund_reference`, `refund_id`, `amount_minor`, `currency`, `is_done`.
    """

    trades: list[Row]
    refunds: list[Row]

    def balances(self) -> dict[str, dict[str, int]]:
        """By currency: what was paid, what went back, what the merchant holds."""
        found: dict[str, dict[str, int]] = {}
        for row, column in [(one, "paid") for one in self.trades if one["is_paid"]] + [
            (one, "refunded") for one in self.refunds if one["is_done"]
        ]:
            held = found.setdefault(row["currency"], {"paid": 0, "refunded": 0, "held": 0})
            held[column] += row["amount_minor"]
            held["held"] += row["amount_minor"] * (1 if column == "paid" else -1)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FarChannel:
    """One channel's far side."""

    name: str
    label: tuple[str, str]
    """For the cashier: Chinese, English."""
    color: str
    """Of the dot before it, `#rrggbb`."""
    find: Callable[[FarSide, str], Sale | None]
    """The sale whose cashier has this token."""
    bring_about: Callable[..., str | None]
    """`(far, reference, outcome, *, late, by_link)`: lets the payer's visit end so; answers where the channel itself sends the
    payer then, or None for wherever they came from. `late` pays even what is closed or expired, as a slow bank does; `by_link`
    minds the life of the link. Raises `CannotBePaid`, or `Refusal` where there is no such order."""
    take: Callable[[FarSide, str], None] | None = None
    """`(far, reference)`: the money of what its payer approved moves, as by the merchant's own call. None where a payer's visit
    alone moves it."""
    notify: Callable[[FarSide, str, Plan], bool]
    """Sends the notice of a paid order (again) so, or keeps the plan for when it is paid; whether it was kept."""
    sending: Callable[[FarSide, Row], tuple[bytes, Mapping[str, str]]]
    """Body and headers of one sending of a row of `notice`, signed now; `row["tamper"]` names how it is spoilt."""
    is_heard: Callable[[httpx.Response], bool]
    """Whether this answer acknowledges a notice."""
    is_clients: Callable[[FarSide, httpx.Response], bool] = lambda _far, _answer: True
    """Whether an answer that acknowledges is truly the client's, where clients sign their answers."""
    schedule_s: tuple[float, ...]
    """Waits after each sending that was not acknowledged."""
    patience_s: float = 5.0
    """How long an answer to a notice may take; real seconds, since a slow door is slow in real seconds."""
    tampers: frozenset[str] = frozenset()
    """How its notices can be spoilt; `body`, `wrong_key`, `stale` and `other_amount` everywhere."""
    refund_results: frozenset[str] = frozenset()
    """How its refunds can be told to end."""
    set_refund: Callable[[FarSide, str, str | None], None] | None = None
    """`(far, result, refund_reference)`: how that refund that is under way ends, or (None) all that come."""
    bill_defects: frozenset[str] = frozenset({""})
    somebody: Callable[[FarSide], str] | None = None
    """Makes somebody new whom the app around a page or mini-program knows, and tells our side's id of them; None where
    nobody need be known in order to pay."""
    settle_due: Callable[[FarSide], None] = lambda _: None
    """Brings about what time alone has changed; called before each look for due notices."""
    books: Callable[[FarSide], Books]
    paths: tuple[str, ...]
    """How the paths of its wire begin."""
    refuse: Callable[[Any, HTTPException], Response[Any]]
    """What the framework refused on one of them, in the channel's own words."""
    fault_routes: frozenset[str] = field(default_factory=frozenset)
    """For ordered faults: `<name>.<verb>`."""


def channels() -> dict[str, FarChannel]:
    """Every channel that is rehearsed here, by its name."""
    found: list[Any] = [package.CHANNEL for package in packages() if hasattr(package, "CHANNEL")]
    return {one.name: one for one in found}
