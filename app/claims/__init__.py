"""Claims (声明与规则): whether something may be said to be neutral, rule by rule and with reasons. Pure: no table, no wire.

load_profiles()    read the rule profiles of a folder, the strongest first
choose()           the profile of a name
judge()            a claim, its credit lines and a day of retirement → a finding for each of the eleven rules
blocked()          the findings that stop the claim of its profile
undecided()        those that could, and are not known
standing()         both in one word: stands, open, blocked
stated()           the same in words, never without how far the claim reaches (`Reach`)
title()            碳中和 or 碳抵消, and what holds it down
in_force()         of two judgements of one claim, the one it goes by
weaker_profiles()  what can be offered instead
true_up()          what the actual figure means once the period is over
to_document()      verdicts as one canonical text, kept with the certificate
read_document()    that text again
read_claim()       a claim written as JSON
read_annex()       the cases of the report's annex
judge_annex()      each of them under a profile

The caller fills `Claim` and `CreditLine`; what it does not know it leaves `None`, and no rule guesses it.
"""

from app.claims.annex import Case, JudgedCase, judge_annex, read_annex
from app.claims.errors import AnnexUnreadable, ClaimUnreadable, ProfileFileBroken, ProfileUnknown, VerdictsUnreadable
from app.claims.freezing import read_document, to_document
from app.claims.judging import judge
from app.claims.profiles import Anchor, Profile, ProfileSet, choose, load_profiles
from app.claims.reach import Reach, stated
from app.claims.reading import read_claim
from app.claims.rules import Level, Standing, Title, blocked, in_force, standing, title, undecided, weaker_profiles
from app.claims.shapes import (
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
from app.claims.true_up_rules import TrueUp, TrueUpState, true_up

__all__ = [
    "Anchor",
    "AnnexUnreadable",
    "Case",
    "Claim",
    "ClaimUnreadable",
    "CreditLine",
    "EarlierClaim",
    "EntityKind",
    "Finding",
    "JudgedCase",
    "Level",
    "Profile",
    "ProfileFileBroken",
    "ProfileSet",
    "ProfileUnknown",
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
    "blocked",
    "choose",
    "in_force",
    "judge",
    "judge_annex",
    "load_profiles",
    "read_annex",
    "read_claim",
    "read_document",
    "standing",
    "stated",
    "title",
    "to_document",
    "true_up",
    "undecided",
    "weaker_profiles",
]
