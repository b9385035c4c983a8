"""Second factors: offered, confirmed by a first code, asked for at every sign-in; each code is good once."""

from datetime import datetime
from uuid import UUID

from app.foundation.identity import envelope
from app.foundation.identity.access_errors import CodeWrong, FactorKnown
from app.foundation.identity.admitting import purpose
from app.foundation.identity.credentials import factor_rules
from app.foundation.identity.credentials.factor_rules import FactorOffer
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import DatumKind
from app.foundation.identity.sealing import seal, unseal
from app.gateways.database import Tx, fetch, fetch_one, transaction
from app.kernel.ids import uuid7

_SEALED_FOR = "identity.factor"


async def has_factor(person_id: UUID, *, tx: Tx | None = None) -> bool:
    """Whether a sign-in must bring a code."""
    return bool(
        await fetch("SELECT 1 FROM operator_factor WHERE person_id = $1 AND confirmed_at IS NOT NULL", person_id, tx=tx)
    )


async def offer_factor(person_id: UUID, *, issuer: str, keyring: Keyring, now: datetime) -> FactorOffer:
    """What the authenticator is to be told; the same until it is confirmed, so that a page may be loaded again.

    Raises:
        FactorKnown: there is one already.
    """
    sealed = await seal(person_id, factor_rules.new_secret(), purpose=_SEALED_FOR, keyring=keyring)
    await fetch(
        "INSERT INTO operator_factor (person_id, secret_sealed, made_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        person_id, sealed, now,
    )  # fmt: skip
    row = await fetch_one("SELECT secret_sealed, confirmed_at FROM operator_factor WHERE person_id = $1", person_id)
    assert row is not None, "written above"
    if row["confirmed_at"] is not None:
        raise FactorKnown
    secret = await unseal(person_id, row["secret_sealed"], purpose=_SEALED_FOR, keyring=keyring)
    assert secret is not None, "sealed above"
    return factor_rules.offer(secret, account=await email_of(person_id, keyring=keyring) or "", issuer=issuer)


async def set_factor_up(person_id: UUID, code: str, *, keyring: Keyring, now: datetime) -> list[str]:
    """`confirm_factor` by itself, for whoever joins at a terminal.

    Raises:
        FactorKnown, CodeWrong: nothing changed.
    """
    async with transaction() as tx:
        return await confirm_factor(person_id, code, keyring=keyring, now=now, tx=tx)


async def confirm_factor(person_id: UUID, code: str, *, keyring: Keyring, now: datetime, tx: Tx) -> list[str]:
    """From now on a code is asked for; the recovery codes, which are shown this once.

    Raises:
        FactorKnown: it was confirmed already.
        CodeWrong: not the code of this minute.
    """
    row = await fetch_one(
        "SELECT secret_sealed, confirmed_at FROM operator_factor WHERE person_id = $1 FOR UPDATE", person_id, tx=tx
    )
    if row is None:
        raise CodeWrong
    if row["confirmed_at"] is not None:
        raise FactorKnown
    secret = await unseal(person_id, row["secret_sealed"], purpose=_SEALED_FOR, keyring=keyring, tx=tx)
    step = factor_rules.step_of(secret, code, now=now, after=None) if secret else None
    if step is None:
        raise CodeWrong
    await fetch(
        "UPDATE operator_factor SET confirmed_at = $2, last_step = $3 WHERE person_id = $1",
        person_id, now, step, tx=tx,
    )  # fmt: skip
    codes = factor_rules.new_recovery_codes()
    await fetch(
        "INSERT INTO recovery_code (id, person_id, code_hash, key_id, made_at)"
        " SELECT new.id, $1, new.hash, $4, $5 FROM unnest($2::uuid[], $3::bytea[]) AS new (id, hash)",
        person_id,
        [uuid7() for _ in codes],
        [_hash(person_id, factor_rules.read_recovery_code(code) or "", keyring) for code in codes],
        keyring.index_key_id,
        now,
        tx=tx,
    )
    return codes


async def use_code(person_id: UUID, typed: str, *, keyring: Keyring, now: datetime, tx: Tx) -> None:
    """Take the authenticator's code of this minute, or a recovery code, for good.

    Raises:
        CodeWrong: it is neither, or was taken before.
    """
    row = await fetch_one(
        "SELECT secret_sealed, last_step FROM operator_factor WHERE person_id = $1 AND confirmed_at IS NOT NULL"
        " FOR UPDATE",
        person_id, tx=tx,
    )  # fmt: skip
    if row is None:
        raise CodeWrong
    secret = await unseal(person_id, row["secret_sealed"], purpose=_SEALED_FOR, keyring=keyring, tx=tx)
    if secret and (step := factor_rules.step_of(secret, typed, now=now, after=row["last_step"])) is not None:
        await fetch("UPDATE operator_factor SET last_step = $2 WHERE person_id = $1", person_id, step, tx=tx)
        return
    plain = factor_rules.read_recovery_code(typed)
    used = plain and await fetch(
        "UPDATE recovery_code SET used_at = $3 WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL"
        " RETURNING id",
        person_id, _hash(person_id, plain, keyring), now, tx=tx,
    )  # fmt: skip
    if not used:
        raise CodeWrong


async def codes_left(person_id: UUID) -> int:
    """How many recovery codes are still good."""
    (row,) = await fetch("SELECT count(*) AS n FROM recovery_code WHERE person_id = $1 AND used_at IS NULL", person_id)
    return int(row["n"])


async def drop_factor(person_id: UUID, *, tx: Tx) -> None:
    """Forget authenticator and recovery codes; a new one is set up at the next sign-in."""
    await fetch("DELETE FROM operator_factor WHERE person_id = $1", person_id, tx=tx)
    await fetch("DELETE FROM recovery_code WHERE person_id = $1", person_id, tx=tx)


async def email_of(person_id: UUID, *, keyring: Keyring) -> str | None:
    """What an operator signs in with; None where they have none or their key is destroyed."""
    row = await fetch_one("SELECT sealed FROM person_pii WHERE person_id = $1 AND kind = 'email'", person_id)
    if row is None:
        return None
    return await unseal(person_id, row["sealed"], purpose=purpose(DatumKind.EMAIL), keyring=keyring)


def _hash(person_id: UUID, plain: str, keyring: Keyring) -> bytes:
    """Keyed: whoever has the rows alone cannot try codes."""
    return envelope.blind_index("recovery", person_id.hex, plain, keyring=keyring)
