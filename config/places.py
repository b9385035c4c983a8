"""Where the data that ship with the project lie, besides what a knob names."""

from pathlib import Path
from typing import Final

from config.settings import PROJECT

RULES: Final[Path] = PROJECT / "config" / "rules"
"""The rule profiles."""
RECOGNITION: Final[Path] = PROJECT / "config" / "recognition"
"""The tables of mutual recognition."""
ANNEX: Final[Path] = PROJECT / "config" / "scenarios" / "annex_2024.csv"
"""The report's 132 cases as printed."""
CONSENTS: Final[Path] = PROJECT / "config" / "consents"
"""What people are asked to agree to, by purpose and version."""
WORDS: Final[Path] = PROJECT / "config" / "moderation" / "words.toml"
"""What may not stand in a name that others see."""
SUSPENDED: Final[Path] = PROJECT / "config" / "methodologies" / "suspended.csv"
"""Methodologies that are not sold, with the day and the source."""
FACTORS: Final[Path] = PROJECT / "config" / "factors"
"""The factor sets, a folder each."""
SAMPLE_ZONE: Final[Path] = PROJECT / "config" / "zones" / "sample-games.toml"
"""The zone of a rehearsal."""


def migration_head() -> str:
    """The name of the newest migration that this release brings."""
    return max(path.stem for path in (PROJECT / "migrations").glob("[0-9]*.py"))
