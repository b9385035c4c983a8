"""Coming into a console by WeChat (微信登录): a member links their WeChat once, and later shows it instead of the password.

open_ticket()   one try, begun in the browser that shall come in; its other half is scanned by WeChat
find_ticket()   how far it is, for that browser; `find_scanned` for the telephone
account_of()    who WeChat says a reader is, as a keyed hash: no openid is kept
confirm()       the telephone says yes, and which WeChat it is
sign_in()       that browser comes in: the second factor is asked for as after a password
link()          the WeChat that said yes is this member's from now on; `unlink` ends that, `link_of` tells since when
whose()         whom a WeChat is linked to, for the telephone to show before it says yes

A WeChat opens one account at most, and an account one WeChat. Whoever lost their authenticator or is shut out loses the
link too. A stranger's QR code that somebody scans gives the stranger no more than a password would: the second factor is
asked for in the browser that comes in.
"""

from app.foundation.identity.by_wechat.errors import TicketOver, WeChatLinked, WeChatNotLinked
from app.foundation.identity.by_wechat.linking import Linked, link, link_of, unlink, whose
from app.foundation.identity.by_wechat.signing_in import sign_in
from app.foundation.identity.by_wechat.tickets import (
    Half,
    MadeTicket,
    Ticket,
    TicketPurpose,
    account_of,
    confirm,
    find_scanned,
    find_ticket,
    open_ticket,
)

__all__ = [
    "Half",
    "Linked",
    "MadeTicket",
    "Ticket",
    "TicketOver",
    "TicketPurpose",
    "WeChatLinked",
    "WeChatNotLinked",
    "account_of",
    "confirm",
    "find_scanned",
    "find_ticket",
    "link",
    "link_of",
    "open_ticket",
    "sign_in",
    "unlink",
    "whose",
]
