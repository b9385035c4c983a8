"""JSON for organisations: one order that retires for several beneficiaries, from mixes of programmes, paid as one."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, JSONBody

from app import certificates, claims, credits, holdings, identity, orders, retirements, scenarios
from app.claims import TrueUpState
from app.kernel import ids
from app.kernel.mass import GRAMS_PER_KG, to_retire_g
from app.kernel.money import Currency
from app.kernel.text import Language
from app.orders import NewJointOrder, NewPart
from app.orders.rules import GRAMS_MOST, PARTS_MOST, TEXT_MOST
from app.retirements import Mandate, Purpose
from app.web import guards
from app.web.citizen import figuring
from app.web.citizen.answers import BEARER, ONCE, READ, SIGNED_IN, answers
from app.web.citizen.api_order_views import EXAMPLE, LineView, OrderView, PartView, view
from app.web.citizen.api_people import known_id
from app.web.errors import RequestsTooMany, RoleMissing
from app.web.house import House, provide_house
from app.web.idempotency import IdempotencyKey, answer_once
from app.web.limits import limited
from app.web.sponsor.mixes import MIXES, MixForm, SchemeName, read_mix, scheme_of

_MAY_ORDER = (identity.Role.OPERATOR, identity.Role.SPONSOR)
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MOST)]
ProfileName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=32,
        description="iso14068-1, mee-event-2019, local; 规则档的名称",
        examples=["iso14068-1"],
    ),
]
OrganisationId = Annotated[str, msgspec.Meta(max_length=30, examples=["org_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]


class MandateForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which ground the payer pays for another. All of it is public."""

    ground: Annotated[Name, msgspec.Meta(examples=["受托代购协议 2023-07"])]
    document: Name | None = None
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None
    """Of the document, which stays with you."""


class PartForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall be retired for one beneficiary: one retirement, one certificate."""

    scene: Annotated[str, msgspec.Meta(min_length=6, max_length=8, examples=["H7QP3K"])]
    purpose: Literal["organisation", "event", "product", "site", "meeting", "donation"]
    beneficiary: OrganisationId | None = None
    """The organisation that may claim it; the payer where it is left out."""
    subject: Annotated[Name, msgspec.Meta(examples=["2022 年度生产经营活动"])] | None = None
    """What within the scene. Public."""
    period_from: date
    period_to: date
    """Inclusive."""
    emission_grams: Annotated[int, msgspec.Meta(ge=0, le=GRAMS_MOST, examples=[87_790_000])]
    grams: Annotated[int, msgspec.Meta(ge=1, le=GRAMS_MOST)] | None = None
    """What is retired; left out, the emission rounded up to a kilogram."""
    mix: MixForm
    """Which programmes it takes from: by share, by mass, or in order of preference."""
    scheme: SchemeName | None = None
    """For this part instead of the order's."""
    profile: ProfileName | None = None
    """For this part's claim instead of the order's; a donation claims nothing and takes none."""
    mandate: MandateForm | None = None


class JointOrderForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order of an organisation. Prices are computed here, never accepted."""

    payer: OrganisationId
    """The organisation that pays; you order for it as its operator or sponsor."""
    parts: Annotated[tuple[PartForm, ...], msgspec.Meta(min_length=1, max_length=PARTS_MOST)]
    scheme: SchemeName | None = None
    """The recognition scheme (互认方案) that must accept every programme; left out, whatever we sell may be ordered."""
    profile: ProfileName | None = None
    """The rule profile (规则档) by which what the beneficiaries claim is judged; left out, the platform's own."""


_ORGANISATION = "org_01JD8Q9T5K3V2M7N4P6R8S0W1X"
_PLACED = msgspec.structs.replace(
    EXAMPLE,
    grams=944_790_000,
    mass_text="944.79 t",
    amount_minor=4_987_320,
    amount_text="¥49,873.20",
    programme="CCER 国家核证自愿减排量",
    parts=tuple(
        PartView(
            no=no,
            purpose="site",
            beneficiary=_ORGANISATION,
            subject="2022 年度生产经营活动",
            period_from="2022-01-01",
            period_to="2022-12-31",
            emission_grams=grams,
            grams=grams,
            amount_minor=amount_minor,
            scheme="chuanyu",
            lines=(LineView(programme=name, grams=grams, per_tonne_minor=price, amount_minor=amount_minor),),
        )
        for no, name, grams, price, amount_minor in (
            (1, "CCER", 87_790_000, 8_000, 702_320),
            (2, "CDCER", 857_000_000, 5_000, 4_285_000),
        )
    ),
)


