"""A certificate's sheet as a page shows it: the frozen record in the words and drawings of the paper."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """One fact with its notes."""

    head: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A row of the sheet's table."""

    label: str
    entries: tuple[SheetEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRun:
    """Some words of the sentence; the subject is strong."""

    words: str
    is_strong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything that stands on the paper, in the reader's language."""

    title: str
    subtitle: str
    brand: str
    number_line: str
    sentence: tuple[SheetRun, ...]
    figure: str
    unit: str
    giver: str
    rows: tuple[SheetRow, ...]
    verify: str
    host: str
    code: str
    """Grouped."""
    issuer: str
    issued: str
    ring: Markup
    landscape: Markup
    qr: Markup
    accent: str | None = None
    """Of the zone of its scene; None: it is in none."""
    zone_line: str | None = None
    zone_seal: str | None = None
