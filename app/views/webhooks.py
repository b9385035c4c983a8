"""Endpoints and their deliveries as JSON, pages and the terminal tell them: what is asked for, and how they stand."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from app.foundation import identity, webhooks
from app.foundation.identity import OrganisationCard
from app.foundation.webhooks import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointDraft,
    EndpointKind,
    EndpointState,
    Fault,
    OffBecause,
    Try,
)
from app.kernel import ids
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.views.claim_json import OrganisationId

Label = Annotated[str, msgspec.Meta(min_length=1, max_length=80, examples=["值班系统"])]
Event = Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["gift.pool_low"])]


class EndpointForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an endpoint is called and told of."""

    label: Label
    """At most 40 characters; your people alone see it."""
    events: Annotated[tuple[Event, ...], msgspec.Meta(min_length=1, max_length=50)]
    """`gift.pool_low`, `gift.pool_empty`, `gift.ended`."""
    language: Language = Language.ZH
    """Of a robot's texts."""


class NewEndpointForm(EndpointForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint of an organisation that you act for."""

    organisation: OrganisationId
    kind: EndpointKind
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=500, examples=["https://hooks.example.org/diandian"])]
    """`https`, a domain name, port 443 or 8443; of a robot, the address that its group shows."""
    robot_secret: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    """What DingTalk (加签) or Feishu (签名校验) shows; a program's secret is made here."""

    def draft(self) -> EndpointDraft:
        """As the room takes it."""
        return EndpointDraft(
            kind=self.kind.value, label=self.label, url=self.url, events=self.events, language=self.language,
            robot_secret=self.robot_secret,
        )  # fmt: skip


class EndpointView(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint and how it stands. Its secret is never told again."""

    id: Annotated[str, msgspec.Meta(examples=["whe_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    organisation: OrganisationId
    kind: EndpointKind
    label: str
    address: str
    """As much of it as is shown again."""
    events: tuple[str, ...]
    language: Language
    state: EndpointState
    off_because: OffBecause | None
    """Why we switched it off: it answered 410, or nothing arrived for three days."""
    failing_since: str | None
    previous_secret_until: str | None
    """Until when messages carry the signature of the secret before, too."""
    waiting: int
    """Deliveries that are still to be made."""
    given_up: int
    made_at: str


class SecretView(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint with its secret, which is told this once."""

    endpoint: EndpointView
    secret: Annotated[str, msgspec.Meta(examples=["whsec_…"])] | None
    """Of a robot: none, it is its group's."""


class TryView(msgspec.Struct, frozen=True, kw_only=True):
    """One sending."""

    began_at: str
    duration_ms: int | None
    """Null: under way, or nobody knows what came of it."""
    status: int | None
    fault: Fault | None
    """Null with a duration: it arrived."""
    answer: str | None
    """The first 200 characters, without control characters."""


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one endpoint."""

    id: Annotated[str, msgspec.Meta(examples=["whd_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    event: Annotated[str, msgspec.Meta(examples=["evt_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    """The header `webhook-id`, the same on every try and redelivery."""
    type: str
    state: DeliveryState
    at: str
    """When it happened."""
    next_at: str | None
    tries: int
    latest: TryView | None


EXAMPLE: Final = EndpointView(
    id="whe_01JD8Q9T5K3V2M7N4P6R8S0W1X", organisation="org_01JD8Q9T5K3V2M7N4P6R8S0W1X", kind=EndpointKind.STANDARD,
    label="值班系统", address="https://hooks.example.org/diandian", events=("gift.pool_empty", "gift.pool_low"),
    language=Language.ZH, state=EndpointState.ACTIVE, off_because=None, failing_since=None, previous_secret_until=None,
    waiting=0, given_up=0, made_at="2026-11-29T10:32:07+08:00",
)  # fmt: skip
EXAMPLE_DELIVERY: Final = DeliveryView(
    id="whd_01JD8Q9T5K3V2M7N4P6R8S0W1X", event="evt_01JD8Q9T5K3V2M7N4P6R8S0W1X", type="gift.pool_low",
    state=DeliveryState.DELIVERED, at="2026-11-29T10:32:07+08:00", next_at=None, tries=1,
    latest=TryView(began_at="2026-11-29T10:32:08+08:00", duration_ms=84, status=204, fault=None, answer=""),
)  # fmt: skip


def organisation_id(shown: str) -> UUID:
    """The organisation behind `org_…`.

    Raises:
        RoleMissing: it is no such id at all, so nobody has a role there.
    """
    uuid = ids.parse("org", shown)
    if uuid is None:
        raise identity.RoleMissing(field="/organisation")
    return uuid


async def looked_after(person_id: UUID) -> list[OrganisationCard]:
    """The organisations whose endpoints somebody looks after now."""
    own = await identity.own_organisations(person_id)
    return [card for card, roles in own if set(roles) & set(webhooks.LOOKING_AFTER)]


async def own_endpoint(shown: str, person_id: UUID) -> Endpoint:
    """The endpoint behind `whe_…`, for somebody who looks after it now.

    Raises:
        EndpointUnknown, RoleMissing
    """
    one = await webhooks.find_endpoint(endpoint_id(shown))
    if not await identity.acts_for(person_id, one.organisation_id):
        raise webhooks.EndpointUnknown
    await identity.demand_role(person_id, one.organisation_id, *webhooks.LOOKING_AFTER)
    return one


def endpoint_id(shown: str) -> UUID:
    """The endpoint behind `whe_…`.

    Raises:
        EndpointUnknown: it is no such id at all.
    """
    uuid = ids.parse("whe", shown)
    if uuid is None:
        raise webhooks.EndpointUnknown
    return uuid


def delivery_id(shown: str) -> UUID:
    """The delivery behind `whd_…`.

    Raises:
        DeliveryUnknown: it is no such id at all.
    """
    uuid = ids.parse("whd", shown)
    if uuid is None:
        raise webhooks.DeliveryUnknown
    return uuid


def view(one: Endpoint) -> EndpointView:
    """As JSON tells it."""
    return EndpointView(
        id=ids.public("whe", one.id),
        organisation=ids.public("org", one.organisation_id),
        kind=one.kind,
        label=one.label,
        address=one.shown,
        events=one.events,
        language=Language(one.language),
        state=one.state,
        off_because=one.off_because,
        failing_since=rfc3339(one.failing_since) if one.failing_since else None,
        previous_secret_until=rfc3339(one.previous_until) if one.previous_until else None,
        waiting=one.waiting,
        given_up=one.given_up,
        made_at=rfc3339(one.made_at),
    )


def delivery_view(one: Delivery) -> DeliveryView:
    """As JSON tells it."""
    return DeliveryView(
        id=ids.public("whd", one.id),
        event=webhooks.message_id(one.event_id),
        type=one.kind,
        state=one.state,
        at=rfc3339(one.at),
        next_at=rfc3339(one.next_at) if one.next_at else None,
        tries=one.tries,
        latest=try_view(one.latest) if one.latest else None,
    )


def try_view(one: Try) -> TryView:
    """As JSON tells it."""
    return TryView(
        began_at=rfc3339(one.began_at), duration_ms=one.duration_ms, status=one.status, fault=one.fault, answer=one.answer
    )  # fmt: skip
