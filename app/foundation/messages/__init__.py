"""Messages (订阅消息): what somebody is told in WeChat, one message for each yes, and each at most once.

keep_answers()  what they said when the mini-program asked: accept, reject, ban
unused_of()     how many messages of a kind they may still be sent
agreed()        who of many has an unused yes
line_up()       a message uses the oldest yes, in the transaction of what it tells of
send_due()      what is due goes out; what WeChat said is kept
states_of()     how far messages about some things are

Silence after sending is `unknown`: WeChat may have taken the message, and the consent with it, so it is never sent again.
"""

from app.foundation.messages.answering import keep_answers, unused_of
from app.foundation.messages.errors import TemplateUnknown
from app.foundation.messages.rules import Answer, MessageKind, MessageState, NewMessage, fit_title
from app.foundation.messages.sending import agreed, line_up, send_due, states_of

__all__ = [
    "Answer",
    "MessageKind",
    "MessageState",
    "NewMessage",
    "TemplateUnknown",
    "agreed",
    "fit_title",
    "keep_answers",
    "line_up",
    "send_due",
    "states_of",
    "unused_of",
]
