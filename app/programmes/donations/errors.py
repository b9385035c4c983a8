"""Facts about donations that stop a use case."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class DonationUnknown(NotFound):
    """No such donation or intent, or somebody else's."""

    code = "donations.donation_unknown"
    text = Text(zh="没有找到这笔捐赠。", en="There is no such donation.")


class DonationUnfit(Invalid):
    """A donation as it was described cannot be; the field is named."""

    code = "donations.donation_unfit"
    text = Text(zh="捐赠内容无效：{problem_zh}。", en="The donation cannot be made so: {problem_en}.")


class DonorUnverified(RuleBroken):
    """Nobody has verified the organisation that gives; its name would stand on paper and board."""

    code = "donations.donor_unverified"
    text = Text(zh="机构尚未通过核验，暂不能捐赠。", en="The organisation is not verified yet and cannot donate.")
    field = "/donor"


class OwnZone(RuleBroken):
    """What an organiser puts into its own zone is its own share, and no donation."""

    code = "donations.own_zone"
    text = Text(
        zh="主办方存入自己专区的碳信用算作自身投入，不计为捐赠。",
        en="What an organiser puts into its own zone counts as its own share, not as a donation.",
    )
    field = "/donor"


class DonationKeyUsedOtherwise(Conflict):
    """The key stands for another donation."""

    code = "donations.key_used_otherwise"
    text = Text(zh="这个幂等键已用于另一笔捐赠。", en="This key was used for another donation.")


class IntentOver(Conflict):
    """The intent was given for, withdrawn, or its day is over: a new one may be made."""

    code = "donations.intent_over"
    text = Text(
        zh="这份意向已完成、已撤回或已过期，请另立意向。",
        en="This intent is done, withdrawn or past its day; please make a new one.",
    )
    field = "/intent"


class AgreementUnfit(Invalid):
    """The file is none that an agreement can be kept as."""

    code = "donations.agreement_unfit"
    text = Text(
        zh="请上传 PDF 格式的捐赠协议，最大 {most_mb} MB。", en="Upload the agreement as PDF, of at most {most_mb} MB."
    )
    field = "/agreement"


class AgreementKept(Conflict):
    """Another file is kept for this intent; what was agreed to stays."""

    code = "donations.agreement_kept"
    text = Text(zh="这份意向已有另一份协议存档。", en="Another agreement is kept for this intent.")
    field = "/agreement"


class NothingGiven(Conflict):
    """The zone's account is empty: there is nothing to retire."""

    code = "donations.nothing_given"
    text = Text(zh="专区账户里没有可注销的碳信用。", en="The zone's account holds nothing to retire.")


class AccountChanged(Conflict):
    """Something came into the account since it was looked at: all of it is retired, so it is looked at again."""

    code = "donations.account_changed"
    text = Text(
        zh="专区账户的余额已变化，注销须为全部余额，请重新确认。",
        en="The zone's account has changed meanwhile; all of it is retired, so please look again.",
    )


class GivenStays(RuleBroken):
    """What was given to a zone is retired for its event and used for nothing else."""

    code = "donations.given_stays"
    text = Text(
        zh="捐赠给专区的碳信用只能为专区活动整体注销，不能转出或作他用。",
        en="What was given to a zone is retired for its event, all at once, and neither moved nor used otherwise.",
    )


class EventUnknown(RuleBroken):
    """The zone has no scene of an event, so there is nothing to retire for."""

    code = "donations.event_unknown"
    text = Text(zh="专区里没有活动类场景，无法注销。", en="The zone has no scene of an event to retire for.")


class SupportRecorded(Conflict):
    """This document of this donor stands there already, in the same unit."""

    code = "donations.support_recorded"
    text = Text(zh="这份证明文件已登记过。", en="What this document shows is recorded already.")
    field = "/document"


class ZoneOpen(Conflict):
    """The zone's days are not over, or its account is not empty: its closing report is a draft."""

    code = "donations.zone_open"
    text = Text(
        zh="专区尚未结束或账户仍有余额，结项报告暂为草稿。",
        en="The zone is not closed: its days are not over, or its account is not empty. Its closing report is a draft.",
    )
