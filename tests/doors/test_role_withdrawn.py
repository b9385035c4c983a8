"""Every action that takes power, by somebody whose role was withdrawn a moment ago, and then by a colleague.

The one is refused and changes nothing, although they made the thing and hold the page that offers the action; the
other, who made nothing, is let in. Which routes take power is read off the matrix of all routes, so that a new one
without its line here fails.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.commerce import orders
from app.foundation import identity, webhooks
from app.foundation.identity import Keyring, Role, SessionKind
from app.foundation.identity.keeping_sessions import find_session, open_session
from app.foundation.webhooks import EndpointDraft
from app.gateways.database import fetch, fetch_value
from app.gateways.webhooks import WebhookSender
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.programmes import zones
from app.scenarios import Draft, ScenarioKind, Setup
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests import zoned
from tests.doors.conftest import OWN_PAGE, PAGE, Caller, Door
from tests.doors.platform_work import WORK
from tests.doors.test_api_joint import line, placed
from tests.doors.test_pages_operator import LIST, Platform, fields, platform, proposed, reported, sold
from tests.doors.test_routes_matrix import MATRIX
from tests.owning import as_owner
from tests.rooms.conftest import organisation
from tests.staff import member, opened
from workers.jobs import JOBS, Tools
from workers.subscriptions import SETTLE

__all__ = ["platform"]

Route = tuple[str, str]
REFUSED = {403, 404}


@dataclass(frozen=True, slots=True)
class Entry:
    """How a member asks, and what a colleague with the role is answered."""

    colleague: int
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    path: Mapping[str, str] = field(default_factory=dict)


CDCER = [{"programme": "CDCER"}]
GIFT: dict[str, Any] = {
    "scene": "{scene}", "audience": "codes", "amount": "cover", "each_grams": 20_000,
    "starts_at": "2026-01-01T09:00:00+08:00", "ends_at": "2036-01-01T09:00:00+08:00",
}  # fmt: skip
ORGANISATION: dict[Route, Entry] = {
    ("GET", "/o/{order_id:str}"): Entry(200),
    ("GET", "/o/{order_id:str}/cancel"): Entry(200),
    # The channel is silent in these tests; that it was asked at all is what a stranger does not reach.
    ("POST", "/o/{order_id:str}"): Entry(422, form={"intent": "{order_id}", "method": "wechatpay.native"}),
    ("GET", "/api/v1/orders/{order_id:str}/payment-methods"): Entry(200),
    ("POST", "/api/v1/orders/{order_id:str}/payments"): Entry(503, json={"method": "wechatpay.h5"}),
    ("GET", "/api/v1/orders/{order_id:str}"): Entry(200),
    ("POST", "/o/{order_id:str}/cancel"): Entry(303, form={"intent": "{order_id}"}),
    ("POST", "/api/v1/orders/{order_id:str}/cancel"): Entry(200),
    ("POST", "/api/v1/orders/{order_id:str}/take-back"): Entry(
        200, json={"reason": "重复下单"}, path={"order_id": "{paid_id}"}
    ),
    ("POST", "/api/v1/orders/joint"): Entry(201),  # its body is made below
    ("POST", "/api/v1/holdings/orders"): Entry(201, json={"payer": "{payer}", "lines": [{"grams": 5, "mix": CDCER}]}),
    # The organisation of these tests is not verified: nothing is moved to it, and whoever has no role does not learn that.
    ("POST", "/api/v1/holdings/transfers"): Entry(
        404, json={"source": "{account}", "target": "{account}", "grams": 5, "mix": CDCER, "reason": "x"}
    ),
    ("POST", "/api/v1/holdings/retirements"): Entry(
        201,
        json={
            "account": "{account}",
            "grams": 5,
            "mix": CDCER,
            "scene": "{scene}",
            "purpose": "organisation",
            "period_from": "2022-01-01",
            "period_to": "2022-12-31",
            "emission_grams": 5,
        },
    ),
    ("POST", "/api/v1/holdings/retirements/approve"): Entry(404, json={"approval": "apr_x", "digest": "9f" * 32}),
    ("POST", "/api/v1/orders/{order_id:str}/lines/{line_id:str}/return"): Entry(
        201, json={"grams": 5}, path={"order_id": "{held_id}", "line_id": "{line_id}"}
    ),
    ("POST", "/api/v1/certificates/{certificate_id:str}/true-up"): Entry(409, json={"actual_grams": 1}),
    ("GET", "/c/{certificate_id:str}"): Entry(200),
    ("GET", "/c/{certificate_id:str}/poster"): Entry(202),
    ("GET", "/c/{certificate_id:str}/poster/{name:str}"): Entry(202, path={"name": "zh.png"}),
    ("GET", "/c/{certificate_id:str}/{name:str}"): Entry(202, path={"name": "zh.pdf"}),
    ("GET", "/api/v1/certificates/{certificate_id:str}"): Entry(200),
    ("GET", "/api/v1/certificates/{certificate_id:str}/findings"): Entry(200),
    ("GET", "/api/v1/certificates/{certificate_id:str}/{name:str}"): Entry(202, path={"name": "zh.pdf"}),
    ("GET", "/organiser/{code:str}"): Entry(200, path={"code": "{scene}"}),
    ("GET", "/organiser/{code:str}/wall"): Entry(200, path={"code": "{scene}"}),
    ("POST", "/organiser/{code:str}/wall/settings"): Entry(
        303, form={"turn_s": "30", "wait_s": "120"}, path={"code": "{scene}"}
    ),
    ("POST", "/organiser/{code:str}/wall/screens"): Entry(200, form={"label": "x"}, path={"code": "{scene}"}),
    # There is no such link, and nobody on the screen; whoever has no role does not learn that.
    ("POST", "/organiser/{code:str}/wall/revoke"): Entry(404, form={"screen": "scr_x"}, path={"code": "{scene}"}),
    ("GET", "/organiser/{code:str}/wall/pictures/{turn:str}"): Entry(404, path={"code": "{scene}", "turn": "1"}),
    ("POST", "/organiser/screen-checks"): Entry(404, form={"scene": "{scene}", "turn": "1", "step": "show_name"}),
    ("POST", "/organiser/{code:str}/wall/turns"): Entry(404, form={"turn": "1"}, path={"code": "{scene}"}),
    ("GET", "/organiser/scenes/new"): Entry(200),
    ("POST", "/organiser/scenes/new"): Entry(200, form={"organisation": "{payer}", "do": "keep"}),
    ("GET", "/organiser/scenes/{draft:str}/{step:str}"): Entry(200, path={"step": "kind"}),
    ("POST", "/organiser/scenes/{draft:str}/{step:str}"): Entry(
        200, form={"revision": "1", "do": "keep"}, path={"step": "kind"}
    ),
    ("GET", "/organiser/scenes/{draft:str}/preview"): Entry(200),
    ("POST", "/organiser/scenes/{draft:str}/discard"): Entry(303, form={}),
    ("POST", "/organiser/scenes/{draft:str}/restore"): Entry(303, form={}),
    ("POST", "/api/v1/scene-drafts"): Entry(201, json={"organisation": "{payer}"}),
    ("GET", "/api/v1/scene-drafts/{draft:str}"): Entry(200),
    ("PATCH", "/api/v1/scene-drafts/{draft:str}"): Entry(200, json={"revision": 1}),
    ("DELETE", "/api/v1/scene-drafts/{draft:str}"): Entry(204),
    ("POST", "/api/v1/scene-drafts/{draft:str}/restore"): Entry(200),
    # Something is missing in it; whoever has no role does not learn what.
    ("POST", "/api/v1/scene-drafts/{draft:str}/propose"): Entry(400, json={"revision": 1}),
    ("GET", "/organiser/{code:str}/print/{name:str}"): Entry(200, path={"code": "{scene}", "name": "tent.pdf"}),
    ("GET", "/o/{order_id:str}/wechat"): Entry(303),
    ("GET", "/o/{order_id:str}/abroad"): Entry(400),
    ("POST", "/o/{order_id:str}/abroad"): Entry(400, form={"intent": "{order_id}", "method": "wechatpay.native"}),
    ("GET", "/naming/{number:str}"): Entry(200, path={"number": "{retirement}"}),
    ("POST", "/naming/{number:str}"): Entry(303, form={"agrees": "yes"}, path={"number": "{retirement}"}),
    ("POST", "/api/v1/retirements/{number:str}/naming"): Entry(
        200, json={"agrees": False}, path={"number": "{retirement}"}
    ),
    # Nor does it have keys: whoever has no role does not learn that either.
    ("POST", "/api/v1/keys"): Entry(403, json={"organisation": "{payer}", "name": "x", "roles": ["sponsor"]}),
    ("POST", "/organiser/keys"): Entry(
        403, form={"organisation": "{payer}", "name": "x", "days": "30", "role_sponsor": "on"}
    ),
    ("POST", "/api/v1/gift-campaigns"): Entry(201, json=GIFT),
    ("GET", "/api/v1/gift-campaigns/{campaign:str}"): Entry(200),
    ("PUT", "/api/v1/gift-campaigns/{campaign:str}"): Entry(
        200, json={name: value for name, value in GIFT.items() if name != "scene"}
    ),
    # Nor does an organisation give that is not verified; whoever has no role does not learn that either.
    ("POST", "/api/v1/gift-campaigns/{campaign:str}/open"): Entry(422),
    ("POST", "/api/v1/gift-campaigns/{campaign:str}/pause"): Entry(200),
    ("POST", "/api/v1/gift-campaigns/{campaign:str}/end"): Entry(200),
    ("POST", "/api/v1/gift-campaigns/{campaign:str}/take-back"): Entry(200, json={}),
    ("POST", "/api/v1/gift-campaigns/{campaign:str}/cards/kill"): Entry(200),
    # No picture, which whoever has no role does not learn; with one: tests/doors/test_gift_logos.py.
    ("PUT", "/api/v1/gift-campaigns/{campaign:str}/logo"): Entry(400, json={}),
    ("DELETE", "/api/v1/gift-campaigns/{campaign:str}/logo"): Entry(204),
    ("POST", "/organiser/{code:str}/gift/logo"): Entry(303, form={"do": "drop"}, path={"code": "{scene}"}),
    ("GET", "/api/v1/gift-codes/{batch:str}/cards"): Entry(200),
    ("GET", "/api/v1/gift-campaigns/{campaign:str}/codes"): Entry(200),
    ("POST", "/api/v1/gift-campaigns/{campaign:str}/codes"): Entry(201, json={"count": 2, "label": "志愿者"}),
    ("POST", "/api/v1/gift-codes/{batch:str}/void"): Entry(200),
    # The one is refused for the role before anybody looks at the address.
    ("POST", "/api/v1/webhooks"): Entry(
        400,
        json={
            "organisation": "{payer}",
            "kind": "standard",
            "label": "x",
            "url": "https://127.0.0.1/",
            "events": ["gift.ended"],
        },
    ),
    ("GET", "/api/v1/webhooks/{webhook:str}"): Entry(200),
    ("PUT", "/api/v1/webhooks/{webhook:str}"): Entry(200, json={"label": "y", "events": ["gift.ended"]}),
    ("DELETE", "/api/v1/webhooks/{webhook:str}"): Entry(204),
    ("POST", "/api/v1/webhooks/{webhook:str}/rotate"): Entry(200),
    ("POST", "/api/v1/webhooks/{webhook:str}/pause"): Entry(200),
    ("POST", "/api/v1/webhooks/{webhook:str}/resume"): Entry(200),
    ("POST", "/api/v1/webhooks/{webhook:str}/test"): Entry(202),
    ("GET", "/api/v1/webhooks/{webhook:str}/deliveries"): Entry(200),
    ("POST", "/api/v1/webhooks/{webhook:str}/deliveries/{delivery:str}/redeliver"): Entry(202),
    ("GET", "/organiser/webhooks"): Entry(200),
    ("POST", "/organiser/webhooks"): Entry(303, form={"do": "pause", "webhook": "{webhook}"}),
    ("GET", "/organiser/{code:str}/gift"): Entry(200, path={"code": "{scene}"}),
    ("GET", "/organiser/{code:str}/gift.xlsx"): Entry(200, path={"code": "{scene}"}),
    ("GET", "/organiser/{code:str}/results"): Entry(200, path={"code": "{scene}"}),
    ("GET", "/organiser/{code:str}/results.xlsx"): Entry(200, path={"code": "{scene}"}),
    ("GET", "/api/v1/scenes/{code:str}/results"): Entry(200, path={"code": "{scene}"}),
    ("POST", "/organiser/{code:str}/gift"): Entry(303, form={"do": "pause"}, path={"code": "{scene}"}),
    # Nor does an organisation donate that is not verified; whoever has no role does not learn that.
    ("POST", "/api/v1/donations"): Entry(422, json={"zone": "{zone}", "donor": "{payer}", "grams": 5}),
    ("POST", "/organiser/donations/{slug:str}"): Entry(
        422, form={"do": "give", "donor": "{payer}", "give_t": "1"}, path={"slug": "{zone}"}
    ),
    ("POST", "/organiser/{code:str}/gift/codes"): Entry(
        200, form={"label": "嘉宾", "count": "2"}, path={"code": "{scene}"}
    ),
}
"""What is an organisation's own."""

