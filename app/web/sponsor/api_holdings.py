"""JSON for organisations: what they hold, buying into it, moving it, retiring from it, and giving back what is free."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app import approvals, claims, credits, fonts, holdings, identity, orders, retirements, scenarios
from app.credits import Programme
from app.holdings import AccountFacts, Amount
from app.kernel import ids, mass
from app.kernel.money import Currency
from app.kernel.text import Language
from app.orders import NewHold, NewJointOrder
from app.orders.rules import GRAMS_MOST, PARTS_MOST
from app.retirements import HeldRetirement
from app.web import guards
from app.web.citizen import figuring
from app.web.citizen.answers import BEARER, ONCE, READ, SIGNED_IN, answers
from app.web.citizen.api_order_views import EXAMPLE, HoldView, OrderView, line, view
from app.web.citizen.api_orders import known_id
from app.web.claim_json import Name, OrganisationId, ProfileName
from app.web.errors import RequestsTooMany
from app.web.house import House, provide_house
from app.web.idempotency import IdempotencyKey, answer_once
from app.web.limits import limited
from app.web.sponsor.mixes import MixForm, read_mix

_ACC: Final = "acc_01JD8Q9T5K3V2M7N4P6R8S0W1X"
AccountId = Annotated[str, msgspec.Meta(max_length=30, examples=[_ACC])]
Grams = Annotated[int, msgspec.Meta(ge=1, le=GRAMS_MOST, examples=[100_000_000])]


class BalanceView(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has of one lot, free of reservations."""

    programme: Programme
    lot: int
    grams: int
    mass_text: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account and what is in it."""

    id: AccountId
    owner: OrganisationId
    kind: Annotated[str, msgspec.Meta(examples=["org"])]
    """`org`: the organisation's holding; `pool`, `zone` or `allowance`: a named account of its own."""
    name: str | None
    """Of a named account, in the reader's language."""
    grams: int
    mass_text: str
    balances: tuple[BalanceView, ...]


