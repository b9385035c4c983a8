"""JSON for organisations: what they hold, buying into it, and giving back what is free."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.commerce import orders
from app.commerce.orders import NewJointOrder
from app.commerce.orders.rules import LINES_MOST
from app.foundation import identity
from app.kernel import ids, mass
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import credits, holdings
from app.registry.credits import Programme
from app.registry.holdings import AccountFacts
from app.views.account_json import EXAMPLE_ACCOUNT, AccountId, Grams
from app.views.claim_json import OrganisationId
from app.views.errors import RequestsTooMany
from app.views.ids import order_id as known_order
from app.views.orders.joint import HoldLineForm, read_holds
from app.views.orders.order_view import EXAMPLE, EXAMPLE_LINE, HoldLineView, OrderView, price, view
from app.views.services import Services
from app.web.kit.responses.answers import KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


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
    id=EXAMPLE_ACCOUNT, owner="org_01JD8Q9T5K3V2M7N4P6R8S0W1X", kind="org", name=None, grams=100_000_000, mass_text="100 t",
    balances=(BalanceView(programme=Programme.CDCER, lot=7, grams=100_000_000, mass_text="100 t"),),
)  # fmt: skip


@get(
    "/holdings",
    operation_id="listHoldings",
    summary="What your organisations hold / 本机构持有",
    guards=[guards.of_kind("operator", guards.KEY)],
    security=KEYED,
    responses=answers(AccountsView(accounts=(_ACCOUNT,)), *SIGNED_IN),
)
async def list_holdings(person_id: NamedDependency[UUID], language: NamedDependency[Language]) -> AccountsView:
    """Every account of every organisation that you are a member of now, with its balances by lot."""
    own = await identity.own_organisations(person_id)
    found = await holdings.accounts_of([card.id for card, _ in own])
    return AccountsView(accounts=tuple([await _shown(one, language) for one in found]))


class HoldOrderForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order of grams to be held; prices are computed here, never accepted."""

    payer: OrganisationId
    """The organisation that pays and holds; you order for it as its operator or sponsor."""
    lines: Annotated[tuple[HoldLineForm, ...], msgspec.Meta(min_length=1, max_length=LINES_MOST)]
    currency: Currency = Currency.CNY
    """What it is paid in; it never changes."""


_HELD = msgspec.structs.replace(
    EXAMPLE,
    grams=100_000_000,
    mass_text="100 t",
    amount_minor=500_000,
    amount_text="¥5,000.00",
    lines=(
        HoldLineView(
            id=EXAMPLE_LINE, no=1, account=EXAMPLE_ACCOUNT, grams=100_000_000, mass_text="100 t",
            amount_minor=500_000, currency="CNY", amount_text="¥5,000.00",
            prices=(price("CDCER", 100_000_000, 5_000, 500_000, Currency.CNY),),
        ),
    ),
)  # fmt: skip


@post(
    "/holdings/orders",
    operation_id="placeHoldingOrder",
    summary="Buy grams to hold / 购买并持有",
    guards=[guards.of_kind("operator", guards.KEY), limited("order", 30, is_exact=True)],
    security=KEYED,
    responses=answers(
        _HELD, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, orders.PartyUnknown,
        orders.MassUnfit, holdings.MixUnfit, holdings.AccountUnknown, credits.PriceUnknown,
        holdings.CreditsExhausted, orders.KeyUsedOtherwise, orders.OrganisationTooMuchUnpaid, orders.TooManyUnpaid,
        credits.RateUnknown, credits.RateTooOld,
        status=201,
    ),
)  # fmt: skip
async def place_holding_order(
    request: Request[Any, Any, Any],
    data: JSONBody[HoldOrderForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[OrderView]:
    """Price the grams and set them aside; paid like any order, they are in their accounts."""
    payer_id = _party(data.payer)

    async def may() -> None:
        await identity.demand_role(person_id, payer_id, *identity.ORDERING, field="/payer")

    async def place() -> OrderView:
        await may()
        asked = NewJointOrder(
            payer_id=payer_id,
            lines=await read_holds(data.lines, payer_id=payer_id),
            currency=data.currency,
            rate_days=services.rate_days,
            language=language.value,
        )
        order = await orders.place_joint(
            asked, by=person_id, key=idempotency_key, clock=services.gateways.clock, bounds=services.bounds
        )
        return await view(order, language)

    return await answer_once(request, place, actor=person_id, key=idempotency_key, may=may)


class ReturnForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of a held line is given back."""

    grams: Grams


@post(
    "/orders/{order_id:str}/lines/{line_id:str}/return",
    operation_id="returnOrderLine",
    summary="Give back what is held and free / 退回持有项",
    guards=[guards.of_kind("operator", guards.KEY), limited("pay", 30, is_exact=True)],
    security=KEYED,
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
    uuid, line_uuid = known_order(order_id), ids.parse("lin", line_id)

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


def _party(shown: str) -> UUID:
    uuid = ids.parse("org", shown)
    if uuid is None:
        raise orders.PartyUnknown(field="/payer")
    return uuid


routes = Router(
    "/api/v1",
    route_handlers=[list_holdings, place_holding_order, return_line],
    dependencies={"services": Provide(provide_services)},
    tags=["holdings"],
)
