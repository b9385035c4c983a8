"""The agreement (捐赠协议): a PDF, kept sealed under a key of its own, known by the digest of its plain bytes."""

from base64 import b64decode, b64encode
from hashlib import sha256
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import Row, fetch, fetch_one, fetch_value, transaction
from app.gateways.files import FileStore
from app.kernel.ids import uuid7
from app.programmes import zones
from app.programmes.donations.errors import AgreementKept, AgreementUnfit, DonationUnknown, IntentOver
from app.programmes.donations.intending import own_intent
from app.programmes.donations.rules import FILE_MOST

_PURPOSE = "donation.agreement"


async def keep_agreement(intent_id: UUID, data: bytes, *, by: UUID, files: FileStore, keyring: Keyring) -> bytes:
    """Keep the file that both signed; answers its digest. The same file again changes nothing.

    Raises:
        AgreementUnfit: no PDF, or too large.
        DonationUnknown, RoleMissing: `by` gives nothing for the intent's donor, now.
        IntentOver: the intent is over.
        AgreementKept: another file is kept.
    """
    if not data.startswith(b"%PDF-") or len(data) > FILE_MOST:
        raise AgreementUnfit(most_mb=FILE_MOST // 1024 // 1024)
    row = await own_intent(intent_id, by=by)
    digest = sha256(data).digest()
    if (known := await _kept(intent_id)) is not None:
        if bytes(known["sha256"]) != digest:
            raise AgreementKept
        return digest
    if row["ended_at"] is not None:
        raise IntentOver
    id_ = uuid7()
    wrapped = identity.new_key(id_, keyring=keyring)
    sealed = identity.seal_with(wrapped, id_, b64encode(data).decode(), purpose=_PURPOSE, keyring=keyring)
    await files.keep(_name(id_), sealed)  # before its row: a row without a file would promise what is not there
    async with transaction() as tx:
        written = await fetch_value(
            "INSERT INTO donation_agreement (id, intent_id, sha256, size_bytes, key_wrapped, master_key, by_id, kept_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp()) ON CONFLICT ON CONSTRAINT donation_agreement_intent_key"
            " DO NOTHING RETURNING id",
            id_, intent_id, digest, len(data), wrapped, keyring.current, by, tx=tx,
        )  # fmt: skip
    if written is None and bytes((await _kept(intent_id) or {"sha256": b""})["sha256"]) != digest:
        raise AgreementKept  # somebody else was faster
    return digest


async def fetch_agreement(intent_id: UUID, *, by: UUID, files: FileStore, keyring: Keyring) -> bytes:
    """The plain bytes, for whoever acts for the donor or for the zone's owner.

    Raises:
        DonationUnknown: there is none, it is damaged, or `by` acts for neither.
    """
    row = await fetch_one("SELECT zone_id, donor_id FROM donation_intent WHERE id = $1", intent_id)
    if row is None:
        raise DonationUnknown
    owner_id = (await zones.find_by_id(row["zone_id"])).owner_id
    may = await identity.acts_for(by, row["donor_id"]) or await identity.acts_for(by, owner_id)
    kept = await _kept(intent_id) if may else None
    sealed = await files.fetch(_name(kept["id"])) if kept is not None else None
    if kept is None or sealed is None:
        raise DonationUnknown
    data = b64decode(
        identity.unseal_with(kept["key_wrapped"], kept["id"], sealed, purpose=_PURPOSE, keyring=keyring), validate=True
    )
    if sha256(data).digest() != bytes(kept["sha256"]):
        raise DonationUnknown
    return data


async def rewrap_agreements(keyring: Keyring, *, limit: int = 500) -> int:
    """Wrap the keys of agreements under the current master key; how many it were, 0 when none is left."""
    rows = await fetch(
        "SELECT id, key_wrapped FROM donation_agreement WHERE master_key <> $1 ORDER BY id LIMIT $2",
        keyring.current,
        limit,
    )
    for row in rows:
        await fetch(
            "UPDATE donation_agreement SET key_wrapped = $2, master_key = $3 WHERE id = $1",
            row["id"], identity.rewrap(row["key_wrapped"], row["id"], keyring=keyring), keyring.current,
        )  # fmt: skip
    return len(rows)


async def _kept(intent_id: UUID) -> Row | None:
    return await fetch_one("SELECT id, sha256, key_wrapped FROM donation_agreement WHERE intent_id = $1", intent_id)


def _name(id_: UUID) -> str:
    return f"{id_}.agreement"
