"""Drawing the files of certificates, keeping them sealed, and giving them to their holders."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from app.certificates.errors import CertificateUnknown
from app.certificates.naming_rules import beneficiary_name
from app.certificates.papers import PaperKind
from app.certificates.reading import MAY_SEE
from app.certificates.rendering import POSTER, Press, picture_of, poster_marks
from app.certificates.rules import ANONYMOUS, masked, read_record
from app.foundation import identity
from app.foundation.identity import PartyKind
from app.gateways import faults
from app.gateways.database import Tx, fetch, fetch_one
from app.gateways.files import FileStore
from app.kernel.text import Language

FileKind = Literal["pdf", "png", "poster", "masked"]
"""The paper, its picture, and what is shared of it: a picture with its holder's name, and with what strangers see of that."""

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
    papers: Mapping[str, PaperKind]
    """By code: the kinds that this process can draw."""
    threads: ThreadPoolExecutor
    files: FileStore
    keyring: identity.Keyring


async def draw(wanted: Sequence[Wanted], *, studio: Studio) -> list[Drawn]:
    """Draw these files and keep them; no table is written. Drawing again gives the same bytes, of the same release.

    A picture is made from the finished PDF in its language, where there is one. Works in the studio's threads, outside
    any transaction. A certificate whose holder's key is destroyed is drawn no more and is absent from the answer.

    Raises:
        Unavailable: the store refuses; nothing of that file is kept.
    """
    wanted = list(dict.fromkeys(wanted))
    certificates = await _load({one.certificate_id for one in wanted}, studio.keyring)
    loop = asyncio.get_running_loop()
    present = [one for one in wanted if one.certificate_id in certificates and _is_drawn(one, certificates, studio)]
    finished = await _finished([one for one in present if one.kind == "png"], studio)
    plain = await asyncio.gather(
        *(
            loop.run_in_executor(
                studio.threads, _print, studio, certificates[one.certificate_id], one, finished.get(one)
            )
            for one in present
        )
    )
    faults.reach("draw.drawn")
    sealed = await _closed(
        [(certificates[one.certificate_id], data) for one, data in zip(present, plain, strict=True)], studio.keyring
    )
    kept = [(one, data, seal) for one, data, seal in zip(present, plain, sealed, strict=True) if seal is not None]
    await asyncio.gather(*(studio.files.keep(_name(one), seal) for one, _, seal in kept))
    faults.reach("draw.stored")
    return [Drawn(one, sha256(data).digest(), len(data)) for one, data, _ in kept]


async def note(drawn: Sequence[Drawn], *, tx: Tx) -> None:
    """Write down which files exist, each as it was drawn last: another release's bytes may differ."""
    drawn = list({one.wanted: one for one in drawn}.values())
    await fetch(
        "INSERT INTO certificate_file (certificate_id, language, kind, sha256, size_bytes, drawn_at)"
        " SELECT *, clock_timestamp() FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::int[])"
        " ON CONFLICT ON CONSTRAINT certificate_file_certificate_language_kind_key DO UPDATE"
        " SET sha256 = excluded.sha256, size_bytes = excluded.size_bytes, drawn_at = excluded.drawn_at",
        [one.wanted.certificate_id for one in drawn],
        [one.wanted.language.value for one in drawn],
        [one.wanted.kind for one in drawn],
        [one.sha256 for one in drawn],
        [one.size_bytes for one in drawn],
        tx=tx,
    )


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
    kept = _Kept(row["holder_id"], PartyKind(row["holder_kind"]), row["sha256"])
    return await _opened(Wanted(certificate_id, language, kind), kept, files, keyring)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Whose file it is, and the digest of its plain bytes; None: it was never drawn."""

    holder_id: UUID
    holder_kind: PartyKind
    sha256: bytes | None


async def _opened(wanted: Wanted, kept: _Kept, files: FileStore, keyring: identity.Keyring) -> bytes | None:
    """The plain bytes of a file; None where it is not drawn, damaged on disk, or its holder's key is destroyed."""
    if kept.sha256 is None:
        return None
    data = await files.fetch(_name(wanted))
    if data is None:
        return None
    if kept.holder_kind == PartyKind.PERSON:
        try:
            data = await identity.unseal_file(kept.holder_id, data, purpose=_FILE_PURPOSE, keyring=keyring)
        except identity.SealBroken:
            return None
    return data if data is not None and sha256(data).digest() == kept.sha256 else None


async def _finished(pictures: Sequence[Wanted], studio: Studio) -> dict[Wanted, bytes]:
    """The PDFs that these pictures are to be made from, as far as they are drawn."""
    rows = await fetch(
        "SELECT f.certificate_id, f.language, f.sha256, c.holder_id, h.kind AS holder_kind FROM certificate_file f"
        " JOIN certificate c ON c.id = f.certificate_id JOIN party h ON h.id = c.holder_id"
        " WHERE f.kind = 'pdf' AND f.certificate_id = ANY($1::uuid[])",
        [one.certificate_id for one in pictures],
    ) if pictures else []  # fmt: skip
    kept = {
        (row["certificate_id"], row["language"]): _Kept(row["holder_id"], PartyKind(row["holder_kind"]), row["sha256"])
        for row in rows
    }
    found: dict[Wanted, bytes] = {}
    for one in pictures:
        if (of := kept.get((one.certificate_id, one.language.value))) is None:
            continue
        pdf = await _opened(Wanted(one.certificate_id, one.language, "pdf"), of, studio.files, studio.keyring)
        if pdf is not None:
            found[one] = pdf
    return found


@dataclass(frozen=True, slots=True)
class _Original:
    holder_id: UUID
    holder_kind: PartyKind
    paper: str
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
        "SELECT c.id, c.holder_id, h.kind, c.paper_id, c.record, c.name_sealed, c.issued_at FROM certificate c"
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
            row["paper_id"],
            read_record(row["record"]),
            name_of.get(row["id"]),
            row["issued_at"],
        )
        for row in rows
    }


def _is_drawn(one: Wanted, certificates: Mapping[UUID, _Original], studio: Studio) -> bool:
    """Of a paper without a poster none is drawn."""
    return one.kind in {"pdf", "png"} or studio.papers[certificates[one.certificate_id].paper].has_poster


def _print(studio: Studio, original: _Original, wanted: Wanted, pdf: bytes | None) -> bytes:
    paper = studio.papers[original.paper]
    name = original.name or beneficiary_name(original.record, wanted.language) or ANONYMOUS.in_(wanted.language)
    if wanted.kind in {"poster", "masked"}:
        return studio.press.render(
            original.record, name=masked(original.name) if original.name and wanted.kind == "masked" else name,
            language=wanted.language, kind="png", at=original.issued_at, template=POSTER, put=paper.sheet,
            marks=poster_marks,
        )  # fmt: skip
    if pdf is None:
        pdf = studio.press.render(
            original.record, name=name, language=wanted.language, kind="pdf", at=original.issued_at,
            template=paper.template, put=paper.sheet,
        )  # fmt: skip
    return pdf if wanted.kind == "pdf" else picture_of(pdf)


def _name(wanted: Wanted) -> str:
    return f"{wanted.certificate_id}.{wanted.language.value}.{wanted.kind}"
