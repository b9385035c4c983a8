"""What a caller of identity may meet. None of them carries a personal datum."""

from app.kernel.errors import Conflict, Forbidden, Gone, Invalid, NotFound, RuleBroken, TooMany, Unauthenticated
from app.kernel.text import Text


class TokenExpired(Unauthenticated):
    """No live session stands behind the token: unknown, expired and signed out look the same.

    The code is the room's only one without its prefix: clients know it as TOKEN_EXPIRED and sign in again silently.
    """

    code = "token.expired"
    text = Text(zh="登录已过期，请重新登录。", en="Your sign-in has expired; please sign in again.")


class RoleMissing(Forbidden):
    """Known, but without the role this needs, now."""

    code = "session.role_missing"
    text = Text(zh="您没有进行此操作的权限。", en="You are not allowed to do this.")


class WrongCredentials(Unauthenticated):
    """No enabled operator has this email and password; which of the two is wrong is not told."""

    code = "identity.wrong_credentials"
    text = Text(zh="邮箱或密码不正确。", en="Wrong email or password.")


class SignInLocked(TooMany):
    """Too many failures within the hour from here, or from strange networks together; nothing more is tried from here."""

    code = "identity.sign_in_locked"
    text = Text(
        zh="登录失败次数过多，请在 {retry_after_s} 秒后再试。",
        en="Too many failed sign-ins; please try again in {retry_after_s} seconds.",
    )

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(retry_after_s=retry_after_s)


class BeingErased(Conflict):
    """The person asked to be forgotten and that is not finished yet."""

    code = "identity.being_erased"
    text = Text(
        zh="您的个人信息正在删除，完成后可重新登录。", en="Your personal data is being erased; sign in afterwards."
    )


class StaffKeepsAccount(Conflict):
    """The person acts, or acted, for an organisation: what they signed names them, and somebody must end that first."""

    code = "identity.staff_keeps_account"
    text = Text(
        zh="此账户属于机构的工作人员，不能在这里注销：请先请机构管理员收回角色。",
        en="This account belongs to an organisation’s staff and cannot be erased here: ask its administrator first.",
    )


class PersonGone(Gone):
    """The person's data key does not exist (any more), so nothing can be sealed for them."""

    code = "identity.person_gone"
    text = Text(zh="该用户的个人信息已删除。", en="This person's data has been erased.")


class OrganisationUnknown(NotFound):
    """No organisation has this id."""

    code = "identity.organisation_unknown"
    text = Text(zh="未找到该机构。", en="There is no such organisation.")


class OperatorUnknown(NotFound):
    """No operator has this person id."""

    code = "identity.operator_unknown"
    text = Text(zh="未找到该操作员。", en="There is no such operator.")


class EmailTaken(Conflict):
    """An operator with this email exists; nothing was written."""

    code = "identity.email_taken"
    text = Text(zh="该邮箱已被使用。", en="This email is already in use.")
    field = "/email"


class EmailUnreadable(Invalid):
    """The text cannot be an email address."""

    code = "identity.email_unreadable"
    text = Text(zh="邮箱格式不正确。", en="This is not an email address.")
    field = "/email"


class PasswordUnfit(RuleBroken):
    """A password outside the allowed lengths, which are both included."""

    code = "identity.password_unfit"
    text = Text(
        zh="密码长度须为 {least} 至 {most} 个字符。", en="A password must have between {least} and {most} characters."
    )
    field = "/password"

    def __init__(self, *, least: int, most: int) -> None:
        super().__init__(least=least, most=most)


class SealBroken(Exception):
    """Sealed bytes that are damaged, or belong to another person or purpose. Our fault, never the caller's."""


class MasterKeyMissing(Exception):
    """A data key is wrapped by a master key that the keyring does not hold: a fault of the settings."""

    def __init__(self, key_id: str) -> None:
        super().__init__(key_id)
        self.key_id = key_id