class AccountsView(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of the organisations that somebody acts for."""

    accounts: tuple[AccountView, ...]


_ACCOUNT: Final = AccountView(
    id=_ACC, owner="org_01JD8Q9T5K3V2M7N4P6R8S0W1X", kind="org", name=None, grams=100_000_000, mass_text="100 t",
    balances=(BalanceView(programme=Programme.CDCER, lot=7, grams=100_000_000, mass_text="100 t"),),
)  # fmt: skip


@get(
    "/holdings",
    operation_id="listHoldings",
    summary="What your organisations hold / 本机构持有",
    guards=[guards.of_kind("operator")],
    security=BEARER,
    responses=answers(AccountsView(accounts=(_ACCOUNT,)), *SIGNED_IN),
)
async def list_holdings(person_id: NamedDependency[UUID], language: NamedDependency[Language]) -> AccountsView:
    """Every account of every organisation that you are a member of now, with its balances by lot."""
    own = await identity.own_organisations(person_id)
    found = await holdings.accounts_of([card.id for card, _ in own])
    return AccountsView(accounts=tuple([await _shown(one, language) for one in found]))


class HoldForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall be held in one account."""

    grams: Grams
    mix: MixForm
    account: AccountId | None = None
    """Of the payer; left out, its holding, which is opened where it has none."""


class HoldOrderForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order of grams to be held; prices are computed here, never accepted."""

    payer: OrganisationId
    """The organisation that pays and holds; you order for it as its operator or sponsor."""
    holds: Annotated[tuple[HoldForm, ...], msgspec.Meta(min_length=1, max_length=PARTS_MOST)]


_HELD = msgspec.structs.replace(
    EXAMPLE,
    grams=100_000_000,
    mass_text="100 t",
    amount_minor=500_000,
    amount_text="¥5,000.00",
    parts=(),
    holds=(
        HoldView(
            id="lin_01JD8Q9T5K3V2M7N4P6R8S0W1X", no=1, account=_ACC, grams=100_000_000, mass_text="100 t",
            amount_minor=500_000, currency="CNY", amount_text="¥5,000.00",
            lines=(line("CDCER", 100_000_000, 5_000, 500_000, Currency.CNY),),
        ),
    ),
)  # fmt: skip


@post(
    "/holdings/orders",
    operation_id="placeHoldingOrder",
    summary="Buy grams to hold / 购买并持有",
    guards=[guards.of_kind("operator"), limited("order", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        _HELD, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, orders.PartyUnknown,
        orders.MassUnfit, holdings.MixUnfit, holdings.AccountUnknown, credits.PriceUnknown,
        holdings.CreditsExhausted, orders.KeyUsedOtherwise, orders.OrganisationTooMuchUnpaid, orders.TooManyUnpaid,
        status=201,
    ),
)  # fmt: skip
async def place_holding_order(
    request: Request[Any, Any, Any],
    data: JSONBody[HoldOrderForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    house: NamedDependency[House],
    idempotency_key: IdempotencyKey,
) -> Response[OrderView]:
    """Price the grams and set them aside; paid like any order, they are in their accounts."""
    payer_id = _party(data.payer)

    async def may() -> None:
        await identity.demand_role(person_id, payer_id, *identity.ORDERING, field="/payer")

    async def place() -> OrderView:
        await may()
        own = await holdings.open_holding(payer_id)
        asked = NewJointOrder(
            payer_id=payer_id,
            holds=tuple(
                NewHold(
                    account_id=own.id if hold.account is None else _account(hold.account, f"/holds/{at}/account"),
                    mass_g=hold.grams,
                    mix=read_mix(hold.mix, f"/holds/{at}/mix"),
                )
                for at, hold in enumerate(data.holds)
            ),
            currency=Currency.CNY,
            language=language.value,
        )
        order = await orders.place_joint(
            asked, by=person_id, key=idempotency_key, clock=house.gateways.clock, bounds=house.bounds
        )
        return await view(order, language)

    return await answer_once(request, place, actor=person_id, key=idempotency_key, may=may)


class TransferForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes from one account to another."""

    source: AccountId
    target: AccountId | None = None
    """An account of a verified organisation."""
    organisation: OrganisationId | None = None
    """Or the organisation whose holding it is, which is opened where it has none."""
    grams: Grams
    mix: MixForm
    reason: Annotated[Name, msgspec.Meta(examples=["赠予合作方"])]


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """What went over."""

    source: AccountId
    target: AccountId
    grams: int
    mass_text: str


@post(
    "/holdings/transfers",
    operation_id="transferHolding",
    summary="Move grams to another account / 划转",
    guards=[guards.of_kind("operator"), limited("order", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        TransferView(source=_ACC, target=_ACC, grams=1_000_000, mass_text="1 t"),
        *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, holdings.AccountUnknown, holdings.MixUnfit,
        holdings.CreditsExhausted, holdings.CauseTaken, holdings.SameAccount, status=201,
    ),
)  # fmt: skip
async def transfer_holding(
    request: Request[Any, Any, Any],
    data: JSONBody[TransferForm],
    person_id: NamedDependency[UUID],
    idempotency_key: IdempotencyKey,
) -> Response[TransferView]:
    """Move free grams to an account of a verified organisation, once for its key; no money moves."""

    async def may() -> AccountFacts:
        return await _own(data.source, person_id, "/source")

    async def move() -> TransferView:
        source = await may()
        target = await _target(data)
        amount = Amount(read_mix(data.mix, "/mix"), data.grams)
        cause = retirements.held_cause(idempotency_key, by=person_id)
        moved = await holdings.move(
            cause, source.account, target.account, amount, reason=data.reason, actor=f"person:{person_id}"
        )
        return TransferView(
            source=ids.public("acc", source.id), target=ids.public("acc", target.id), grams=moved.mass_g,
            mass_text=mass.text(moved.mass_g),
        )  # fmt: skip

    return await answer_once(request, move, actor=person_id, key=idempotency_key, may=may)


class RetireForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is retired of an account, for a claim of its owner."""

    account: AccountId
    grams: Grams
    mix: MixForm
    scene: Annotated[str, msgspec.Meta(min_length=6, max_length=8, examples=["H7QP3K"])]
    purpose: Annotated[
        str, msgspec.Meta(pattern="^(organisation|event|product|site|meeting)$", examples=["organisation"])
    ]
    subject: Name | None = None
    period_from: date
    period_to: date
    """Inclusive."""
    emission_grams: Annotated[int, msgspec.Meta(ge=0, le=GRAMS_MOST)]
    profile: ProfileName | None = None


class RetiredView(msgspec.Struct, frozen=True, kw_only=True):
    """A retirement that is requested, or what waits for a second person."""

    cause: Annotated[str, msgspec.Meta(examples=["holding:5c1f6a3e-9f4e-4d7b-8a6f-0c2e4b7d9a10"])]
    number: str | None
    """Of the retirement, once it is requested."""
    approval: str | None = None
    """What another person of the organisation must agree to (`/holdings/retirements/approve`)."""
    digest: str | None = None
    """Of exactly what was written down."""


@post(
    "/holdings/retirements",
    operation_id="retireHolding",
    summary="Retire what you hold / 注销持有量",
    guards=[guards.of_kind("operator"), limited("order", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        RetiredView(cause="holding:5c1f6a3e-9f4e-4d7b-8a6f-0c2e4b7d9a10", number="R-20261122-7K3M9QFX"),
        *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, holdings.AccountUnknown, holdings.MixUnfit,
        holdings.CreditsExhausted, scenarios.ScenarioUnknown, claims.ProfileUnknown, fonts.NotPrintable,
        retirements.HeldClaimUnfit, retirements.HeldKeyUsedOtherwise, approvals.ApprovalPending, status=201,
    ),
)  # fmt: skip
async def retire_holding(
    request: Request[Any, Any, Any],
    data: JSONBody[RetireForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    house: NamedDependency[House],
    idempotency_key: IdempotencyKey,
) -> Response[RetiredView]:
    """Retire without paying again; a certificate follows. Above a limit it waits for another of the owner's people."""

    async def may() -> AccountFacts:
        return await _own(data.account, person_id, "/account")

    async def retire() -> RetiredView:
        asked = await _asked(data, await may(), language, house)
        if data.grams > house.alone_g:
            made = await retirements.propose_held(asked, by=person_id, key=idempotency_key)
            return RetiredView(cause=made.subject, number=None, approval=ids.public("apr", made.id), digest=made.sha256)
        cause = await retirements.retire_held(asked, by=person_id, key=idempotency_key, limit_g=house.alone_g)
        return await _retired(cause)

    return await answer_once(request, retire, actor=person_id, key=idempotency_key, may=may)


class AgreeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another person agrees to."""

    approval: Annotated[str, msgspec.Meta(max_length=30, examples=["apr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", examples=["9f" * 32])]
    """Of what was shown, so that nobody agrees to something else."""


@post(
    "/holdings/retirements/approve",
    operation_id="approveHoldingRetirement",
    summary="Agree to a large retirement / 复核持有注销",
    guards=[guards.of_kind("operator"), limited("order", 30, is_exact=True)],
    security=BEARER,
    status_code=200,
    responses=answers(
        RetiredView(cause="holding:5c1f6a3e-9f4e-4d7b-8a6f-0c2e4b7d9a10", number="R-20261122-7K3M9QFX"),
        *READ, *SIGNED_IN, RequestsTooMany, approvals.ApprovalUnknown, approvals.ApprovalDecided,
        approvals.ApprovalChanged, approvals.SamePerson, approvals.ApprovalRoleMissing, holdings.CreditsExhausted,
    ),
)  # fmt: skip
async def approve_retirement(data: JSONBody[AgreeForm], person_id: NamedDependency[UUID]) -> RetiredView:
    """The grams are retired with the second person's word."""
    approval_id = ids.parse("apr", data.approval)
    if approval_id is None:
        raise approvals.ApprovalUnknown
    return await _retired(await retirements.approve_held(approval_id, seen=data.digest, by=person_id))


class ReturnForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of a held line is given back."""

    grams: Grams


@post(
    "/orders/{order_id:str}/lines/{line_id:str}/return",
    operation_id="returnOrderLine",
    summary="Give back what is held and free / 退回持有项",
    guards=[guards.of_kind("operator"), limited("pay", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        msgspec.structs.replace(_HELD, state="partly_refunded"),
        *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, orders.OrderUnknown, orders.LineUnknown,
        orders.NothingToReturn, status=201,
    ),
)  # fmt: skip
async def return_line(
    request: Request[Any, Any, Any],
    order_id: FromPath[str],
    line_id: FromPath[str],
    data: JSONBody[ReturnForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    idempotency_key: IdempotencyKey,
) -> Response[OrderView]:
    """Give grams of a line back as far as they are free in its account; their money goes back to the payer."""
    uuid, line_uuid = known_id(order_id), ids.parse("lin", line_id)

    async def give_back() -> OrderView:
        if line_uuid is None:
            raise orders.LineUnknown
        await orders.return_line(uuid, line_uuid, data.grams, by=person_id, key=idempotency_key)
        return await view(await orders.find(uuid, by=person_id), language)

    return await answer_once(
        request, give_back, actor=person_id, key=idempotency_key, may=lambda: orders.find(uuid, by=person_id)
    )


async def _shown(one: AccountFacts, language: Language) -> AccountView:
    found = await holdings.balances(one.account)
    total_g = sum(each.mass_g for each in found)
    return AccountView(
        id=ids.public("acc", one.id),
        owner=ids.public("org", one.owner_id),
        kind=one.account.kind.value,
        name=one.name.in_(language) if one.name else None,
        grams=total_g,
        mass_text=mass.text(total_g),
        balances=tuple(
            BalanceView(programme=each.programme, lot=each.lot_id, grams=each.mass_g, mass_text=mass.text(each.mass_g))
            for each in found
        ),
    )


async def _asked(form: RetireForm, account: AccountFacts, language: Language, house: House) -> HeldRetirement:
    try:
        scene = await scenarios.open_scene(form.scene, today=figuring.today())
    except scenarios.ScenarioUnknown:
        raise scenarios.ScenarioUnknown(field="/scene") from None
    profile = form.profile and claims.choose(house.profiles.profiles, form.profile, field="/profile").name
    return HeldRetirement(
        account_id=account.id,
        claim=claims.NewClaim(
            purpose=claims.Purpose(form.purpose),
            scenario_id=scene.id,
            subject=form.subject,
            beneficiary_id=account.owner_id,
            period_from=form.period_from,
            period_to=form.period_to,
            emission_g=form.emission_grams,
            profile=profile,
            language=language.value,
        ),
        mass_g=form.grams,
        mix=read_mix(form.mix, "/mix"),
    )


async def _retired(cause: str) -> RetiredView:
    standing = await retirements.find_by_cause(cause)
    return RetiredView(cause=cause, number=standing.number if standing else None)


async def _own(shown: str, person_id: UUID, field: str) -> AccountFacts:
    """An account that this person may use for its owner now."""
    account = await holdings.find_account(_account(shown, field))
    if not await identity.acts_for(person_id, account.owner_id):
        raise holdings.AccountUnknown(field=field)
    await identity.demand_role(person_id, account.owner_id, *identity.ORDERING, field=field)
    return account


async def _target(form: TransferForm) -> AccountFacts:
    """Where it goes: an account of an organisation that two people verified."""
    if form.target is not None:
        account = await holdings.find_account(_account(form.target, "/target"))
    else:
        owner_id = ids.parse("org", form.organisation or "")
        if owner_id is None or not await _is_verified(owner_id):
            raise holdings.AccountUnknown(field="/organisation")
        account = await holdings.open_holding(owner_id)
    if not await _is_verified(account.owner_id):
        raise holdings.AccountUnknown(field="/target")
    return account


async def _is_verified(party_id: UUID) -> bool:
    card = (await identity.introduce([party_id])).get(party_id)
    return card is not None and card.is_verified


def _account(shown: str, field: str) -> UUID:
    uuid = ids.parse("acc", shown)
    if uuid is None:
        raise holdings.AccountUnknown(field=field)
    return uuid


def _party(shown: str) -> UUID:
    uuid = ids.parse("org", shown)
    if uuid is None:
        raise orders.PartyUnknown(field="/payer")
    return uuid


routes = Router(
    "/api/v1",
    route_handlers=[
        list_holdings, place_holding_order, transfer_holding, retire_holding, approve_retirement, return_line,
    ],
    dependencies={"house": Provide(provide_house)},
    tags=["holdings"],
)  # fmt: skip
