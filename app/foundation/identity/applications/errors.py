"""What whoever signs an organisation up may meet."""

from app.kernel.errors import Conflict, Forbidden, Overloaded, RuleBroken
from app.kernel.text import Text


class OrganisationRegistered(Conflict):
    """An organisation with this register number is here already; who its members are is told to nobody."""

    code = "identity.organisation_registered"
    text = Text(
        zh="该机构已经注册，请向贵机构已有的成员索取邀请链接。",
        en="This organisation is registered already; please ask one of its members for an invitation.",
    )
    field = "/register_number"


class PurposeUnfit(RuleBroken):
    """What the organisation wants here is not said, or at too great a length."""

    code = "identity.purpose_unfit"
    text = Text(
        zh="请用一句话说明用途，不超过 {most} 个字符。",
        en="Please say in a sentence what for, in at most {most} characters.",
    )
    field = "/purpose"

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


class ApplicationsTooMany(Overloaded):
    """As many applications wait as we can look after; nothing was written."""

    code = "identity.applications_too_many"
    text = Text(zh="待核验的申请过多，请改日再试。", en="Too many applications wait; please try again another day.")


class ApplicationNotReturned(Conflict):
    """It waits or is verified already, so there is nothing to mend."""

    code = "identity.application_not_returned"
    text = Text(zh="该申请正在核验或已通过，无需重新提交。", en="This application waits, or is verified already.")


class ApplicantUnverified(Forbidden):
    """The organisation signed itself up and two of ours have not verified it: it may prepare, and neither buy nor publish."""

    code = "identity.applicant_unverified"
    text = Text(
        zh="贵机构尚未核验：可以先准备，核验后才能购买、发布和开放。",
        en="Your organisation is not verified yet: prepare what you like; buying, publishing and opening come afterwards.",
    )
