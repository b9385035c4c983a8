"""Reading orders."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.commerce.orders.errors import OrderUnknown
from app.commerce.orders.rules import PARTLY_REFUNDED, OrderState
from app.gateways.database import Row, Tx, fetch, fetch_one
from app.kernel.money import Currency
from app.registry import claims, holdings
from app.registry.claims import ClaimFacts, Mandate
from app.registry.credits import Programme
from app.registry.holdings import AccountFacts
from app.registry.retirements import Funding


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """How much of one programme a part takes, and at which price."""

    programme: Programme
    mass_g: int
    per_tonne_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
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
    lines: tuple[LineFacts, ...]

    @property
    def amount_minor(self) -> int:
        """What it costs."""
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFacts(PartRow):
    """What an order retires for one claim."""

    claim: ClaimFacts
    mandate: Mandate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFacts(PartRow):
    """What an order holds in one account."""

    account: AccountFacts
    back_g: int
    """Of it given back."""
    back_minor: int
    """For what of its price."""


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
    parts: tuple[PartFacts, ...]
    """What is retired, by number; none where everything is held."""
    holds: tuple[HoldFacts, ...] = ()
    """What is held in accounts, by number; there is at least one of both."""

    @property
    def lines(self) -> tuple[PartRow, ...]:
        """All of it."""
        return tuple(sorted((*self.parts, *self.holds), key=lambda one: one.no))

    @property
    def back_minor(self) -> int:
        """What of its price was given back, line by line."""
        return sum(one.back_minor for one in self.holds)

    @property
    def shown_state(self) -> str:
        """Its state, and `partly_refunded` where it is paid and a part of it is given back."""
        return PARTLY_REFUNDED if self.state is OrderState.PAID and self.back_minor else self.state.value

    @property
    def scenario_id(self) -> UUID | None:
        """The scene of the first part; a visitor's order has one part."""
        return self.parts[0].claim.scenario_id if self.parts else None

    @property
    def footprint_id(self) -> UUID | None:
        """The figure of the first part."""
        return self.parts[0].claim.footprint_id if self.parts else None

    @property
    def programme(self) -> Programme:
        """The programme of the first line."""
        return self.lines[0].lines[0].programme

    @property
    def emission_g(self) -> int:
        """What the parts emitted together."""
        return sum(part.claim.emission_g for part in self.parts)

    @property
    def has_name(self) -> bool:
        """Whether a name will stand on the first part's certificate."""
        return bool(self.parts) and self.parts[0].claim.has_name


_parts = msgspec.json.Decoder(tuple[PartRow, ...])
"""Reads the parts as `COLUMNS` gathers them."""

COLUMNS = (
    "o.id, o.person_id, o.payer_id, o.mass_g, o.amount_minor, o.currency, o.language, o.state, o.placed_at, o.expires_at,"
    " o.payment_id,"
    " (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'no', p.no, 'cause', p.cause, 'claim_id', p.claim_id,"
    " 'account_id', p.account_id, 'funding', p.funding, 'mandate_id', p.mandate_id, 'mass_g', p.mass_g,"
    " 'mix', p.mix, 'scheme', p.scheme, 'lines',"
    " (SELECT jsonb_agg(jsonb_build_object('programme', l.programme, 'mass_g', l.mass_g, 'per_tonne_minor',"
    " l.per_tonne_minor, 'amount_minor', l.amount_minor) ORDER BY l.id) FROM purchase_order_line l WHERE l.part_id = p.id)"
    ") ORDER BY p.no) FROM purchase_order_part p WHERE p.order_id = o.id) AS parts FROM purchase_order o"
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
    row = await fetch_one(f"SELECT {COLUMNS} WHERE o.person_id = $1 AND o.intent_key = $2", by, key)
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
        " (SELECT FROM purchase_order_part c WHERE c.order_id = o.id AND c.claim_id IS NOT NULL))))"
        " ORDER BY o.state = 'paid' AND (o.placed_at <= clock_timestamp() - interval '1 day' OR NOT EXISTS"
        " (SELECT FROM purchase_order_part c WHERE c.order_id = o.id AND c.claim_id IS NOT NULL)), o.id DESC LIMIT $2",
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
    """Rows of `COLUMNS` as records, with the claims and mandates of their parts."""
    parts = [_parts.decode(row["parts"]) for row in rows]
    own = [part for of_one in parts for part in of_one]
    made = await claims.find_many([part.claim_id for part in own if part.claim_id], tx=tx)
    accounts = await holdings.find_accounts({part.account_id for part in own if part.account_id}, tx=tx)
    back = await _given_back([part.id for part in own if part.account_id], tx=tx)
    mandates = await claims.find_mandates({part.mandate_id for part in own if part.mandate_id}, tx=tx)
    return [
        OrderFacts(
            **{
                **row,
                "currency": Currency(row["currency"]),
                "state": OrderState(row["state"]),
                "parts": tuple(
                    PartFacts(
                        **_row(part),
                        claim=made[part.claim_id],
                        mandate=mandates[part.mandate_id] if part.mandate_id else None,
                    )
                    for part in of_one
                    if part.claim_id
                ),
                "holds": tuple(
                    HoldFacts(
                        **_row(part),
                        account=accounts[part.account_id],
                        back_g=back.get(part.id, (0, 0))[0],
                        back_minor=back.get(part.id, (0, 0))[1],
                    )
                    for part in of_one
                    if part.account_id
                ),
            }
        )
        for row, of_one in zip(rows, parts, strict=True)
    ]


def _row(part: PartRow) -> dict[str, Any]:
    return {field.name: getattr(part, field.name) for field in fields(PartRow)}


async def _given_back(line_ids: Sequence[UUID], *, tx: Tx | None) -> dict[UUID, tuple[int, int]]:
    """Grams and minor units given back of held lines."""
    if not line_ids:
        return {}
    rows = await fetch(
        "SELECT part_id, sum(mass_g)::bigint AS mass_g, sum(amount_minor)::bigint AS amount_minor"
        " FROM purchase_order_return WHERE part_id = ANY($1::uuid[]) GROUP BY part_id",
        list(line_ids), tx=tx,
    )  # fmt: skip
    return {row["part_id"]: (row["mass_g"], row["amount_minor"]) for row in rows}
