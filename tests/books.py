"""Whether the books add up: the invariants that hold after every test, and during it.

One question for every suite: `broken = await books_add_up(url)`. It reads one snapshot by asyncpg alone, as any
role that may read, and answers what is broken as sentences. With the far side's own truth (`GET /_sandbox/truth`)
it compares both books as well.

| id | holds |
|---|---|
| I1 | the balances of each unit add up to zero |
| I2 | no account but the world outside is below its floor |
| I3 | every transfer has its declared legs and adds up to zero per unit |
| I4 | every kept balance is the sum of its entries, and so is the balance each entry left |
| I6 | per channel and currency, money in = what was sold, what waits and what went back; grams of a lot = open,        |
|    | reserved and retired; each line of a paid order has one retirement and the order one payment that stays, an     |
|    | unpaid one has neither; an order is the sum of its prices, which follow from its grams, lists and rate; nothing  |
|    | waits longer than it may                                                                                       |
| I7 | one certificate for each settled retirement, register numbers 1 to n, one range of grams without gap or overlap |
| I9 | the far side's book and our payments and refunds are the same, both ways (only with `truth`) |

I5 (every acknowledged intent is there once) is for the test that collected acknowledgements; I8 for the public log.
"""

from typing import Any, Final

from tests.lending import lent

PENDING_LONGEST_S: Final = 60
"""How long something may wait for its next step, where processes of ours are running, before that counts as lost."""
NOBODY_WORKS_S: Final = 86_400
"""The same where only the test itself works: how fast a machine runs a test says nothing of the books."""