PLATFORM: dict[Route, int] = {
    ("GET", "/operator"): 303,
    ("POST", "/operator/sign-out"): 303,
    ("GET", "/operator/cancellations"): 200,
    ("POST", "/operator/cancellations"): 303,
    ("GET", "/operator/cancellations/{reference:str}"): 200,
    ("GET", "/operator/cancellations/{reference:str}/evidence"): 200,
    ("POST", "/operator/cancellations/{reference:str}/report"): 303,
    ("POST", "/operator/cancellations/{reference:str}/approve"): 303,
    ("POST", "/operator/cancellations/{reference:str}/return"): 303,
    ("POST", "/operator/cancellations/{reference:str}/withdraw"): 303,
}
"""What the platform's own people do with cancellations; each step is walked below."""


WITHOUT_POWER = {
    ("POST", "/operator/sign-out"): "leaving takes a session and no role",
    ("POST", "/join/{token:str}/as"): "who is invited has no role yet; whether the inviter has is asked by the room",
    ("GET", "/go"): "leads on whoever typed a code",
    ("POST", "/s/{code:str}"): "leads anybody to the cashier of their order",
    ("GET", "/organiser"): "what is somebody's own: without a role an empty list",
    ("GET", "/organiser/application"): "what is somebody's own: without a role an empty list",
    ("POST", "/organiser/application"): "asked in tests/doors/test_sign_up.py: only what was sent back is sent again",
    ("GET", "/organiser/invoices"): "what is somebody's own: without a role an empty list",
    ("POST", "/organiser/invoices"): "asked in tests/doors/test_invoices.py: only of a paid order",
    ("GET", "/organiser/keys"): "what is somebody's own: without a role an empty list",
    ("GET", "/api/v1/keys"): "what is somebody's own: without a role an empty list",
    ("POST", "/organiser/keys/revoke"): "ends what its maker's role ended already: tests/doors/test_keys.py",
    ("POST", "/api/v1/keys/{key:str}/revoke"): "ends what its maker's role ended already: tests/doors/test_keys.py",
    ("GET", "/api/v1/holdings"): "what is somebody's own: without a role an empty list",
    ("GET", "/organiser/scenes"): "what is somebody's own: without a role an empty list",
    ("GET", "/api/v1/scene-drafts"): "what is somebody's own: without a role an empty list",
    ("GET", "/api/v1/gift-campaigns"): "what is somebody's own: without a role an empty list",
    ("GET", "/api/v1/webhooks"): "what is somebody's own: without a role an empty list",
    ("POST", "/api/v1/scenes/{code:str}/gift"): "a person collects for themselves; that scene gives nothing",
    ("GET", "/api/v1/gifts/{gift:str}"): "what a person collected is theirs alone; no role opens it",
    ("POST", "/api/v1/gifts/{gift:str}/name"): "what a person collected is theirs alone; no role opens it",
    ("POST", "/api/v1/scenes/{code:str}/gift-code/decline"): "whoever holds a code gives it up; no role opens it",
    ("POST", "/api/v1/scenes/{code:str}/gift-code/pass-on"): "whoever holds a code gives it up; no role opens it",
    ("GET", "/api/v1/account/figures/{figure:str}"): "what a person kept is theirs alone; no role opens it",
    ("GET", "/me/footprint/{figure:str}"): "what a person kept is theirs alone; no role opens it",
    ("POST", "/me/footprint/{figure:str}"): "what a person kept is theirs alone; no role opens it",
    ("POST", "/me/devices/revoke"): "a person's own devices; no role opens them",
    ("POST", "/api/v1/me/messages"): "a person's own answer; no role opens it",
    ("POST", "/api/v1/account/links"): "a person's own try to link; no role opens it",
    ("GET", "/api/v1/account/links/{link:str}"): "a person's own try to link; no role opens it",
    ("POST", "/api/v1/account/links/{link:str}/finish"): "a person's own try to link; no role opens it",
    ("GET", "/api/v1/cards"): "what a person holds is theirs alone; no role opens it",
    ("POST", "/api/v1/cards"): "whoever brings a card first has it; no role opens it",
    ("GET", "/g/{gift:str}"): "what a person collected is theirs alone; no role opens it",
    ("POST", "/g/{gift:str}"): "what a person collected is theirs alone; no role opens it",
    ("POST", "/g/{gift:str}/use"): "what a person collected is theirs alone; no role opens it",
    ("GET", "/organiser/donations"): "what is somebody's own: without a role an empty list",
    (
        "GET",
        "/organiser/donations/{slug:str}",
    ): "anybody's zone, and what is somebody's own: without a role an empty list",
    ("POST", "/organiser/donations/{slug:str}/agreement"): "asked in tests/rooms/programmes/donations",
    ("GET", "/organiser/donations/{slug:str}/agreement/{shown_id:str}"): "asked in tests/rooms/programmes/donations",
    ("POST", "/api/v1/donations/{donation:str}/shown"): "asked in tests/rooms/programmes/donations",
    ("POST", "/organiser/donations/{slug:str}/support"): "asked in tests/doors/test_support.py",
    ("GET", "/organiser/donations/{slug:str}/report.zip"): "asked in tests/rooms/programmes/donations",
    ("POST", "/api/v1/zones/{slug:str}/support"): "asked in tests/doors/test_support.py",
    ("POST", "/api/v1/support/approve"): "asked in tests/rooms/programmes/donations",
    ("POST", "/api/v1/support/{support:str}/shown"): "asked in tests/rooms/programmes/donations",
    ("GET", "/api/v1/held-gifts"): "what a person holds is theirs alone; no role opens it",
    ("GET", "/api/v1/me/gift-offers"): "what a person holds is theirs alone; no role opens it",
    ("POST", "/api/v1/gifts/{gift:str}/offers"): "what a person collected is theirs alone; no role opens it",
    ("POST", "/api/v1/cards/{card:str}/offers"): "what a person holds is theirs alone; no role opens it",
    ("POST", "/api/v1/me/gift-offers/{offer:str}/take-back"): "what a person offered is theirs alone; no role opens it",
    ("POST", "/api/v1/gift-offers/take"): "whoever brings a code takes it for themselves; no role opens it",
    ("POST", "/me/give"): "what a person holds is theirs alone; no role opens it",
    ("GET", "/me/give/{offer:str}"): "what a person offered is theirs alone; no role opens it",
    ("POST", "/me/give/{offer:str}/take-back"): "what a person offered is theirs alone; no role opens it",
    ("POST", "/api/v1/gifts/{gift:str}/uses"): "what a person collected is theirs alone; no role opens it",
    ("GET", "/api/v1/certificates/{certificate_id:str}/wall"): "one's own certificate; no role opens it",
    ("PUT", "/api/v1/certificates/{certificate_id:str}/wall"): "one's own certificate; no role opens it",
    ("POST", "/c/{certificate_id:str}/wall"): "one's own certificate; no role opens it",
    ("GET", "/organiser/screen-checks"): "what is somebody's own: without a role an empty list",
    ("POST", "/api/v1/certificates/{certificate_id:str}/wall/photo"): "one's own certificate; no role opens it",
    ("POST", "/c/{certificate_id:str}/wall/photo"): "one's own certificate; no role opens it",
    ("POST", "/wall/{token:str}/turns"): "asked in test_wall.py, where somebody is on the screen",
    ("POST", "/me/sharing/ask"): "one's own account; no role opens it",
    ("GET", "/api/v1/me/sharing/requests/{code:str}"): "one's own account; no role opens it",
    ("PUT", "/api/v1/me/sharing/requests/{code:str}/answer"): "one's own account; no role opens it",
    ("PUT", "/api/v1/me/sharing/{share:str}/revoke"): "one's own account; no role opens it",
    ("GET", "/me/sharing/{share:str}/revoke"): "one's own account; no role opens it",
    ("POST", "/me/sharing/{share:str}/revoke"): "one's own account; no role opens it",
    ("GET", "/me/sharing/statements/{certificate_id:str}/{name:str}"): "one's own statement; no role opens it",
    **{
        (
            method,
            f"/api/v1/sharing/requests{path}",
        ): "a key alone, and none without its maker's role: test_account_sharing.py"
        for method, path in (("POST", ""), ("GET", ""), ("GET", "/{request_id:str}/account"))
    },
    ("GET", "/organiser/sharing"): "what is somebody's own: without a role an empty list",
    ("POST", "/organiser/sharing"): "asked in tests/rooms/programmes/sharing: only of an enrolled organisation",
    ("GET", "/me/avatar.webp"): "one's own picture; no role opens it",
    ("GET", "/operator/wechat"): "one's own way to sign in; no role opens it",
    ("POST", "/operator/wechat/link"): "one's own way to sign in; no role opens it",
    ("POST", "/operator/wechat/unlink"): "one's own way to sign in; no role opens it",
    ("POST", "/operator/wechat/sign-in"): "nobody is anybody yet",
    ("GET", "/operator/wechat/{ticket:str}"): "a step of the sign-in",
    ("POST", "/operator/wechat/finish"): "a step of the sign-in",
    ("GET", "/w/{scan:str}"): "a step of the sign-in, on a phone",
    ("POST", "/w/confirm"): "a step of the sign-in, on a phone",
    ("POST", "/operator/sign-in"): "nobody is anybody yet",
    ("GET", "/operator/code"): "a step of the sign-in",
    ("GET", "/operator/factor"): "a step of the sign-in",
    ("POST", "/notify/{channel:str}"): "the channel's signature is the power",
}
"""Routes that send some away, but for no role."""


