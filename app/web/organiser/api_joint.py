"""JSON for organisations: one order that retires for several beneficiaries, from mixes of programmes, paid as one."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, JSONBody

from app import certificates, scenarios
from app.commerce import orders
from app.commerce.orders.rules import GRAMS_MOST
from app.foundation import fonts, identity
from app.kernel import mass, money
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import claims, credits, holdings, retirements
from app.registry.claims import TrueUpState
from app.views import estimates
from app.views.errors import RequestsTooMany
from app.views.ids import certificate_id as known_certificate
from app.views.orders.joint import JointOrderForm, may_order, read_joint
from app.views.orders.order_view import EXAMPLE, EXAMPLE_LINE, OrderView, RetireLineView, price, view
from app.views.services import Services
from app.web.kit.responses.answers import KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services
from app.web.organiser.examples import JOINT_EXAMPLE, MIXES

_ORGANISATION = "org_01JD8Q9T5K3V2M7N4P6R8S0W1X"
_PLACED = msgspec.structs.replace(
    EXAMPLE,
    grams=944_790_000,
    mass_text="944.79 t",
    amount_minor=4_987_320,
    amount_text="¥49,873.20",
    programme="CCER 国家核证自愿减排量",
    lines=tuple(
        RetireLineView(
            id=EXAMPLE_LINE,
            no=no,
            purpose="site",
            beneficiary=_ORGANISATION,
            subject="2022 年度生产经营活动",
            period_from="2022-01-01",
            period_to="2022-12-31",
            emission_grams=grams,
            emission_text=mass.text(grams),
            grams=grams,
            mass_text=mass.text(grams),
            coverage_percent="100.00",
            amount_minor=amount_minor,
            currency="CNY",
            amount_text=money.text(amount_minor, Currency.CNY),
            scheme="chuanyu",
            prices=(price(name, grams, per_tonne_minor, amount_minor, Currency.CNY),),
        )
        for no, name, grams, per_tonne_minor, amount_minor in (
            (1, "CCER", 87_790_000, 8_000, 702_320),
            (2, "CDCER", 857_000_000, 5_000, 4_285_000),
        )
    ),
)


@post(
    "/orders/joint",
    operation_id="placeJointOrder",
    summary="One order for several beneficiaries and mixes / 联合订单",
    guards=[guards.of_kind("operator", guards.KEY), limited("order", 30, is_exact=True)],
    security=KEYED,
    responses=answers(
        _PLACED, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, scenarios.ScenarioUnknown,
        orders.PartyUnknown, orders.LinesUnfit, orders.MassUnfit, holdings.MixUnfit, holdings.SchemeUnknown,
        holdings.AccountUnknown,
        holdings.ProgrammeNotAccepted, orders.PeriodUnfit, orders.MandateMissing, orders.MandateUnfit,
        orders.SubjectUnfit, fonts.NotPrintable, claims.ProfileUnknown, orders.ProfileUnused,
        credits.PriceUnknown, holdings.CreditsExhausted, orders.KeyUsedOtherwise, orders.OrganisationTooMuchUnpaid,
        orders.TooManyUnpaid, credits.RateUnknown, credits.RateTooOld,
        status=201,
    ),
)  # fmt: skip
async def place_joint_order(
    request: Request[Any, Any, Any],
    data: Annotated[JointOrderForm, Body(media_type=RequestEncodingType.JSON, examples=[JOINT_EXAMPLE, *MIXES])],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[OrderView]:
    """Price all lines, set all their credits aside for half an hour, or none; then pay it like any order.

    A line with `"fulfil": "hold"` is bought with the others and held in an account of the payer.

    An order that would take a large part of what is open is quoted instead (`reserved` is false): its price stands
    until `expires_at`, and its credits are set aside when its money comes, or when the platform's people say so.
    """

    async def place() -> OrderView:
        asked = await read_joint(
            data, by=person_id, recognition=services.recognition, profiles=services.profiles,
            rate_days=services.rate_days, language=language,
        )  # fmt: skip
        order = await orders.place_joint(
            asked, by=person_id, key=idempotency_key, clock=services.gateways.clock, bounds=services.bounds
        )
        return await view(order, language)

    return await answer_once(
        request, place, actor=person_id, key=idempotency_key, may=lambda: may_order(data, person_id)
    )


class TrueUpForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was really emitted in the claimed period."""

    actual_grams: Annotated[int, msgspec.Meta(ge=0, le=GRAMS_MOST, examples=[86_500_000])]


class TrueUpView(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from it."""

    state: TrueUpState
    """`covered`: a certificate that supersedes the first follows. `short`: order `missing_grams` for the same claim until
    `due_on`, then send the figure again. `lapsed`: the claim is void, the retirement stays."""
    missing_grams: int
    due_on: Annotated[str, msgspec.Meta(examples=["2027-12-31"])]


@post(
    "/certificates/{certificate_id:str}/true-up",
    operation_id="trueUpCertificate",
    summary="Enter the actual emission / 填写实际排放量",
    guards=[guards.of_kind("operator", guards.KEY), limited("order", 30, is_exact=True)],
    security=KEYED,
    status_code=200,
    responses=answers(
        TrueUpView(state=TrueUpState.SHORT, missing_grams=1_290_000, due_on="2027-12-31"),
        *READ, *SIGNED_IN, RequestsTooMany, identity.RoleMissing, certificates.CertificateUnknown,
        retirements.NothingPending, claims.PeriodNotOver, claims.FigureFinal, claims.ProfileUnknown,
    ),
)  # fmt: skip
async def true_up(
    certificate_id: FromPath[str],
    data: JSONBody[TrueUpForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> TrueUpView:
    """For a claim whose period was not over when its grams were retired; harmless when repeated."""
    held = await certificates.find(known_certificate(certificate_id), by=person_id)
    assert held.retirement_id is not None, "a neutrality paper is of a retirement"
    await identity.demand_role(person_id, held.holder_id, *identity.ORDERING)
    found = await retirements.true_up(
        held.retirement_id, data.actual_grams, by=person_id, profiles=services.profiles, today=estimates.today()
    )
    return TrueUpView(state=found.state, missing_grams=found.missing_g, due_on=found.due_on.isoformat())


routes = Router(
    "/api/v1",
    route_handlers=[place_joint_order, true_up],
    dependencies={"services": Provide(provide_services)},
    tags=["orders"],
)
