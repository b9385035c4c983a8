"""Every route, asked by everybody: nobody, a stale token, a guest, another citizen, the owner, a program with a key.

A route without a line in `MATRIX` fails the test, so does one that gives a stranger anything of the owner's.
"""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from app.foundation import identity
from app.foundation.identity import Role
from app.kernel import ids
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.web.kit.security import forms
from tests.doors.conftest import OWN_PAGE, Caller, Door
from tests.staff import member, verified

NAME = "周听雨"
NOBODY, STALE, GUEST, OTHER, OWNER, KEY = "nobody", "stale", "guest", "other", "owner", "key"
CALLERS = (NOBODY, STALE, GUEST, OTHER, OWNER, KEY)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who gets which status; how the route is asked."""

    nobody: int
    stale: int
    guest: int
    other: int
    owner: int
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    """Of the owner's problem document, where the owner is refused too, but otherwise than a stranger."""


def public(status: int = 200, **more: Any) -> Entry:
    """The same for everybody."""
    return Entry(status, status, status, status, status, **more)


def session(status: int = 200, **more: Any) -> Entry:
    """For whoever is known."""
    return Entry(401, 401, status, status, status, **more)


def guests(status: int, **more: Any) -> Entry:
    """For whoever came without an app; the other two came by one."""
    return Entry(401, 401, status, 403, 403, **more)


def citizens(status: int, **more: Any) -> Entry:
    """For whoever came by an app."""
    return Entry(401, 401, 403, status, status, **more)


def owned(status: int = 200, **more: Any) -> Entry:
    """For its owner; to others it does not exist."""
    return Entry(401, 401, 404, 404, status, **more)


def staff(nobody: int, **more: Any) -> Entry:
    """For operators of the platform, whom none of these callers is: each is nobody here, and may sign in."""
    return Entry(nobody, nobody, nobody, nobody, nobody, **more)