def test_every_route_that_takes_power_is_walked() -> None:
    takes_power = {
        route for route, entry in MATRIX.items()
        if entry.nobody in {401, 303} and (entry.guest in REFUSED or entry.guest == entry.nobody)
    }  # fmt: skip
    assert (
        takes_power | WITHOUT_POWER.keys() == ORGANISATION.keys() | PLATFORM.keys() | WORK.keys() | WITHOUT_POWER.keys()
    )
    assert takes_power >= WORK.keys() | ORGANISATION.keys() - {("GET", "/organiser/{code:str}")}


@dataclass(frozen=True, slots=True)
class Desk:
    """An organisation with things of its own; one member made them all and has just lost the role, one made none."""

    door: Door
    organisation_id: UUID
    gone: Caller
    colleague: Caller
    words: Mapping[str, str]
    key: str
    """Under which the member placed an order and was answered."""


@pytest.fixture
async def desk(door: Door) -> AsyncIterator[Desk]:
    async with _own_desk(door) as one:
        yield one


@contextlib.asynccontextmanager
async def _own_desk(door: Door) -> AsyncIterator[Desk]:
    own = await organisation("示例碳汇公司")
    roles = (Role.OPERATOR, Role.SPONSOR)
    async with await _member(door, own, *roles) as gone, await _member(door, own, *roles) as colleague:
        one = line(door, 5_000, "CDCER")
        key = uuid4().hex
        open_ = (await placed(gone, own, one, key=key)).json()["id"]
        paid_id = (await placed(gone, own, one)).json()["id"]
        settled = (await placed(gone, own, one)).json()["id"]
        bought = {"payer": ids.public("org", own), "lines": [{"grams": 5_000, "mix": CDCER}]}
        held = (
            await gone.post("/api/v1/holdings/orders", json=bought, headers={"idempotency-key": uuid4().hex})
        ).json()
        await door.fulfilled(held["id"])
        await door.fulfilled(settled)
        await door.money_comes(paid_id)
        await _fulfil(door, paid_id)
        order = (await gone.get(f"/api/v1/orders/{settled}")).json()
        words = {
            "order_id": open_,
            "payer": ids.public("org", own),
            "held_id": held["id"],
            "account": held["lines"][0]["account"],
            "line_id": held["lines"][0]["id"],
            "paid_id": paid_id,
            "certificate_id": order["lines"][0]["certificate_id"],
            "scene": (scene := await _own_scene(own)),
            "zone": await _zone(),
            **await _own_gift(gone, scene, key),
            **await _own_endpoint(own, by=await _person(gone), keyring=door.app.state.services.keyring),
            "draft": (
                await gone.post(
                    "/api/v1/scene-drafts",
                    json={"organisation": ids.public("org", own)},
                    headers={"idempotency-key": uuid4().hex},
                )
            ).json()["id"],
            "retirement": await fetch_value("SELECT number FROM retirement WHERE beneficiary_id = $1 LIMIT 1", own),
        }
        await withdraw_all(own, keep=await _person(colleague))
        yield Desk(door, own, gone, colleague, words, key)


