"""Wrong passwords and codes, counted in PostgreSQL by account and network, so that guessing is slow and nobody is shut out.

From one network an account is tried a few times an hour. All strange networks together have a measure of their own;
a network from which the account's owner came in lately is not strange, so others cannot shut it.
"""

from datetime import datetime
from uuid import UUID

from app.foundation.identity import envelope, rules
from app.foundation.identity.access_rules import PLACE_KEPT, TRIES, TryKind
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import SignInLocked
from app.gateways.database import Tx, fetch, transaction
from app.kernel.ids import uuid7


def place_index(place: str, *, keyring: Keyring) -> bytes:
    """A network as it is kept: findable, not readable. `place` is what the door calls it; all terminals are one."""
    return envelope.blind_index("place", place, keyring=keyring)


async def begin_try(account: bytes, place: bytes, kind: TryKind, *, now: datetime) -> UUID:
    """Count one try before it is made; an hour afterwards it no longer counts.

    Raises:
        SignInLocked: one too many, from here or from strange networks together; nothing was counted.
    """
    attempt_id, measure = uuid7(), TRIES[kind]
    async with transaction() as tx:
        # One try after another within an account. The lock is a statement of its own: the count must see what
        # the one before committed.
        await fetch("SELECT pg_advisory_xact_lock($1)", int.from_bytes(account[:8], "big", signed=True), tx=tx)
        await fetch(
            "DELETE FROM sign_in_attempt WHERE account = $1 AND attempted_at <= $2",
            account, now - rules.FAILURE_WINDOW, tx=tx,
        )  # fmt: skip
        (seen,) = await fetch(
            "SELECT count(*) FILTER (WHERE place = $2) AS here, min(attempted_at) FILTER (WHERE place = $2) AS here_at,"
            " count(*) FILTER (WHERE NOT is_familiar) AS elsewhere,"
            " min(attempted_at) FILTER (WHERE NOT is_familiar) AS elsewhere_at,"
            " EXISTS (SELECT FROM sign_in_place p WHERE p.account = $1 AND p.place = $2 AND p.seen_at > $4)"
            " AS is_familiar FROM sign_in_attempt WHERE account = $1 AND kind = $3",
            account, place, kind, now - PLACE_KEPT, tx=tx,
        )  # fmt: skip
        if seen["here"] >= measure.here:
            raise SignInLocked(retry_after_s=rules.retry_after_s(seen["here_at"], now))
        if not seen["is_familiar"] and seen["elsewhere"] >= measure.elsewhere:
            raise SignInLocked(retry_after_s=rules.retry_after_s(seen["elsewhere_at"], now))
        await fetch(
            "INSERT INTO sign_in_attempt (id, account, attempted_at, kind, place, is_familiar)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            attempt_id, account, now, kind, place, seen["is_familiar"], tx=tx,
        )  # fmt: skip
    return attempt_id


async def forget_try(attempt_id: UUID, *, tx: Tx | None = None) -> None:
    """It was right, or was not made after all."""
    await fetch("DELETE FROM sign_in_attempt WHERE id = $1", attempt_id, tx=tx)


async def remember_place(account: bytes, place: bytes, *, now: datetime, tx: Tx) -> None:
    """Its owner came in from there."""
    await fetch("DELETE FROM sign_in_place WHERE account = $1 AND seen_at <= $2", account, now - PLACE_KEPT, tx=tx)
    await fetch(
        "INSERT INTO sign_in_place (id, account, place, seen_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (account, place) DO UPDATE SET seen_at = excluded.seen_at",
        uuid7(), account, place, now, tx=tx,
    )  # fmt: skip