VISIT = {"mode": "metro", "km": "23"}
ORGANISATION = "org_01JD8Q9T5K3V2M7N4P6R8S0W1X"
VERIFICATION = {"verification": "0193a1b2-0000-7000-8000-000000000001"}
SEALED = {"intent": "{intent}"}
NO_FIGURE = "fig_01JD8Q9T5K3V2M7N4P6R8S0W1X"
NO_LINK = "lnk_01JD8Q9T5K3V2M7N4P6R8S0W1X"
NO_APPROVAL = "00000000-0000-0000-0000-000000000001"
MATRIX: dict[tuple[str, str], Entry] = {
    ("GET", "/"): public(),
    ("GET", "/go"): public(303, query={"code": "{live}"}),
    ("GET", "/verify"): public(),
    ("GET", "/books"): public(),
    ("GET", "/v/{code:str}"): public(path={"code": "{verify_code}"}),
    ("GET", "/V/{code:str}"): public(path={"code": "{verify_code}"}),
    ("GET", "/v/{code:str}/findings"): public(path={"code": "{verify_code}"}),
    ("GET", "/V/{code:str}/findings"): public(path={"code": "{verify_code}"}),
    ("GET", "/z/{slug:str}"): public(404, path={"slug": "none"}),
    ("GET", "/api/v1/zones/{slug:str}"): public(404, path={"slug": "none"}),
    ("GET", "/static/{folder:str}/{name:str}"): public(path={"folder": "citizen", "name": "scene.js"}),
    ("GET", "/favicon.ico"): public(302),
    ("GET", "/robots.txt"): public(),
    ("GET", "/kit"): public(),
    ("GET", "/{name:str}"): public(404, path={"name": "anything"}),
    ("GET", "/s/{code:str}"): public(path={"code": "{live}"}),
    ("POST", "/s/{code:str}"): public(303, path={"code": "{live}"}, form=VISIT | {"intent": "{intent}"}),
    ("GET", "/s/{code:str}/qr.svg"): public(path={"code": "{live}"}),
    ("GET", "/s/{code:str}/qr.png"): public(path={"code": "{live}"}),
    ("GET", "/me"): public(),
    ("POST", "/me/consents"): session(303, form=SEALED | {"purpose": "wall", "version": "2", "given": "yes"}),
    # One's devices: each sees and ends their own.
    ("GET", "/me/devices"): session(),
    ("POST", "/me/devices/revoke"): session(404, form=SEALED | {"id": NO_APPROVAL}),
    ("POST", "/me/devices/revoke-others"): session(303, form=SEALED),
    ("GET", "/me/devices/move"): session(),
    ("POST", "/me/devices/move"): session(303, form=SEALED),
    ("POST", "/me/devices/move/answer"): session(410, form=SEALED | {"move": NO_APPROVAL, "answer": "yes"}),
    # A guest's browser shows the code of a link; a mini-program's user types it.
    ("GET", "/me/link"): session(),
    ("POST", "/me/link"): guests(303, form=SEALED),
    ("POST", "/me/link/answer"): guests(410, form=SEALED | {"move": NO_APPROVAL, "answer": "yes"}),
    ("POST", "/api/v1/account/links"): citizens(404, json={"code": "AAAA AAAA"}),
    ("GET", "/api/v1/account/links"): session(),
    ("GET", "/api/v1/account/links/{link:str}"): citizens(410, path={"link": NO_LINK}),
    ("POST", "/api/v1/account/links/{link:str}/finish"): citizens(410, path={"link": NO_LINK}),
    ("GET", "/api/v1/me/messages"): session(),
    ("POST", "/api/v1/me/messages"): citizens(404, json={"answers": [{"template_id": "x", "answer": "accept"}]}),
    # Whoever types a code need not be known; without one nobody is let in.
    ("GET", "/move"): public(),
    ("POST", "/move"): public(404, form={"intent": "x", "code": "AAAA AAAA"}),
    ("GET", "/move/wait"): public(),
    ("POST", "/move/finish"): public(410, form={"intent": "x"}),
    # What is kept is told to everybody; one's own rows to oneself. A form without its word erases nobody.
    ("GET", "/me/privacy"): public(),
    ("POST", "/me/privacy/age"): session(303, form=SEALED | {"under_14": ""}),
    ("GET", "/me/privacy/erase"): session(),
    ("POST", "/me/privacy/erase"): session(422, form=SEALED | {"sure": "x"}),
    ("GET", "/me/privacy/export.json"): session(),
    ("GET", "/me/privacy/export.pdf"): session(),
    ("GET", "/me/footprint"): public(),
    ("POST", "/me/footprint"): public(form=SEALED | {"span": "day", "metro_km": "10", "do": "look"}),
    ("GET", "/me/footprint/{figure:str}"): session(404, path={"figure": NO_FIGURE}),
    ("POST", "/me/footprint/{figure:str}"): session(404, path={"figure": NO_FIGURE}, form=SEALED | {"kg": "1"}),
    ("GET", "/me/grams"): session(),
    ("GET", "/me/letter"): session(),
    **{("GET", f"/api/v1/account{path}"): session() for path in ("", "/entries", "/grams", "/ranges", "/figures")},
    ("POST", "/api/v1/account/figures"): session(400),
    ("GET", "/api/v1/account/figures/{figure:str}"): session(404, path={"figure": NO_FIGURE}),
    ("POST", "/api/v1/account/figures/{figure:str}/orders"): session(400, path={"figure": NO_FIGURE}),
    # Each has their own account to share; what is asked by a code that is none is unknown to everybody.
    ("GET", "/me/sharing"): public(),
    ("GET", "/me/sharing/ask"): public(404, query={"code": "x"}),
    ("POST", "/me/sharing/ask"): session(404, form=SEALED | {"code": "x", "do": "no"}),
    ("GET", "/me/sharing/{share:str}/revoke"): session(404, path={"share": "shr_x"}),
    ("POST", "/me/sharing/{share:str}/revoke"): session(404, form=SEALED, path={"share": "shr_x"}),
    ("POST", "/me/sharing/statements"): session(400, form=SEALED),
    ("GET", "/me/sharing/statements/{certificate_id:str}/{name:str}"): session(404, path={"name": "zh.pdf"}),
    **{("GET", f"/api/v1/me/sharing{path}"): session() for path in ("", "/reads", "/statements")},
    ("GET", "/api/v1/me/sharing/requests/{code:str}"): session(404, path={"code": "x"}),
    ("PUT", "/api/v1/me/sharing/requests/{code:str}/answer"): session(404, path={"code": "x"}, json={"books": {}}),
    ("PUT", "/api/v1/me/sharing/{share:str}/revoke"): session(404, path={"share": "shr_x"}),
    ("POST", "/api/v1/me/sharing/statements"): session(400, json={}),
    ("POST", "/api/v1/sharing/requests"): Entry(401, 401, 403, 403, 403, json={}),
    ("GET", "/api/v1/sharing/requests"): Entry(401, 401, 403, 403, 403),
    ("GET", "/api/v1/sharing/requests/{request_id:str}/account"): Entry(
        401, 401, 403, 403, 403, path={"request_id": "shr_x"}
    ),
    ("GET", "/organiser/sharing"): staff(303),
    ("POST", "/organiser/sharing"): staff(401, form=SEALED),
    ("GET", "/operator/readers"): staff(303),
    ("POST", "/operator/readers"): staff(401, form=SEALED),
    ("POST", "/operator/readers/end"): staff(401, form=SEALED),
    # A picture of oneself: each has their own, and what everybody sees is a default where nothing has passed.
    ("GET", "/me/avatar"): session(),
    ("POST", "/me/avatar"): session(422, form=SEALED),
    ("POST", "/me/avatar/remove"): session(303, form=SEALED),
    ("GET", "/me/avatar.webp"): session(404),
    ("GET", "/api/v1/me/avatar"): session(),
    ("POST", "/api/v1/me/avatar"): session(400),
    ("DELETE", "/api/v1/me/avatar"): session(),
    ("GET", "/avatars/{name:str}"): public(path={"name": "0" * 64 + ".webp"}),
    ("GET", "/avatars/check/{check_id:uuid}/{name:str}"): public(404, path={"check_id": NO_APPROVAL, "name": "x.webp"}),
    ("GET", "/c/{certificate_id:str}/poster"): owned(202),
    ("GET", "/c/{certificate_id:str}/poster/{name:str}"): owned(202, path={"name": "zh.png"}),
    ("GET", "/v/{code:str}/poster/{name:str}"): public(404, path={"code": "{verify_code}", "name": "zh.png"}),
    # WeChat's own, which these callers are not; here nobody has set its push up.
    ("GET", "/notify/wechat/messages"): public(404),
    ("POST", "/notify/wechat/messages"): public(404),
    ("GET", "/o/{order_id:str}"): owned(),
    # The owner meets a silent channel and is told so on the page.
    ("POST", "/o/{order_id:str}"): owned(422, form={"intent": "{order_id}", "method": "wechatpay.native"}),
    ("GET", "/o/{order_id:str}/cancel"): owned(),
    ("POST", "/o/{order_id:str}/cancel"): owned(303, form={"intent": "{order_id}"}),
    ("GET", "/o/{order_id:str}/wechat"): owned(303),
    # No method of these doors is abroad: tests/doors/test_paying_abroad.py has one.
    ("GET", "/o/{order_id:str}/abroad"): owned(400),
    ("POST", "/o/{order_id:str}/abroad"): owned(400, form=SEALED | {"method": "wechatpay.native", "version": "1"}),
    # An answer that nobody asked WeChat for leads home.
    ("GET", "/wechat/back"): session(303, query={"code": "x", "state": "y"}),
    ("GET", "/c/{certificate_id:str}"): owned(),
    ("GET", "/c/{certificate_id:str}/{name:str}"): owned(202, path={"name": "zh.pdf"}),
    # Nobody is led to the sign-in page, before anything is looked up; a guest of this browser is nobody there.
    ("GET", "/organiser"): staff(303),
    ("GET", "/organiser/sign-up"): public(),
    ("POST", "/organiser/sign-up"): public(400, form=SEALED | {"country": "CN", "register_number": "x"}),
    ("GET", "/organiser/application"): staff(303),
    ("POST", "/organiser/application"): staff(401, form=SEALED),
    **{
        ("POST", f"/operator/organisations/applications/{{organisation:str}}/{step}"): staff(
            401, form=SEALED, path={"organisation": ORGANISATION}
        )
        for step in ("propose", "return")
    },
    ("GET", "/organiser/invoices"): staff(303),
    ("POST", "/organiser/invoices"): staff(401, form=SEALED),
    ("GET", "/organiser/keys"): staff(303),
    ("POST", "/organiser/keys"): staff(401, form=SEALED),
    ("POST", "/organiser/keys/revoke"): staff(401, form=SEALED),
    ("GET", "/api/v1/keys"): Entry(401, 401, 403, 403, 403),
    ("POST", "/api/v1/keys"): Entry(401, 401, 403, 403, 403, json={}),
    ("POST", "/api/v1/keys/{key:str}/revoke"): Entry(401, 401, 403, 403, 403, path={"key": "key_x"}),
    ("GET", "/organiser/{code:str}"): staff(303, path={"code": "{live}"}),
    ("GET", "/organiser/{code:str}/wall"): staff(303, path={"code": "{live}"}),
    **{
        ("POST", f"/organiser/{{code:str}}/wall/{step}"): staff(401, form=SEALED, path={"code": "{live}"})
        for step in ("settings", "screens", "revoke", "turns")
    },
    # The live scene has no screen here, so no token opens anything, and its owner is told that there is none.
    ("GET", "/wall/{token:str}"): public(404, path={"token": "x"}),
    ("GET", "/wall/{token:str}/rings/{name:str}"): public(404, path={"token": "x", "name": "people-1.svg"}),
    ("GET", "/wall/{token:str}/faces/{name:str}"): public(404, path={"token": "x", "name": f"{'0' * 64}.webp"}),
    ("GET", "/organiser/screen-checks"): staff(303),
    ("POST", "/organiser/screen-checks"): staff(401, form=SEALED),
    ("GET", "/organiser/{code:str}/wall/pictures/{turn:str}"): staff(303, path={"code": "{live}", "turn": "1"}),
    ("POST", "/api/v1/certificates/{certificate_id:str}/wall/photo"): owned(404, code="WALL_TURN_UNKNOWN"),
    ("POST", "/c/{certificate_id:str}/wall/photo"): owned(404, form=SEALED, code="WALL_TURN_UNKNOWN"),
    ("POST", "/wall/{token:str}/turns"): Entry(401, 401, 403, 403, 403, form=SEALED, path={"token": "x"}),
    ("GET", "/api/v1/wall/{token:str}/snapshot"): public(404, path={"token": "x"}),
    ("GET", "/api/v1/wall/{token:str}/stream"): public(404, path={"token": "x"}),
    ("GET", "/api/v1/certificates/{certificate_id:str}/wall"): owned(409),
    ("PUT", "/api/v1/certificates/{certificate_id:str}/wall"): owned(409, json={"given": True, "version": 1}),
    ("POST", "/c/{certificate_id:str}/wall"): owned(303, form=SEALED),
    ("GET", "/organiser/scenes"): staff(303),
    ("GET", "/organiser/scenes/new"): staff(303),
    ("POST", "/organiser/scenes/new"): staff(401, form=SEALED),
    ("GET", "/organiser/scenes/{draft:str}/{step:str}"): staff(303, path={"draft": "sdr_x", "step": "kind"}),
    ("POST", "/organiser/scenes/{draft:str}/{step:str}"): staff(
        401, form=SEALED, path={"draft": "sdr_x", "step": "kind"}
    ),
    ("GET", "/organiser/scenes/{draft:str}/preview"): staff(303, path={"draft": "sdr_x"}),
    **{
        ("POST", f"/organiser/scenes/{{draft:str}}/{step}"): staff(401, form=SEALED, path={"draft": "sdr_x"})
        for step in ("discard", "restore")
    },
    ("GET", "/members/{organisation:str}"): staff(303, path={"organisation": ORGANISATION}),
    ("POST", "/members/{organisation:str}"): staff(401, form=SEALED, path={"organisation": ORGANISATION}),
    ("POST", "/members/{organisation:str}/revoke"): staff(401, form=SEALED, path={"organisation": ORGANISATION}),
    ("POST", "/members/{organisation:str}/take-role"): staff(401, form=SEALED, path={"organisation": ORGANISATION}),
    ("GET", "/operator/people"): staff(303),
    ("GET", "/operator/organisations"): staff(303),
    ("POST", "/operator/organisations"): staff(401, form=SEALED),
    ("POST", "/operator/organisations/{verification:uuid}/verify"): staff(401, form=SEALED, path=VERIFICATION),
    ("POST", "/operator/organisations/{verification:uuid}/return"): staff(401, form=SEALED, path=VERIFICATION),
    # The second step is for whoever has given a right password; a form without their session has expired.
    ("GET", "/operator/code"): public(303),
    ("POST", "/operator/code"): public(403, form=SEALED),
    ("GET", "/operator/factor"): public(303),
    ("POST", "/operator/factor"): public(403, form=SEALED),
    ("POST", "/operator/factor/later"): public(403, form=SEALED),
    # WeChat instead of the password; this door has no official account, so nothing is scanned.
    ("GET", "/operator/wechat"): staff(303),
    ("POST", "/operator/wechat/link"): staff(401, form=SEALED),
    ("POST", "/operator/wechat/unlink"): staff(401, form=SEALED),
    ("POST", "/operator/wechat/sign-in"): public(303, form={"intent": "x"}),
    ("GET", "/operator/wechat/wait"): public(),
    ("POST", "/operator/wechat/finish"): public(410, form={"intent": "x"}),
    ("GET", "/w/{scan:str}"): public(303, path={"scan": "x" * 22}),
    ("GET", "/w/back"): public(410),
    ("POST", "/w/confirm"): public(403, form={"intent": "x"}),
    ("GET", "/join/{token:str}"): public(404, path={"token": "x" * 43}),
    ("POST", "/join/{token:str}"): public(404, form=SEALED, path={"token": "x" * 43}),
    ("POST", "/join/{token:str}/as"): Entry(401, 401, 403, 403, 403, form=SEALED, path={"token": "x" * 43}),
    ("GET", "/reset/{token:str}"): public(404, path={"token": "x" * 43}),
    ("POST", "/reset/{token:str}"): public(422, form=SEALED, path={"token": "x" * 43}),
    ("GET", "/naming/{number:str}"): Entry(401, 401, 403, 403, 403, path={"number": "R-1"}),
    ("POST", "/naming/{number:str}"): Entry(
        401, 401, 403, 403, 403, path={"number": "R-1"}, form={"intent": "x", "agrees": "yes"}
    ),
    ("GET", "/operator"): staff(303),
    ("GET", "/operator/sign-in"): public(),
    ("POST", "/operator/sign-in"): public(
        401, form={"email": "nobody@x.example", "password": "x", "intent": "{intent}"}
    ),
    ("POST", "/operator/sign-out"): Entry(401, 401, 403, 403, 403, form=SEALED),
    ("GET", "/operator/orders"): staff(303),
    ("POST", "/operator/orders"): staff(401, form={"intent": "{intent}", "order": "x", "reason": "x"}),
    ("GET", "/operator/transfers"): staff(303),
    ("POST", "/operator/transfers"): staff(401, form={"intent": "{intent}", "remark": "x"}),
    ("GET", "/operator/statements"): staff(303),
    ("POST", "/operator/statements"): staff(401, form=SEALED),
    ("GET", "/operator/statements/{number:str}"): staff(303, path={"number": "bst_x"}),
    ("POST", "/operator/statements/{number:str}/take"): staff(401, form=SEALED, path={"number": "bst_x"}),
    ("GET", "/operator/statements/findings"): staff(303),
    **{
        ("POST", f"/operator/statements/findings/{{number:str}}/{step}"): staff(
            401, form=SEALED | {"remark": "x", "reason": "x"}, path={"number": "bsf_x"}
        )
        for step in ("take", "record", "explain")
    },
    ("GET", "/operator/rates"): staff(303),
    ("POST", "/operator/rates"): staff(401, form={"intent": "{intent}", "rate": "x"}),
    ("GET", "/operator/bills"): staff(303),
    ("GET", "/operator/bills/{day:str}"): staff(303, path={"day": "2026-11-28"}),
    ("POST", "/operator/bills/{day:str}/fetch"): staff(401, form=SEALED | {"channel": "x"}, path={"day": "2026-11-28"}),
    ("POST", "/operator/bills/{day:str}/propose"): staff(401, form=SEALED, path={"day": "2026-11-28"}),
    ("GET", "/operator/bills/differences"): staff(303),
    **{
        ("POST", f"/operator/bills/differences/{{number:str}}/{step}"): staff(
            401, form=SEALED | {"reason": "x"}, path={"number": "bdf_x"}
        )
        for step in ("take", "ask", "explain")
    },
    ("GET", "/operator/payments"): staff(303),
    ("POST", "/operator/payments/ask"): staff(401, form={"intent": "{intent}", "reference": "x"}),
    ("GET", "/operator/refunds"): staff(303),
    ("POST", "/operator/refunds/again"): staff(401, form={"intent": "{intent}", "reference": "x", "reason": "x"}),
    ("POST", "/operator/refunds/by-hand"): staff(
        401, form={"intent": "{intent}", "reference": "x", "reason": "x", "evidence": "x"}
    ),
    ("GET", "/operator/notices"): staff(303),
    ("POST", "/operator/notices/again"): staff(401, form={"intent": "{intent}", "notice": "1"}),
    ("POST", "/operator/notices/decide"): staff(
        401, form={"intent": "{intent}", "notice": "1", "decision": "note", "reason": "x"}
    ),
    ("POST", "/operator/notices/unmask"): staff(
        401, form={"intent": "{intent}", "notice": "1", "reason": "fault", "said": "查不到付款"}
    ),
    ("GET", "/operator/names"): staff(303),
    ("POST", "/operator/names"): staff(
        401, form={"intent": "{intent}", "number": "{order_id}", "reason": "asked", "said": "本人来电"}
    ),
    ("GET", "/operator/invoices"): staff(303),
    ("GET", "/operator/invoices.csv"): staff(303),
    ("GET", "/operator/invoices.xlsx"): staff(303),
    ("POST", "/operator/invoices"): staff(401, form={"intent": "{intent}", "order": "x", "seen": "1"}),
    ("POST", "/operator/invoices/unmask"): staff(
        401, form={"intent": "{intent}", "order": "x", "reason": "asked", "said": "按申请发送发票"}
    ),
    ("POST", "/operator/invoices/take"): staff(
        401, form={"intent": "{intent}", "reason": "asked", "said": "按申请发送发票"}
    ),
    ("GET", "/operator/moderation"): staff(303),
    ("GET", "/operator/moderation/pictures/{check_id:uuid}"): staff(303, path={"check_id": NO_APPROVAL}),
    ("POST", "/operator/moderation/unmask"): staff(
        401, form={"intent": "x", "check": NO_APPROVAL, "reason": "complaint", "said": "有人投诉"}
    ),
    ("POST", "/operator/moderation"): staff(401, form={"intent": "x", "check": NO_APPROVAL, "state": "passed"}),
    ("GET", "/operator/inbox"): staff(303),
    ("GET", "/operator/inbox/{approval:uuid}"): staff(303, path={"approval": NO_APPROVAL}),
    ("POST", "/operator/inbox/{approval:uuid}/approve"): staff(
        401, form={"intent": "x", "seen": "x"}, path={"approval": NO_APPROVAL}
    ),
    ("POST", "/operator/inbox/{approval:uuid}/return"): staff(
        401, form={"intent": "x", "reason": "x"}, path={"approval": NO_APPROVAL}
    ),
    ("POST", "/operator/inbox/{approval:uuid}/withdraw"): staff(
        401, form={"intent": "x", "reason": "x"}, path={"approval": NO_APPROVAL}
    ),
    ("GET", "/operator/cancellations"): staff(303),
    ("POST", "/operator/cancellations"): staff(401, form={"intent": "{intent}", "lot": "x"}),
    ("GET", "/operator/cancellations/{reference:str}"): staff(303, path={"reference": "UC-1"}),
    ("GET", "/operator/cancellations/{reference:str}/evidence"): staff(303, path={"reference": "UC-1"}),
    ("POST", "/operator/cancellations/{reference:str}/report"): staff(
        401, form={"intent": "x"}, path={"reference": "UC-1"}
    ),
    ("GET", "/operator/cancellations/propose"): staff(303),
    ("GET", "/operator/cancellations/{reference:str}/withdraw"): staff(303, path={"reference": "UC-1"}),
    ("POST", "/operator/cancellations/{reference:str}/withdraw"): staff(
        401, form={"intent": "x"}, path={"reference": "UC-1"}
    ),
    ("POST", "/operator/cancellations/{reference:str}/approve"): staff(
        401, form={"intent": "x"}, path={"reference": "UC-1"}
    ),
    ("POST", "/operator/cancellations/{reference:str}/return"): staff(
        401, form={"intent": "x"}, path={"reference": "UC-1"}
    ),
    ("GET", "/demo/{role:str}/{given:str}"): public(404, path={"role": "organiser", "given": "x" * 32}),
    ("GET", "/api/v1/scenes/{code:str}"): public(path={"code": "{live}"}),
    ("GET", "/api/v1/scenes/{code:str}/estimate"): public(path={"code": "{live}"}, query=VISIT),
    ("GET", "/api/v1/calculators"): public(),
    ("GET", "/api/v1/calculators/{name:str}"): public(path={"name": "event"}),
    ("GET", "/api/v1/cases"): public(),
    ("GET", "/api/v1/books"): public(),
    ("GET", "/api/v1/errors"): public(),
    ("GET", "/errors"): public(),
    ("GET", "/errors/{code:str}"): public(path={"code": "ORDER_OVER"}),
    ("GET", "/api/v1/verify/{code:str}"): public(path={"code": "{verify_code}"}),
    ("GET", "/api/v1/verify/{code:str}/findings"): public(path={"code": "{verify_code}"}),
    ("POST", "/api/v1/footprints"): session(
        201, json={"calculator": "personal", "inputs": {"mode": "day", "metro_km": "1"}}
    ),
    ("POST", "/api/v1/orders"): session(201, json={"mode": "metro", "km": 23, "scene": "{live}"}),
    ("GET", "/api/v1/orders/{order_id:str}"): owned(),
    ("GET", "/api/v1/orders/{order_id:str}/payment-methods"): owned(),
    ("POST", "/api/v1/orders/{order_id:str}/payments"): owned(503, json={"method": "wechatpay.h5"}),
    ("POST", "/api/v1/orders/{order_id:str}/cancel"): owned(200),
    ("POST", "/api/v1/orders/{order_id:str}/take-back"): owned(409, json={"reason": "重复下单"}, code="ORDER_FINAL"),
    ("POST", "/api/v1/orders/joint"): Entry(401, 401, 403, 403, 403, json={}),
    ("GET", "/api/v1/holdings"): Entry(401, 401, 403, 403, 403),
    ("POST", "/api/v1/scenes/{code:str}/gift"): session(
        404, json={"mode": "metro", "km": 23}, path={"code": "{live}"}
    ),  # nothing is given there: tests/doors/test_gifts.py has one with a gift
    ("GET", "/api/v1/gifts/{gift:str}"): session(404, path={"gift": "gft_x"}),
    ("POST", "/api/v1/gifts/{gift:str}/name"): session(404, path={"gift": "gft_x"}, json={"name": "x"}),
    ("GET", "/g/{gift:str}"): session(404, path={"gift": "gft_x"}),
    ("POST", "/g/{gift:str}"): session(404, path={"gift": "gft_x"}, form={"intent": "x", "name": "x"}),
    ("GET", "/api/v1/scene-drafts"): Entry(401, 401, 403, 403, 403),
    ("POST", "/api/v1/scene-drafts"): Entry(401, 401, 403, 403, 403, json={}),
    ("GET", "/api/v1/scene-drafts/{draft:str}"): Entry(401, 401, 403, 403, 403, path={"draft": "sdr_x"}),
    ("PATCH", "/api/v1/scene-drafts/{draft:str}"): Entry(401, 401, 403, 403, 403, path={"draft": "sdr_x"}, json={}),
    ("DELETE", "/api/v1/scene-drafts/{draft:str}"): Entry(401, 401, 403, 403, 403, path={"draft": "sdr_x"}),
    **{
        ("POST", f"/api/v1/scene-drafts/{{draft:str}}/{step}"): Entry(
            401, 401, 403, 403, 403, path={"draft": "sdr_x"}, json={}
        )
        for step in ("restore", "propose")
    },
    **{
        ("POST", f"/api/v1/scenes/{{code:str}}/gift-code/{step}"): session(
            404, json={"gift_code": "x"}, path={"code": "{live}"}
        )
        for step in ("decline", "pass-on")
    },
    ("GET", "/s/{code:str}/code"): public(404, path={"code": "{live}"}),  # nothing is given there
    ("POST", "/s/{code:str}/code"): public(404, path={"code": "{live}"}, form={"intent": "x", "do": "decline"}),
    ("GET", "/api/v1/cards"): session(),
    ("POST", "/api/v1/cards"): session(404, json={"card": "x"}),
    ("GET", "/z/{slug:str}/board"): public(404, path={"slug": "nowhere"}),
    ("GET", "/z/{slug:str}/board.xlsx"): public(404, path={"slug": "nowhere"}),
    ("GET", "/api/v1/zones/{slug:str}/board"): public(404, path={"slug": "nowhere"}),
    ("GET", "/organiser/donations"): staff(303),
    ("GET", "/organiser/donations/{slug:str}"): staff(303, path={"slug": "nowhere"}),
    ("POST", "/organiser/donations/{slug:str}"): staff(401, form=SEALED, path={"slug": "nowhere"}),
    ("POST", "/organiser/donations/{slug:str}/agreement"): staff(401, form=SEALED, path={"slug": "nowhere"}),
    ("GET", "/organiser/donations/{slug:str}/agreement/{shown_id:str}"): staff(
        303, path={"slug": "nowhere", "shown_id": "din_x"}
    ),
    ("POST", "/organiser/donations/{slug:str}/support"): staff(401, form=SEALED, path={"slug": "nowhere"}),
    ("GET", "/organiser/donations/{slug:str}/report.zip"): staff(303, path={"slug": "nowhere"}),
    ("POST", "/api/v1/zones/{slug:str}/support"): session(
        404,
        path={"slug": "nowhere"},
        json={
            "donor": ORGANISATION,
            "kind": "project",
            "unit": "tree",
            "quantity": 5,
            "told_zh": "x",
            "told_en": "x",
            "received_on": "2026-11-01",
            "document": "9f" * 32,
        },
    ),
    ("POST", "/api/v1/support/approve"): session(404, json={"approval": "apr_x", "digest": "9f" * 32}),
    ("POST", "/api/v1/support/{support:str}/shown"): session(404, path={"support": "sup_x"}, json={"shown_as": "name"}),
    ("GET", "/api/v1/donations"): session(),
    ("POST", "/api/v1/donations"): session(404, json={"zone": "nowhere", "grams": 1}),
    ("POST", "/api/v1/donations/{donation:str}/shown"): session(
        404, path={"donation": "don_x"}, json={"shown_as": "name"}
    ),
    ("GET", "/api/v1/held-gifts"): session(),
    ("POST", "/api/v1/gifts/{gift:str}/uses"): session(404, path={"gift": "gft_x"}, json={"grams": 1}),
    ("POST", "/g/{gift:str}/use"): session(404, path={"gift": "gft_x"}, form={"intent": "x", "kg": "1"}),
    # What is given on is its holder's; whoever brings the code need not be known.
    ("GET", "/api/v1/me/gift-offers"): session(),
    ("POST", "/api/v1/gifts/{gift:str}/offers"): session(404, path={"gift": "gft_x"}, json={"grams": 1}),
    ("POST", "/api/v1/cards/{card:str}/offers"): session(404, path={"card": "gcd_x"}, json={"grams": 1}),
    ("POST", "/api/v1/me/gift-offers/{offer:str}/take-back"): session(404, path={"offer": "gtr_x"}),
    ("POST", "/api/v1/gift-offers/take"): session(404, json={"gift_code": "x"}),
    ("GET", "/me/give"): session(),
    ("POST", "/me/give"): session(404, form=SEALED | {"gift": "gft_x", "kg": "1"}),
    ("GET", "/me/give/{offer:str}"): session(404, path={"offer": "gtr_x"}),
    ("POST", "/me/give/{offer:str}/take-back"): session(404, path={"offer": "gtr_x"}, form=SEALED),
    ("GET", "/take"): public(),
    ("POST", "/take"): public(404, form={"intent": "x", "code": "x"}),
    ("GET", "/card"): public(),
    ("POST", "/card"): public(404, form={"intent": "x", "card": "x"}),
    ("GET", "/api/v1/gift-campaigns"): Entry(401, 401, 403, 403, 403),
    ("POST", "/api/v1/gift-campaigns"): Entry(401, 401, 403, 403, 403, json={}),
    ("GET", "/api/v1/gift-campaigns/{campaign:str}"): Entry(401, 401, 403, 403, 403, path={"campaign": "gca_x"}),
    ("PUT", "/api/v1/gift-campaigns/{campaign:str}"): Entry(
        401, 401, 403, 403, 403, path={"campaign": "gca_x"}, json={}
    ),
    **{
        ("POST", f"/api/v1/gift-campaigns/{{campaign:str}}/{step}"): Entry(
            401, 401, 403, 403, 403, path={"campaign": "gca_x"}
        )
        for step in ("open", "pause", "end", "take-back", "cards/kill")
    },
    **{
        (verb, "/api/v1/gift-campaigns/{campaign:str}/logo"): Entry(401, 401, 403, 403, 403, path={"campaign": "gca_x"})
        for verb in ("PUT", "DELETE")
    },
    ("GET", "/gift-logos/{name:str}"): public(404, path={"name": f"{'9f' * 32}.png"}),
    ("POST", "/organiser/{code:str}/gift/logo"): staff(
        401, path={"code": "{live}"}, form={"intent": "x", "do": "drop"}
    ),
    ("GET", "/api/v1/gift-campaigns/{campaign:str}/codes"): Entry(401, 401, 403, 403, 403, path={"campaign": "gca_x"}),
    ("POST", "/api/v1/gift-campaigns/{campaign:str}/codes"): Entry(
        401, 401, 403, 403, 403, path={"campaign": "gca_x"}, json={}
    ),
    ("POST", "/api/v1/gift-codes/{batch:str}/void"): Entry(401, 401, 403, 403, 403, path={"batch": "gcb_x"}),
    ("GET", "/api/v1/webhooks"): Entry(401, 401, 403, 403, 403),
    ("POST", "/api/v1/webhooks"): Entry(401, 401, 403, 403, 403, json={}),
    ("GET", "/api/v1/webhooks/{webhook:str}"): Entry(401, 401, 403, 403, 403, path={"webhook": "whe_x"}),
    ("PUT", "/api/v1/webhooks/{webhook:str}"): Entry(401, 401, 403, 403, 403, json={}, path={"webhook": "whe_x"}),
    ("DELETE", "/api/v1/webhooks/{webhook:str}"): Entry(401, 401, 403, 403, 403, path={"webhook": "whe_x"}),
    ("GET", "/api/v1/webhooks/{webhook:str}/deliveries"): Entry(401, 401, 403, 403, 403, path={"webhook": "whe_x"}),
    ("POST", "/api/v1/webhooks/{webhook:str}/deliveries/{delivery:str}/redeliver"): Entry(
        401, 401, 403, 403, 403, path={"webhook": "whe_x", "delivery": "whd_x"}
    ),
    **{
        ("POST", f"/api/v1/webhooks/{{webhook:str}}/{step}"): Entry(401, 401, 403, 403, 403, path={"webhook": "whe_x"})
        for step in ("rotate", "pause", "resume", "test")
    },
    ("GET", "/organiser/webhooks"): staff(303),
    ("POST", "/organiser/webhooks"): staff(401, form={"intent": "x", "do": "new"}),
    ("GET", "/api/v1/gift-codes/{batch:str}/cards"): Entry(401, 401, 403, 403, 403, path={"batch": "gcb_x"}),
    ("POST", "/organiser/{code:str}/gift/codes"): staff(
        401, path={"code": "{live}"}, form={"intent": "x", "label": "x", "count": "1"}
    ),
    **{("GET", f"/organiser/{{code:str}}/gift{kind}"): staff(303, path={"code": "{live}"}) for kind in ("", ".xlsx")},
    **{
        ("GET", f"/organiser/{{code:str}}/results{kind}"): staff(303, path={"code": "{live}"}) for kind in ("", ".xlsx")
    },
    ("GET", "/api/v1/scenes/{code:str}/results"): Entry(401, 401, 403, 403, 403, path={"code": "{live}"}),
    ("GET", "/organiser/{code:str}/print/{name:str}"): staff(303, path={"code": "{live}", "name": "poster.pdf"}),
    ("POST", "/organiser/{code:str}/gift"): staff(401, path={"code": "{live}"}, form={"intent": "x", "do": "open"}),
    **{
        ("POST", f"/api/v1/{path}"): Entry(401, 401, 403, 403, 403, json={})
        for path in (
            "holdings/orders",
            "holdings/transfers",
            "holdings/retirements",
            "holdings/retirements/approve",
        )
    },
    ("POST", "/api/v1/orders/{order_id:str}/lines/{line_id:str}/return"): Entry(
        401, 401, 403, 403, 403, path={"line_id": "lin_x"}, json={"grams": 1}
    ),
    ("POST", "/api/v1/retirements/{number:str}/naming"): Entry(
        401, 401, 403, 403, 403, path={"number": "R-1"}, json={"agrees": True}
    ),
    ("POST", "/api/v1/certificates/{certificate_id:str}/true-up"): Entry(
        401, 401, 403, 403, 403, json={"actual_grams": 1}
    ),
    ("GET", "/api/v1/me/consents"): session(),
    ("PUT", "/api/v1/me/consents"): session(json={"items": [{"purpose": "wall", "version": 2, "given": True}]}),
    ("GET", "/api/v1/certificates"): session(),
    ("GET", "/api/v1/certificates/{certificate_id:str}"): owned(),
    ("GET", "/api/v1/certificates/{certificate_id:str}/findings"): owned(),
    ("GET", "/api/v1/certificates/{certificate_id:str}/{name:str}"): owned(202, path={"name": "zh.pdf"}),
    ("POST", "/api/v1/sessions/guest"): public(201),
    ("POST", "/api/v1/sessions/apps/{app_name:str}"): public(404, json={"code": "x"}, path={"app_name": "none"}),
    ("POST", "/api/v1/sessions/wechat"): public(503, json={"code": "x"}),  # nobody answers for WeChat here
    ("DELETE", "/api/v1/sessions/current"): session(204),
    ("POST", "/notify/{channel:str}"): public(401, json={}, path={"channel": "wechatpay"}),
    ("GET", "/docs"): public(),
    ("GET", "/docs/{path:str}"): public(404, path={"path": "none"}),
    ("GET", "/docs/openapi.json"): public(),
    ("GET", "/static/docs/{name:str}"): public(path={"name": "start.js"}),
    ("GET", "/livez"): public(),
    ("GET", "/readyz"): public(),
    ("GET", "/metrics"): public(),
}