async def _member(door: Door, organisation_id: UUID, *roles: Role) -> Caller:
    """Somebody signed in with these roles; without the slow look at a password."""
    person_id, now = await member(organisation_id, *roles), utc_now()
    opened = await open_session(person_id, kind=SessionKind.OPERATOR, language=Language.ZH, now=now, is_new=False)
    return Caller(door.app, token=opened.token)


async def _fulfil(door: Door, order_id: str) -> None:
    """Let the order be fulfilled, and nothing that follows: it may still be taken back."""
    uuid = ids.parse("ord", order_id)
    assert uuid is not None
    rows = await fetch("SELECT id FROM outbox_message WHERE job = 'fulfil_paid' AND done_at IS NULL")
    tools = Tools(
        gateways=door.app.state.services.gateways, issuer=door.app.state.services.issuer, studio=None, profiles={}
    )
    await JOBS[SETTLE]["fulfil_paid"]([row["id"] for row in rows], tools)
    assert (await orders.recall(uuid)).state == "paid"


async def _own_gift(caller: Caller, scene: str, key: str) -> dict[str, str]:
    """A campaign there and a batch of its codes; it is open, which an organisation that is not verified does not achieve."""
    asked = await caller.post(
        "/api/v1/gift-campaigns", json=GIFT | {"scene": scene}, headers={"idempotency-key": f"{key}-1"}
    )
    made = asked.json()["id"]
    await caller.post(f"/api/v1/gift-campaigns/{made}/take-back", headers={"idempotency-key": f"{key}-2"})
    codes = await caller.post(f"/api/v1/gift-campaigns/{made}/codes", json={"count": 2, "label": "志愿者"})
    await as_owner(
        f"UPDATE gift_campaign SET state = 'open' WHERE scenario_id = (SELECT id FROM scenario WHERE code = '{scene}')"
    )
    return {"campaign": made, "batch": codes.headers["gift-batch"]}


