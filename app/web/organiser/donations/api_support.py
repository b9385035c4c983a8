"""JSON for support in its own unit: a zone's owner records it, a colleague agrees, its donor says how they are shown."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.foundation import approvals, fonts, identity
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import donations, zones
from app.programmes.donations import NewSupport, Quantity, SupportKind, SupportUnit
from app.views.claim_json import OrganisationId
from app.views.errors import RequestsTooMany
from app.views.zones.board_json import SUPPORT_EXAMPLE, SupportView, support_views
from app.views.zones.support_groups import grouped
from app.web.kit.responses.answers import BEARER, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.organiser.donations.api import ShownForm
from app.web.organiser.donations.forms import known_id


class SupportForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was given to your zone in a unit of its own."""

    donor: OrganisationId
    kind: SupportKind
    unit: SupportUnit
    """`certificate` of green certificates; `fen`, `mu` or `tree` of a project's support."""
    quantity: Annotated[int, msgspec.Meta(gt=0, le=donations.QUANTITY_MOST, examples=[1_200])]
    told_zh: Annotated[str, msgspec.Meta(max_length=2_000, examples=["示例风电场 2026 年绿证"])]
    """What it is: the project, or whose certificates of which year; at most 80 letters."""
    told_en: Annotated[str, msgspec.Meta(max_length=2_000, examples=["Certificates of a sample wind farm, 2026"])]
    """The same in English; at most 120."""
    received_on: date
    document: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", examples=["9f" * 32])]
    """SHA-256 of the paper that shows it, which you keep."""


class ProposedView(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a colleague of yours."""

    approval: Annotated[str, msgspec.Meta(examples=["apr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    digest: Annotated[str, msgspec.Meta(examples=["9f" * 32])]


class SupportAgreeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another person agrees to."""

    approval: Annotated[str, msgspec.Meta(max_length=30, examples=["apr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", examples=["9f" * 32])]
    """Of what was shown, so that nobody agrees to something else."""


class RecordedView(msgspec.Struct, frozen=True, kw_only=True):
    """What is listed from now on."""

    id: Annotated[str, msgspec.Meta(examples=["sup_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    support: SupportView


_PROPOSED = ProposedView(approval="apr_01JD8Q9T5K3V2M7N4P6R8S0W1X", digest="9f" * 32)
_RECORDED = RecordedView(id="sup_01JD8Q9T5K3V2M7N4P6R8S0W1X", support=SUPPORT_EXAMPLE)


@post(
    "/zones/{slug:str}/support",
    operation_id="recordSupport",
    summary="Record support in its own unit / 登记其他支持",
    guards=[guards.signed_in, limited("order", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        _PROPOSED, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, zones.ZoneUnknown, identity.RoleMissing,
        donations.DonationUnknown, donations.DonationUnfit, donations.DonorUnverified, donations.OwnZone,
        donations.SupportRecorded, approvals.ApprovalPending, fonts.NotPrintable, status=201,
    ),
)  # fmt: skip
async def record_support(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    data: JSONBody[SupportForm],
    person_id: NamedDependency[UUID],
    idempotency_key: IdempotencyKey,
) -> Response[ProposedView]:
    """For the zone owner's people: a colleague agrees before anybody sees it. It is never converted to grams."""

    async def propose() -> ProposedView:
        donor_id = ids.parse("org", data.donor)
        if donor_id is None:
            raise donations.DonationUnknown(field="/donor")
        asked = NewSupport(
            donor_id=donor_id, kind=data.kind, quantity=Quantity(number=data.quantity, unit=data.unit),
            told=Text(zh=data.told_zh, en=data.told_en), received_on=data.received_on,
            document_sha256=bytes.fromhex(data.document),
        )  # fmt: skip
        made = await donations.propose_support(
            await zones.find(slug), asked, by=person_id, today=beijing_day(utc_now())
        )
        return ProposedView(approval=ids.public("apr", made.id), digest=made.sha256)

    return await answer_once(request, propose, actor=person_id, key=idempotency_key)


@post(
    "/support/approve",
    operation_id="approveSupport",
    summary="Agree to recorded support / 同意其他支持",
    guards=[guards.signed_in, limited("order", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(
        _RECORDED, *READ, *SIGNED_IN, RequestsTooMany, approvals.ApprovalUnknown, approvals.ApprovalDecided,
        approvals.ApprovalChanged, approvals.SamePerson, approvals.ApprovalRoleMissing, approvals.DeciderInterested,
        donations.SupportRecorded, donations.DonorUnverified,
    ),
)  # fmt: skip
async def approve_support(data: JSONBody[SupportAgreeForm], person_id: NamedDependency[UUID]) -> RecordedView:
    """As another of the zone owner's people: it is listed from now on, without its donor's name until they say so."""
    approval_id = ids.parse("apr", data.approval)
    if approval_id is None:
        raise approvals.ApprovalUnknown
    return await _view(await donations.agree_support(approval_id, seen=data.digest, by=person_id))


@post(
    "/support/{support:str}/shown",
    operation_id="showSupport",
    summary="By name or without it / 是否显示名称",
    guards=[guards.signed_in, limited("consent", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(_RECORDED, *READ, *SIGNED_IN, RequestsTooMany, donations.DonationUnknown, identity.RoleMissing),
)
async def show_support(
    support: FromPath[str], data: JSONBody[ShownForm], person_id: NamedDependency[UUID]
) -> RecordedView:
    """For whoever gave it, from now on; as easy to take back as to give."""
    id_ = known_id("sup", support)
    await donations.show_support(id_, data.shown_as, by=person_id)
    return await _view(id_)


async def _view(id_: UUID) -> RecordedView:
    (view,) = support_views(await grouped(await donations.list_support(ids=[id_])))
    return RecordedView(id=ids.public("sup", id_), support=view)


routes = Router(
    "/api/v1",
    route_handlers=[record_support, approve_support, show_support],
    dependencies={"services": Provide(provide_services)},
    tags=["holdings"],
)
