"""Approvals (复核): what one person writes down and another agrees to, told once for every room that needs two people.

propose()        write a payload down as its maker; `propose_many` a set of them in one round trip
approve()        agree, as somebody else, to exactly what was shown: by its digest
send_back()      say no, with a reason
withdraw()       take it back, as its maker
find()           one of them; `find_open`, `list_open` what waits about subjects; `find_latest` what was said last;
                 `read_history` what happened to one
list_waiting()   what waits, the oldest first: all of it, of a role, or for one person; `count_waiting` by kind, with ages
list_made_by()   what somebody proposed and nobody has decided
list_kinds()     what can be approved: by whom, and how it is called

All of it happens in the caller's transaction: a room above opens it, has the decision written here and writes its own
effect, whose row carries a foreign key to the decision. So neither stands without the other, and PostgreSQL refuses
an effect that nobody approved. It asks for the roles of both at that very moment, and lets nobody decide about
themselves: not the maker, and not whoever stands for a payer, holder, beneficiary or applicant that the payload names.
A kind is a row of `approval_kind`, written by the migration of the room that brings it; this room knows none of them.
"""

from app.foundation.approvals.deciding import approve, send_back
from app.foundation.approvals.errors import (
    ApprovalChanged,
    ApprovalDecided,
    ApprovalKindUnknown,
    ApprovalPending,
    ApprovalReasonUnfit,
    ApprovalRoleMissing,
    ApprovalUnknown,
    DeciderInterested,
    NotTheMaker,
    SamePerson,
)
from app.foundation.approvals.proposing import Proposal, propose, propose_many
from app.foundation.approvals.reading import (
    Approval,
    Kind,
    Step,
    Waiting,
    count_waiting,
    find,
    find_kind,
    find_latest,
    find_open,
    list_kinds,
    list_made_by,
    list_open,
    list_waiting,
    may_decide,
    read_history,
)
from app.foundation.approvals.rules import State, canonical, digest, plain_reason
from app.foundation.approvals.withdrawing import withdraw

__all__ = [
    "Approval",
    "ApprovalChanged",
    "ApprovalDecided",
    "ApprovalKindUnknown",
    "ApprovalPending",
    "ApprovalReasonUnfit",
    "ApprovalRoleMissing",
    "ApprovalUnknown",
    "DeciderInterested",
    "Kind",
    "NotTheMaker",
    "Proposal",
    "SamePerson",
    "State",
    "Step",
    "Waiting",
    "approve",
    "canonical",
    "count_waiting",
    "digest",
    "find",
    "find_kind",
    "find_latest",
    "find_open",
    "list_kinds",
    "list_made_by",
    "list_open",
    "list_waiting",
    "may_decide",
    "plain_reason",
    "propose",
    "propose_many",
    "read_history",
    "send_back",
    "withdraw",
]