async def _own_endpoint(organisation_id: UUID, *, by: UUID, keyring: Keyring) -> dict[str, str]:
    """Where they are told of gifts, and a test that arrived there."""

    async def public(_host: str, _port: int) -> list[str]:
        return ["203.0.114.1"]

    draft = EndpointDraft(kind="standard", label="x", url="https://hooks.example.org/", events=("gift.ended",))
    sender = WebhookSender(resolve=public)
    made = await webhooks.add(organisation_id, draft, by=by, keyring=keyring, sender=sender)
    await webhooks.test(made.id, by=by)
    await as_owner("UPDATE webhook_delivery SET state = 'delivered', next_at = NULL, delivered_at = now()")
    (told,) = await webhooks.deliveries_of(made.id, limit=1)
    return {"webhook": ids.public("whe", made.id), "delivery": ids.public("whd", told.id)}


async def _own_scene(organisation_id: UUID) -> str:
    day = beijing_day(utc_now())
    name = Text(zh="示例开放日", en="Sample open day")
    draft = Draft(
        kind=ScenarioKind.EVENT, title=name, organiser=name, organisation_id=organisation_id, starts_on=day, ends_on=day,
        setup=Setup(modes=("metro",)),
    )  # fmt: skip
    return await opened(draft)


async def _zone() -> str:
    """Anybody's zone, the same for every desk."""
    found = await zones.list_all()
    return (found[0] if found else await zoned.zone()).slug


