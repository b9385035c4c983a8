"""Facts about gifts that stop a use case."""

from app.kernel import mass
from app.kernel.errors import Conflict, Gone, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class CampaignUnknown(NotFound):
    """No such campaign, or not one that this person looks after."""

    code = "gifts.campaign_unknown"
    text = Text(zh="没有找到这项赠碳活动。", en="There is no such gift.")


class CampaignUnfit(Invalid):
    """A campaign as it was described cannot be; the field is named."""

    code = "gifts.campaign_unfit"
    text = Text(zh="赠碳活动的设置无效：{problem_zh}。", en="The gift cannot be set up so: {problem_en}.")


class LogoUnfit(Invalid):
    """What was uploaded is no picture that we draw; why is said."""

    code = "gifts.logo_unfit"
    text = Text(zh="标志没有保存：{problem_zh}。", en="The logo was not kept: {problem_en}.")
    field = "/logo"


class SceneNotYours(RuleBroken):
    """Who gives in a scene is its organiser."""

    code = "gifts.scene_not_yours"
    text = Text(zh="只有场景的主办方可以在其中赠碳。", en="Only the organiser of a scene gives there.")
    field = "/scene"


class SceneNotOpen(Conflict):
    """The scene is not published, or over: nobody could collect."""

    code = "gifts.scene_not_open"
    text = Text(zh="场景尚未开放或已结束，暂不能赠碳。", en="The scene is not open, so nobody could collect.")
    field = "/scene"


class SponsorUnverified(RuleBroken):
    """Nobody has verified the organisation that gives; its name would stand on every paper."""

    code = "gifts.sponsor_unverified"
    text = Text(
        zh="机构尚未通过核验，不能开启赠碳。", en="The organisation is not verified yet and cannot open a gift."
    )
    field = "/sponsor"


class PoolEmpty(Conflict):
    """There is nothing to give: the pool has no grams."""

    code = "gifts.pool_empty"
    text = Text(zh="赠碳池里还没有碳信用，请先购买或转入。", en="The pool is empty; buy or transfer credits first.")


class AnotherOpen(Conflict):
    """In one scene one gift is open at a time."""

    code = "gifts.another_open"
    text = Text(zh="这个场景已有一项赠碳在进行。", en="Another gift is open in this scene.")
    field = "/scene"


class CampaignOver(Conflict):
    """It has ended, and that is final."""

    code = "gifts.campaign_over"
    text = Text(zh="这项赠碳已经结束。", en="This gift has ended.")


class GiftSoldOut(Conflict):
    """The pool has less than this person would take. Nothing was collected."""

    code = "gifts.sold_out"
    text = Text(zh="赠碳已经领完。", en="The gift is all given out.")


class GiftPaused(Conflict):
    """The sponsor has paused the gift; nothing was collected."""

    code = "gifts.paused"
    text = Text(zh="主办方暂停了赠碳，请稍后再试。", en="The organiser has paused the gift; please try again later.")


class GiftAhead(Conflict):
    """It has not begun."""

    code = "gifts.ahead"
    text = Text(zh="赠碳还没有开始。", en="The gift has not begun yet.")


class GiftOver(Gone):
    """Its time is over."""

    code = "gifts.over"
    text = Text(zh="赠碳已经结束。", en="The gift is over.")


class NoGift(NotFound):
    """Nothing is given in this scene."""

    code = "gifts.none"
    text = Text(zh="这里没有赠碳。", en="There is no gift here.")


class CollectionUnknown(NotFound):
    """No such gift, or somebody else's; both look the same."""

    code = "gifts.collection_unknown"
    text = Text(zh="没有找到这份赠碳。", en="There is no such gift.")


class NameSettled(Conflict):
    """The paper is written: its name was given or declined, or did not come in time."""

    code = "gifts.name_settled"
    text = Text(zh="证书已经写好，姓名不能再改。", en="The certificate is written; its name stays.")


class BatchUnknown(NotFound):
    """No such batch of codes, or not one that this person looks after."""

    code = "gifts.batch_unknown"
    text = Text(zh="没有找到这批领取码。", en="There is no such batch of codes.")


class CodeNeeded(RuleBroken):
    """The gift is for people with a code."""

    code = "gifts.code_needed"
    text = Text(
        zh="这份赠碳凭领取码领取，请填写领取码或礼品卡号。",
        en="This gift takes a code; please enter the one on your card.",
    )
    field = "/gift_code"


class CodeUnknown(NotFound):
    """No such code or card in this gift, or a code that was voided; they look the same."""

    code = "gifts.code_unknown"
    text = Text(zh="没有这个领取码，请核对后再填。", en="There is no such code; please check it.")
    field = "/gift_code"


class CodeUsed(Conflict):
    """Somebody has collected with this code."""

    code = "gifts.code_used"
    text = Text(zh="这个领取码已经用过了。", en="This code has been used.")
    field = "/gift_code"


class CodeDeclined(Conflict):
    """Its holder declined the gift; the code is dead."""

    code = "gifts.code_declined"
    text = Text(
        zh="这个领取码的持有人已谢绝赠碳，码已失效。", en="The holder of this code declined the gift; it is dead."
    )
    field = "/gift_code"


