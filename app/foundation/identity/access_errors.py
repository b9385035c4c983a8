"""What a caller may meet on the way to being let in, or to letting somebody in. None carries a personal datum."""

from app.kernel.errors import Conflict, Forbidden, Gone, Invalid, NotFound, Overloaded, RuleBroken, Unauthenticated
from app.kernel.text import Text


class PasswordsCrowded(Overloaded):
    """More passwords are to be looked at than we can at this moment; none of these was tried."""

    code = "identity.passwords_crowded"
    text = Text(
        zh="登录的人较多，请在 {retry_after_s} 秒后再试。",
        en="Many people are signing in; please try again in {retry_after_s} seconds.",
    )


class PasswordHashBroken(Conflict):
    """What is stored instead of this password's hash cannot be read; no password opens the account."""

    code = "identity.password_hash_broken"
    text = Text(
        zh="该账户保存的口令已损坏，无法核对；请由管理员和另一人重置账户。",
        en="The stored password of this account is damaged and cannot be checked; an administrator and a second person"
        " must reset the account.",
    )


class CodeNeeded(Unauthenticated):
    """The password is right; a code of the authenticator is needed as well."""

    code = "identity.code_needed"
    text = Text(zh="还需要验证器上的动态码。", en="A code from your authenticator is needed as well.")
    field = "/code"


class CodeWrong(Unauthenticated):
    """Neither the authenticator's code of this minute, nor a recovery code that is still good; a code is good once."""

    code = "identity.code_wrong"
    text = Text(
        zh="动态码不正确或已用过，请等验证器出现下一个再试。",
        en="This code is wrong or was used already; please wait for the next one.",
    )
    field = "/code"


class FactorMissing(Unauthenticated):
    """This installation asks every operator for a second factor, and this one has none yet."""

    code = "identity.factor_missing"
    text = Text(
        zh="请先在登录页面设置第二重验证，再使用此处。",
        en="Please sign in on the web page once and set up a second factor first.",
    )


class FactorKnown(Conflict):
    """An authenticator is set up already; two other people can reset it."""

    code = "identity.factor_known"
    text = Text(zh="已设置过验证器。", en="An authenticator is set up already.")


class InvitationUnknown(NotFound):
    """No invitation has this link."""

    code = "identity.invitation_unknown"
    text = Text(zh="没有这个邀请，请核对链接。", en="There is no such invitation; please check the link.")


class InvitationOver(Gone):
    """The invitation was used, taken back or is older than seven days, or whoever made it may not invite any more."""

    code = "identity.invitation_over"
    text = Text(
        zh="该邀请已使用、已撤回或已过期，请向邀请人索取新的。",
        en="This invitation was used, taken back or has expired; please ask for a new one.",
    )


class InvitationWaiting(Conflict):
    """It leads to the platform, and another administrator has not agreed yet. The link works once they have."""

    code = "identity.invitation_waiting"
    text = Text(
        zh="该邀请正等待另一位管理员同意；同意之后，这个链接即可使用。",
        en="This invitation waits for a second administrator; the link works once they have agreed.",
    )


class InviterMissing(Forbidden):
    """This person may not let anybody into this organisation, or not with these roles."""

    code = "identity.inviter_missing"
    text = Text(
        zh="您不能在该机构授予或收回这些角色。", en="You may not give or take these roles in this organisation."
    )
    field = "/roles"


class RolesMissing(Invalid):
    """An invitation names no role, or one that does not exist."""

    code = "identity.roles_missing"
    text = Text(zh="请至少选择一个角色。", en="Please choose at least one role.")
    field = "/roles"


class OrganisationUnverified(Conflict):
    """Two people have not verified this organisation yet, so nobody is let in."""

    code = "identity.organisation_unverified"
    text = Text(
        zh="该机构尚未核验，核验后才能邀请成员。",
        en="This organisation is not verified yet; members are invited afterwards.",
    )


class OwnInvitation(RuleBroken):
    """Somebody opened an invitation that they made or agreed to: nobody gives themselves a role."""

    code = "identity.own_invitation"
    text = Text(zh="不能接受自己发出或同意的邀请。", en="You cannot accept an invitation that you made or agreed to.")