async def _person(caller: Caller) -> UUID:
    found = await find_session(caller.headers["authorization"].removeprefix("Bearer "), utc_now())
    assert found is not None
    return found.person_id


async def withdraw_all(organisation_id: UUID, *, keep: UUID, but: UUID | None = None) -> None:
    """By the verb of the room, from everybody but these."""
    for row in await fetch("SELECT person_id, role FROM membership WHERE organisation_id = $1", organisation_id):
        if row["person_id"] not in {keep, but}:
            await identity.withdraw_role(row["person_id"], organisation_id, Role(row["role"]))


async def ask(desk: Desk, caller: Caller, route: Route, entry: Entry) -> httpx.Response:
    """Ask the route as its entry says, with a form that our own page would have sealed."""
    (method, url), words = route, dict(desk.words)
    for name, value in (words | {name: text.format(**words) for name, text in entry.path.items()}).items():
        url = url.replace(f"{{{name}:str}}", value)
    assert "{" not in url, url
    if route == ("POST", "/api/v1/orders/joint"):
        return await placed(caller, desk.organisation_id, line(desk.door, 5_000, "CDCER"), key=uuid4().hex)
    form = None
    if entry.form is not None:
        form = {name: text.format(**words) for name, text in entry.form.items()}
        token = caller.headers["authorization"].removeprefix("Bearer ")
        form[forms.FIELD] = forms.token(form.get("intent", token), key=desk.door.app.state.services.form_key)
        if "intent" not in form:  # sealed for the session of a browser
            caller.cookies.set(cookies.SESSION, token)
    headers = OWN_PAGE | ({"idempotency-key": uuid4().hex} if entry.json is not None else PAGE)
    said = entry.json and {
        name: value.format(**words) if isinstance(value, str) else value for name, value in entry.json.items()
    }
    return await caller.request(method, url, json=said, data=form, headers=headers)


