"""What a kind of paper is: told by the room that owns its causes, and handed to `issue`, `supersede` and `draw`.

The room of certificates gives every paper its numbers, its place in a register, its frozen record, its versions, its
drawing, its verification and its erasure, and knows nothing of what it is about.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from app.gateways.database import Tx
from app.kernel.text import Language


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest version that a cause has of a kind of paper."""

    number: str
    version: int
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezing:
    """What is to be frozen, in the transaction that issues it."""

    causes: Sequence[str]
    earlier: Mapping[str, Earlier]
    """By cause, where a paper is to be superseded; empty where it is issued for the first time."""
    issued_at: datetime
    tx: Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What a paper says of one cause, and whose it is."""

    cause: str
    series: str
    """The register it is numbered in; one of its kind's."""
    holder_id: UUID
    """A person or an organisation: whose key closes its files, and who may have them."""
    record: Mapping[str, Any]
    """What the paper says, for ever: plain JSON, `title` in both languages among it, and no person's name. Its numbers, its
    edition, its issuer and its instant are added to it (`COMMON`)."""
    language: Language
    """Its holder's."""
    name_sealed: bytes | None = None
    """A person's name for it, sealed under their key for `NAME_PURPOSE`; lies beside the record."""
    retirement_id: UUID | None = None
    """A retirement has each version of a kind once, whatever the cause (`certificate_retirement_paper_version_key`)."""
    claim_id: UUID | None = None
    scenario_id: UUID | None = None


COMMON = frozenset({"number", "verify_code", "verify_url", "edition", "supersedes", "issued_at", "issuer", "sandbox"})
"""What stands in every record, whatever the kind."""

Freeze = Callable[[Freezing], Awaitable[Sequence[Frozen]]]
"""Reads what the causes say now. A cause that has nothing to say, or, of one that is superseded, nothing new, is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperKind:
    """A kind of paper. Its code and its registers are rows (`paper_kind`, `certificate_series`), written by a migration."""

    code: str
    letters: str
    """In its numbers: `SC` in `DD-20261122-SC-…`."""
    series: frozenset[str]
    languages: frozenset[Language]
    """In which it is drawn."""
    freeze: Freeze
    template: Path
    """A Typst file; it gets the sheet as `data`, and the drawings `ring`, `qr`, `landscape`, `logo` and `seal_art`."""
    has_poster: bool = False
    """Whether its sheet has what a poster shows: a figure with its unit, a sentence, a giver."""
    sheet: Callable[[Mapping[str, Any], Language], dict[str, Any]]
    """A record in the words of the paper: everything that the template prints. Pure."""
