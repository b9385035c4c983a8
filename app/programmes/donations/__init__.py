"""Donations (捐赠): credits that somebody gives to a zone, and the boards that honour it. Only what was transferred counts.

intend()          what a donor means to give, by a day; `withdraw` takes it back
keep_agreement()  the file that both signed, sealed; `fetch_agreement` gives it to either, `rewrap_agreements` keeps its key
order_for()       an order into the donor's holding is given by itself once it is paid
give()            grams leave the donor's account for the zone's by the donor's own act, once for their key
donation_id()     the id of one person's wish
give_bought_due() what was bought for intents and is paid by now
show()            by the donor's name, or without it
retire()          all of a zone's account, for its event; above the limit `propose`, and another agrees by `agree`
refusals()        what PostgreSQL refuses about a zone's account, as a fact
tell_retired()    where a retirement is settled that donors' papers do not name yet
boards_of()       the live boards of a zone; `rebuild_boards` writes their rows anew
neutrality()      what an event emitted as stated, and what was retired for it, by source; `count_donors`
propose_support() what was given in a unit of its own, written down by one of the owner's people; `agree_support` by another;
                  `show_support`, `list_support`, `waiting_support`; never added to grams
find_report()     the closing report that is kept; `keep_report` once the zone `is_closed`; `read_report`, `demand_reader`,
                  `methods_of`, `factors_of`
find()            one of a donor's; `list_of_zone`, `list_of_donors`, `list_intents`; `agreed` of intents
of_retirements()  what these retirements took; `lots_of` donations, with the grams of each
CONTRIBUTION      the certificate of special contribution; `cause_of` names one

A donation is its transfer, to the gram, and PostgreSQL refuses another; what was given leaves the zone's account by retirement
alone, all at once. Boards are defined by the zone's edition, their rows written by triggers and compared by the proof.
"""

from app.programmes.donations.agreeing import fetch_agreement, keep_agreement, rewrap_agreements
from app.programmes.donations.boards import Board, BoardRow, boards_of, count_donors, neutrality, rebuild_boards
from app.programmes.donations.errors import (
    AccountChanged,
    AgreementKept,
    AgreementUnfit,
    DonationKeyUsedOtherwise,
    DonationUnfit,
    DonationUnknown,
    DonorUnverified,
    EventUnknown,
    GivenStays,
    IntentOver,
    NothingGiven,
    OwnZone,
    SupportRecorded,
    ZoneOpen,
)
from app.programmes.donations.events import DonationsRetired, DonationTransferred
from app.programmes.donations.giving import Gift, donation_id, give, give_bought_due
from app.programmes.donations.intending import NewIntent, intend, order_for, withdraw
from app.programmes.donations.paper import CONTRIBUTION, cause_of
from app.programmes.donations.reading import (
    Donation,
    Intent,
    agreed,
    find,
    find_many,
    list_intents,
    list_of_donors,
    list_of_zone,
    lots_of,
    of_retirements,
)
from app.programmes.donations.reporting import (
    FactorUse,
    Method,
    Report,
    demand_reader,
    factors_of,
    find_report,
    is_closed,
    keep_report,
    methods_of,
    read_report,
)
from app.programmes.donations.retiring import Asked, agree, propose, refusals, retire
from app.programmes.donations.rules import Neutrality, Shown, Stage, percent_text, permille
from app.programmes.donations.showing import show
from app.programmes.donations.support_rules import QUANTITY_MOST, UNITS, Quantity, SupportKind, SupportUnit
from app.programmes.donations.supporting import (
    SUPPORT,
    NewSupport,
    Support,
    agree_support,
    list_support,
    propose_support,
    show_support,
    supported,
    waiting_support,
)
from app.programmes.donations.telling_retired import tell_retired

__all__ = [
    "CONTRIBUTION",
    "QUANTITY_MOST",
    "SUPPORT",
    "UNITS",
    "AccountChanged",
    "AgreementKept",
    "AgreementUnfit",
    "Asked",
    "Board",
    "BoardRow",
    "Donation",
    "DonationKeyUsedOtherwise",
    "DonationTransferred",
    "DonationUnfit",
    "DonationUnknown",
    "DonationsRetired",
    "DonorUnverified",
    "EventUnknown",
    "FactorUse",
    "Gift",
    "GivenStays",
    "Intent",
    "IntentOver",
    "Method",
    "Neutrality",
    "NewIntent",
    "NewSupport",
    "NothingGiven",
    "OwnZone",
    "Quantity",
    "Report",
    "Shown",
    "Stage",
    "Support",
    "SupportKind",
    "SupportRecorded",
    "SupportUnit",
    "ZoneOpen",
    "agree",
    "agree_support",
    "agreed",
    "boards_of",
    "cause_of",
    "count_donors",
    "demand_reader",
    "donation_id",
    "factors_of",
    "fetch_agreement",
    "find",
    "find_many",
    "find_report",
    "give",
    "give_bought_due",
    "intend",
    "is_closed",
    "keep_agreement",
    "keep_report",
    "list_intents",
    "list_of_donors",
    "list_of_zone",
    "list_support",
    "lots_of",
    "methods_of",
    "neutrality",
    "of_retirements",
    "order_for",
    "percent_text",
    "permille",
    "propose",
    "propose_support",
    "read_report",
    "rebuild_boards",
    "refusals",
    "retire",
    "rewrap_agreements",
    "show",
    "show_support",
    "supported",
    "tell_retired",
    "waiting_support",
    "withdraw",
]
