"""An organisation's people add endpoints, change, pause and remove them, and change their secrets."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import audit, identity
from app.foundation.identity import Keyring, Role
from app.foundation.webhooks.errors import EndpointsMany, EndpointUnfit, EndpointUnknown, SecretOfRobot
from app.foundation.webhooks.reading import Endpoint, find_endpoint
from app.foundation.webhooks.rules import ENDPOINTS_MOST, LABEL_MOST, OVERLAP, EndpointDraft, EndpointState, shown
from app.foundation.webhooks.sealing import SECRET, URL
from app.gateways.database import Tx, constraint, fetch, fetch_value, transaction
from app.gateways.webhooks import AddressRefused, EndpointKind, Refusal, WebhookSender, new_secret
from app.kernel.graphemes import graphemes, has_controls, tidied
from app.kernel.ids import uuid7
from app.kernel.text import Language, Text

LOOKING_AFTER: Final = (Role.SPONSOR, Role.OPERATOR)
"""Who may look after the endpoints of their organisation."""
_SECRET_MOST: Final = 128
_REFUSED: Final = {
    Refusal.FORM: Text(
        zh="地址须为 https:// 开头的域名地址，不含用户名、IP、# 与非 ASCII 字符（中文域名请用 xn-- 写法）",
        en="an address is https:// and a domain name, without a user, an IP address, # or letters beyond ASCII (xn--)",
    ),
    Refusal.PORT: Text(zh="端口只能是 443 或 8443", en="the port is 443 or 8443"),
    Refusal.HOST: Text(
        zh="这不是该群机器人的 Webhook 地址，请从群设置里完整复制",
        en="this is no address of such a robot; copy it whole from the group",
    ),
    Refusal.PRIVATE: Text(zh="该域名指向内网或保留地址", en="the name leads to an address that is not public"),
    Refusal.UNKNOWN: Text(zh="该域名解析不到地址", en="nothing stands behind this name"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """An endpoint that was just added, or whose secret was just changed. The secret is told this once."""

    id: UUID
    secret: str | None = field(repr=False)
    """None: a robot's is its group's."""


async def add(
    organisation_id: UUID, asked: EndpointDraft, *, by: UUID, keyring: Keyring, sender: WebhookSender
) -> NewEndpoint:
    """Add an endpoint; it is told from now on of the events that were chosen.

    Raises:
        RoleMissing: `by` looks after nothing of this organisation, now.
        EndpointUnfit: the field is named; also where the address leads to no public machine at this moment.
        EndpointsMany: there are ten already.
    """
    await identity.demand_role(by, organisation_id, *LOOKING_AFTER)
    kind, label = _kind(asked.kind), _label(asked.label)
    url = asked.url.strip()
    try:
        await sender.find(kind, url)  # before the transaction: it asks a name server
    except AddressRefused as refused:
        text = _REFUSED[refused.why]
        raise EndpointUnfit(field="/url", problem_zh=text.zh, problem_en=text.en) from None
    secret = new_secret() if kind is EndpointKind.STANDARD else _robot_secret(asked.robot_secret)
    id_ = uuid7()
    key = identity.new_key(id_, keyring=keyring)
    sealed = [
        None if text is None else identity.seal_with(key, id_, text, purpose=purpose, keyring=keyring)
        for text, purpose in ((url, URL), (secret, SECRET))
    ]
    try:
        async with transaction() as tx:
            await identity.demand_role(by, organisation_id, *LOOKING_AFTER, tx=tx)
            await fetch(
                "INSERT INTO webhook_endpoint (id, organisation_id, kind, label, shown, language, events, state, wrapped,"
                " master_key, url_sealed, secret_sealed, made_by_id, made_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7::text[], 'active', $8, $9, $10, $11, $12, clock_timestamp())",
                id_, organisation_id, kind.value, label, shown(url, is_robot=kind is not EndpointKind.STANDARD),
                asked.language.value, sorted(set(asked.events)), key, keyring.current, *sealed, by, tx=tx,
            )  # fmt: skip
            one = await find_endpoint(id_, tx=tx)
            await audit.record("webhook.added", str(id_), before=None, after=_told(one), by=by, tx=tx)
    except IntegrityError as refusal:
        raise _refused(refusal) from refusal
    return NewEndpoint(id=id_, secret=secret if kind is EndpointKind.STANDARD else None)


async def change(endpoint_id: UUID, *, label: str, events: tuple[str, ...], language: Language, by: UUID) -> None:
    """What it is called, and what it is told of. Another address is another endpoint.

    Raises:
        EndpointUnknown, RoleMissing: `by` looks after no such endpoint.
        EndpointUnfit: the field is named.
    """
    label = _label(label)
    try:
        async with transaction() as tx:
            one = await locked(endpoint_id, by=by, tx=tx)
            await fetch(
                "UPDATE webhook_endpoint SET label = $2, events = $3::text[], language = $4 WHERE id = $1",
                endpoint_id, label, sorted(set(events)), language.value, tx=tx,
            )  # fmt: skip
            await _write("webhook.changed", one, by=by, tx=tx)
    except IntegrityError as refusal:
        raise _refused(refusal) from refusal


async def rotate(endpoint_id: UUID, *, by: UUID, keyring: Keyring) -> NewEndpoint:
    """A new secret. For a day every message carries the signatures of both; changed again, of the last two.

    Raises:
        EndpointUnknown, RoleMissing: as `change`.
        SecretOfRobot: it is a robot's.
    """
    secret = new_secret()
    async with transaction() as tx:
        one = await locked(endpoint_id, by=by, tx=tx)
        if one.kind is not EndpointKind.STANDARD:
            raise SecretOfRobot
        wrapped = await fetch_value("SELECT wrapped FROM webhook_endpoint WHERE id = $1", endpoint_id, tx=tx)
        sealed = identity.seal_with(wrapped, endpoint_id, secret, purpose=SECRET, keyring=keyring)
        await fetch(
            "UPDATE webhook_endpoint SET previous_sealed = secret_sealed, previous_until = clock_timestamp() + $3,"
            " secret_sealed = $2 WHERE id = $1",
            endpoint_id, sealed, OVERLAP, tx=tx,
        )  # fmt: skip
        await _write("webhook.rotated", one, by=by, tx=tx)
    return NewEndpoint(id=endpoint_id, secret=secret)


async def pause(endpoint_id: UUID, *, by: UUID) -> None:
    """Send nothing there until it is resumed; what happens meanwhile waits. Repeated, or off: nothing changes.

    Raises:
        EndpointUnknown, RoleMissing: as `change`.
    """
    await _step(endpoint_id, EndpointState.PAUSED, of=(EndpointState.ACTIVE,), action="webhook.paused", by=by)


async def resume(endpoint_id: UUID, *, by: UUID) -> None:
    """Go on after a pause, or after we switched it off; what waits is sent at once.

    Raises:
        EndpointUnknown, RoleMissing: as `change`.
    """
    of = (EndpointState.PAUSED, EndpointState.OFF)
    await _step(endpoint_id, EndpointState.ACTIVE, of=of, action="webhook.resumed", by=by)


async def remove(endpoint_id: UUID, *, by: UUID) -> None:
    """For good: address and secrets are deleted, what waits is not sent; what was delivered stays in the log.

    Raises:
        EndpointUnknown, RoleMissing: as `change`.
    """
    async with transaction() as tx:
        one = await locked(endpoint_id, by=by, tx=tx)
        await fetch(
            "UPDATE webhook_endpoint SET state = 'removed', off_because = NULL, wrapped = NULL, master_key = NULL,"
            " url_sealed = NULL, secret_sealed = NULL, previous_sealed = NULL, previous_until = NULL WHERE id = $1",
            endpoint_id, tx=tx,
        )  # fmt: skip
        await fetch(
            "UPDATE webhook_delivery SET state = 'given_up', next_at = NULL WHERE endpoint_id = $1 AND next_at IS NOT NULL",
            endpoint_id, tx=tx,
        )  # fmt: skip
        await audit.record("webhook.removed", str(endpoint_id), before=_told(one), after=None, by=by, tx=tx)


async def locked(endpoint_id: UUID, *, by: UUID, tx: Tx) -> Endpoint:
    """The endpoint, for somebody who looks after it, with its row locked.

    Raises:
        EndpointUnknown, RoleMissing: `by` looks after no such endpoint.
    """
    await fetch("SELECT FROM webhook_endpoint WHERE id = $1 FOR NO KEY UPDATE", endpoint_id, tx=tx)
    one = await find_endpoint(endpoint_id, tx=tx)
    if not await identity.acts_for(by, one.organisation_id, tx=tx):
        raise EndpointUnknown
    await identity.demand_role(by, one.organisation_id, *LOOKING_AFTER, tx=tx)
    return one


async def _step(
    endpoint_id: UUID, state: EndpointState, *, of: tuple[EndpointState, ...], action: str, by: UUID
) -> None:
    async with transaction() as tx:
        one = await locked(endpoint_id, by=by, tx=tx)
        if one.state not in of:
            return
        await fetch(
            "UPDATE webhook_endpoint SET state = $2, off_because = NULL, failing_since = NULL WHERE id = $1",
            endpoint_id, state.value, tx=tx,
        )  # fmt: skip
        await _write(action, one, by=by, tx=tx)


async def _write(action: str, before: Endpoint, *, by: UUID, tx: Tx) -> None:
    after = await find_endpoint(before.id, tx=tx)
    await audit.record(action, str(before.id), before=_told(before), after=_told(after), by=by, tx=tx)


def _told(one: Endpoint) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "label": one.label,
        "address": one.shown,
        "events": list(one.events),
        "language": one.language,
        "state": one.state.value,
        "previous_until": one.previous_until.isoformat() if one.previous_until else None,
    }


def _kind(word: str) -> EndpointKind:
    try:
        return EndpointKind(word)
    except ValueError:
        raise EndpointUnfit(field="/kind", problem_zh="请选择推送方式", problem_en="choose how it is told") from None


def _label(typed: str) -> str:
    label = tidied(typed)
    if not label or len(graphemes(label)) > LABEL_MOST or len(label) > 2 * LABEL_MOST or has_controls(label):
        raise EndpointUnfit(
            field="/label",
            problem_zh=f"名称须为 1 到 {LABEL_MOST} 个字",
            problem_en=f"the name has 1 to {LABEL_MOST} characters",
        )
    return label


def _robot_secret(typed: str | None) -> str | None:
    secret = (typed or "").strip()
    if secret and not (secret.isascii() and secret.isprintable() and " " not in secret and len(secret) <= _SECRET_MOST):
        raise EndpointUnfit(
            field="/robot_secret",
            problem_zh="签名密钥请从群设置里完整复制",
            problem_en="copy the signing secret whole from the group",
        )
    return secret or None


def _refused(refusal: IntegrityError) -> Exception:
    match constraint(refusal):
        case "webhook_endpoint_most":
            return EndpointsMany(most=ENDPOINTS_MOST)
        case "webhook_endpoint_events_fkey" | "webhook_endpoint_events_check":
            return EndpointUnfit(
                field="/events",
                problem_zh="请至少选择一种已有的事件",
                problem_en="choose at least one event that there is",
            )
    return refusal