class OwnRole(RuleBroken):
    """Nobody takes their own role away."""

    code = "identity.own_role"
    text = Text(zh="不能收回自己的角色，请由他人操作。", en="You cannot take your own role; somebody else must.")


class LastAdministrator(Conflict):
    """The platform would be left without an administrator."""

    code = "identity.last_administrator"
    text = Text(zh="这是最后一位管理员，不能收回。", en="This is the last administrator; their role stays.")


class NameMissing(Invalid):
    """A name is empty or longer than 60 characters."""

    code = "identity.name_missing"
    text = Text(zh="请填写姓名（1 至 60 个字）。", en="Please give a name of 1 to 60 characters.")
    field = "/name"


class PasswordsDiffer(Invalid):
    """The password was typed twice, and not the same."""

    code = "identity.passwords_differ"
    text = Text(zh="两次输入的密码不一致。", en="The two passwords are not the same.")
    field = "/password_again"


class ExchangeKnown(Conflict):
    """The platform has been set up already."""

    code = "identity.exchange_known"
    text = Text(
        zh="平台已经设置过。如管理员链接已失效，请用 diandian setup --links。",
        en="The platform is set up already. For new administrators' links: diandian setup --links.",
    )


class ExchangeUnknown(NotFound):
    """The platform has not been set up yet."""

    code = "identity.exchange_unknown"
    text = Text(zh="平台尚未设置，请先运行 diandian setup。", en="Nothing is set up yet: diandian setup comes first.")


class AdministratorsComplete(Conflict):
    """Both seats of the first administrators are taken; they invite everybody else."""

    code = "identity.administrators_complete"
    text = Text(
        zh="两位管理员都已就位，其余人由他们邀请。",
        en="Both first administrators are there; they invite everybody else.",
    )


class CountryUnfit(Invalid):
    """Not a country's two letters (ISO 3166-1)."""

    code = "identity.country_unfit"
    text = Text(zh="国家或地区请填两位字母代码，如 CN。", en="Please give the country's two letters, such as CN.")
    field = "/country"


class RegisterNumberUnfit(Invalid):
    """The number cannot stand in that country's register; of China, the check character tells."""

    code = "identity.register_number_unfit"
    text = Text(
        zh="登记号不正确：中国机构请填 18 位统一社会信用代码，请核对每一位。",
        en="This is no register number; in China it is the 18-character unified social credit code. Please check it.",
    )
    field = "/register_number"


class OrganisationKnown(Conflict):
    """An organisation with this register number is there already."""

    code = "identity.organisation_known"
    text = Text(zh="该登记号的机构已存在。", en="An organisation with this register number is there already.")
    field = "/register_number"


class OrganisationNameMissing(Invalid):
    """A name of an organisation is empty or longer than 200 characters."""

    code = "identity.organisation_name_missing"
    text = Text(zh="请填写机构的中文名和英文名。", en="Please give the organisation's name in Chinese and in English.")
    field = "/name_zh"


class PapersMissing(Invalid):
    """It is not said which papers were seen."""

    code = "identity.papers_missing"
    text = Text(
        zh="请写明看过的证件（1 至 500 个字）。", en="Please say which papers you have seen (1 to 500 characters)."
    )
    field = "/papers"


class VerificationImpossible(Conflict):
    """It is verified already, or has no register number."""

    code = "identity.verification_impossible"
    text = Text(
        zh="该机构已核验，或缺少登记号，不能核验。",
        en="This organisation is verified already, or has no register number.",
    )


class SecondPersonNeeded(RuleBroken):
    """The same person cannot do both halves."""

    code = "identity.second_person_needed"
    text = Text(zh="必须由另一人操作。", en="Somebody else must do this.")


class PowerMissing(Forbidden):
    """Known, but without the role this needs in the organisation that runs the platform."""

    code = "identity.power_missing"
    text = Text(zh="您没有进行此操作的角色。", en="You do not have the role this needs.")


class ApplicationReasonUnfit(RuleBroken):
    """Whoever sends an application back says why, in at most 400 characters."""

    code = "identity.application_reason_unfit"
    text = Text(zh="请写明退回原因，不超过 400 个字符。", en="Please say why, in at most 400 characters.")
    field = "/reason"