REFUSED = 403
KEYS: dict[tuple[str, str], int] = {
    ("GET", "/go"): 303,  # these look at nobody
    ("GET", "/operator/code"): 303,
    ("POST", "/operator/wechat/sign-in"): 303,
    ("GET", "/w/{scan:str}"): 303,
    ("POST", "/w/confirm"): 403,
    ("POST", "/notify/{channel:str}"): 401,
    ("POST", "/operator/sign-in"): 401,
    ("POST", "/s/{code:str}"): 422,  # said on the page that was sent
    ("GET", "/api/v1/holdings"): 200,
    ("GET", "/api/v1/gift-campaigns"): 200,
    ("GET", "/api/v1/certificates"): 200,
    **{
        ("POST", f"/api/v1/{path}"): 400
        for path in (
            "orders/joint", "holdings/orders", "holdings/transfers", "holdings/retirements", "gift-campaigns",
            "gift-campaigns/{campaign:str}/take-back", "gift-campaigns/{campaign:str}/codes",
        )
    },
    ("PUT", "/api/v1/gift-campaigns/{campaign:str}"): 400,
    ("PUT", "/api/v1/gift-campaigns/{campaign:str}/logo"): 404,
    ("DELETE", "/api/v1/gift-campaigns/{campaign:str}/logo"): 404,
    ("GET", "/api/v1/scenes/{code:str}/results"): 403,  # of another organisation: as to any of its people
    ("GET", "/api/v1/scene-drafts"): 200,
    ("POST", "/api/v1/scene-drafts"): 400,
    ("PATCH", "/api/v1/scene-drafts/{draft:str}"): 400,
    ("DELETE", "/api/v1/scene-drafts/{draft:str}"): 404,
    ("POST", "/api/v1/scene-drafts/{draft:str}/propose"): 400,
    ("POST", "/api/v1/sharing/requests"): 400,
    ("GET", "/api/v1/sharing/requests"): 403,  # its organisation is not enrolled
    ("GET", "/api/v1/sharing/requests/{request_id:str}/account"): 404,
    ("GET", "/api/v1/webhooks"): 200,
    ("POST", "/api/v1/webhooks"): 400,
    ("PUT", "/api/v1/webhooks/{webhook:str}"): 400,
    ("DELETE", "/api/v1/webhooks/{webhook:str}"): 404,
    **{
        ("GET", f"/api/v1/{path}"): 404
        for path in (
            "orders/{order_id:str}", "orders/{order_id:str}/payment-methods", "gift-campaigns/{campaign:str}",
            "gift-campaigns/{campaign:str}/codes", "gift-codes/{batch:str}/cards", "scene-drafts/{draft:str}",
            "webhooks/{webhook:str}", "webhooks/{webhook:str}/deliveries", "certificates/{certificate_id:str}",
            "certificates/{certificate_id:str}/findings", "certificates/{certificate_id:str}/{name:str}",
        )
    },
    **{
        ("POST", f"/api/v1/{path}"): 404
        for path in (
            "orders/{order_id:str}/payments", "orders/{order_id:str}/cancel", "orders/{order_id:str}/take-back",
            "orders/{order_id:str}/lines/{line_id:str}/return", "certificates/{certificate_id:str}/true-up",
            "gift-campaigns/{campaign:str}/open", "gift-campaigns/{campaign:str}/pause",
            "gift-campaigns/{campaign:str}/end", "gift-campaigns/{campaign:str}/cards/kill", "gift-codes/{batch:str}/void",
            "scene-drafts/{draft:str}/restore", "webhooks/{webhook:str}/rotate", "webhooks/{webhook:str}/pause",
            "webhooks/{webhook:str}/resume", "webhooks/{webhook:str}/test",
            "webhooks/{webhook:str}/deliveries/{delivery:str}/redeliver",
        )
    },
}  # fmt: skip
"""What takes a key, and what one gets of an organisation that has nothing of the owner's. Everywhere else a key is refused."""
LOOKS_WHO_ASKS = {
    ("GET", "/me"),
    ("GET", "/me/privacy"),
    ("GET", "/me/sharing"),
    ("GET", "/me/sharing/ask"),
    ("GET", "/operator/factor"),
    ("GET", "/card"),
    ("POST", "/card"),
    ("POST", "/take"),
}
"""Open to everybody, and refused to a key: there it would act as a person."""


