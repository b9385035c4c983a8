"""THE MAP: which job follows which event, and in which queue it runs.

Two kinds of worker process, each with its queue: `settle` moves money and grams in short transactions, `render` draws
the files that somebody is waiting for. A test demands a line here for every event of every room.
"""

from collections.abc import Mapping
from typing import Final

from app.certificates import CertificateIssued, FileWanted, PictureWanted
from app.commerce.payments import PaymentSucceeded, RefundFinished, RefundRequested
from app.foundation.moderation import ContentPassed, ContentRefused
from app.foundation.outbox import Event
from app.programmes.donations import DonationsRetired, DonationTransferred
from app.programmes.gifts import GiftCollected, GiftEnded, PoolDrained, PoolLow
from app.programmes.sharing import StatementMade
from app.registry.cancellations import CancellationApproved, CancellationConfirmed
from app.registry.credits import LotCorrected, LotOpened, MethodologyResumed, MethodologySuspended
from app.registry.retirements import (
    ClaimJudged,
    RetirementNamed,
    RetirementRequested,
    RetirementSettled,
    RetirementTruedUp,
    RetirementWithdrawn,
)

SETTLE: Final = "settle"
RENDER: Final = "render"
SUBSCRIPTIONS: Final[Mapping[type[Event], tuple[tuple[str, str], ...]]] = {
    LotOpened: (),  # for the public log, when it is there
    LotCorrected: (),  # the same
    MethodologySuspended: (),  # the same; sales look at the table, so nobody needs to be told
    MethodologyResumed: (),
    PaymentSucceeded: (("fulfil_paid", SETTLE),),
    GiftCollected: (("request_gifts", SETTLE), ("watch_pools", SETTLE)),
    PoolLow: (("announce", SETTLE),),
    PoolDrained: (("announce", SETTLE),),
    GiftEnded: (("announce", SETTLE),),
    DonationTransferred: (("issue_contributions", SETTLE),),
    DonationsRetired: (("supersede_contributions", SETTLE),),
    StatementMade: (("issue_statements", SETTLE),),
    RetirementRequested: (("settle_retirements", SETTLE),),
    RetirementSettled: (("issue_certificates", SETTLE), ("count_scenes", SETTLE)),
    RetirementNamed: (("issue_certificates", SETTLE),),  # its paper waited for the name
    ClaimJudged: (("judge_upstream", SETTLE),),  # its grams may lie in a tonne that was cancelled ahead
    RetirementTruedUp: (("supersede_certificates", SETTLE), ("judge_upstream", SETTLE)),
    RetirementWithdrawn: (),  # for the public log; whoever withdraws sees to the money in the same transaction
    CertificateIssued: (
        ("line_up_for_wall", SETTLE),
        ("line_up_messages", SETTLE),
    ),  # a file of it is drawn when somebody asks
    FileWanted: (("draw_wanted", RENDER),),
    PictureWanted: (("draw_pictures", RENDER),),
    ContentPassed: (),  # whoever shows something asks at that moment; the wall is to be told sooner
    ContentRefused: (),
    RefundRequested: (("send_refunds", SETTLE),),
    RefundFinished: (("finish_refunds", SETTLE), ("line_up_refund_messages", SETTLE)),
    CancellationApproved: (("send_cancellations", SETTLE),),
    CancellationConfirmed: (("judge_upstream", SETTLE),),  # certificates read the rest when they are shown
}


def by_kind() -> dict[str, tuple[tuple[str, str], ...]]:
    """The map by the events' names on the wire, as the database keeps it."""
    return {event.kind: jobs for event, jobs in SUBSCRIPTIONS.items()}
