"""Drawing the files of certificates, keeping them sealed, and giving them to their holders."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from app import identity, outbox
from app.certificates.errors import CertificateUnknown
from app.certificates.events import FileWanted
from app.certificates.naming_rules import beneficiary_name
from app.certificates.reading import MAY_SEE
from app.certificates.rendering import Press
from app.certificates.rules import ANONYMOUS, read_record
from app.gateways import faults
from app.gateways.database import Tx, fetch, fetch_one, transaction
from app.gateways.files import FileStore
from app.identity import PartyKind
from app.kernel.text import Language

FileKind = Literal["pdf", "png"]

NAME_PURPOSE = "certificate.name"
"""What a name is sealed for; orders seal with the same word."""
_FILE_PURPOSE = "certificate.file"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to be drawn."""

    certificate_id: UUID
    language: Language
    kind: FileKind


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file that is drawn and kept, by the digest and size of its plain bytes."""

    wanted: Wanted
    sha256: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Studio:
    """What drawing needs, built once per process."""

    press: Press
    threads: ThreadPoolExecutor
    files: FileStore
    keyring: identity.Keyring


async def draw(wanted: Sequence[Wanted], *, studio: Studio) -> list[Drawn]:
    """Draw these files and keep them; no table is written. Drawing again gives the same bytes.

    Works in the studio's threads, outside any transaction. A certificate whose holder's key is destroyed
    is drawn no more and is absent from the answer.

    Raises:
        Unavailable: the store refuses; nothing of that file is kept.
    """
    certificates = await _load({one.certificate_id for one in wanted}, studio.keyring)
    loop = asyncio.get_running_loop()
    present = [one for one in wanted if one.certificate_id in certificates]
    plain = await asyncio.gather(
        *(
            loop.run_in_executor(studio.threads, _print, studio.press, certificates[one.certificate_id], one)
            for one in present
        )
    )
    faults.reach("draw.drawn")
    sealed = await _closed(
        [(certificates[one.certificate_id], data) for one, data in zip(present, plain, strict=True)], studio.keyring
    )
    kept = [(one, data, seal) for one, data, seal in zip(present, plain, sealed, strict=True) if seal is not None]
    await asyncio.gather(
        *(loop.run_in_executor(studio.threads, studio.files.write, _name(one), seal) for one, _, seal in kept)
    )
    faults.reach("draw.stored")
    return [Drawn(one, sha256(data).digest(), len(data)) for one, data, _ in kept]


async def note(drawn: Sequence[Drawn], *, tx: Tx) -> None:
    """Write down which files exist; a file noted before stays as it is."""
    await fetch(
        "INSERT INTO certificate_file (certificate_id, language, kind, sha256, size_bytes, drawn_at)"
        " SELECT *, clock_timestamp() FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::int[])"
        " ON CONFLICT ON CONSTRAINT certificate_file_certificate_language_kind_key DO NOTHING",
        [one.wanted.certificate_id for one in drawn],
        [one.wanted.language.value for one in drawn],
        [one.wanted.kind for one in drawn],
        [one.sha256 for one in drawn],
        [one.size_bytes for one in drawn],
        tx=tx,
    )


async def want(certificate_id: UUID, language: Language, kind: FileKind, *, by: UUID) -> None:
    """Ask for a file that has not been drawn yet; whoever asks again while it waits, or within a minute, asks once.

    Raises:
        CertificateUnknown: no such certificate, or another person's.
    """
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT EXISTS (SELECT FROM outbox_message o WHERE o.subject = 'certificate:' || c.id"
            " AND o.kind = $3 AND o.payload->>'language' = $4 AND o.payload->>'file_kind' = $5"
            " AND (o.recorded_at > clock_timestamp() - interval '1 min' OR o.done_at IS NULL AND o.dead_at IS NULL)"
            ") AS is_asked"
            f" FROM certificate c WHERE c.id = $1 AND {MAY_SEE}",
            certificate_id, by, FileWanted.kind, language.value, kind, tx=tx,
        )  # fmt: skip
        if row is None:
            raise CertificateUnknown
        if not row["is_asked"]:
            await outbox.record(
                FileWanted(certificate_id=certificate_id, language=language.value, file_kind=kind), tx=tx
            )
    outbox.nudge()


async def fetch_file(
    certificate_id: UUID, language: Language, kind: FileKind, *, by: UUID, files: FileStore, keyring: identity.Keyring
) -> bytes | None:
    """The plain bytes of a drawn file, for its holder; None while it is not drawn, or is damaged on disk.

    Raises:
        CertificateUnknown: no such certificate, or another person's.
    """
    row = await fetch_one(
        "SELECT c.holder_id, h.kind AS holder_kind, f.sha256 FROM certificate c JOIN party h ON h.id = c.holder_id"
        " LEFT JOIN certificate_file f ON f.certificate_id = c.id AND f.language = $3 AND f.kind = $4"
        f" WHERE c.id = $1 AND {MAY_SEE}",
        certificate_id, by, language.value, kind,
    )  # fmt: skip
    if row is None:
        raise CertificateUnknown
    if row["sha256"] is None:
        return None
    data = await files.fetch(_name(Wanted(certificate_id, language, kind)))
    if data is None:
        return None
    if row["holder_kind"] == PartyKind.PERSON:
        try:
            data = await identity.unseal_file(row["holder_id"], data, purpose=_FILE_PURPOSE, keyring=keyring)
        except identity.SealBroken:
            return None
    return data if data is not None and sha256(data).digest() == row["sha256"] else None


@dataclass(frozen=True, slots=True)
class _Original:
    holder_id: UUID
    holder_kind: PartyKind
    record: dict[str, Any]
    name: str | None
    issued_at: datetime


async def _closed(drawn: Sequence[tuple[_Original, bytes]], keyring: identity.Keyring) -> list[bytes | None]:
    """What is stored: a person's files sealed under their key, None where that is destroyed; an organisation's as
    they are, since everything on them is public."""
    mine = [original.holder_kind is PartyKind.PERSON for original, _ in drawn]
    of_persons = [(original.holder_id, data) for (original, data), is_mine in zip(drawn, mine, strict=True) if is_mine]
    sealed = iter(await identity.seal_files(of_persons, purpose=_FILE_PURPOSE, keyring=keyring))
    return [next(sealed) if is_mine else data for (_, data), is_mine in zip(drawn, mine, strict=True)]


async def _load(certificate_ids: set[UUID], keyring: identity.Keyring) -> dict[UUID, _Original]:
    rows = await fetch(
        "SELECT c.id, c.holder_id, h.kind, c.record, c.name_sealed, c.issued_at FROM certificate c"
        " JOIN party h ON h.id = c.holder_id WHERE c.id = ANY($1::uuid[])",
        list(certificate_ids),
    )
    named = [row for row in rows if row["name_sealed"] is not None]
    names = await identity.unseal_many(
        [(row["holder_id"], row["name_sealed"]) for row in named], purpose=NAME_PURPOSE, keyring=keyring
    )
    name_of = {row["id"]: name for row, name in zip(named, names, strict=True)}
    return {
        row["id"]: _Original(
            row["holder_id"],
            PartyKind(row["kind"]),
            read_record(row["record"]),
            name_of.get(row["id"]),
            row["issued_at"],
        )
        for row in rows
    }


def _print(press: Press, original: _Original, wanted: Wanted) -> bytes:
    name = original.name or beneficiary_name(original.record, wanted.language) or ANONYMOUS.in_(wanted.language)
    return press.render(original.record, name=name, language=wanted.language, kind=wanted.kind, at=original.issued_at)


def _name(wanted: Wanted) -> str:
    return f"{wanted.certificate_id}.{wanted.language.value}.{wanted.kind}"
