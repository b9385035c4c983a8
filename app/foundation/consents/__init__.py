"""Consents (同意): what a person has agreed to, purpose by purpose, in which words, and that they may take it back.

load_texts()     the texts of a folder, by purpose and version, each held to its digest
ask()            what a person is to be asked: every purpose with its present text and how they stand to it
give()           they agree to one present text; said twice it is one row
withdraw()       they take it back; nothing where they had not agreed
status_of()      how one person stands to one purpose: one indexed read
status_of_many()  the same for a set of persons: for walls, boards, and whoever sends notices

Only the latest word counts, and only for the present version: a new version asks again, and until it is answered the
old consent does not count. Rows are appended and never changed. They hold a person's id, a version and a digest, nothing
personal, so they stay after the person is forgotten; being forgotten takes every consent back.
"""

from app.foundation.consents.deciding import give, withdraw
from app.foundation.consents.errors import (
    ConsenterGone,
    ConsenterMinor,
    ConsentFileBroken,
    ConsentOutdated,
    PurposeUnknown,
)
from app.foundation.consents.reading import ask, status_of, status_of_many
from app.foundation.consents.rules import (
    ConsentPlace,
    ConsentPurpose,
    ConsentState,
    ConsentStatus,
    ConsentText,
    ConsentTexts,
    Question,
)
from app.foundation.consents.texts import load_texts

__all__ = [
    "ConsentFileBroken",
    "ConsentOutdated",
    "ConsentPlace",
    "ConsentPurpose",
    "ConsentState",
    "ConsentStatus",
    "ConsentText",
    "ConsentTexts",
    "ConsenterGone",
    "ConsenterMinor",
    "PurposeUnknown",
    "Question",
    "ask",
    "give",
    "load_texts",
    "status_of",
    "status_of_many",
    "withdraw",
]
