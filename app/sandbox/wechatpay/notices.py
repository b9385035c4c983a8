"""Notices (支付通知): sealed and signed messages to the client's door, sent again on WeChat's own schedule.

Each is a row before it is sent, so a killed sandbox goes on where it stopped. The body stays the same through
all sendings; timestamp, nonce and signature are fresh each time. Nothing is ever sent beyond loopback.
"""

import asyncio
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx

from app.sandbox.far_side import FarSide
from app.sandbox.truth import Row, rfc3339
from app.sandbox.wechatpay import admission, signing, tampering, trades
from app.sandbox.wechatpay.forms import is_loopback

SCHEDULE_S: Final = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""Waits after each sending that was not answered by a 2xx: 24 h 4 min in all, sixteen sendings."""
PATIENCE_S: Final = 5.0
"""How long an answer may take. Not shortened by the factor: a slow door is slow in real seconds."""

_LONGEST_NAP_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the next notice of a trade travels."""

    drop: bool = False
    delay_s: float = 0.0
    copies: int = 1
    at_once: bool = False
    """All copies together, rather than each after the one before was answered."""
    fresh_ids: bool = False
    """Each copy under an event id of its own."""
    tamper: str | None = None

    def to_json(self) -> str:
        """For the trade's row, until it is paid."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_json(cls, text: str | None) -> "Plan":
        """The plan kept in a trade's row; the ordinary one for None."""
        return cls() if text is None else cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a notice tells, before it is sealed."""

    kind: str
    summary: str
    original_type: str
    subject: str
    """The `out_trade_no` it is about, for refunds too."""
    url: str
    told: dict[str, Any]


def announce_payment(far: FarSide, trade: Row, plan: Plan) -> None:
    """Prepare the notice of a paid trade; joins the caller's transaction."""
    # A notice tells how the payment succeeded, whatever was refunded since.
    told = trades.describe(far, trade) | {"trade_state": "SUCCESS", "trade_state_desc": "支付成功"}
    if plan.tamper is not None and plan.tamper in tampering.LIES:
        tampering.LIES[plan.tamper](told)
    event = Event(
        kind="TRANSACTION.SUCCESS",
        summary="支付成功",
        original_type="transaction",
        subject=trade["out_trade_no"],
        url=trade["notify_url"],
        told=told,
    )
    _announce(far, event, plan)


def announce_refund(far: FarSide, refund: Row, told: dict[str, Any]) -> None:
    """Prepare the notice of a refund that came to its end; joins the caller's transaction."""
    event = Event(
        kind=f"REFUND.{refund['state']}",
        summary={"SUCCESS": "退款成功", "CLOSED": "退款关闭"}.get(refund["state"], "退款异常"),
        original_type="refund",
        subject=refund["out_trade_no"],
        url=refund["notify_url"],
        told=told,
    )
    _announce(far, event, Plan())


def drop(far: FarSide, out_trade_no: str) -> None:
    """Whatever of this trade still waits is never sent."""
    far.truth.run("UPDATE notice SET state = 'dropped' WHERE subject = ? AND state = 'waiting'", out_trade_no)


async def deliver(far: FarSide, refresh: Callable[[], None]) -> None:
    """Send what is due, for ever; `refresh` is called before each look for what time alone has changed."""
    under_way: dict[int, asyncio.Task[None]] = {}
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=PATIENCE_S, follow_redirects=False, trust_env=False, limits=limits) as client:
        try:
            while True:
                far.wake.clear()
                refresh()
                for notice in _due(far):
                    if notice["id"] not in under_way:
                        task = asyncio.create_task(_send(far, client, notice))
                        under_way[notice["id"]] = task
                        task.add_done_callback(partial(_landed, far, under_way, notice["id"]))
                await _nap(far)
        finally:
            for task in under_way.values():
                task.cancel()
            await asyncio.gather(*under_way.values(), return_exceptions=True)


