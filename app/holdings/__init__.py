"""Holdings (持有): who holds which grams, and what is set aside for a purpose.

reserve()           set grams aside for one purpose until it expires; one programme or a mix
line_up()           take a place in line before reserving more than once in a transaction
use_many()          hand reserved grams over to their retirements
release()           give one purpose's grams back to their holder
release_many()      the same for many
expire_due()        the same for what is past its time
transfer()          move grams from one holder to another, once for its cause
merge()             move all of one holder to another
balances()          what a holder has, by programme and lot
apportion()         how many grams of each programme demands would take now
foresee()           the same with their lots, and what is lacking
compose()           how a mix meets a demand, exact to the gram
accepts()           whether a scheme recognises a programme
choose_scheme()     the scheme of a name
load_recognition()  read the table of mutual recognition

The grams themselves are in the ledger: `inventory:<lot>` is the platform's stock, `held:<holder>:<lot>` what
another holder has, `reserved:<lot>` what is set aside for anybody. Which grams they are is decided when they
are retired.
"""

from app.holdings.apportioning import apportion
from app.holdings.errors import (
    CauseTaken,
    CreditsExhausted,
    HolderUnfit,
    MixUnfit,
    ProgrammeNotAccepted,
    PurposeTaken,
    RecognitionFileBroken,
    ReservationUsed,
    SameHolder,
    SchemeUnknown,
)
from app.holdings.foreseeing import foresee
from app.holdings.mix_rules import Foreseen, Mix, MixKind, Part, compose
from app.holdings.reading import Holding, balances
from app.holdings.recognising import load_recognition
from app.holdings.recognition_rules import Acceptance, Recognition, Scheme, accepts, choose_scheme
from app.holdings.releasing import expire_due, release, release_many
from app.holdings.reserving import Reservation, line_up, reserve, use_many
from app.holdings.rules import PLATFORM, Holder, HolderKind, Portion
from app.holdings.transferring import Amount, Transferred, merge, transfer

__all__ = [
    "PLATFORM",
    "Acceptance",
    "Amount",
    "CauseTaken",
    "CreditsExhausted",
    "Foreseen",
    "Holder",
    "HolderKind",
    "HolderUnfit",
    "Holding",
    "Mix",
    "MixKind",
    "MixUnfit",
    "Part",
    "Portion",
    "ProgrammeNotAccepted",
    "PurposeTaken",
    "Recognition",
    "RecognitionFileBroken",
    "Reservation",
    "ReservationUsed",
    "SameHolder",
    "Scheme",
    "SchemeUnknown",
    "Transferred",
    "accepts",
    "apportion",
    "balances",
    "choose_scheme",
    "compose",
    "expire_due",
    "foresee",
    "line_up",
    "load_recognition",
    "merge",
    "release",
    "release_many",
    "reserve",
    "transfer",
    "use_many",
]