def to_key(route: tuple[str, str], entry: Entry) -> int:
    """What the route answers to the key of an organisation."""
    is_open = (
        entry.nobody == entry.stale == entry.owner and entry.nobody not in {303, 401} and route not in LOOKS_WHO_ASKS
    )
    return KEYS.get(route, entry.nobody if is_open else REFUSED)


def _refuses_keys(answer: Any) -> bool:
    """As a key, or as a form of another session, which a key has none of."""
    return (
        "API_KEY_NOT_HERE" in answer.text or "接口密钥只能用于" in answer.text or "REQUEST_FORM_EXPIRED" in answer.text
    )


def routes(application: Litestar) -> Iterator[tuple[str, str]]:
    """Every verb and path that is served."""
    for route in application.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is no HTTP route: give it a test of its own"
        for method in route.methods - {"OPTIONS"}:
            yield method, route.path


def test_every_route_has_its_line_and_every_line_its_route(application: Litestar) -> None:
    served = set(routes(application))
    assert served - MATRIX.keys() == set(), "say in MATRIX who may ask these"
    assert MATRIX.keys() - served == set()


async def test_everybody_gets_what_the_matrix_says_and_no_stranger_sees_the_owners_things(door: Door) -> None:
    async with AsyncExitStack() as open_:
        who = {name: await open_.enter_async_context(door.caller(**OWN_PAGE)) for name in CALLERS}
        for name in (STALE, GUEST, OTHER, OWNER):
            await who[name].enter()
        who[KEY].headers["authorization"] = f"Bearer {await _key()}"
        assert (await who[STALE].delete("/api/v1/sessions/current")).status_code == 204
        await door.as_superuser(
            "UPDATE identity_session SET kind = 'citizen' WHERE revoked_at IS NULL AND kind = 'guest'"
        )
        await who[GUEST].enter()
        await who[OTHER].order(door.live)
        certificate_id = await door.paid((await who[OWNER].order(door.live, name=NAME)).json()["id"])
        held = (await who[OWNER].get(f"/api/v1/certificates/{certificate_id}")).json()
        verify_code = held["verify_code"]

        secrets = (held["number"], held["retirement_number"], held["record"]["lines"][0]["lot"])

        wrong: list[str] = []
        order_id: str | None = None
        # What ends a session comes last.
        for (method, path), entry in sorted(
            MATRIX.items(), key=lambda one: one[0] == ("DELETE", "/api/v1/sessions/current")
        ):
            # An order of its own for each line, unpaid: some of them end it. That is more than one person may place, or
            # leave unpaid.
            await door.as_superuser("DELETE FROM limit_count")
            if order_id is None or "order_id" in f"{path} {entry}":
                await door.as_superuser("UPDATE purchase_order SET state = 'expired' WHERE state = 'placed'")
                order_id = (await who[OWNER].order(door.live, name=NAME)).json()["id"]
            words = {
                "live": door.live,
                "order_id": order_id,
                "certificate_id": certificate_id,
                "verify_code": verify_code,
            }
            for name in CALLERS:
                answer = await ask(who[name], method, path, entry, words)
                who[name].cookies.clear()  # the scene's form makes a guest of everybody without a session
                expected = to_key((method, path), entry) if name == KEY else getattr(entry, name)
                if name == KEY and expected == REFUSED and (method, path) not in KEYS and not _refuses_keys(answer):
                    wrong.append(f"{method} {path} refuses a key, but not as one: {answer.text[:200]}")
                if answer.status_code != expected:
                    wrong.append(f"{method} {path} by {name}: {answer.status_code} instead of {expected}")
                if name == OWNER:
                    if entry.code is not None and answer.json()["code"] != entry.code:
                        wrong.append(f"{method} {path}: {answer.text}")
                elif any(secret in answer.text for secret in (NAME, *(() if entry.nobody == 200 else secrets))):
                    wrong.append(f"{method} {path} gives {name} something of the owner's")
        assert not wrong, "\n".join(wrong)