class CodePassedOn(Conflict):
    """Its holder passed the gift on; the code is dead, the new one lives."""

    code = "gifts.code_passed_on"
    text = Text(zh="这个领取码已经转给别人，请用新的码。", en="This code was passed on; please use the new one.")
    field = "/gift_code"


class CodePassedOnce(Conflict):
    """It came from somebody who passed it on; that goes once."""

    code = "gifts.code_passed_once"
    text = Text(
        zh="这个码已经转过一次，不能再转，可以自己领取或谢绝。",
        en="This code was passed on to you and goes no further; collect with it, or decline.",
    )
    field = "/gift_code"


class CardTaken(Conflict):
    """Somebody else used or typed the card first; it is theirs."""

    code = "gifts.card_taken"
    text = Text(zh="这张卡已由别人绑定。", en="This card belongs to whoever used it first.")
    field = "/gift_code"


class CardEmpty(Conflict):
    """All grams of the card are used, given or promised to others."""

    code = "gifts.card_empty"
    text = Text(zh="这张卡没有可用的克数了。", en="Nothing on this card is free to use.")
    field = "/gift_code"


class CardKilled(Gone):
    """The sponsor ended the card."""

    code = "gifts.card_killed"
    text = Text(zh="主办方已作废这张卡。", en="The organiser has ended this card.")
    field = "/gift_code"


class CardUnknown(NotFound):
    """No such card, or somebody else's; both look the same."""

    code = "gifts.card_unknown"
    text = Text(zh="没有找到这张礼品卡。", en="There is no such gift card.")


class CardGivenOnce(RuleBroken):
    """It came from another person; what somebody was given is for themselves."""

    code = "gifts.card_given_once"
    text = Text(zh="这张卡是别人赠给您的，只能自己用。", en="Another person gave you this card; it is for yourself.")


class CardsUncovered(Conflict):
    """The pool has less than all live cards would have with these."""

    code = "gifts.cards_uncovered"
    text = Text(
        zh="赠碳池的克数不够这批卡：请先购买或转入，再制卡。",
        en="The pool has less than these cards would have; buy or transfer credits first.",
    )
    field = "/count"


class GiftComing(Conflict):
    """It was collected a moment ago and is not in the account yet; nothing was retired."""

    code = "gifts.coming"
    text = Text(
        zh="赠碳正在进入你的账户，请过几秒再试。", en="The gift is on its way to your account; try again in seconds."
    )


class GiftHasLess(Conflict):
    """Less is left of the gift than was asked for; nothing was retired."""

    code = "gifts.has_less"
    text = Text(zh="这份赠碳只剩 {left}，请改小克数。", en="Only {left} of this gift are left; take less.")
    field = "/grams"

    def __init__(self, *, left_g: int) -> None:
        super().__init__(left_g=left_g, left=f"{mass.exact_kg(left_g)} kg")  # as it may be typed again


class UseKeyTaken(RuleBroken):
    """The key stands for another use of the same gift."""

    code = "gifts.use_key_taken"
    text = Text(zh="同一幂等键已用于内容不同的注销。", en="This key stands for retiring something else of this gift.")


class GiverMinor(RuleBroken):
    """They said that they are under 14: giving away takes a guardian's consent. Receiving does not."""

    code = "gifts.giver_minor"
    text = Text(
        zh="您已选择“未满 14 周岁”，转赠须由监护人同意，这里不能转赠；收下别人的赠碳不受影响。",
        en="You said that you are under 14; giving away takes a guardian's consent. Accepting a gift does not.",
    )


class OffersTooMany(RuleBroken):
    """As many codes of theirs stand as may; nothing more was promised."""

    code = "gifts.offers_too_many"
    text = Text(
        zh="同时有效的转赠码最多 {most} 个，请先收回不用的。",
        en="At most {most} codes stand at once; take one back first.",
    )


class OfferUnknown(NotFound):
    """No such offer, or somebody else's; both look the same."""

    code = "gifts.offer_unknown"
    text = Text(zh="没有找到这份转赠。", en="There is no such gift of yours.")


class OfferTaken(Conflict):
    """Somebody took it already: it is theirs."""

    code = "gifts.offer_taken"
    text = Text(zh="对方已经收下，不能收回。", en="It was accepted already and cannot be taken back.")


class OfferOfCard(RuleBroken):
    """What this code offers is a gift card: it is taken where cards are, not into the account."""

    code = "gifts.offer_of_card"
    text = Text(
        zh="这是一张礼品卡的码，请在「礼品卡」里添加。", en="This code is for a gift card; add it with your cards."
    )
    field = "/gift_code"


class OfferEnded(Gone):
    """Its giver took it back, or nobody took it in time."""

    code = "gifts.offer_ended"
    text = Text(zh="这份转赠已收回或已过期。", en="This gift was taken back, or its time is over.")
    field = "/gift_code"


class OwnOffer(RuleBroken):
    """One does not give to oneself."""

    code = "gifts.offer_own"
    text = Text(zh="这是您自己给出的码，请交给要赠予的人。", en="This is your own code; hand it to whom it is for.")
    field = "/gift_code"


class VisitNeeded(RuleBroken):
    """What somebody gave on is retired for a visit or a figure of whoever has it now: which one is not said."""

    code = "gifts.visit_needed"
    text = Text(
        zh="别人转赠的克数要用于您自己的足迹，请先选择。",
        en="Grams that somebody gave you are for a figure of your own; choose which.",
    )
    field = "/visit"
