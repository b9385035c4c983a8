"""Webhooks (推送): an organisation is told of what happens, by a signed message to a program of theirs or a text in a group.

add()              an endpoint (推送地址) of an organisation; a program's secret is told this once
change()           what it is called and told of; `pause`, `resume`, `remove`
rotate()           a new secret; for a day both sign
announce()         line up what happened for the endpoints that chose it; harmless when repeated
test()             a message that says it is a test
redeliver()        send one again, under the id it had
begin()            take what is due; `deliver` sends one and notes what came of it: the worker's steps
endpoints_of()     the endpoints of organisations; `find_endpoint`, `kinds_to_choose`
deliveries_of()    the log of one endpoint; `count_deliveries`, `find_delivery`, `tries_of`
rewrap_keys()      the endpoints' keys under the current master key

The room knows no event: a kind is a row of `webhook_kind`, and whoever records an event says which organisation may hear
of it, in which words. A delivery goes out at least once and always under its event's id. Nothing in it is personal.
"""

from app.foundation.webhooks.announcing import announce, redeliver, test
from app.foundation.webhooks.delivering import LEASE_S, Due, begin, deliver
from app.foundation.webhooks.errors import (
    DeliveryUnknown,
    DeliveryWaits,
    EndpointOff,
    EndpointsMany,
    EndpointUnfit,
    EndpointUnknown,
    SecretOfRobot,
)
from app.foundation.webhooks.reading import (
    Delivery,
    Endpoint,
    Try,
    count_deliveries,
    deliveries_of,
    endpoints_of,
    find_delivery,
    find_endpoint,
    kinds_to_choose,
    tries_of,
)
from app.foundation.webhooks.rules import (
    LABEL_MOST,
    TEST,
    DeliveryState,
    EndpointDraft,
    EndpointState,
    Notice,
    OffBecause,
    message_id,
)
from app.foundation.webhooks.sealing import rewrap_keys
from app.foundation.webhooks.setting_up import (
    LOOKING_AFTER,
    NewEndpoint,
    add,
    change,
    pause,
    remove,
    resume,
    rotate,
)
from app.gateways.webhooks import EndpointKind, Fault

__all__ = [
    "LABEL_MOST",
    "LEASE_S",
    "LOOKING_AFTER",
    "TEST",
    "Delivery",
    "DeliveryState",
    "DeliveryUnknown",
    "DeliveryWaits",
    "Due",
    "Endpoint",
    "EndpointDraft",
    "EndpointKind",
    "EndpointOff",
    "EndpointState",
    "EndpointUnfit",
    "EndpointUnknown",
    "EndpointsMany",
    "Fault",
    "NewEndpoint",
    "Notice",
    "OffBecause",
    "SecretOfRobot",
    "Try",
    "add",
    "announce",
    "begin",
    "change",
    "count_deliveries",
    "deliver",
    "deliveries_of",
    "endpoints_of",
    "find_delivery",
    "find_endpoint",
    "kinds_to_choose",
    "message_id",
    "pause",
    "redeliver",
    "remove",
    "resume",
    "rewrap_keys",
    "rotate",
    "test",
    "tries_of",
]
