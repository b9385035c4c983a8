"""Claims (声明): who may say what about which emissions, as rows; and whether it may be said, rule by rule and with reasons.

make()             write claims down, one for each cause
find_many()        claims by id
root_of_figure()   the first claim of a figure that a person keeps
by_cause()         the same by what they were made for
rename()           the sealed name on them, until grams are settled for them
end_naming()       the name that a claim waits for beyond that; `end_naming_due` for those whose time is over
awaiting_name()    which claims still wait
give()             why one party pays for another (a mandate)
find_mandates()    what was said
lock()             one figure of a claim at a time
enter_figure()     what was really emitted, once the period is over
find_figures()     such figures, where they are covered
purpose_of()       what is claimed in a scene of a kind

load_profiles()    read the rule profiles of a folder, the strongest first
choose()           the profile of a name
judge()            a claim, its credit lines and a day of retirement → a finding for each of the eleven rules
blocked()          the findings that stop the claim of its profile
undecided()        those that could, and are not known
standing()         both in one word: stands, open, blocked
stated()           the same in words, never without how far the claim reaches (`Reach`; by the actual figure `FigureReach`)
stated_then()      the same as it was judged then, beside it
standing_now()     how a claim that was judged so stands by its actual figure
called()           what it may be called today
figure_reach()     how far it reaches today by its actual figure
title()            碳中和 or 碳抵消, and what holds it down
in_force()         of two judgements of one claim, the one it goes by
weaker_profiles()  what can be offered instead
true_up()          what the actual figure means once the period is over
to_document()      verdicts as one canonical text, kept with the certificate
read_document()    that text again
read_claim()       a claim written as JSON
read_annex()       the cases of the report's annex
judge_annex()      each of them under a profile

`NewClaim` is what is asked for, `ClaimFacts` the same as it is kept; orders, retirements, certificates and doors hold
one and repeat none of its fields. Of an organisation's claims with the same identity the first that is settled is the
root; later ones supplement it, and an actual figure is the root's. For judging, in `judging/` and pure, the caller fills
`Claim` and `CreditLine`; what it does not know it leaves `None`, and no rule guesses it.
"""

from app.registry.claims.errors import (
    AnnexUnreadable,
    ClaimUnreadable,
    FigureFinal,
    PeriodNotOver,
    ProfileFileBroken,
    ProfileUnknown,
    VerdictsUnreadable,
)
from app.registry.claims.figures import Entered, Figure, enter_figure, find_figures, lock
from app.registry.claims.judging.annex import Case, JudgedCase, judge_annex, read_annex
from app.registry.claims.judging.deciding import judge
from app.registry.claims.judging.freezing import read_document, to_document
from app.registry.claims.judging.profiles import Anchor, Profile, ProfileSet, choose, load_profiles
from app.registry.claims.judging.reach import (
    FigureReach,
    Reach,
    called,
    figure_reach,
    standing_now,
    stated,
    stated_then,
)
from app.registry.claims.judging.reading import read_claim
from app.registry.claims.judging.rules import (
    Level,
    Standing,
    Title,
    blocked,
    in_force,
    standing,
    title,
    undecided,
    weaker_profiles,
)
from app.registry.claims.judging.shapes import (
    Claim,
    CreditLine,
    EarlierClaim,
    EntityKind,
    Finding,
    Rule,
    Severity,
    Stage,
    Submission,
    UnitKind,
    Verdict,
    Verdicts,
)
from app.registry.claims.judging.true_up_rules import TrueUp, TrueUpState, true_up
from app.registry.claims.making import make, rename
from app.registry.claims.mandates import Given, find_mandates, give
from app.registry.claims.naming import awaiting_name, end_naming, end_naming_due
from app.registry.claims.reading import by_cause, find_many, root_of_figure
from app.registry.claims.rules import (
    CLAIMING,
    ClaimFacts,
    Layer,
    Mandate,
    NewClaim,
    Purpose,
    is_same,
    purpose_of,
)

__all__ = [
    "CLAIMING",
    "Anchor",
    "AnnexUnreadable",
    "Case",
    "Claim",
    "ClaimFacts",
    "ClaimUnreadable",
    "CreditLine",
    "EarlierClaim",
    "Entered",
    "EntityKind",
    "Figure",
    "FigureFinal",
    "FigureReach",
    "Finding",
    "Given",
    "JudgedCase",
    "Layer",
    "Level",
    "Mandate",
    "NewClaim",
    "PeriodNotOver",
    "Profile",
    "ProfileFileBroken",
    "ProfileSet",
    "ProfileUnknown",
    "Purpose",
    "Reach",
    "Rule",
    "Severity",
    "Stage",
    "Standing",
    "Submission",
    "Title",
    "TrueUp",
    "TrueUpState",
    "UnitKind",
    "Verdict",
    "Verdicts",
    "VerdictsUnreadable",
    "awaiting_name",
    "blocked",
    "by_cause",
    "called",
    "choose",
    "end_naming",
    "end_naming_due",
    "enter_figure",
    "figure_reach",
    "find_figures",
    "find_mandates",
    "find_many",
    "give",
    "in_force",
    "is_same",
    "judge",
    "judge_annex",
    "load_profiles",
    "lock",
    "make",
    "purpose_of",
    "read_annex",
    "read_claim",
    "read_document",
    "rename",
    "root_of_figure",
    "standing",
    "standing_now",
    "stated",
    "stated_then",
    "title",
    "to_document",
    "true_up",
    "undecided",
    "weaker_profiles",
]
