"""Our side of the wire to whoever wants to be told: signed webhooks, and the text robots of group chats.

addresses   which addresses may be told at all, and which machines they may lead to
signing     Standard Webhooks 1.0.0
robots      what WeCom, DingTalk and Feishu want to be sent, and what of their answers is a yes
sending     one message to one address within a deadline
"""

from app.gateways.webhooks.addresses import AddressRefused, Refusal, is_public
from app.gateways.webhooks.robots import EndpointKind
from app.gateways.webhooks.sending import Fault, Message, Reply, WebhookSender
from app.gateways.webhooks.signing import new_secret, sign

__all__ = [
    "AddressRefused",
    "EndpointKind",
    "Fault",
    "Message",
    "Refusal",
    "Reply",
    "WebhookSender",
    "is_public",
    "new_secret",
    "sign",
]
