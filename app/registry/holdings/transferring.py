"""Grams that change hands: from one holder to another, or all of one to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from app.gateways.database import Row, Tx, again, fetch_one, transaction
from app.registry import ledger
from app.registry.holdings.calling import call
from app.registry.holdings.errors import CauseTaken, SameAccount
from app.registry.holdings.mix_rules import Mix, compose
from app.registry.holdings.reading import open_lots
from app.registry.holdings.rules import PLATFORM, Account, Portion

_TRIES = 6


@dataclass(frozen=True, slots=True)
class Amount:
    """A mass of a mix; which lots give it is decided when it moves."""

    mix: Mix
    mass_g: int


@dataclass(frozen=True, slots=True)
class Transferred:
    """How much went over and when, by the database's clock, and whether this call did it."""

    mass_g: int
    at: datetime
    is_new: bool


async def transfer(
    cause: str,
    source: Account,
    target: Account,
    what: Amount | Sequence[Portion],
    *,
    reason: str,
    actor: str | None = None,
    tx: Tx,
) -> Transferred:
    """Move grams from one holder to another, once for its cause; accounts are opened as they are needed.

    An `Amount` comes from the lots that may be sold now where the platform gives, and from all it has
    where another does. Whoever names portions answers for their lots; the floor still decides.

    Raises:
        CreditsExhausted: the source holds less.
        BalanceTooLow: a portion is more than the source has of its lot, or somebody was faster.
        CauseTaken: this cause moved something else, or between others.
        SameAccount: source and target are one.
    """
    content = _content("transfer", source, target, _asked(what))
    if (known := await _known(cause, content, tx=tx)) is not None:
        return known
    if isinstance(what, Amount):
        portions = compose(what.mass_g, what.mix, await open_lots(source, what.mix.programmes, tx=tx))
    else:
        portions = list(what)
    assert portions and all(portion.mass_g > 0 for portion in portions), portions
    (row,) = await call(
        "SELECT mass_g, at, is_new FROM holdings.transfer($1, $2, $3, $4, $5, $6, $7::bigint[], $8::bigint[])",
        cause, content, str(source), str(target), reason, actor,
        [portion.lot_id for portion in portions], [portion.mass_g for portion in portions], cause=cause, tx=tx,
    )  # fmt: skip
    return Transferred(**row)


async def move(
    cause: str, source: Account, target: Account, amount: Amount, *, reason: str, actor: str | None = None
) -> Transferred:
    """`transfer` in a transaction of its own; tried again where somebody used grams of a lot in between.

    Raises:
        CreditsExhausted, CauseTaken, SameAccount, AccountUnknown: as `transfer`.
    """

    async def use_case() -> Transferred:
        async with transaction() as tx:
            return await transfer(cause, source, target, amount, reason=reason, actor=actor, tx=tx)

    for _ in range(_TRIES - 1):
        try:
            return await again(use_case)
        except ledger.BalanceTooLow:
            continue  # look at what is there now
    return await again(use_case)


async def merge(
    source: Account, target: Account, *, cause: str, reason: str = "merge", actor: str | None = None, tx: Tx
) -> Transferred:
    """Move all that one holder has to another, such as when a person's accounts become one.

    What is reserved for the source would go back to the target from now on. What the source is given
    later stays its own: merge again, by another cause. An empty source is no error.

    Raises:
        CauseTaken: this cause moved something else, or between others.
        SameAccount: source and target are one.
    """
    assert PLATFORM not in {source, target}, "the platform's stock is sold, not merged"
    content = _content("merge", source, target, "all")
    if (known := await _known(cause, content, tx=tx)) is not None:
        return known
    (row,) = await call(
        "SELECT mass_g, at, is_new FROM holdings.merge($1, $2, $3, $4, $5, $6)",
        cause, content, str(source), str(target), reason, actor, cause=cause, tx=tx,
    )  # fmt: skip
    return Transferred(**row)


def _content(verb: str, source: Account, target: Account, asked: str) -> bytes:
    if source == target:
        raise SameAccount(account=str(source))
    return sha256("\n".join((verb, str(source), str(target), asked)).encode()).digest()


def _asked(what: Amount | Sequence[Portion]) -> str:
    if isinstance(what, Amount):
        return f"{what.mass_g} {what.mix}"
    return " ".join(f"{portion.lot_id}={portion.mass_g}" for portion in sorted(what, key=lambda each: each.lot_id))


async def _known(cause: str, content: bytes, *, tx: Tx) -> Transferred | None:
    row: Row | None = await fetch_one(
        "SELECT content, mass_g, transferred_at FROM holding_transfer WHERE cause = $1", cause, tx=tx
    )
    if row is None:
        return None
    if bytes(row["content"]) != content:
        raise CauseTaken(cause=cause)
    return Transferred(row["mass_g"], row["transferred_at"], is_new=False)
