"""How operators come in: email and password, then a second factor; tries are counted by PostgreSQL.

At the terminal both come at once (`sign_in_operator`). In a browser the password opens a pending session
(`begin_sign_in`), which opens nothing but the page that asks for the second factor or sets one up (`finish_sign_in`,
`finish_with_factor`, `finish_without`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.foundation.identity import rules
from app.foundation.identity.access_errors import CodeNeeded, FactorMissing, PasswordsCrowded
from app.foundation.identity.access_rules import TryKind
from app.foundation.identity.admitting import index_of
from app.foundation.identity.credentials.counting_tries import (
    begin_try,
    forget_try,
    place_index,
    remember_place,
)
from app.foundation.identity.credentials.hashing_passwords import hash_password, is_outdated, is_password
from app.foundation.identity.credentials.proving_factor import confirm_factor, has_factor, use_code
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import WrongCredentials
from app.foundation.identity.keeping_sessions import open_session, sign_out
from app.foundation.identity.rules import DatumKind, Session, SessionKind, SignedIn
from app.gateways.database import Tx, fetch, fetch_one, transaction
from app.kernel.text import Language


@dataclass(frozen=True, slots=True)
class _Operator:
    """Somebody who knew the password."""

    person_id: UUID
    account: bytes
    place: bytes
    language: Language
    roles: frozenset[str]
    has_factor: bool


async def sign_in_operator(
    email: str,
    password: str,
    *,
    code: str | None = None,
    place: str = "",
    needs_factor: bool = False,
    keyring: Keyring,
    now: datetime,
) -> SignedIn:
    """A session for twelve hours, after a right password and, where a factor is set up, a right code.

    `needs_factor`: nobody comes in without one. `place` is the network they come from.

    Raises:
        WrongCredentials: no enabled operator has this email and password.
        SignInLocked: too many failures in the last hour; nothing was tried.
        PasswordsCrowded: too many passwords at once; nothing was tried.
        PasswordHashBroken: what is stored of their password cannot be read.
        CodeNeeded, CodeWrong: the password was right.
        FactorMissing: the same, and there is no factor to ask for.
    """
    operator = await _check_password(email, password, place, keyring=keyring, now=now)
    if operator.has_factor:
        if code is None:
            raise CodeNeeded
        attempt_id = await begin_try(operator.account, operator.place, TryKind.CODE, now=now)
        async with transaction() as tx:
            await use_code(operator.person_id, code, keyring=keyring, now=now, tx=tx)
            await forget_try(attempt_id, tx=tx)
            return await _let_in(operator, now=now, tx=tx)
    if needs_factor:
        raise FactorMissing
    async with transaction() as tx:
        return await _let_in(operator, now=now, tx=tx)


async def begin_sign_in(
    email: str, password: str, *, place: str, needs_factor: bool, keyring: Keyring, now: datetime
) -> SignedIn:
    """A pending session where a factor is asked for or must be set up, else one for twelve hours.

    Raises:
        WrongCredentials, SignInLocked, PasswordsCrowded, PasswordHashBroken: as `sign_in_operator`.
    """
    operator = await _check_password(email, password, place, keyring=keyring, now=now)
    async with transaction() as tx:
        if operator.has_factor or needs_factor:
            await _refuse_disabled(operator.person_id, tx)
            return await open_pending(operator.person_id, operator.language, now=now, tx=tx)
        return await _let_in(operator, now=now, tx=tx)


async def begin_known(
    person_id: UUID, *, place: str, needs_factor: bool, keyring: Keyring, now: datetime, tx: Tx
) -> SignedIn:
    """The same for whoever has shown otherwise who they are, as by WeChat.

    Raises:
        WrongCredentials: disabled, or forgotten.
    """
    row = await fetch_one("SELECT language FROM person p WHERE p.id = $1 AND p.state = 'active'", person_id, tx=tx)
    if row is None:
        raise WrongCredentials
    language = Language(row["language"])
    if needs_factor or await has_factor(person_id, tx=tx):
        await _refuse_disabled(person_id, tx)
        return await open_pending(person_id, language, now=now, tx=tx)
    return await _let_in(await known_operator(person_id, language, place, keyring), now=now, tx=tx)


async def finish_sign_in(
    token: str, pending: Session, code: str, *, place: str, keyring: Keyring, now: datetime
) -> SignedIn:
    """A session for twelve hours instead of the pending one, for the authenticator's code or a recovery code.

    Raises:
        CodeWrong: it counts; the pending session stays.
        SignInLocked: too many wrong codes.
        WrongCredentials: disabled meanwhile.
    """
    operator = await _operator_of(pending, place, keyring)
    attempt_id = await begin_try(operator.account, operator.place, TryKind.CODE, now=now)
    async with transaction() as tx:
        await use_code(operator.person_id, code, keyring=keyring, now=now, tx=tx)
        await forget_try(attempt_id, tx=tx)
        await sign_out(token, now, tx=tx)
        return await _let_in(operator, now=now, tx=tx)


async def finish_with_factor(
    token: str, pending: Session, code: str, *, place: str, keyring: Keyring, now: datetime
) -> tuple[SignedIn, list[str]]:
    """Confirm the factor that was offered, and come in: the session, and the recovery codes to be shown once.

    Raises:
        CodeWrong, FactorKnown, SignInLocked, WrongCredentials: nothing changed.
    """
    operator = await _operator_of(pending, place, keyring)
    attempt_id = await begin_try(operator.account, operator.place, TryKind.CODE, now=now)
    async with transaction() as tx:
        codes = await confirm_factor(operator.person_id, code, keyring=keyring, now=now, tx=tx)
        await forget_try(attempt_id, tx=tx)
        await sign_out(token, now, tx=tx)
        return await _let_in(operator, now=now, tx=tx), codes


async def finish_without(token: str, pending: Session, *, place: str, keyring: Keyring, now: datetime) -> SignedIn:
    """Come in without a factor, where the installation only offers one.

    Raises:
        CodeNeeded: a factor is set up.
        WrongCredentials: disabled meanwhile.
    """
    operator = await _operator_of(pending, place, keyring)
    async with transaction() as tx:
        if await has_factor(operator.person_id, tx=tx):
            raise CodeNeeded
        await sign_out(token, now, tx=tx)
        return await _let_in(operator, now=now, tx=tx)


async def open_pending(person_id: UUID, language: Language, *, now: datetime, tx: Tx) -> SignedIn:
    """For whoever has just shown who they are by a password; opens the page of the second factor alone."""
    return await open_session(person_id, kind=SessionKind.PENDING, language=language, now=now, is_new=False, tx=tx)


async def _check_password(email: str, password: str, place: str, *, keyring: Keyring, now: datetime) -> _Operator:
    """Every try counts until it turns out right, so that tries at once cannot pass the measure together. An email
    nobody has takes as long and locks as well."""
    account = index_of(DatumKind.EMAIL, rules.plain_email(email) or "", keyring=keyring)
    network = place_index(place, keyring=keyring)
    attempt_id = await begin_try(account, network, TryKind.PASSWORD, now=now)
    row = await fetch_one(
        "SELECT o.person_id, o.password_hash, o.disabled_at, p.language,"
        " ARRAY(SELECT DISTINCT m.role FROM membership m WHERE m.person_id = o.person_id) AS roles,"
        " EXISTS (SELECT FROM operator_factor f WHERE f.person_id = o.person_id AND f.confirmed_at IS NOT NULL)"
        " AS has_factor"
        " FROM person_pii d JOIN person p ON p.id = d.person_id JOIN operator o ON o.person_id = d.person_id"
        " WHERE d.blind_index = $1 AND p.state = 'active'",
        account,
    )
    try:
        is_right = await is_password(
            password, row["password_hash"] if row else None, cost=keyring.password_cost, place=place
        )
    except PasswordsCrowded:
        await forget_try(attempt_id)
        raise
    if not is_right or row is None or row["disabled_at"] is not None:
        raise WrongCredentials
    await forget_try(attempt_id)
    await _renew_hash(row["person_id"], password, row["password_hash"], place, keyring=keyring)
    return _Operator(
        row["person_id"], account, network, Language(row["language"]), frozenset(row["roles"]), row["has_factor"]
    )


async def _renew_hash(person_id: UUID, password: str, hashed: str, place: str, *, keyring: Keyring) -> None:
    """Hash the password anew where that hash is outdated; only over the hash that was checked, so that a password set
    meanwhile stays. In a crowd it waits for the next sign-in."""
    if not is_outdated(hashed, cost=keyring.password_cost):
        return
    try:
        renewed = await hash_password(password, cost=keyring.password_cost, place=place)
    except PasswordsCrowded:
        return
    await fetch(
        "UPDATE operator SET password_hash = $3 WHERE person_id = $1 AND password_hash = $2", person_id, hashed, renewed
    )


async def _operator_of(pending: Session, place: str, keyring: Keyring) -> _Operator:
    return await known_operator(pending.person_id, pending.language, place, keyring)


async def known_operator(person_id: UUID, language: Language, place: str, keyring: Keyring) -> _Operator:
    """Whoever is known to be this person, as their tries are counted.

    Raises:
        WrongCredentials: they have no email, so they are no operator.
    """
    row = await fetch_one(
        "SELECT d.blind_index AS account,"
        " ARRAY(SELECT DISTINCT m.role FROM membership m WHERE m.person_id = d.person_id) AS roles"
        " FROM person_pii d WHERE d.person_id = $1 AND d.kind = 'email'",
        person_id,
    )
    if row is None:
        raise WrongCredentials
    network = place_index(place, keyring=keyring)
    return _Operator(person_id, row["account"], network, language, frozenset(row["roles"]), True)


async def _let_in(operator: _Operator, *, now: datetime, tx: Tx) -> SignedIn:
    await _refuse_disabled(operator.person_id, tx)
    await remember_place(operator.account, operator.place, now=now, tx=tx)
    return await open_session(
        operator.person_id,
        kind=SessionKind.OPERATOR,
        language=operator.language,
        now=now,
        is_new=False,
        roles=operator.roles,
        tx=tx,
    )


async def _refuse_disabled(person_id: UUID, tx: Tx) -> None:
    # Asked after the password and under a lock, so that nobody slips in while they are being disabled.
    if not await fetch(
        "SELECT 1 FROM operator WHERE person_id = $1 AND disabled_at IS NULL FOR SHARE", person_id, tx=tx
    ):
        raise WrongCredentials