def _announce(far: FarSide, event: Event, plan: Plan) -> None:
    if plan.drop:
        return
    event_id, follows = str(uuid.uuid4()), None
    for _ in range(plan.copies):
        if plan.fresh_ids:
            event_id = str(uuid.uuid4())
        id_ = far.truth.run(
            "INSERT INTO notice (event_id, kind, subject, url, body, tamper, follows, due_at, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            event_id,
            event.kind,
            event.subject,
            event.url,
            _body(far, event, event_id),
            plan.tamper,
            follows,
            far.soon(plan.delay_s),
            "waiting" if is_loopback(event.url) else "outside",
        )
        follows = None if plan.at_once else id_
    far.wake.set()


def _body(far: FarSide, event: Event, event_id: str) -> bytes:
    plain = json.dumps(event.told, ensure_ascii=False, separators=(",", ":"))
    resource = signing.seal(far.keys.apiv3_key, plain, associated=event.original_type)
    notice = {
        "id": event_id,
        "create_time": rfc3339(far.truth.now()),
        "resource_type": "encrypt-resource",
        "event_type": event.kind,
        "summary": event.summary,
        "resource": {"original_type": event.original_type, **resource},
    }
    return json.dumps(notice, ensure_ascii=False, separators=(",", ":")).encode()


def _due(far: FarSide) -> list[Row]:
    return far.truth.rows(
        "SELECT * FROM notice WHERE state = 'waiting' AND due_at <= ? AND (follows IS NULL OR EXISTS"
        " (SELECT 1 FROM notice AS earlier WHERE earlier.id = notice.follows AND"
        " (earlier.attempts > 0 OR earlier.state <> 'waiting'))) ORDER BY due_at, id",
        far.truth.now(),
    )


async def _send(far: FarSide, client: httpx.AsyncClient, notice: Row) -> None:
    serial, key_pem = _notice_key(far)
    body, headers = tampering.forge(far, notice["tamper"], notice["body"], key_pem=key_pem, serial=serial)
    headers |= {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "Mozilla/4.0"}
    try:
        answer = await client.post(notice["url"], content=body, headers=headers)
        heard, accepted = str(answer.status_code), answer.is_success
    except (httpx.HTTPError, httpx.InvalidURL) as silence:
        heard, accepted = type(silence).__name__, False
    attempts = notice["attempts"] + 1
    state = "acknowledged" if accepted else "waiting"
    if not accepted and (attempts > len(SCHEDULE_S) or notice["tamper"] is not None):
        state = "given_up"
    due_at = far.soon(SCHEDULE_S[attempts - 1]) if state == "waiting" else notice["due_at"]
    with far.truth.transaction():
        # Forgotten by a reset while it was under way: nothing to write down.
        if far.truth.row("SELECT 1 FROM notice WHERE id = ?", notice["id"]):
            far.truth.run("INSERT INTO sending VALUES (?, ?, ?)", notice["id"], far.truth.now(), heard)
            far.truth.run(
                "UPDATE notice SET attempts = ?, due_at = ?, state = ? WHERE id = ? AND state = 'waiting'",
                attempts,
                due_at,
                state,
                notice["id"],
            )


def _notice_key(far: FarSide) -> tuple[str, str]:
    """The serial and key notices are signed with now; `mixed` draws, as on the days of a migration."""
    mode = far.truth.setting("notices.signed_by", "public_key")
    if mode == "mixed":
        mode = secrets.choice(("public_key", "certificate"))
    if mode == "public_key":
        return far.keys.platform_public_key_id, far.keys.platform_private_key_pem
    newest = admission.certificates(far)[0]
    return newest.serial, newest.key_pem


def _landed(far: FarSide, under_way: dict[int, asyncio.Task[None]], id_: int, task: asyncio.Task[None]) -> None:
    del under_way[id_]
    far.wake.set()
    if not task.cancelled():
        task.result()  # a fault of ours must be seen in the log of the loop, not vanish with the task


async def _nap(far: FarSide) -> None:
    soonest = far.truth.row("SELECT min(due_at) AS at FROM notice WHERE state = 'waiting'")
    assert soonest is not None
    nap_s = _LONGEST_NAP_S
    if soonest["at"] is not None:
        nap_s = min(nap_s, max(0.005, soonest["at"] - far.truth.now()))
    try:
        async with asyncio.timeout(nap_s):
            await far.wake.wait()
    except TimeoutError:
        pass