_SOLD: Final = (
    "SELECT currency, sum(minor) AS total FROM (SELECT currency, amount_minor AS minor FROM payments.sold()"
    " UNION ALL SELECT p.currency, -r.amount_minor FROM payment_refund r JOIN payment p ON p.id = r.payment_id"
    " WHERE r.reverses_sale) s GROUP BY 1"
)
"""What was sold, as the rooms say it of every kind, less what was reversed of it."""
_CHECKS: Final = (
    (
        "I1",
        (
            "SELECT format('the balances of %s add up to %s', unit, sum(balance)) FROM ledger_account"
            " GROUP BY unit HAVING sum(balance) <> 0"
        ),
    ),
    (
        "I2",
        (
            "SELECT format('account %s (%s) holds %s, below its floor %s', path, unit, balance, floor) FROM ledger_account"
            " WHERE kind <> 'external' AND balance < floor"
        ),
    ),
    (
        "I3",
        (
            "SELECT format('transfer %s declares %s legs and has %s', t.cause, t.legs, count(e.id)) FROM ledger_transfer t"
            " LEFT JOIN ledger_entry e ON e.transfer_id = t.id GROUP BY t.id, t.legs HAVING count(e.id) <> t.legs"
            " UNION ALL "
            "SELECT format('transfer %s moves %s of %s out of nothing', t.cause, sum(e.amount), a.unit) FROM ledger_transfer t"
            " JOIN ledger_entry e ON e.transfer_id = t.id JOIN ledger_account a ON a.id = e.account_id"
            " GROUP BY t.id, t.legs, a.unit HAVING sum(e.amount) <> 0"
        ),
    ),
    (
        "I4",
        (
            "SELECT format('account %s (%s) says %s, its entries say %s', a.path, a.unit, a.balance,"
            " coalesce(sum(e.amount), 0))"
            " FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id GROUP BY a.id"
            " HAVING a.balance <> coalesce(sum(e.amount), 0)"
            " UNION ALL "
            "SELECT format('entry %s left %s, the entries before it leave %s', id, balance, running) FROM"
            " (SELECT id, balance, sum(amount) OVER (PARTITION BY account_id ORDER BY id) AS running FROM ledger_entry) e"
            " WHERE balance <> running"
        ),
    ),
    # Money: what came in, by the payments, is what the channels owe us, by the ledger.
    (
        "I6",
        (
            "WITH parts AS (SELECT channel, currency AS unit, sum(amount_minor - coalesce((SELECT sum(r.amount_minor)"
            "   FROM payment_refund r WHERE r.payment_id = p.id"
            "   AND (r.state = 'done' OR (r.state = 'settled' AND p.channel = 'bank'))), 0)"
            "   - coalesce((SELECT sum(v.amount_minor) FROM payment_reversal v WHERE v.payment_id = p.id"
            "   AND v.refund_id IS NULL AND v.kind IN ('merchant_refund', 'reversed')), 0)) AS kept"
            "   FROM payment p WHERE transaction_id IS NOT NULL GROUP BY channel, currency"
            "   UNION ALL SELECT 'hand', p.currency, -sum(r.amount_minor) FROM payment_refund r"
            "   JOIN payment p ON p.id = r.payment_id WHERE r.state = 'settled' AND p.channel <> 'bank'"
            "   GROUP BY p.currency"
            "   UNION ALL SELECT 'reversed', currency, sum(amount_minor) FROM payment_reversal"
            "   WHERE refund_id IS NULL AND kind IN ('merchant_refund', 'reversed') GROUP BY currency"
            # What was taken in lost time is held until it is back, and owed to somebody we do not know, or to us who paid.
            "   UNION ALL SELECT w.channel, l.currency, sum(w.sign * l.amount_minor) FROM recovery_payment l"
            "   CROSS JOIN LATERAL (VALUES (l.channel, 1), (CASE l.state WHEN 'settled' THEN 'hand' ELSE 'lost_time' END, -1))"
            "    AS w (channel, sign) WHERE l.state <> 'done' GROUP BY w.channel, l.currency),"
            " ours AS (SELECT channel, unit, sum(kept) AS kept FROM parts GROUP BY channel, unit),"
            " books AS (SELECT substr(path, 10) AS channel, unit, -balance AS kept FROM ledger_account"
            "   WHERE path LIKE 'clearing:%')"
            " SELECT format('%s: payments keep %s %s, the ledger says %s', channel, coalesce(ours.kept, 0), unit,"
            " coalesce(books.kept, 0)) FROM books FULL JOIN ours USING (channel, unit)"
            " WHERE coalesce(ours.kept, 0) <> coalesce(books.kept, 0)"
        ),
    ),
    (
        "I6",
        (
            f"WITH sold AS ({_SOLD})"
            " SELECT format('what is sold is worth %s %s, the ledger sold %s', coalesce(sold.total, 0),"
            "   coalesce(a.unit, sold.currency), coalesce(a.balance, 0))"
            " FROM (SELECT * FROM ledger_account WHERE path = 'sales') a FULL JOIN sold ON sold.currency = a.unit"
            " WHERE coalesce(a.balance, 0) <> coalesce(sold.total, 0)"
        ),
    ),
    (
        "I6",
        (
            "WITH waiting AS (SELECT p.currency, sum(p.amount_minor - coalesce((SELECT sum(r.amount_minor)"
            "   FROM payment_refund r WHERE r.payment_id = p.id AND r.state IN ('done', 'settled')), 0)) AS total"
            "   FROM payment p WHERE p.transaction_id IS NOT NULL GROUP BY 1),"
            f" sold AS ({_SOLD})"
            " SELECT format('%s %s were paid ahead, the ledger says %s',"
            "   coalesce(w.total, 0) - coalesce(s.total, 0), a.unit, a.balance) FROM ledger_account a"
            " LEFT JOIN waiting w ON w.currency = a.unit LEFT JOIN sold s ON s.currency = a.unit"
            " WHERE a.path = 'prepaid' AND a.balance <> coalesce(w.total, 0) - coalesce(s.total, 0)"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('order %s is %s and has %s payments that stay', o.id, o.state, s.payments)"
            " FROM purchase_order o CROSS JOIN LATERAL (SELECT count(*) AS payments FROM payment p"
            "   WHERE p.subject = 'order:' || o.id AND p.transaction_id IS NOT NULL"
            "   AND NOT EXISTS (SELECT FROM payment_refund r WHERE r.payment_id = p.id"
            "     AND NOT (r.reverses_sale AND o.state = 'paid'))"
            "   AND (o.state = 'paid' OR NOT EXISTS (SELECT FROM payment_reversal v WHERE v.payment_id = p.id))) s"
            " WHERE (o.state = 'paid' AND s.payments <> 1) OR (o.state IN ('refunding', 'refunded') AND s.payments <> 0)"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('line %s of order %s (%s) has %s retirements of %s g instead of %s g', p.no, o.id, o.state,"
            " r.number, coalesce(r.mass_g, 0), p.mass_g) FROM purchase_order o JOIN sale_line p ON p.order_id = o.id"
            " CROSS JOIN LATERAL (SELECT count(*) AS number, sum(mass_g) AS mass_g FROM retirement"
            "   WHERE cause = p.cause AND state <> 'withdrawn') r"
            " WHERE p.claim_id IS NOT NULL"
            " AND ((o.state = 'paid' AND (r.number <> 1 OR r.mass_g <> p.mass_g)) OR (o.state <> 'paid' AND r.number > 0))"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('order %s of %s g and %s %s: its lines are %s g, its prices %s g and %s', o.id, o.mass_g,"
            " o.amount_minor, o.currency, s.parts_g, s.lines_g, s.amount) FROM purchase_order o CROSS JOIN LATERAL"
            " (SELECT coalesce(sum(p.mass_g), 0) AS parts_g, coalesce(sum(l.mass_g), 0) AS lines_g,"
            "   coalesce(sum(l.amount), 0) AS amount FROM sale_line p CROSS JOIN LATERAL"
            "   (SELECT sum(mass_g) AS mass_g, sum(amount_minor) AS amount FROM sale_line_price WHERE line_id = p.id) l"
            "   WHERE p.order_id = o.id) s"
            " WHERE s.parts_g <> o.mass_g OR s.lines_g <> o.mass_g OR s.amount <> o.amount_minor"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('the prices of order %s do not follow from its grams, price lists and rate', m)"
            " FROM orders.mispriced(ARRAY(SELECT id FROM purchase_order)) AS m"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('order %s is %s and its reservation %s is %s', o.id, o.state, p.cause,"
            " coalesce(r.state, 'nowhere')) FROM purchase_order o JOIN sale_line p ON p.order_id = o.id"
            " LEFT JOIN credit_reservation r ON r.cause = p.cause"
            " WHERE coalesce(r.state, '') <> CASE WHEN p.account_id IS NOT NULL AND o.sale_cause IS NOT NULL THEN 'delivered'"
            "   WHEN o.state = 'placed' THEN 'held' WHEN o.state = 'paid' THEN 'used' ELSE '' END"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('payment %s of %s gave back %s', p.id, p.amount_minor, sum(r.amount_minor)) FROM payment p"
            " JOIN (SELECT payment_id, amount_minor FROM payment_refund WHERE state <> 'refused' UNION ALL"
            "   SELECT payment_id, amount_minor FROM payment_reversal WHERE refund_id IS NULL"
            "   AND kind IN ('merchant_refund', 'reversed')) r ON r.payment_id = p.id GROUP BY p.id"
            " HAVING sum(r.amount_minor) > p.amount_minor"
            " UNION ALL SELECT format('notice %s was kept and never judged', id) FROM payment_notice WHERE fate = 'received'"
        ),
    ),
    # Grams: every lot is open, reserved or retired, and what is reserved has somebody it is reserved for.
    (
        "I6",
        (
            "WITH held AS (SELECT l.lot_id, sum(l.mass_g) AS grams FROM credit_reservation_line l"
            "   JOIN credit_reservation r ON r.id = l.reservation_id"
            "   LEFT JOIN retirement t ON t.cause = r.cause"
            "   WHERE r.state = 'held' OR (r.state = 'used' AND t.state IS DISTINCT FROM 'settled') GROUP BY l.lot_id)"
            " SELECT format('%s: %s g are set aside, the ledger says %s', a.path, coalesce(h.grams, 0), a.balance)"
            " FROM ledger_account a LEFT JOIN held h ON a.path = 'reserved:' || h.lot_id"
            " WHERE a.path LIKE 'reserved:%' AND a.balance <> coalesce(h.grams, 0)"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('reservation %s of %s g has lines of %s g', r.cause, r.mass_g, coalesce(sum(l.mass_g), 0))"
            " FROM credit_reservation r LEFT JOIN credit_reservation_line l ON l.reservation_id = r.id GROUP BY r.id"
            " HAVING coalesce(sum(l.mass_g), 0) <> r.mass_g"
            " UNION ALL SELECT format('%s g went from %s to %s for %s, the ledger says %s', h.mass_g, h.source, h.target,"
            "   h.cause, coalesce(e.grams, 0)) FROM holding_transfer h CROSS JOIN LATERAL (SELECT sum(e.amount) AS grams"
            "   FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.id AND e.amount > 0"
            "   WHERE t.cause = 'transfer:' || h.cause) e WHERE h.mass_g <> coalesce(e.grams, 0)"
        ),
    ),
    (
        "I6",
        (
            "WITH gone AS (SELECT lot_id, sum(mass_g) AS grams FROM retirement_slice GROUP BY lot_id)"
            " SELECT format('lot %s of %s g: slices %s, cursor %s, ledger retired %s, all accounts %s', l.id, l.mass_g,"
            " coalesce(g.grams, 0), coalesce(c.next_g, 0), r.balance, b.total) FROM credit_lot l"
            " JOIN ledger_account r ON r.path = 'retired:' || l.id LEFT JOIN gone g ON g.lot_id = l.id"
            " LEFT JOIN retirement_cursor c ON c.lot_id = l.id CROSS JOIN LATERAL (SELECT sum(balance) AS total"
            "   FROM ledger_account WHERE unit = 'g:' || l.id AND kind <> 'external') b"
            " WHERE coalesce(g.grams, 0) <> r.balance OR coalesce(c.next_g, 0) <> r.balance OR b.total <> l.mass_g"
        ),
    ),
    (
        "I6",
        (
            "SELECT format('%s row %s of %s has waited %s s, failures %s%s', job, id, subject,"
            "   round(extract(epoch FROM clock_timestamp() - recorded_at)), failures,"
            "   CASE WHEN dead_at IS NOT NULL THEN ', set aside' ELSE '' END) FROM outbox_message WHERE done_at IS NULL"
            "   AND (dead_at IS NOT NULL OR recorded_at < clock_timestamp() - $1 * interval '1 s')"
            " UNION ALL SELECT format('retirement %s is requested and not settled', id) FROM retirement"
            "   WHERE state = 'requested' AND requested_at < clock_timestamp() - $1 * interval '1 s'"
        ),
    ),
    (
        "I7",
        (
            "SELECT format('retirement %s is %s and has %s certificates', r.id, r.state, count(c.id)) FROM retirement r"
            " LEFT JOIN certificate c ON c.retirement_id = r.id AND c.version = 1 GROUP BY r.id"
            " HAVING count(c.id) > (r.state = 'settled')::int OR (r.state = 'settled' AND count(c.id) = 0 AND NOT EXISTS ("
            "   SELECT FROM outbox_message o WHERE o.subject = 'retirement:' || r.id AND o.job = 'issue_certificates'"
            "   AND o.done_at IS NULL) AND NOT EXISTS ("
            "   SELECT FROM claim k WHERE k.id = r.claim_id AND k.name_until IS NOT NULL))"  # its paper waits for a name
        ),
    ),
    # Gifts: what was collected is a line without gap or overlap, and each collection is retired, or its set is still to come.
    (
        "I6",
        (
            "SELECT format('campaign %s: a collection ends at gram %s, the next begins at %s', campaign_id, upto, start_g) FROM"
            " (SELECT campaign_id, start_g, coalesce(lag(stop_g) OVER (PARTITION BY campaign_id ORDER BY start_g), 0) AS upto"
            "   FROM gift_collection) s WHERE start_g <> upto"
            " UNION ALL SELECT format('campaign %s counts %s people and %s g, has %s and %s g', p.campaign_id, p.people,"
            "   p.next_g, count(k.id), coalesce(sum(k.stop_g - k.start_g), 0)) FROM gift_pool p LEFT JOIN gift_collection k"
            "   ON k.campaign_id = p.campaign_id GROUP BY p.campaign_id"
            "   HAVING p.people <> count(k.id) OR p.next_g <> coalesce(sum(k.stop_g - k.start_g), 0)"
            " UNION ALL SELECT format('card %s of %s g has %s g left, was used for %s g and gave %s g', q.id, q.issued_g,"
            "   q.left_g, u.grams, g.grams) FROM gift_card q"
            "   CROSS JOIN LATERAL (SELECT coalesce(sum(k.stop_g - k.start_g), 0) AS grams FROM gift_collection k"
            "     WHERE k.card_id = q.id) u"
            "   CROSS JOIN LATERAL (SELECT coalesce(sum(n.issued_g), 0) AS grams FROM gift_transfer t JOIN gift_card n"
            "     ON n.id = t.new_card_id WHERE t.card_id = q.id) g WHERE q.issued_g <> q.left_g + u.grams + g.grams"
            " UNION ALL SELECT format('collection %s of %s g has a retirement or a transfer of %s g', k.id,"
            "   k.stop_g - k.start_g, r.mass_g)"
            "   FROM gift_collection k LEFT JOIN (SELECT id, cause, mass_g FROM retirement UNION ALL"
            "     SELECT gen_random_uuid(), t.cause, t.mass_g FROM holding_transfer t WHERE t.cause LIKE 'gift:%') r"
            "   ON r.cause = 'gift:' || k.id"
            "   WHERE CASE WHEN r.id IS NULL THEN NOT EXISTS (SELECT FROM outbox_message o WHERE o.done_at IS NULL"
            "     AND o.subject = 'gifts:' || k.set_id) ELSE r.mass_g <> k.stop_g - k.start_g END"
            " UNION ALL SELECT format('gift %s has %s g, of which %s g were used or given on', h.id, h.stop_g - h.start_g,"
            "   sum(s.mass_g))"
            "   FROM (SELECT k.id, k.start_g, k.stop_g FROM gift_collection k UNION ALL"
            "     SELECT t.id, t.start_g, t.stop_g FROM gift_transfer t WHERE t.taker_id IS NOT NULL) h"
            "   JOIN (SELECT coalesce(u.transfer_id, u.collection_id) AS held_id, u.stop_g, r.mass_g FROM gift_use u"
            "     LEFT JOIN retirement r ON r.cause = 'gift_use:' || u.id UNION ALL"
            "     SELECT t.collection_id, t.stop_g, m.mass_g FROM gift_transfer t LEFT JOIN holding_transfer m"
            "     ON m.cause = 'gift_transfer:' || t.id WHERE t.taker_id IS NOT NULL) s ON s.held_id = h.id"
            "   GROUP BY h.id, h.start_g, h.stop_g HAVING count(s.mass_g) < count(*)"
            "   OR sum(s.mass_g) > h.stop_g - h.start_g OR max(s.stop_g) - h.start_g <> sum(s.mass_g)"
        ),
    ),
    (
        "I7",
        (
            # Each number once: on a certificate, or set aside after lost time.
            "WITH given AS (SELECT series AS name, register_no AS no FROM certificate UNION ALL"
            "   SELECT name, generate_series(start, taken - 1) FROM recovery_quarantine WHERE kind = 'register')"
            " SELECT format('register %s: %s numbers, %s to %s, next %s', s.name, count(g.no), min(g.no), max(g.no), s.next_no)"
            " FROM certificate_series s LEFT JOIN given g ON g.name = s.name"
            " GROUP BY s.name HAVING s.next_no <> count(DISTINCT g.no) + 1 OR coalesce(min(g.no), 1) <> 1"
            " OR coalesce(max(g.no), 0) <> count(g.no)"
        ),
    ),
    (
        "I7",
        (
            "SELECT format('lot %s: a slice ends at gram %s, the next begins at %s', lot_id, upto, start_g) FROM"
            " (SELECT lot_id, start_g, coalesce(lag(stop_g) OVER (PARTITION BY lot_id ORDER BY start_g), 0) AS upto"
            "   FROM retirement_slice) s WHERE start_g <> upto"
            " UNION ALL SELECT format('retirement %s of %s g has slices of %s g', r.id, r.mass_g, coalesce(sum(s.mass_g), 0))"
            "   FROM retirement r LEFT JOIN retirement_slice s ON s.retirement_id = r.id GROUP BY r.id"
            "   HAVING coalesce(sum(s.mass_g), 0) <> CASE r.state WHEN 'settled' THEN r.mass_g ELSE 0 END"
        ),
    ),
)
"""Each statement gives one sentence a row for what is broken; `$1` is how long something may wait."""


async def books_add_up(
    connection_url: str, *, truth: dict[str, Any] | None = None, patience_s: int = NOBODY_WORKS_S
) -> list[str]:
    """What is broken, as sentences that begin with the invariant's id; empty when all is well.

    One repeatable-read snapshot, nothing written. `truth` is the sandbox's answer to `GET /_sandbox/truth`; give it
    only when nothing is under way between us and the far side, since it is another clock's picture. Where workers
    run, `patience_s` is `PENDING_LONGEST_S`.
    """
    async with lent(connection_url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        broken = [
            f"{name}: {row[0]}"
            for name, sql in _CHECKS
            for row in await connection.fetch(sql, *([patience_s] if "$1" in sql else []))
        ]
        if truth is not None:
            broken += [f"I9: {sentence}" for sentence in await _differences(connection, truth)]
    return broken


async def _differences(connection: Any, truth: dict[str, Any]) -> list[str]:
    """Of every channel that is rehearsed in the sandbox, payment by payment and in sum for each currency."""
    found = []
    for channel, books in truth["channels"].items():
        payments = await connection.fetch(
            "SELECT reference, transaction_id, currency, amount_minor FROM payment"
            " WHERE channel = $1 AND transaction_id IS NOT NULL",
            channel,
        )
        refunds = await connection.fetch(
            "SELECT r.reference, r.channel_refund_id, p.currency, r.amount_minor FROM payment_refund r"
            " JOIN payment p ON p.id = r.payment_id WHERE p.channel = $1 AND r.state = 'done'"
            " AND NOT EXISTS (SELECT FROM payment_reversal v WHERE v.refund_id = r.id)",
            channel,
        )
        # By the channel's own number alone: what was made at its console has no reference of ours.
        gone = await connection.fetch(
            "SELECT '' AS reference, reversal_id, currency, amount_minor FROM payment_reversal"
            " WHERE channel = $1 AND kind IN ('merchant_refund', 'reversed')",
            channel,
        )
        # Money that fits nothing and that two people gave back came and went beside the ledger.
        stray = await connection.fetch(
            "SELECT n.reference, n.transaction_id, n.currency, n.amount_minor, d.reference AS back, d.channel_refund_id"
            " FROM payment_notice_decision d JOIN payment_notice n ON n.id = d.notice_id"
            " WHERE n.channel = $1 AND d.state = 'done'",
            channel,
        )
        lost = await connection.fetch(
            "SELECT reference, transaction_id, currency, amount_minor, refund_reference AS back, channel_refund_id, state"
            " FROM recovery_payment WHERE channel = $1",
            channel,
        )
        back = stray + [one for one in lost if one["state"] == "done"]
        held = await connection.fetch(
            "SELECT unit, -balance AS held FROM ledger_account WHERE path = $1", f"clearing:{channel}"
        )
        theirs = {
            "payment": {
                (row["reference"], row["transaction_id"], row["currency"], row["amount_minor"])
                for row in books["trades"]
                if row["is_paid"]
            },
            "refund": {
                (_ours(row["refund_reference"]), row["refund_id"], row["currency"], row["amount_minor"])
                for row in books["refunds"]
                if row["is_done"]
            },
        }
        ours = {
            "payment": {tuple(row) for row in payments}
            | {(one["reference"], one["transaction_id"], one["currency"], one["amount_minor"]) for one in stray + lost},
            "refund": {tuple(row) for row in (*refunds, *gone)}
            | {(one["back"], one["channel_refund_id"], one["currency"], one["amount_minor"]) for one in back},
        }
        found += [
            f"{channel}: {whose} {what} {number} of {minor} {currency} ({id_}) is not in the other book"
            for what in theirs
            for whose, rows in (("our", ours[what] - theirs[what]), ("their", theirs[what] - ours[what]))
            for number, id_, currency, minor in sorted(rows)
        ]
        by_us = {row["unit"]: row["held"] for row in held if row["held"]}
        by_them = {unit: sums["held"] for unit, sums in books["balances"].items() if sums["held"]}
        found += [
            f"{channel}: they hold {by_them.get(unit, 0)} {unit} for us, the ledger says {by_us.get(unit, 0)}"
            for unit in sorted(by_us.keys() | by_them.keys())
            if by_us.get(unit, 0) != by_them.get(unit, 0)
        ]
    return found


def _ours(refund_reference: str) -> str:
    """A refund's number where it is one of ours; empty of one that a console made."""
    return refund_reference if refund_reference.startswith("RF") else ""
