"""How operators come in: email and password, with a lock that PostgreSQL counts."""

from datetime import datetime
from uuid import UUID

from app.gateways.database import fetch, transaction
from app.identity import rules
from app.identity.admitting import index_of
from app.identity.envelope import Keyring
from app.identity.errors import SignInLocked, WrongCredentials
from app.identity.hashing_passwords import is_password
from app.identity.keeping_sessions import open_session
from app.identity.rules import DatumKind, SessionKind, SignedIn
from app.kernel.ids import uuid7
from app.kernel.text import Language


async def sign_in_operator(email: str, password: str, *, keyring: Keyring, now: datetime) -> SignedIn:
    """A session for twelve hours, after a right password.

    Every try counts until it turns out right, so that tries at once cannot pass the limit together. An email
    nobody has takes as long and locks as well.

    Raises:
        WrongCredentials: no enabled operator has this email and password.
        SignInLocked: ten failures in the last hour; the password was not tried.
    """
    account = index_of(DatumKind.EMAIL, rules.plain_email(email) or "", keyring=keyring)
    attempt_id = await _begin_attempt(account, now)
    rows = await fetch(
        "SELECT o.person_id, o.password_hash, p.language,"
        " ARRAY(SELECT DISTINCT m.role FROM membership m WHERE m.person_id = o.person_id) AS roles"
        " FROM person_pii d JOIN person p ON p.id = d.person_id JOIN operator o ON o.person_id = d.person_id"
        " WHERE d.blind_index = $1 AND p.state = 'active'",
        account,
    )
    if not await is_password(password, rows[0]["password_hash"] if rows else None):
        raise WrongCredentials
    async with transaction() as tx:
        person_id: UUID = rows[0]["person_id"]
        # Asked after the password and under a lock, so that nobody slips in while they are being disabled.
        if not await fetch(
            "SELECT 1 FROM operator WHERE person_id = $1 AND disabled_at IS NULL FOR SHARE", person_id, tx=tx
        ):
            raise WrongCredentials
        await fetch("DELETE FROM sign_in_attempt WHERE id = $1", attempt_id, tx=tx)
        return await open_session(
            person_id,
            kind=SessionKind.OPERATOR,
            language=Language(rows[0]["language"]),
            now=now,
            is_new=False,
            roles=frozenset(rows[0]["roles"]),
            tx=tx,
        )


async def _begin_attempt(account: bytes, now: datetime) -> UUID:
    """Count one try of an account before it is made; an hour after it was made it no longer counts."""
    attempt_id = uuid7()
    async with transaction() as tx:
        # One try after another within an account. The lock is a statement of its own: the count must see what
        # the one before committed.
        await fetch("SELECT pg_advisory_xact_lock($1)", int.from_bytes(account[:8], "big", signed=True), tx=tx)
        await fetch(
            "DELETE FROM sign_in_attempt WHERE account = $1 AND attempted_at <= $2",
            account,
            now - rules.FAILURE_WINDOW,
            tx=tx,
        )
        (counted,) = await fetch(
            "SELECT count(*) AS failures, min(attempted_at) AS oldest_at FROM sign_in_attempt WHERE account = $1",
            account,
            tx=tx,
        )
        if counted["failures"] >= rules.FAILURES_ALLOWED:
            raise SignInLocked(retry_after_s=rules.retry_after_s(counted["oldest_at"], now))
        await fetch(
            "INSERT INTO sign_in_attempt (id, account, attempted_at) VALUES ($1, $2, $3)",
            attempt_id,
            account,
            now,
            tx=tx,
        )
    return attempt_id
