"""Holdings (持有): who holds which grams in which account, and what is set aside for a cause.

open_holding()      a party's own account, opened where it has none; `open_holdings` of several
open_named()        a pool, a zone or an allowance of a party
find_account()      whose an account is; `find_accounts` of several, `accounts_of` of parties
reserve()           set grams aside for one cause until it expires; one programme or a mix
line_up()           take a place in line before reserving more than once in a transaction
use_many()          hand reserved grams over to their retirements
split()             what was set aside for a set, for each of its members
deliver()           move reserved grams into the accounts they were bought for
release()           give one cause's grams back to their account
release_many()      the same for many
expire_due()        the same for what is past its time
transfer()          move grams from one account to another, once for its cause; `move` in its own transaction
merge()             move all of one account to another
balances()          what an account has, by programme and lot
apportion()         how many grams of each programme demands would take now
foresee()           the same with their lots, and what is lacking
compose()           how a mix meets a demand, exact to the gram
accepts()           whether a scheme recognises a programme
choose_scheme()     the scheme of a name
load_recognition()  read the table of mutual recognition

The grams themselves are in the ledger: `inventory:<lot>` is the platform's stock, `held:<holder>:<lot>` what
another account has, `reserved:<lot>` what is set aside for anybody. Which grams they are is decided when they
are retired.
"""

from app.registry.holdings.apportioning import apportion
from app.registry.holdings.delivering import deliver
from app.registry.holdings.errors import (
    AccountTaken,
    AccountUnfit,
    AccountUnknown,
    CauseTaken,
    CreditsExhausted,
    MixUnfit,
    ProgrammeNotAccepted,
    RecognitionFileBroken,
    ReservationUsed,
    ReservedOtherwise,
    SameAccount,
    SchemeUnknown,
)
from app.registry.holdings.foreseeing import foresee
from app.registry.holdings.mix_rules import Foreseen, Mix, MixKind, Part, compose
from app.registry.holdings.opening import (
    AccountFacts,
    accounts_of,
    find_account,
    find_accounts,
    open_holding,
    open_holdings,
    open_named,
)
from app.registry.holdings.reading import Holding, balances
from app.registry.holdings.recognising import load_recognition
from app.registry.holdings.recognition_rules import Acceptance, Recognition, Scheme, accepts, choose_scheme
from app.registry.holdings.releasing import expire_due, release, release_many
from app.registry.holdings.reserving import Reservation, line_up, reserve, use_many
from app.registry.holdings.rules import PLATFORM, Account, AccountKind, Portion
from app.registry.holdings.splitting import Piece, split
from app.registry.holdings.transferring import Amount, Transferred, merge, move, transfer

__all__ = [
    "PLATFORM",
    "Acceptance",
    "Account",
    "AccountFacts",
    "AccountKind",
    "AccountTaken",
    "AccountUnfit",
    "AccountUnknown",
    "Amount",
    "CauseTaken",
    "CreditsExhausted",
    "Foreseen",
    "Holding",
    "Mix",
    "MixKind",
    "MixUnfit",
    "Part",
    "Piece",
    "Portion",
    "ProgrammeNotAccepted",
    "Recognition",
    "RecognitionFileBroken",
    "Reservation",
    "ReservationUsed",
    "ReservedOtherwise",
    "SameAccount",
    "Scheme",
    "SchemeUnknown",
    "Transferred",
    "accepts",
    "accounts_of",
    "apportion",
    "balances",
    "choose_scheme",
    "compose",
    "deliver",
    "expire_due",
    "find_account",
    "find_accounts",
    "foresee",
    "line_up",
    "load_recognition",
    "merge",
    "move",
    "open_holding",
    "open_holdings",
    "open_named",
    "release",
    "release_many",
    "reserve",
    "split",
    "transfer",
    "use_many",
]
