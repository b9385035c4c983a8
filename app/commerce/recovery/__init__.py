"""Lost time (丢失的时段): a history that is shorter than a marker outside says is noticed, decided about, and made up for.

mark()        write the marker outside: where lots and registers stand, and up to where they may be given
uncovered()   what messages of the outbox are about to give beyond it
look()        compare this database with the marker outside; what is missing makes a case, and nothing is settled
examine()     the same, without noticing; read() the marker as the file store has it
plan()        what `decide` would do, for whoever is about to
decide()      two people: set aside what may have been given, read the channels' days, settle again
go_on()       read the bills whose time has come, give back what they say was paid for nothing we know; repeated at will
status()      whether people must decide, and how old the marker is; left() what is not done, published() the newest marker

What may have been given in lost time lies below the bounds of the marker (migrations/living/recovery): a lot or a register is
never given beyond what is written outside. Those grams and numbers are set aside for good. The proof (`recovery.prove`) names
whatever is not done yet.
"""

from app.commerce.recovery.deciding import decide, plan
from app.commerce.recovery.errors import CaseNotOpen, MarkerMissing, MarkerUnfit, ReasonUnfit, SinceUnfit
from app.commerce.recovery.following import go_on
from app.commerce.recovery.marking import FILE, Examined, examine, look, mark, read, uncovered
from app.commerce.recovery.reading import RecoveryStatus, left, published, status
from app.commerce.recovery.rules import Finding, Marker, Plan, Range, Want, opened, want_of

__all__ = [
    "FILE",
    "CaseNotOpen",
    "Examined",
    "Finding",
    "Marker",
    "MarkerMissing",
    "MarkerUnfit",
    "Plan",
    "Range",
    "ReasonUnfit",
    "RecoveryStatus",
    "SinceUnfit",
    "Want",
    "decide",
    "examine",
    "go_on",
    "left",
    "look",
    "mark",
    "opened",
    "plan",
    "published",
    "read",
    "status",
    "uncovered",
    "want_of",
]
