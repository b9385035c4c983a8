"""JSON for organisations: the keys with which their own programs ask. Kept by people; no key makes or ends another."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.foundation import fonts, identity
from app.foundation.identity import Role
from app.foundation.identity.keys.rules import DAYS_MOST, DAYS_USUAL, NAME_MOST
from app.kernel import ids
from app.views.api_keys import EXAMPLE, EXAMPLE_MADE, KeyView, MadeKeyView, known_key, made_view, view
from app.views.claim_json import OrganisationId
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


class KeysView(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of the organisations that somebody may make keys for, the newest first."""

    keys: tuple[KeyView, ...]


class NewKeyForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made."""

    organisation: OrganisationId
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_MOST, examples=["报名系统"])]
    roles: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^(sponsor|operator|finance|auditor)$")], ...],
        msgspec.Meta(min_length=1, max_length=4, examples=[["sponsor"]]),
    ]
    """What it may do: no more than you may yourself there."""
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MOST)] = DAYS_USUAL


@get(
    "/keys",
    operation_id="listKeys",
    summary="API keys of your organisations / 机构接口密钥",
    guards=[guards.of_kind("operator"), limited("look", 240)],
    security=BEARER,
    responses=answers(KeysView(keys=(EXAMPLE,)), *SIGNED_IN, RequestsTooMany),
)
async def list_keys(person_id: NamedDependency[UUID], services: NamedDependency[Services]) -> KeysView:
    """Also those that have ended; never their secrets."""
    now, keyring = services.gateways.clock(), services.keyring
    return KeysView(
        keys=tuple([
            view(one, card.id)
            for card in await identity.keys.keyed_organisations(person_id)
            for one in await identity.keys.list_of(card.id, by=person_id, keyring=keyring, now=now)
        ])
    )  # fmt: skip


@post(
    "/keys",
    operation_id="makeKey",
    summary="Make an API key / 创建接口密钥",
    guards=[guards.of_kind("operator"), limited("key", 20, is_exact=True)],
    security=BEARER,
    responses=answers(
        EXAMPLE_MADE, *READ, *SIGNED_IN, RequestsTooMany, identity.keys.KeyPowerMissing, identity.keys.KeyNameMissing,
        identity.keys.KeyCountMost, fonts.NotPrintable, status=201,
    ),
)  # fmt: skip
async def make_key(
    data: JSONBody[NewKeyForm], person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> Response[MadeKeyView]:
    """Shown this once and kept as a hash, so this takes no idempotency key: was the answer lost, end it and make another."""
    organisation_id = ids.parse("org", data.organisation)
    if organisation_id is None:
        raise identity.keys.KeyPowerMissing(field="/organisation")
    made = await identity.keys.make(
        organisation_id, data.name, [Role(role) for role in data.roles], days=data.days, by=person_id,
        now=services.gateways.clock(),
    )  # fmt: skip
    return Response(made_view(made), status_code=201, headers={"cache-control": "no-store"})


class KeyEnded(msgspec.Struct, frozen=True, kw_only=True):
    """It is good no more."""

    id: str


@post(
    "/keys/{key:str}/revoke",
    operation_id="revokeKey",
    summary="End an API key / 停用接口密钥",
    guards=[guards.of_kind("operator"), limited("key", 20, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(KeyEnded(id=EXAMPLE.id), FieldsInvalid, *SIGNED_IN, RequestsTooMany, identity.keys.KeyUnknown),
)
async def revoke_key(key: FromPath[str], person_id: NamedDependency[UUID]) -> KeyEnded:
    """Its next request is refused; harmless when repeated."""
    key_id = known_key(key)
    await identity.keys.end(key_id, by=person_id)
    return KeyEnded(id=ids.public("key", key_id))


routes = Router(
    "/api/v1",
    route_handlers=[list_keys, make_key, revoke_key],
    dependencies={"services": Provide(provide_services)},
    tags=["keys"],
)