async def _key() -> str:
    own = await verified(Text(zh="示例第三家", en="Sample Third"))
    made = await identity.keys.make(own, "矩阵", [Role.SPONSOR], by=await member(own, Role.SPONSOR), now=utc_now())
    return made.text


async def ask(caller: Caller, method: str, path: str, entry: Entry, words: Mapping[str, str]) -> Any:
    """Ask the route as the entry says, with a form that our own page would have sealed."""
    words = {**words, "intent": str(ids.uuid7())}

    def filled(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value.format(**words) if isinstance(value, str) else value for name, value in values.items()}

    parts = {**words, **filled(entry.path)}
    url = path
    for name, value in parts.items():
        url = url.replace(f"{{{name}:str}}", value).replace(f"{{{name}:uuid}}", value)
    assert "{" not in url, f"{path}: name its parts"
    form = None
    if entry.form is not None:
        form = filled(entry.form)
        key = caller._transport.app.state.services.form_key
        form |= {forms.FIELD: forms.token(form["intent"], key=key)}
    headers = {"idempotency-key": words["intent"]} if entry.json is not None else {}
    json = filled(entry.json) if entry.json is not None else None
    return await caller.request(method, url, params=filled(entry.query) or None, json=json, data=form, headers=headers)


async def test_verbs_we_do_not_serve_are_refused(door: Door) -> None:
    async with door.guest() as citizen:
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            for path in ("/", f"/s/{door.live}", "/api/v1/orders", "/api/v1/certificates", "/notify/wechatpay"):
                assert (await citizen.request(method, path)).status_code == 405, (method, path)
            assert (await citizen.request(method, "/api/v1/none/such")).status_code == 404
