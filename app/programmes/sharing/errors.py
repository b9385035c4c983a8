"""Facts about sharing that stop a use case."""

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class ShareUnknown(NotFound):
    """No such request, or somebody else's, or one that another person answered: all look the same."""

    code = "sharing.unknown"
    text = Text(
        zh="没有这条查询请求，或它已不可用。请核对 8 位代码。",
        en="There is no such request, or it cannot be used any more. Please check the 8 characters.",
    )
    field = "/code"


class ShareAnswered(Conflict):
    """This person answered it already, and otherwise; what was said stays until it is revoked."""

    code = "sharing.answered"
    text = Text(
        zh="你已经答复过这条请求。要改变主意，请收回授权，或让对方重新发起。",
        en="You have answered this request. To change that, revoke it, or let them ask again.",
    )


class ShareOver(Conflict):
    """Its last day has passed, or its reader may not ask any more."""

    code = "sharing.over"
    text = Text(zh="这条请求已经结束，无需答复。", en="This request is over; there is nothing to answer.")


class ShareNotAllowed(RuleBroken):
    """This person may not share their account: they are gone, or too young."""

    code = "sharing.not_allowed"
    text = Text(zh="这个账户不能授权给机构查询。", en="This account cannot be shared with an organisation.")


class ShareRevoked(Forbidden):
    """The person took it back."""

    code = "sharing.revoked"
    text = Text(zh="本人已收回授权。", en="The person has taken this back.")


class ShareExpired(Forbidden):
    """The last day of the request has passed."""

    code = "sharing.expired"
    text = Text(zh="授权期限已过。", en="The days of this request are over.")


class SharePowerMissing(Forbidden):
    """This key may not ask: its organisation is not enrolled now, or the key was not let ask."""

    code = "sharing.power_missing"
    text = Text(
        zh="这个密钥不能查询个人碳账户：机构须经核准，并由本机构管理者为密钥开通“账户查询”。",
        en="This key may not ask for accounts: its organisation must be enrolled, and let this key ask.",
    )


class ShareKeyUsedOtherwise(Conflict):
    """The idempotency key stands for another request or statement."""

    code = "sharing.key_used_otherwise"
    text = Text(zh="这个幂等键已用于另一项请求。", en="This key was used for something else.")


class ShareUnfit(Invalid):
    """A request or statement as it was described cannot be; the field is named."""

    code = "sharing.unfit"
    text = Text(zh="内容无效：{problem_zh}。", en="It cannot be made so: {problem_en}.")


class ReaderUnfit(RuleBroken):
    """This organisation cannot be enrolled: it is not verified, is the platform itself, or is enrolled already."""

    code = "sharing.reader_unfit"
    text = Text(
        zh="只有已核验、尚未开通、且不是平台自身的机构可以开通账户查询。",
        en="Only a verified organisation that is not enrolled yet, and not the platform itself, can be enrolled.",
    )
    field = "/organisation"


class ReaderGroundUnfit(Invalid):
    """Why it shall be enrolled is missing, or too long."""

    code = "sharing.reader_ground_unfit"
    text = Text(zh="请写明开通理由，2 至 {most} 个字。", en="Please say why, in 2 to {most} characters.")
    field = "/ground"


class ReaderUnknown(NotFound):
    """No such enrolment."""

    code = "sharing.reader_unknown"
    text = Text(zh="没有这个账户查询机构。", en="There is no such enrolment.")