async def test_who_lost_the_role_is_refused_what_they_made_and_a_colleague_is_not(door: Door) -> None:
    """Route by route; what a colleague has moved is made anew for the next, which takes longer than all that is asked."""
    left, desks = [*ORGANISATION], 0
    while left:
        async with _own_desk(door) as desk:
            desks += 1
            while left and not await _moves(desk, left.pop(0)):
                pass
    assert 10 < desks < len(ORGANISATION), "what is moved is looked at, and most of what is read moves nothing"


async def _moves(desk: Desk, route: Route) -> bool:
    """Walk one route; whether the colleague has moved something of the organisation's."""
    entry = ORGANISATION[route]
    before = await _everything()
    refused = await ask(desk, desk.gone, route, entry)
    assert refused.status_code in REFUSED, (route, refused.status_code, refused.text)
    assert await _everything() == before, route
    allowed = await ask(desk, desk.colleague, route, entry)
    assert allowed.status_code == entry.colleague, (route, allowed.text)
    if entry.colleague == 404 and "{name:str}" in route[1]:  # a file that is still being drawn, not a stranger's
        assert allowed.json()["code"] == "CERTIFICATE_FILE_BEING_DRAWN"
    for caller in (desk.gone, desk.colleague):
        caller.cookies.clear()  # each route is asked as if it were the first
    return await _everything() != before


async def _everything() -> list[dict[str, Any]]:
    """What the actions of an organisation move."""
    return await fetch(
        "SELECT 'order' AS what, id::text, state FROM purchase_order UNION ALL"
        " SELECT 'payment', id::text, state FROM payment UNION ALL"
        " SELECT 'retirement', id::text, state FROM retirement UNION ALL"
        " SELECT 'gift', id::text, concat(state, most_people, each_g) FROM gift_campaign UNION ALL"
        " SELECT 'draft', id::text, concat(revision, discarded_at, proposed_revision) FROM scene_draft UNION ALL"
        " SELECT 'codes', id::text, concat(voided_at) FROM gift_batch UNION ALL"
        " SELECT 'webhook', id::text, concat(state, label, secret_sealed) FROM webhook_endpoint UNION ALL"
        " SELECT 'delivery', id::text, state FROM webhook_delivery UNION ALL"
        " SELECT 'refund', id::text, state FROM payment_refund ORDER BY 1, 2"
    )


