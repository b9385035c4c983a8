"""Privacy (个人信息): what is kept of a person, why and how long; all of it for themselves; who of the staff looked.

kept()      the groups of rows that name a person: the same list that the export and a test of all foreign keys go by
export()    every row that names one person, opened for them, as plain JSON
unmask()    a member of the platform sees what a person typed, for a reason that the person is shown
looks_at()  who looked, when and why

Nothing is decided here about a person: erasing is `identity.erase`, consents are `consents`, what goes by time is
`retention`. This room reads the rows of every room by the list in `rows.toml`, and writes none of them.
"""

from app.foundation.privacy.exporting import ExportCut, export
from app.foundation.privacy.kept import After, Group, KeptFileBroken, Rows, Until, kept
from app.foundation.privacy.looking import Look, LookReason, looks_at, unmask

__all__ = [
    "After",
    "ExportCut",
    "Group",
    "KeptFileBroken",
    "Look",
    "LookReason",
    "Rows",
    "Until",
    "export",
    "kept",
    "looks_at",
    "unmask",
]
