"""Gifts (赠碳): a sponsor pays ahead, whoever comes collects (领取), and nobody pays at the gate.

draft()          a campaign for a scene of the sponsor's own, with a pool, which is an account of the sponsor's
edit()           how much, how many, how long, what is said
open_()          from now on people may collect; `pause` and `end` are the other steps
take_back()      what is left goes to the sponsor's holding
end_due()        end what is over, and `return_due` what was left of it, days later: the sweeper's steps
set_logo()       the giver's logo, drawn anew; `drop_logo` takes it away, `read_logo` is for whoever sees the gift
find_campaign()  a campaign and how far it is; `campaign_of` a scene, `campaigns_of` sponsors
collect()        many people at once, exact, in one commit
Counter          where the people of one process line up to be collected for together
make_codes()     one-time codes for a campaign that is for codes; `void_codes`, `batches_of`, `code_hash`, `group_of`
request()        what was collected becomes claims and retirements, or goes into accounts: the worker's step
decline()        the holder of a code does not want the gift; `pass_on` gives it to somebody else, once
bind_card()      a card of grams is somebody's; `cards_of` them, `cards_in` a batch, `history_of`, `kill_cards`
offer_card()     grams of one's card for another person, by a code of one use, with which they `bind_card` one of their own
claim_of()       the claim of a collection, made now where no worker has come to it
say_name()       the name for the paper, asked after success
find_collection()  what somebody collected; `collection_of` a campaign, `latest` those who came last
use_held()       retire grams of a gift that went into an account; `held_by` somebody, `uses_of` such gifts, `use_cause`
offer()          grams of such a gift for another person, by a code of one use: `take` them, `take_offer_back`, `expire_offers`;
                 `look_at_offer` a code opens, `find_offer`, `offers_of` somebody, `code_of_offer` for its giver
watch()          after a set: whether the pool runs low or is empty, for its sponsor to be told; open_at() a moment
by_minute()      people and grams by the minute; `given_of` which lots were given

The grams that were collected lie end to end on the pool's own line: a collection is [start_g, stop_g) of it. What is left
no row says: it is what the account has, so a sponsor buys into the pool, gives from it and is refunded of it as of any
account, and the ledger's floor is the only limit. Collecting locks one row, the pool's, and so does whoever changes
the campaign. The acknowledgement comes after the commit; claim, retirement and paper follow from the outbox.
"""

from app.programmes.gifts.alerting import open_at, watch
from app.programmes.gifts.cards import (
    Card,
    CardEvent,
    bind_card,
    cards_in,
    cards_of,
    history_of,
    kill_cards,
    use_id,
)
from app.programmes.gifts.codes import Batch, NewBatch, batches_of, code_hash, group_of, make_codes, void_codes
from app.programmes.gifts.collecting import Collected, Counter, Wish, collect
from app.programmes.gifts.ending import end_due, return_due
from app.programmes.gifts.errors import (
    AnotherOpen,
    BatchUnknown,
    CampaignOver,
    CampaignUnfit,
    CampaignUnknown,
    CardEmpty,
    CardGivenOnce,
    CardKilled,
    CardsUncovered,
    CardTaken,
    CardUnknown,
    CodeDeclined,
    CodeNeeded,
    CodePassedOn,
    CodePassedOnce,
    CodeUnknown,
    CodeUsed,
    CollectionUnknown,
    GiftAhead,
    GiftComing,
    GiftHasLess,
    GiftOver,
    GiftPaused,
    GiftSoldOut,
    GiverMinor,
    LogoUnfit,
    NameSettled,
    NoGift,
    OfferEnded,
    OfferOfCard,
    OffersTooMany,
    OfferTaken,
    OfferUnknown,
    OwnOffer,
    PoolEmpty,
    SceneNotOpen,
    SceneNotYours,
    SponsorUnverified,
    UseKeyTaken,
    VisitNeeded,
)
from app.programmes.gifts.events import GiftCollected, GiftEnded, PoolDrained, PoolLow
from app.programmes.gifts.giving_cards import offer_card
from app.programmes.gifts.logos import drop_logo, read_logo, set_logo
from app.programmes.gifts.naming import say_name
from app.programmes.gifts.passing_on import decline, pass_on
from app.programmes.gifts.reading import (
    Collection,
    Minute,
    by_minute,
    campaign_of,
    campaigns_of,
    collection_of,
    find_campaign,
    find_collection,
    given_of,
    latest,
)
from app.programmes.gifts.requesting import cause_of, claim_of, request
from app.programmes.gifts.rules import (
    AmountKind,
    Audience,
    Campaign,
    CampaignState,
    CardEventKind,
    CardState,
    Delivery,
    Level,
    Logo,
    Outcome,
    Phase,
    wanted_g,
)
from app.programmes.gifts.setting_up import (
    GIVING,
    CampaignDraft,
    draft,
    edit,
    end,
    open_,
    pause,
    take_back,
)
from app.programmes.gifts.transferring import (
    GivenOn,
    TransferState,
    code_of_offer,
    expire_offers,
    find_offer,
    is_of_card,
    look_at_offer,
    offer,
    offers_of,
    take,
    take_offer_back,
)
from app.programmes.gifts.using import HeldGift, NewUse, Use, held_by, use_cause, use_held, uses_of, whose