async def test_a_kept_answer_is_not_told_again_to_who_lost_the_role(desk: Desk) -> None:
    again = await placed(desk.gone, desk.organisation_id, line(desk.door, 5_000, "CDCER"), key=desk.key)
    assert (again.status_code, again.json()["code"]) == (403, "SESSION_ROLE_MISSING")
    campaigns = "/api/v1/gift-campaigns"
    made = await desk.gone.post(
        campaigns, json=GIFT | {"scene": desk.words["scene"]}, headers={"idempotency-key": f"{desk.key}-1"}
    )
    taken = await desk.gone.post(
        f"{campaigns}/{desk.words['campaign']}/take-back", headers={"idempotency-key": f"{desk.key}-2"}
    )
    assert (made.status_code, taken.status_code) == (403, 404)


async def test_a_colleague_finds_the_organisations_orders_and_papers_among_theirs(desk: Desk) -> None:
    page = (await desk.colleague.get("/me", headers=PAGE)).text
    assert desk.words["order_id"] in page
    held = (await desk.colleague.get("/api/v1/certificates")).json()["items"]
    assert [one["id"] for one in held] == [desk.words["certificate_id"]]
    left = (await desk.gone.get("/api/v1/certificates")).json()["items"]
    assert left == []
    assert desk.words["order_id"] not in (await desk.gone.get("/me", headers=PAGE)).text


async def test_a_member_who_only_reads_sees_the_order_and_moves_nothing(desk: Desk) -> None:
    async with await _member(desk.door, desk.organisation_id, Role.AUDITOR) as auditor:
        order_id = desk.words["order_id"]
        assert (await auditor.get(f"/api/v1/orders/{order_id}")).status_code == 200
        for verb, body in (
            ("cancel", None),
            ("take-back", {"reason": "重复下单"}),
            ("payments", {"method": "wechatpay.h5"}),
        ):
            answer = await auditor.post(
                f"/api/v1/orders/{order_id}/{verb}", json=body, headers={"idempotency-key": uuid4().hex}
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "SESSION_ROLE_MISSING"), verb


@contextlib.asynccontextmanager
async def _at(platform: Platform, step: str) -> AsyncIterator[tuple[str, dict[str, str], Caller, Caller]]:
    """A cancellation at this step: its page, the form there, who made it and a colleague with the same role."""
    await sold(platform.door)
    role = Role.REVIEWER if step in {"approve", "return"} else Role.OPERATOR
    maker = await platform.come(Role.OPERATOR)
    actor, colleague = await platform.come(role), await platform.come(role)
    if step == "propose":
        yield LIST, fields((await actor.get(LIST)).text) | {"mode": "hand"}, actor, colleague
        return
    url = await proposed(actor if step in {"report", "withdraw"} else maker)
    if step in {"approve", "return", "evidence"}:
        assert await reported(maker, url) == 303
    yield url, fields((await actor.get(url)).text), actor, colleague


@pytest.mark.parametrize("step", ["look", "propose", "report", "evidence", "approve", "return", "withdraw"])
async def test_who_lost_a_role_of_the_platform_does_none_of_its_work(platform: Platform, step: str) -> None:
    async with _at(platform, step) as (url, form, actor, colleague):
        await withdraw_all(UUID(str(platform.organisation_id)), keep=await person_of(colleague))
        if step in {"look", "evidence"}:
            answer = await actor.get(url if step == "look" else f"{url}/evidence")
            home = await actor.get("/operator")
            assert (home.status_code, home.headers["location"]) == (303, "/organiser")
        elif step == "report":
            typed = form | {"registry_reference": "VN-2026-1", "cancelled_on": beijing_day(utc_now()).isoformat()}
            answer = await actor.post(
                f"{url}/report", data=typed, files={"evidence": ("p.pdf", b"%PDF-1.7\n a", "application/pdf")}
            )
        else:
            there = url if step == "propose" else f"{url}/{step}"
            answer = await actor.post(there, data=form | {"reason": "范围不符"})
        assert answer.status_code == 403, (step, answer.text)
        states = [row["state"] for row in await fetch("SELECT state FROM upstream_cancellation")]
        assert states == {
            "propose": [], "look": ["proposed"], "report": ["proposed"], "withdraw": ["proposed"],
        }.get(step, ["reported"]), states  # fmt: skip
        assert (await colleague.get(LIST)).status_code == 200


async def person_of(browser: Caller) -> UUID:
    found = await find_session(str(browser.cookies.get(cookies.SESSION)), utc_now())
    assert found is not None
    return found.person_id
