"""What stands on paper: the payload that a second person agrees to, the proof that was uploaded, what was typed. Pure."""

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import BytesIO
from typing import Any, Final

import msgspec

from app.foundation.approvals import canonical
from app.kernel.text import Text
from app.kernel.typed import typed_code
from app.registry.cancellations.errors import (
    DayUnfit,
    EvidenceTooLarge,
    EvidenceUnfit,
    ReasonUnfit,
    ReferenceUnfit,
)
from app.registry.cancellations.rules import Mode, Tonnes

PAYLOAD_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is proposed: these tonnes of this lot, named as the registry names them."""

    reference: str
    mode: Mode
    programme: str
    project: str
    lot: str
    serial: str
    block_start: int
    """The registry's number of the lot's first tonne."""
    tonnes: Tonnes
    beneficiary: Text
    """In whose name: the platform's, since a tonne is shared by many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A proof that was uploaded."""

    sha256: bytes
    name: str
    kind: "EvidenceKind"
    size: int

    @property
    def file_name(self) -> str:
        """Where it is kept: by what it holds, so that the same proof is kept once."""
        return f"{self.sha256.hex()}.{self.kind.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the registry answered a person."""

    registry_reference: str
    cancelled_on: date
    evidence: Evidence


def payload(wanted: Wanted, reported: Reported | None = None) -> str:
    """Canonical JSON of all that the second person agrees to: the text that is hashed, the same as in its approval."""
    said: dict[str, Any] = {
        "version": PAYLOAD_VERSION,
        "reference": wanted.reference,
        "mode": wanted.mode.value,
        "programme": wanted.programme,
        "project": wanted.project,
        "lot": wanted.lot,
        "serial": wanted.serial,
        "start_t": wanted.tonnes.start_t,
        "stop_t": wanted.tonnes.stop_t,
        "tonnes": wanted.tonnes.count,
        "first": wanted.block_start + wanted.tonnes.start_t,
        "last": wanted.block_start + wanted.tonnes.stop_t - 1,
        "beneficiary": {"zh": wanted.beneficiary.zh, "en": wanted.beneficiary.en},
    }
    if reported is not None:
        said["registry_reference"] = reported.registry_reference
        said["cancelled_on"] = reported.cancelled_on.isoformat()
        said["evidence"] = {
            "sha256": reported.evidence.sha256.hex(),
            "name": reported.evidence.name,
            "kind": reported.evidence.kind.value,
            "size": reported.evidence.size,
        }
    return canonical(said)


def told(payload_text: str) -> Wanted:
    """What a payload proposes, for whoever shows it or sends it."""
    said = msgspec.json.decode(payload_text)
    return Wanted(
        reference=said["reference"],
        mode=Mode(said["mode"]),
        programme=said["programme"],
        project=said["project"],
        lot=said["lot"],
        serial=said["serial"],
        block_start=said["first"] - said["start_t"],
        tonnes=Tonnes(said["start_t"], said["stop_t"]),
        beneficiary=Text(zh=said["beneficiary"]["zh"], en=said["beneficiary"]["en"]),
    )


# ---- what a person types and uploads --------------------------------------------------------------------------------

EVIDENCE_BYTES_MAX: Final = 2 * 1024 * 1024
EVIDENCE_NAME_MAX: Final = 120
_REFERENCE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-_./]{2,63}")
_MAGIC: Final = (("pdf", b"%PDF-"), ("png", b"\x89PNG\r\n\x1a\n"), ("jpg", b"\xff\xd8\xff"))
_BOOK: Final = frozenset({"[Content_Types].xml", "xl/workbook.xml"})


class EvidenceKind(StrEnum):
    """What a proof may be, told by its content."""

    PDF = "pdf"
    """A document."""
    PNG = "png"
    """A screenshot."""
    JPG = "jpg"
    """A photograph."""
    XLSX = "xlsx"
    """A registry's table."""
    JSON = "json"
    """A registry's signed receipt; never uploaded."""


def evidence_kind(data: bytes) -> EvidenceKind:
    """What the bytes are, whatever their name says.

    Raises:
        EvidenceTooLarge: more than 2 MB.
        EvidenceUnfit: nothing, or nothing we keep.
    """
    if len(data) > EVIDENCE_BYTES_MAX:
        raise EvidenceTooLarge(most_mb=EVIDENCE_BYTES_MAX // 1024 // 1024)
    for name, magic in _MAGIC:
        if data.startswith(magic):
            return EvidenceKind(name)
    if data.startswith(b"PK\x03\x04") and _is_book(data):
        return EvidenceKind.XLSX
    raise EvidenceUnfit


def plain_name(typed: str) -> str:
    """A file's name to show again: its last part, without control characters, at most 120 characters."""
    last = unicodedata.normalize("NFC", typed).replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    head, dot, tail = shown.rpartition(".")
    if len(shown) > EVIDENCE_NAME_MAX and dot and len(tail) <= 8:
        return head[: EVIDENCE_NAME_MAX - len(tail) - 1] + "." + tail
    return shown[:EVIDENCE_NAME_MAX] or "evidence"


def plain_reference(typed: str) -> str:
    """A registry's number as it is kept: one width, NFKC, without breaks and what surrounds it.

    Raises:
        ReferenceUnfit: it cannot be one.
    """
    plain = unicodedata.normalize("NFKC", typed_code(typed))
    if not _REFERENCE.fullmatch(plain):
        raise ReferenceUnfit
    return plain


def plain_reason(typed: str) -> str:
    """Why something is sent back, trimmed.

    Raises:
        ReasonUnfit: fewer than 2 or more than 400 characters.
    """
    plain = typed.strip()
    if not 2 <= len(plain) <= 400:
        raise ReasonUnfit
    return plain


def cancelling_day(typed: str, *, issued_on: date, today: date) -> date:
    """The day on which the registry cancelled: from the lot's issue to today, both included.

    Raises:
        DayUnfit: another day, or none.
    """
    try:
        day = date.fromisoformat(typed_code(typed).replace("/", "-"))
    except ValueError:
        day = None
    if day is None or not issued_on <= day <= today:
        raise DayUnfit(first=issued_on.isoformat(), last=today.isoformat())
    return day


def _is_book(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            return set(packed.namelist()) >= _BOOK  # names only: nothing is unpacked
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
