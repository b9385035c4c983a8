"""Facts about coming in by WeChat."""

from app.kernel.errors import Conflict, Gone, Unauthenticated
from app.kernel.text import Text


class TicketOver(Gone):
    """The QR code is unknown, older than three minutes, or was used: a new one is shown."""

    code = "identity.wechat_ticket_over"
    text = Text(
        zh="二维码已失效或已用过，请重新扫一个。", en="This QR code has expired or was used; please take a new one."
    )


class WeChatNotLinked(Unauthenticated):
    """This WeChat opens no account: nobody linked it, or they took the link back."""

    code = "identity.wechat_not_linked"
    text = Text(
        zh="这个微信没有关联任何控制台账号。请先用密码登录，再在“微信登录”里关联。",
        en="This WeChat is linked to no account. Sign in with your password first, and link it under WeChat sign-in.",
    )


class WeChatLinked(Conflict):
    """The WeChat is linked to an account already, or the account to another WeChat."""

    code = "identity.wechat_linked"
    text = Text(
        zh="这个微信或这个账号已有关联，请先取消原来的关联。",
        en="This WeChat, or this account, is linked already; take that link back first.",
    )
