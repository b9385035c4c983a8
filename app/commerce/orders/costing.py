"""What grams cost that left an account: by the purchases that brought them in, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.gateways.database import fetch
from app.kernel.money import Currency


@dataclass(frozen=True, slots=True)
class Cost:
    """Grams and what was paid for them, in one currency."""

    currency: Currency
    amount_minor: int
    mass_g: int


# Of each lot the purchases stand one after the other, without what came back of them; the grams that were used are the first
# of these. What a line was paid for is shared out as refunds are (`share_minor`), behind what is back: what a line costs that
# is used up, and what was refunded of it, add up to what was paid.
_COSTS: Final = """
WITH used AS (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS u (account_id, lot_id, grams)),
bought AS (
    SELECT o.currency, u.grams, i.mass_g AS price_g, i.amount_minor, i.id AS price_id,
           l.mass_g - coalesce(b.mass_g, 0) AS net_g,
           sum(l.mass_g - coalesce(b.mass_g, 0))
               OVER (PARTITION BY s.account_id, l.lot_id ORDER BY o.placed_at, s.id) AS upto_g,
           (SELECT coalesce(sum(q.mass_g), 0) FROM purchase_order_return q JOIN credit_lot k ON k.id = q.lot_id
            WHERE q.line_id = s.id AND k.programme = i.programme) AS back_g
    FROM used u JOIN sale_line s ON s.account_id = u.account_id
    JOIN purchase_order o ON o.id = s.order_id AND o.state IN ('paid', 'refunding', 'refunded')
    JOIN credit_reservation r ON r.cause = s.cause AND r.state = 'delivered'
    JOIN credit_reservation_line l ON l.reservation_id = r.id AND l.lot_id = u.lot_id
    JOIN credit_lot c ON c.id = l.lot_id
    JOIN sale_line_price i ON i.line_id = s.id AND i.programme = c.programme
    LEFT JOIN (SELECT q.line_id, q.lot_id, sum(q.mass_g) AS mass_g FROM purchase_order_return q GROUP BY 1, 2) AS b
        ON b.line_id = s.id AND b.lot_id = l.lot_id),
priced AS (
    SELECT currency, price_id, price_g, amount_minor, back_g,
           sum(greatest(0, least(net_g, grams - (upto_g - net_g)))) AS used_g
    FROM bought GROUP BY 1, 2, 3, 4, 5)
SELECT currency, sum(used_g)::bigint AS mass_g,
       sum(div(amount_minor * (back_g + used_g), price_g) - div(amount_minor * back_g, price_g))::bigint AS amount_minor
FROM priced WHERE used_g > 0 GROUP BY currency ORDER BY currency
"""


async def cost_of(used: Sequence[tuple[UUID, int, int]]) -> list[Cost]:
    """What was paid for grams that were used, given as (account, lot, grams), by currency.

    The grams that were bought first were used first, lot by lot. What was moved into an account instead of bought has no
    price here: the answer then has fewer grams than were asked for.
    """
    rows = await fetch(
        _COSTS, [account for account, _, _ in used], [lot for _, lot, _ in used], [grams for _, _, grams in used]
    )
    return [Cost(Currency(row["currency"]), row["amount_minor"], row["mass_g"]) for row in rows]
