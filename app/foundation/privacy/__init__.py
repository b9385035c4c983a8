"""Privacy (个人信息): what is kept of a person, why and how long; all of it for themselves; who of the staff looked.

kept()      the groups of rows that name a person: the same list that the export and a test of all foreign keys go by
export()    every row that names one person, opened for them, as plain JSON
unmask()    a member of the platform sees the name of a person, for a reason that the person is shown; read_ground() reads it
write_look() the same of something that another room shows: written down first, shown afterwards
looks_at()  who looked, when and why; decisions about what others see are looks, too

Nothing is decided here about a person: erasing is `identity.erase`, consents are `consents`, what goes by time is
`retention`. This room reads the rows of every room by the list in `rows.toml`, and writes none of them.
"""

from app.foundation.privacy.exporting import ExportCut, export
from app.foundation.privacy.kept import After, Group, KeptFileBroken, LookedAt, Rows, Until, kept
from app.foundation.privacy.looking import (
    SAYABLE,
    Ground,
    Look,
    LookReason,
    LookReasonMissing,
    looks_at,
    read_ground,
    unmask,
    write_look,
)

__all__ = [
    "SAYABLE",
    "After",
    "ExportCut",
    "Ground",
    "Group",
    "KeptFileBroken",
    "Look",
    "LookReason",
    "LookReasonMissing",
    "LookedAt",
    "Rows",
    "Until",
    "export",
    "kept",
    "looks_at",
    "read_ground",
    "unmask",
    "write_look",
]