__all__ = [
    "GIVING",
    "AmountKind",
    "AnotherOpen",
    "Audience",
    "Batch",
    "BatchUnknown",
    "Campaign",
    "CampaignDraft",
    "CampaignOver",
    "CampaignState",
    "CampaignUnfit",
    "CampaignUnknown",
    "Card",
    "CardEmpty",
    "CardEvent",
    "CardEventKind",
    "CardGivenOnce",
    "CardKilled",
    "CardState",
    "CardTaken",
    "CardUnknown",
    "CardsUncovered",
    "CodeDeclined",
    "CodeNeeded",
    "CodePassedOn",
    "CodePassedOnce",
    "CodeUnknown",
    "CodeUsed",
    "Collected",
    "Collection",
    "CollectionUnknown",
    "Counter",
    "Delivery",
    "GiftAhead",
    "GiftCollected",
    "GiftComing",
    "GiftEnded",
    "GiftHasLess",
    "GiftOver",
    "GiftPaused",
    "GiftSoldOut",
    "GivenOn",
    "GiverMinor",
    "HeldGift",
    "Level",
    "Logo",
    "LogoUnfit",
    "Minute",
    "NameSettled",
    "NewBatch",
    "NewUse",
    "NoGift",
    "OfferEnded",
    "OfferOfCard",
    "OfferTaken",
    "OfferUnknown",
    "OffersTooMany",
    "Outcome",
    "OwnOffer",
    "Phase",
    "PoolDrained",
    "PoolEmpty",
    "PoolLow",
    "SceneNotOpen",
    "SceneNotYours",
    "SponsorUnverified",
    "TransferState",
    "Use",
    "UseKeyTaken",
    "VisitNeeded",
    "Wish",
    "batches_of",
    "bind_card",
    "by_minute",
    "campaign_of",
    "campaigns_of",
    "cards_in",
    "cards_of",
    "cause_of",
    "claim_of",
    "code_hash",
    "code_of_offer",
    "collect",
    "collection_of",
    "decline",
    "draft",
    "drop_logo",
    "edit",
    "end",
    "end_due",
    "expire_offers",
    "find_campaign",
    "find_collection",
    "find_offer",
    "given_of",
    "group_of",
    "held_by",
    "history_of",
    "is_of_card",
    "kill_cards",
    "latest",
    "look_at_offer",
    "make_codes",
    "offer",
    "offer_card",
    "offers_of",
    "open_",
    "open_at",
    "pass_on",
    "pause",
    "read_logo",
    "request",
    "return_due",
    "say_name",
    "set_logo",
    "take",
    "take_back",
    "take_offer_back",
    "use_cause",
    "use_held",
    "use_id",
    "uses_of",
    "void_codes",
    "wanted_g",
    "watch",
    "whose",
]
