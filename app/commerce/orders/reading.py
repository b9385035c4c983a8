"""Reading orders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import msgspec

from app.commerce.orders.errors import OrderUnknown
from app.commerce.orders.rules import PARTLY_REFUNDED, OrderState
from app.gateways.database import Row, Tx, fetch, fetch_one
from app.kernel.money import Currency
from app.registry import claims, credits, holdings
from app.registry.claims import ClaimFacts, Mandate
from app.registry.credits import PerTonne, Programme, Rate
from app.registry.holdings import AccountFacts
from app.registry.retirements import Funding


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFacts:
    """How much of one programme a line takes, and at which price."""

    programme: Programme
    mass_g: int
    per_tonne_minor: int
    """As its price list says it: in the rate's base where it is rated, else in the order's currency."""
    amount_minor: int
    """In the order's currency; of many small rated prices one may be 0, since all of them are rounded up once."""
    is_rated: bool = False
    """It goes through the order's rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """What stands in the row of an order's line, and its prices by programme."""

    id: UUID
    no: int
    cause: str
    """Under which it reserves and retires; its claim's, too."""
    claim_id: UUID | None
    """For which it is retired; None: it is held in an account."""
    account_id: UUID | None
    funding: Funding
    mandate_id: UUID | None
    mass_g: int
    mix: str | None
    """As it was asked for: `preference CCER CDCER`; None: one programme."""
    scheme: str | None
    """The recognition scheme under which it was ordered."""
    prices: tuple[PriceFacts, ...]

    @property
    def amount_minor(self) -> int:
        """What it costs."""
        return sum(price.amount_minor for price in self.prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireLine(LineRow):
    """What an order retires for one claim."""

    claim: ClaimFacts
    mandate: Mandate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLine(LineRow):
    """What an order holds in one account."""

    account: AccountFacts
    back_g: int
    """Of it given back."""
    back_minor: int
    """For what of its price."""


Line = RetireLine | HoldLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """An order as its owner and the doors see it."""

    id: UUID
    person_id: UUID
    """Who placed it: history, no power."""
    payer_id: UUID
    """Whose it is: the person, or the organisation they acted for."""
    mass_g: int
    amount_minor: int
    currency: Currency
    language: str
    state: OrderState
    placed_at: datetime
    expires_at: datetime
    payment_id: UUID | None = None
    """For which it was sold; None: it was not."""
    rate: Rate | None = None
    """By which it was priced, where a price list is in another currency."""
    needed_g: int | None = None
    """What was asked for, where more was bought to reach the smallest amount that can be paid."""
    lines: tuple[Line, ...]
    """By number; at least one."""

    @property
    def is_of_organisation(self) -> bool:
        """Whether an organisation pays, for which somebody acted; else the person themselves."""
        return self.payer_id != self.person_id

    @property
    def retire_lines(self) -> tuple[RetireLine, ...]:
        """What is retired, by number; none where everything is held."""
        return tuple(line for line in self.lines if isinstance(line, RetireLine))

    @property
    def hold_lines(self) -> tuple[HoldLine, ...]:
        """What is held in accounts, by number."""
        return tuple(line for line in self.lines if isinstance(line, HoldLine))

    @property
    def asked_g(self) -> int:
        """What was asked for, before grams were added to reach the smallest amount that can be paid."""
        return self.needed_g or self.mass_g

    @property
    def is_floored(self) -> bool:
        """Whether something in it is charged the smallest unit though it is worth less."""
        return credits.is_floored(
            [
                (one.mass_g, PerTonne(one.per_tonne_minor, self.rate if one.is_rated else None))
                for line in self.lines
                for one in line.prices
            ]
        )

    @property
    def back_minor(self) -> int:
        """What of its price was given back, line by line."""
        return sum(line.back_minor for line in self.hold_lines)

    @property
    def shown_state(self) -> str:
        """Its state, and `partly_refunded` where it is paid and a part of it is given back."""
        return PARTLY_REFUNDED if self.state is OrderState.PAID and self.back_minor else self.state.value

    @property
    def scenario_id(self) -> UUID | None:
        """The scene of the first line that retires; a visitor's order has one line."""
        return next((line.claim.scenario_id for line in self.retire_lines), None)

    @property
    def footprint_id(self) -> UUID | None:
        """The figure of the first line that retires."""
        return next((line.claim.footprint_id for line in self.retire_lines), None)

    @property
    def programme(self) -> Programme:
        """The programme of the first line."""
        return self.lines[0].prices[0].programme

    @property
    def emission_g(self) -> int:
        """What the lines emitted together."""
        return sum(line.claim.emission_g for line in self.retire_lines)

    @property
    def has_name(self) -> bool:
        """Whether a name will stand on the certificate of the first line that retires."""
        return any(line.claim.has_name for line in self.retire_lines[:1])


_lines = msgspec.json.Decoder(tuple[LineRow, ...])
"""Reads the lines as `COLUMNS` gathers them."""

COLUMNS = (
    "o.id, o.person_id, o.payer_id, o.mass_g, o.amount_minor, o.currency, o.language, o.state, o.placed_at, o.expires_at,"
    " o.payment_id, o.rate_id, o.needed_g,"
    " (SELECT jsonb_agg(jsonb_build_object('id', l.id, 'no', l.no, 'cause', l.cause, 'claim_id', l.claim_id,"
    " 'account_id', l.account_id, 'funding', l.funding, 'mandate_id', l.mandate_id, 'mass_g', l.mass_g,"
    " 'mix', l.mix, 'scheme', l.scheme, 'prices',"
    " (SELECT jsonb_agg(jsonb_build_object('programme', i.programme, 'mass_g', i.mass_g, 'per_tonne_minor',"
    " i.per_tonne_minor, 'amount_minor', i.amount_minor, 'is_rated', i.is_rated) ORDER BY i.id)"
    " FROM sale_line_price i WHERE i.line_id = l.id)"
    ") ORDER BY l.no) FROM sale_line l WHERE l.order_id = o.id) AS lines FROM purchase_order o"
)


async def find(order_id: UUID, *, by: UUID) -> OrderFacts:
    """The order, if it is this person's, or their organisation's: whoever is a member now reads it, its maker or not.

    Raises:
        OrderUnknown: no such order, or somebody else's.
    """
    row = await fetch_one(f"SELECT {COLUMNS} WHERE o.id = $1 AND identity.acts_for($2, o.payer_id)", order_id, by)
    if row is None:
        raise OrderUnknown
    return (await gather([row]))[0]


async def find_placed(key: str, *, by: UUID) -> OrderFacts | None:
    """The order that this person placed under a key of theirs; None where there is none."""
    row = await fetch_one(
        f"SELECT {COLUMNS} WHERE o.person_id = ANY(ARRAY(SELECT identity.persons_of($1))) AND o.intent_key = $2",
        by,
        key,
    )
    return (await gather([row]))[0] if row else None


async def recall(order_id: UUID) -> OrderFacts:
    """The order, whoever placed it: for the platform's own people, who answer for all of them.

    Raises:
        OrderUnknown: no such order.
    """
    row = await fetch_one(f"SELECT {COLUMNS} WHERE o.id = $1", order_id)
    if row is None:
        raise OrderUnknown
    return (await gather([row]))[0]


async def payers_of(order_ids: Collection[UUID], *, tx: Tx | None = None) -> dict[UUID, UUID]:
    """Whose each of these orders is; none is left out that there is."""
    rows = await fetch("SELECT id, payer_id FROM purchase_order WHERE id = ANY($1::uuid[])", list(order_ids), tx=tx)
    return {row["id"]: row["payer_id"] for row in rows}


async def under_way(person_id: UUID, *, limit: int) -> list[OrderFacts]:
    """Orders of a person and of their organisations that may still lead somewhere, the latest first.

    One paid today may be done already. An order of which everything is held leads to no paper, so it stays as long as it
    is paid; what is under way comes before it.
    """
    rows = await fetch(
        f"SELECT {COLUMNS} WHERE o.payer_id IN (SELECT identity.parties_of($1))"
        " AND (o.state = 'refunding'"
        " OR (o.state IN ('placed', 'quoted') AND o.expires_at > clock_timestamp())"
        " OR (o.state = 'paid' AND (o.placed_at > clock_timestamp() - interval '1 day' OR NOT EXISTS"
        " (SELECT FROM sale_line l WHERE l.order_id = o.id AND l.claim_id IS NOT NULL))))"
        " ORDER BY o.state = 'paid' AND (o.placed_at <= clock_timestamp() - interval '1 day' OR NOT EXISTS"
        " (SELECT FROM sale_line l WHERE l.order_id = o.id AND l.claim_id IS NOT NULL)), o.id DESC LIMIT $2",
        person_id, limit,
    )  # fmt: skip
    return await gather(rows)


async def lock_many(order_ids: Sequence[UUID], *, tx: Tx) -> list[OrderFacts]:
    """These orders by id, locked until the transaction ends; others are absent."""
    rows = await fetch(
        f"SELECT {COLUMNS} WHERE o.id = ANY($1::uuid[]) ORDER BY o.id FOR UPDATE OF o", list(order_ids), tx=tx
    )
    return await gather(rows, tx=tx)


async def gather(rows: Sequence[Row], *, tx: Tx | None = None) -> list[OrderFacts]:
    """Rows of `COLUMNS` as records, with the claims and mandates of their lines."""
    by_order = [_lines.decode(row["lines"]) for row in rows]
    own = [line for lines in by_order for line in lines]
    made = await claims.find_many([line.claim_id for line in own if line.claim_id], tx=tx)
    accounts = await holdings.find_accounts({line.account_id for line in own if line.account_id}, tx=tx)
    back = await _given_back([line.id for line in own if line.account_id], tx=tx)
    rates = await credits.read_rates({row["rate_id"] for row in rows if row["rate_id"] is not None}, tx=tx)
    mandates = await claims.find_mandates({line.mandate_id for line in own if line.mandate_id}, tx=tx)

    def known(line: LineRow) -> Line:
        row = {field.name: getattr(line, field.name) for field in fields(LineRow)}
        if line.account_id is not None:
            back_g, back_minor = back.get(line.id, (0, 0))
            return HoldLine(**row, account=accounts[line.account_id], back_g=back_g, back_minor=back_minor)
        assert line.claim_id is not None, line.id  # `sale_line_fulfilled_check`
        mandate = mandates[line.mandate_id] if line.mandate_id else None
        return RetireLine(**row, claim=made[line.claim_id], mandate=mandate)

    return [
        OrderFacts(
            **{
                **{name: value for name, value in row.items() if name != "rate_id"},
                "rate": rates.get(row["rate_id"]),
                "currency": Currency(row["currency"]),
                "state": OrderState(row["state"]),
                "lines": tuple(map(known, lines)),
            }
        )
        for row, lines in zip(rows, by_order, strict=True)
    ]


async def _given_back(line_ids: Sequence[UUID], *, tx: Tx | None) -> dict[UUID, tuple[int, int]]:
    """Grams and minor units given back of held lines."""
    if not line_ids:
        return {}
    rows = await fetch(
        "SELECT line_id, sum(mass_g)::bigint AS mass_g, sum(amount_minor)::bigint AS amount_minor"
        " FROM purchase_order_return WHERE line_id = ANY($1::uuid[]) GROUP BY line_id",
        list(line_ids), tx=tx,
    )  # fmt: skip
    return {row["line_id"]: (row["mass_g"], row["amount_minor"]) for row in rows}
