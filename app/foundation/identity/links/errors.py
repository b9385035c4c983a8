"""Why two persons are not linked."""

from app.kernel.errors import Conflict, Gone, RuleBroken
from app.kernel.text import Text


class LinkOver(Gone):
    """No such try: its ten minutes are over, it was used or refused, it was never confirmed, or it is somebody else's."""

    code = "identity.link_over"
    text = Text(
        zh="这次关联已结束或尚未在浏览器上确认。请在浏览器上重新取一个代码。",
        en="This link has ended, or was not confirmed in the browser. Please take a new code there.",
    )


class LinkedAlready(Conflict):
    """One of the two is linked already, in a way that leaves no room for this link: nobody is linked twice or in a chain."""

    code = "identity.linked_already"
    text = Text(
        zh="其中一方已经关联过，不能再次关联。",
        en="One of the two is linked already and cannot be linked again.",
    )


class LinkedTooOften(Conflict):
    """Eight browsers are linked to this person."""

    code = "identity.linked_too_often"
    text = Text(zh="最多关联 8 个浏览器。", en="At most 8 browsers can be linked.")


class LinkAppsUnfit(RuleBroken):
    """Not a guest on one side and somebody known on the other: neither is known by an app, or both are by the same."""

    code = "identity.link_apps_unfit"
    text = Text(
        zh="只能将浏览器访客关联到小程序用户；同一应用中的两位用户不能关联。",
        en="A browser guest is linked to a mini-program user; two users of one app cannot be linked.",
    )


class LinkAgeUnknown(RuleBroken):
    """One of the two said that they are under 14."""

    code = "identity.link_under_14"
    text = Text(
        zh="一方选择了“未满 14 周岁”，不能关联。",
        en="One of the two said that they are under 14, so they cannot be linked.",
    )


class LinkStaff(RuleBroken):
    """One of the two acts for an organisation."""

    code = "identity.link_staff"
    text = Text(
        zh="一方是机构成员，不能关联。",
        en="One of the two acts for an organisation and cannot be linked.",
    )


class LinkGone(RuleBroken):
    """One of the two is being erased."""

    code = "identity.link_gone"
    text = Text(zh="一方的账户正在注销，不能关联。", en="One of the accounts is being erased and cannot be linked.")
