"""Retirements (注销): who asked for whom, what was cut from which lot, and when it became final.

request()        write down who retires how much, for which beneficiary, scene and period
retire_held()    retire what an organisation holds, without paying again; above a limit `propose_held`, `approve_held`
set_limit()      the limit that PostgreSQL holds, written by `diandian migrate`
settle()         cut the lots, move the grams; harmless when repeated
say_name()       the name that a paper waits for, given or declined; `end_naming_due` where it did not come in time
judge_upstream() judge claims once more whose grams are all cancelled at their registry
true_up()        what was really emitted, once the period of a claim retired for ahead is over: every paper of it follows
find_actual()    such figures, where they are covered
find_reach()     how far claims reach today by their actual figures: short, lapsed or covered
withdraw()       give up what is not settled yet; the grams go back
keep_verdicts()  what rule profiles say of retirements, kept for ever
find_verdicts()  what was kept
recall()         the same of one retirement, by its printed number
find_settled()   what a certificate says about a retirement, with its gram ranges
scenes_of()      the scene and the grams of each, for whoever counts them
say_naming()     whether the organisation that may claim it agrees to be named with it
find_naming()    what was said last
own_naming()     the same, for whoever may say otherwise
find_by_cause()  where a retirement stands
find_by_causes() where several stand
months_of()      what was retired for a person by month; `list_of` piece by piece, `lots_of` by lot, `slices_of` gram by gram
visits_of()      what a person emitted on the visits that something was retired for; `list_visits` piece by piece
retired_for()    what was retired for a person's kept figures
retired_by_month()  what was retired for a person in a period, `emitted_by_month` what they emitted on visits
tally()          what was retired in a scene, by group and layer, and when people came

What is said by it stands in its claim (`app.registry.claims`); here stand who paid, whose credits they were, and how it was
funded. A retirement rests on credits already reserved for its cause. Settling is one SQL function over a set: one range
of grams per lot, contiguous slices inside it, one transfer in the ledger; and of an organisation's claims the first that
is settled is the root that later ones of the same identity supplement.
"""

from app.registry.retirements.awaiting_names import end_naming_due, say_name
from app.registry.retirements.errors import (
    HeldClaimUnfit,
    HeldKeyUsedOtherwise,
    NamingForbidden,
    NothingPending,
    ReasonMissing,
    RetirementFinal,
    RetirementUnknown,
    TwoPeopleNeeded,
)
from app.registry.retirements.events import (
    ClaimJudged,
    RetirementNamed,
    RetirementRequested,
    RetirementSettled,
    RetirementTruedUp,
    RetirementWithdrawn,
)
from app.registry.retirements.judging_upstream import judge_upstream
from app.registry.retirements.naming import find_naming, own_naming, say_naming
from app.registry.retirements.of_persons import (
    LotRetired,
    MonthMass,
    MonthRetired,
    PersonRetirement,
    PersonSlice,
    Visit,
    YearEmitted,
    emitted_by_month,
    list_of,
    list_visits,
    lots_of,
    months_of,
    retired_by_month,
    retired_for,
    slices_of,
    visits_of,
)
from app.registry.retirements.reaching import find_reach
from app.registry.retirements.reading import (
    RetirementStatus,
    SettledRetirement,
    Slice,
    find_by_cause,
    find_by_causes,
    find_settled,
    scenes_of,
)
from app.registry.retirements.recalling import Judged, recall
from app.registry.retirements.requesting import Request, request
from app.registry.retirements.retiring_held import (
    HELD,
    HeldRetirement,
    approve_held,
    held_cause,
    propose_held,
    retire_held,
    set_limit,
)
from app.registry.retirements.rules import Funding, RetirementState, told_purpose
from app.registry.retirements.settling import settle
from app.registry.retirements.tallying import Hour, Share, Tally, tally
from app.registry.retirements.truing_up import Actual, TruedUp, find_actual, true_up
from app.registry.retirements.verdicts import Verdict, find_verdicts, keep_verdicts
from app.registry.retirements.withdrawing import seal_reasons_due, withdraw

__all__ = [
    "HELD",
    "Actual",
    "ClaimJudged",
    "Funding",
    "HeldClaimUnfit",
    "HeldKeyUsedOtherwise",
    "HeldRetirement",
    "Hour",
    "Judged",
    "LotRetired",
    "MonthMass",
    "MonthRetired",
    "NamingForbidden",
    "NothingPending",
    "PersonRetirement",
    "PersonSlice",
    "ReasonMissing",
    "Request",
    "RetirementFinal",
    "RetirementNamed",
    "RetirementRequested",
    "RetirementSettled",
    "RetirementState",
    "RetirementStatus",
    "RetirementTruedUp",
    "RetirementUnknown",
    "RetirementWithdrawn",
    "SettledRetirement",
    "Share",
    "Slice",
    "Tally",
    "TruedUp",
    "TwoPeopleNeeded",
    "Verdict",
    "Visit",
    "YearEmitted",
    "approve_held",
    "emitted_by_month",
    "end_naming_due",
    "find_actual",
    "find_by_cause",
    "find_by_causes",
    "find_naming",
    "find_reach",
    "find_settled",
    "find_verdicts",
    "held_cause",
    "judge_upstream",
    "keep_verdicts",
    "list_of",
    "list_visits",
    "lots_of",
    "months_of",
    "own_naming",
    "propose_held",
    "recall",
    "request",
    "retire_held",
    "retired_by_month",
    "retired_for",
    "say_name",
    "say_naming",
    "scenes_of",
    "seal_reasons_due",
    "set_limit",
    "settle",
    "slices_of",
    "tally",
    "told_purpose",
    "true_up",
    "visits_of",
    "withdraw",
]
