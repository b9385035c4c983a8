"""JSON for organisers: where their systems and groups are told of what happens."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.foundation import identity, webhooks
from app.views import webhooks as told
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.views.webhooks import (
    EXAMPLE,
    EXAMPLE_DELIVERY,
    DeliveryView,
    EndpointForm,
    EndpointView,
    NewEndpointForm,
    SecretView,
)
from app.web.kit.responses.answers import KEYED, READ, SIGNED_IN, answers
from app.web.kit.responses.problems import documented
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_LOG_MOST: Final = 100
_CHANGE = (guards.of_kind("operator", guards.KEY), limited("webhook_change", 60, is_exact=True))
_LOOK = (guards.of_kind("operator", guards.KEY), limited("look", 240))
_REFUSED = (*READ, *SIGNED_IN, RequestsTooMany, webhooks.EndpointUnknown, identity.RoleMissing)
_SECRET = SecretView(endpoint=EXAMPLE, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # noqa: S106 - the published example


class EndpointsView(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoints of your organisations, the newest first."""

    endpoints: tuple[EndpointView, ...]


class DeliveriesView(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint was told, the newest first, at most a hundred."""

    deliveries: tuple[DeliveryView, ...]


class TestView(msgspec.Struct, frozen=True, kw_only=True):
    """A test that is on its way."""

    event: Annotated[str, msgspec.Meta(examples=["evt_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]


@post(
    "/webhooks",
    operation_id="addWebhook",
    summary="Add an endpoint / 新建推送地址",
    guards=list(_CHANGE),
    security=KEYED,
    responses=answers(
        _SECRET, *READ, *SIGNED_IN, RequestsTooMany, identity.RoleMissing, webhooks.EndpointUnfit, webhooks.EndpointsMany,
        status=201,
    ),
)  # fmt: skip
async def add_webhook(
    data: JSONBody[NewEndpointForm], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> SecretView:
    """The answer has the secret, which nobody can read again; so this takes no key. Did the answer not arrive: remove the
    endpoint, which stands in the list, and add it anew.
    """
    made = await webhooks.add(
        told.organisation_id(data.organisation), data.draft(), by=person_id, keyring=services.keyring,
        sender=services.gateways.webhooks,
    )  # fmt: skip
    return SecretView(endpoint=told.view(await webhooks.find_endpoint(made.id)), secret=made.secret)


@get(
    "/webhooks",
    operation_id="listWebhooks",
    summary="Your endpoints / 本机构的推送地址",
    guards=[guards.of_kind("operator", guards.KEY)],
    security=KEYED,
    responses=answers(EndpointsView(endpoints=(EXAMPLE,)), *SIGNED_IN),
)
async def list_webhooks(person_id: NamedDependency[UUID]) -> EndpointsView:
    """Of every organisation whose endpoints you look after now."""
    own = [card.id for card in await told.looked_after(person_id)]
    return EndpointsView(endpoints=tuple(told.view(one) for one in await webhooks.endpoints_of(own)))


@get(
    "/webhooks/{webhook:str}",
    operation_id="getWebhook",
    summary="An endpoint / 查询推送地址",
    guards=list(_LOOK),
    security=KEYED,
    responses=answers(
        EXAMPLE, FieldsInvalid, *SIGNED_IN, RequestsTooMany, webhooks.EndpointUnknown, identity.RoleMissing
    ),
)
async def get_webhook(webhook: FromPath[str], person_id: NamedDependency[UUID]) -> EndpointView:
    """How it stands."""
    return told.view(await told.own_endpoint(webhook, person_id))


@put(
    "/webhooks/{webhook:str}",
    operation_id="changeWebhook",
    summary="Change an endpoint / 修改推送地址",
    guards=list(_CHANGE),
    security=KEYED,
    responses=answers(EXAMPLE, *_REFUSED, webhooks.EndpointUnfit),
)
async def change_webhook(
    webhook: FromPath[str], data: JSONBody[EndpointForm], person_id: NamedDependency[UUID]
) -> EndpointView:
    """What it is called and told of. Another address is another endpoint."""
    uuid = told.endpoint_id(webhook)
    await webhooks.change(uuid, label=data.label, events=data.events, language=data.language, by=person_id)
    return told.view(await webhooks.find_endpoint(uuid))


@delete(
    "/webhooks/{webhook:str}",
    operation_id="removeWebhook",
    summary="Remove an endpoint / 移除推送地址",
    guards=list(_CHANGE),
    security=KEYED,
    responses=documented(*_REFUSED),
)
async def remove_webhook(webhook: FromPath[str], person_id: NamedDependency[UUID]) -> None:
    """For good: address and secrets are deleted, what waits is not sent."""
    await webhooks.remove(told.endpoint_id(webhook), by=person_id)


@post(
    "/webhooks/{webhook:str}/rotate",
    operation_id="rotateWebhookSecret",
    summary="Change the secret / 更换密钥",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(_SECRET, *_REFUSED, webhooks.SecretOfRobot),
)
async def rotate_secret(
    webhook: FromPath[str], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> SecretView:
    """For 24 hours messages carry the signatures of both, the new one first. Did the answer not arrive: change it again."""
    made = await webhooks.rotate(told.endpoint_id(webhook), by=person_id, keyring=services.keyring)
    return SecretView(endpoint=told.view(await webhooks.find_endpoint(made.id)), secret=made.secret)


@post(
    "/webhooks/{webhook:str}/pause",
    operation_id="pauseWebhook",
    summary="Pause an endpoint / 暂停推送",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(EXAMPLE, *_REFUSED),
)
async def pause_webhook(webhook: FromPath[str], person_id: NamedDependency[UUID]) -> EndpointView:
    """What happens meanwhile waits."""
    uuid = told.endpoint_id(webhook)
    await webhooks.pause(uuid, by=person_id)
    return told.view(await webhooks.find_endpoint(uuid))


@post(
    "/webhooks/{webhook:str}/resume",
    operation_id="resumeWebhook",
    summary="Resume an endpoint / 恢复推送",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(EXAMPLE, *_REFUSED),
)
async def resume_webhook(webhook: FromPath[str], person_id: NamedDependency[UUID]) -> EndpointView:
    """After a pause, or after we switched it off."""
    uuid = told.endpoint_id(webhook)
    await webhooks.resume(uuid, by=person_id)
    return told.view(await webhooks.find_endpoint(uuid))


@post(
    "/webhooks/{webhook:str}/test",
    operation_id="testWebhook",
    summary="Send a test / 发送测试",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=202,
    responses=answers(TestView(event="evt_01JD8Q9T5K3V2M7N4P6R8S0W1X"), *_REFUSED, webhooks.EndpointOff, status=202),
)
async def test_webhook(webhook: FromPath[str], person_id: NamedDependency[UUID]) -> TestView:
    """A message of type `endpoint.test`; its log says within seconds what came of it."""
    return TestView(event=webhooks.message_id(await webhooks.test(told.endpoint_id(webhook), by=person_id)))


@get(
    "/webhooks/{webhook:str}/deliveries",
    operation_id="listWebhookDeliveries",
    summary="Its log / 推送记录",
    guards=list(_LOOK),
    security=KEYED,
    responses=answers(
        DeliveriesView(deliveries=(EXAMPLE_DELIVERY,)), FieldsInvalid, *SIGNED_IN, RequestsTooMany, webhooks.EndpointUnknown,
        identity.RoleMissing,
    ),
)  # fmt: skip
async def list_deliveries(webhook: FromPath[str], person_id: NamedDependency[UUID]) -> DeliveriesView:
    """Each with the latest of its tries."""
    one = await told.own_endpoint(webhook, person_id)
    found = await webhooks.deliveries_of(one.id, limit=_LOG_MOST)
    return DeliveriesView(deliveries=tuple(told.delivery_view(each) for each in found))


@post(
    "/webhooks/{webhook:str}/deliveries/{delivery:str}/redeliver",
    operation_id="redeliverWebhook",
    summary="Send it again / 重发",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=202,
    responses=answers(
        EXAMPLE_DELIVERY, *_REFUSED, webhooks.DeliveryUnknown, webhooks.EndpointOff, webhooks.DeliveryWaits, status=202
    ),
)
async def redeliver(webhook: FromPath[str], delivery: FromPath[str], person_id: NamedDependency[UUID]) -> DeliveryView:
    """Under the id it had, from the first try on."""
    uuid, wanted = told.endpoint_id(webhook), told.delivery_id(delivery)
    await webhooks.redeliver(wanted, endpoint_id=uuid, by=person_id)
    return told.delivery_view(await webhooks.find_delivery(wanted, endpoint_id=uuid))


routes = Router(
    "/api/v1",
    route_handlers=[
        add_webhook, list_webhooks, get_webhook, change_webhook, remove_webhook, rotate_secret, pause_webhook, resume_webhook,
        test_webhook, list_deliveries, redeliver,
    ],
    dependencies={"services": Provide(provide_services)},
    tags=["webhooks"],
)  # fmt: skip