@post(
    "/orders/joint",
    operation_id="placeJointOrder",
    summary="One order for several beneficiaries and mixes / 联合订单",
    guards=[guards.of_kind("operator"), limited("order", 30)],
    security=BEARER,
    responses=answers(
        _PLACED, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, RoleMissing, scenarios.ScenarioUnknown,
        orders.PartyUnknown, orders.MassUnfit, holdings.MixUnfit, holdings.SchemeUnknown,
        holdings.ProgrammeNotAccepted, orders.PeriodUnfit, orders.MandateMissing, orders.MandateUnfit,
        orders.SubjectUnfit, claims.ProfileUnknown, orders.ProfileUnused,
        credits.PriceUnknown, holdings.CreditsExhausted, orders.KeyUsedOtherwise,
        status=201,
    ),
)  # fmt: skip
async def place_joint_order(
    request: Request[Any, Any, Any],
    data: Annotated[JointOrderForm, Body(media_type=RequestEncodingType.JSON, examples=MIXES)],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    house: NamedDependency[House],
    idempotency_key: IdempotencyKey,
) -> Response[OrderView]:
    """Price all parts, set all their credits aside for half an hour, or none; then pay it like any order."""

    async def place() -> OrderView:
        payer_id = _party(data.payer, "/payer")
        await _may_act(person_id, payer_id)
        scheme = scheme_of(data.scheme, "/scheme", house.recognition)
        profile = profile_of(data.profile, "/profile", house.profiles)
        parts = tuple(
            [
                await _part(
                    form,
                    at,
                    payer_id=payer_id,
                    accepting=scheme_of(form.scheme, f"/parts/{at}/scheme", house.recognition) or scheme,
                    profile=profile_of(form.profile, f"/parts/{at}/profile", house.profiles) or profile,
                )
                for at, form in enumerate(data.parts)
            ]
        )
        order = await orders.place_joint(
            NewJointOrder(payer_id=payer_id, parts=parts, currency=Currency.CNY, language=language.value),
            by=person_id,
            key=idempotency_key,
            clock=house.gateways.clock,
        )
        return await view(order, language)

    return await answer_once(request, place, actor=person_id, key=idempotency_key)


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
    guards=[guards.of_kind("operator"), limited("order", 30)],
    security=BEARER,
    status_code=200,
    responses=answers(
        TrueUpView(state=TrueUpState.SHORT, missing_grams=1_290_000, due_on="2027-12-31"),
        *READ, *SIGNED_IN, RequestsTooMany, RoleMissing, certificates.CertificateUnknown,
        retirements.NothingPending, retirements.PeriodNotOver, retirements.TrueUpFinal, claims.ProfileUnknown,
    ),
)  # fmt: skip
async def true_up(
    certificate_id: FromPath[str],
    data: JSONBody[TrueUpForm],
    person_id: NamedDependency[UUID],
    house: NamedDependency[House],
) -> TrueUpView:
    """For a claim whose period was not over when its grams were retired; harmless when repeated."""
    held = await certificates.find(known_id(certificate_id), by=person_id)
    await _may_act(person_id, held.holder_id)

    found = await retirements.true_up(
        held.retirement_id, data.actual_grams, by=person_id, profiles=house.profiles, today=figuring.today()
    )
    return TrueUpView(state=found.state, missing_grams=found.missing_g, due_on=found.due_on.isoformat())


async def _may_act(person_id: UUID, organisation_id: UUID) -> None:
    if not any([await identity.holds_role(person_id, organisation_id, role) for role in _MAY_ORDER]):
        raise RoleMissing


def profile_of(name: str | None, field: str, profiles: claims.ProfileSet) -> str | None:
    """The profile that was named; None where none was.

    Raises:
        ProfileUnknown: there is no such profile; `field` is where it was named.
    """
    return None if name is None else claims.choose(profiles.profiles, name, field=field).name


async def _part(
    form: PartForm, at: int, *, payer_id: UUID, accepting: holdings.Scheme | None, profile: str | None
) -> NewPart:
    field = f"/parts/{at}"
    try:
        scene = await scenarios.open_scene(form.scene, today=figuring.today())
    except scenarios.ScenarioUnknown:
        raise scenarios.ScenarioUnknown(field=f"{field}/scene") from None
    if form.grams is None and form.emission_grams == 0:
        raise orders.MassUnfit(field=f"{field}/grams", most=GRAMS_MOST)
    mandate = form.mandate
    return NewPart(
        purpose=Purpose(form.purpose),
        scenario_id=scene.id,
        subject=form.subject,
        beneficiary_id=payer_id if form.beneficiary is None else _party(form.beneficiary, f"{field}/beneficiary"),
        mandate=Mandate(mandate.ground, mandate.document, bytes.fromhex(mandate.sha256) if mandate.sha256 else None)
        if mandate
        else None,
        period_from=form.period_from,
        period_to=form.period_to,
        emission_g=form.emission_grams,
        mass_g=form.grams or to_retire_g(form.emission_grams, step_g=GRAMS_PER_KG),
        mix=read_mix(form.mix, f"{field}/mix"),
        accepting=accepting,
        # The order's own is meant for what is claimed; a donation beside it claims nothing.
        profile=profile if form.profile or Purpose(form.purpose) in retirements.CLAIMING else None,
    )


def _party(shown: str, field: str) -> UUID:
    uuid = ids.parse("org", shown)
    if uuid is None:
        raise orders.PartyUnknown(field=field)
    return uuid


routes = Router(
    "/api/v1",
    route_handlers=[place_joint_order, true_up],
    dependencies={"house": Provide(provide_house)},
    tags=["orders"],
)
