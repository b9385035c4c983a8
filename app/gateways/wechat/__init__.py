"""微信 besides its payments: our side of its login, content check and message push. Payments are a channel.

login    who is behind a code of the mini-program
account  the same of the official account, for a page opened inside WeChat
content  what WeChat's content check says of a text or a picture
messages one message for one consent (订阅消息)
push     its answer about a picture, which comes later as a message
"""

from app.gateways.wechat.account import OfficialAccount
from app.gateways.wechat.content import ContentAdvice, ContentServer, OpenidStale
from app.gateways.wechat.login import LoginCodeRefused, WeChatLogin
from app.gateways.wechat.messages import MessageNotSent, MessageRefused, MessageServer, MessageUnknown, RefusalReason
from app.gateways.wechat.push import ANSWER, FRESH_FOR, PictureSeen, PushForged, PushReader, push_reader

__all__ = [
    "ANSWER",
    "FRESH_FOR",
    "ContentAdvice",
    "ContentServer",
    "LoginCodeRefused",
    "MessageNotSent",
    "MessageRefused",
    "MessageServer",
    "MessageUnknown",
    "OfficialAccount",
    "OpenidStale",
    "PictureSeen",
    "PushForged",
    "PushReader",
    "RefusalReason",
    "WeChatLogin",
    "push_reader",
]
