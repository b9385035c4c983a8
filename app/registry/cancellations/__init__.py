"""Upstream cancellation (上游注销): what was retired here is cancelled at the registry it came from, in whole tonnes.

propose()       the next whole tonnes of a lot, by one person
report()        by hand: what the registry answered that person, with the proof
approve()       by another person: the report is true, or the registry shall be asked
send_back()     by another person: no, with a reason
withdraw()      by who proposed it: never mind, with a reason
send()          ask the registry, once for each approval
ask_due()       ask it again where it was silent, until it has said yes or no
lot_coverages()  each lot: retired here, cancelled there, the gap and its age
find()          one cancellation with everything that happened to it
list_latest()   the latest, those that wait for somebody first; `count_all` tells how many
cover()         whether these grams of a certificate are cancelled upstream, and by which proof; `covered` of rows at hand
ranges()        the grams in the tonnes of cancellations, for whoever waited for them
cancelled_whole() which of these grams are all cancelled now
told()          what a payload says, for whoever shows it
read_evidence() the proof itself

Registries know whole tonnes, people retire grams: the tonnes of a lot are cancelled from its start, the last one
ahead of its grams. Nobody confirms what they proposed; PostgreSQL refuses it too, and what was confirmed is final.
"""

from app.registry.cancellations.asking import ask_due, send
from app.registry.cancellations.checking import approve, send_back
from app.registry.cancellations.covering import cancelled_whole, cover, covered, ranges
from app.registry.cancellations.errors import (
    AlreadyDecided,
    CancellationUnknown,
    DayUnfit,
    EvidenceTooLarge,
    EvidenceUnfit,
    LotUnknown,
    ModeUnavailable,
    NothingToCancel,
    NotTheMaker,
    ReasonUnfit,
    ReferenceUnfit,
    ReferenceUsed,
    TonnesChanged,
    TonnesTaken,
)
from app.registry.cancellations.events import CancellationApproved, CancellationConfirmed
from app.registry.cancellations.paper_rules import EVIDENCE_BYTES_MAX, EvidenceKind, Wanted, told
from app.registry.cancellations.proposing import propose
from app.registry.cancellations.reading import (
    CancellationFacts,
    LotCoverage,
    Step,
    count_all,
    find,
    list_latest,
    lot_coverages,
    read_evidence,
)
from app.registry.cancellations.reporting import Upload, report
from app.registry.cancellations.rules import (
    LotRange,
    Mode,
    Proof,
    Span,
    SpanCover,
    State,
    Tonnes,
    UpstreamState,
    together,
)
from app.registry.cancellations.withdrawing import withdraw

__all__ = [
    "EVIDENCE_BYTES_MAX",
    "AlreadyDecided",
    "CancellationApproved",
    "CancellationConfirmed",
    "CancellationFacts",
    "CancellationUnknown",
    "DayUnfit",
    "EvidenceKind",
    "EvidenceTooLarge",
    "EvidenceUnfit",
    "LotCoverage",
    "LotRange",
    "LotUnknown",
    "Mode",
    "ModeUnavailable",
    "NotTheMaker",
    "NothingToCancel",
    "Proof",
    "ReasonUnfit",
    "ReferenceUnfit",
    "ReferenceUsed",
    "Span",
    "SpanCover",
    "State",
    "Step",
    "Tonnes",
    "TonnesChanged",
    "TonnesTaken",
    "Upload",
    "UpstreamState",
    "Wanted",
    "approve",
    "ask_due",
    "cancelled_whole",
    "count_all",
    "cover",
    "covered",
    "find",
    "list_latest",
    "lot_coverages",
    "propose",
    "ranges",
    "read_evidence",
    "report",
    "send",
    "send_back",
    "together",
    "told",
    "withdraw",
]
