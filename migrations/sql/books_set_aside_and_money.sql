-- What the proof asked nobody until now: that what is set aside is set aside for somebody, that grams lie in no account but
-- the house's, that the ledger's money is what was paid, sold and given back, and that certificates say what was cut.

-- Set aside: of every lot the grams of all reservations that were not given back are reserved or retired; a used reservation
-- is of one retirement, and the other way round; what is requested has its job before it.
CREATE FUNCTION books.prove_set_aside(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH kept AS (
        SELECT l.lot_id, sum(l.mass_g) AS grams FROM credit_reservation_line l
        JOIN credit_reservation r ON r.id = l.reservation_id
        WHERE r.state <> 'released' AND (p_lot IS NULL OR l.lot_id = p_lot) GROUP BY l.lot_id),
    judged AS (
        SELECT coalesce(t.id, k.lot_id) AS id, coalesce(k.grams, 0) - coalesce(gone.balance, 0) AS wanted,
               coalesce(aside.balance, 0) AS found
        FROM (SELECT q.id FROM credit_lot q WHERE p_lot IS NULL OR q.id = p_lot) AS t FULL JOIN kept k ON k.lot_id = t.id
        LEFT JOIN ledger_account aside ON aside.path = 'reserved:' || coalesce(t.id, k.lot_id)
            AND aside.unit = 'g:' || coalesce(t.id, k.lot_id)
        LEFT JOIN ledger_account gone ON gone.path = 'retired:' || coalesce(t.id, k.lot_id)
            AND gone.unit = 'g:' || coalesce(t.id, k.lot_id))
    SELECT j.id, 'reserved_for_somebody', j.wanted = j.found, j.wanted, j.found::numeric,
           CASE WHEN j.wanted <> j.found THEN ARRAY[format(
               'lot %s: %s g are set aside and not retired, reserved:%s in the ledger has %s g', j.id, j.wanted, j.id, j.found)] END
    FROM judged j ORDER BY j.id;

    RETURN QUERY
    WITH placed AS (
        SELECT books.lot_of(a.unit) AS lot, a.path, a.kind, a.balance, (a.kind = 'external') = (a.path = 'source:' || n.lot)
                   AND (a.balance = 0 OR a.path IN ('source:' || n.lot, 'inventory:' || n.lot, 'reserved:' || n.lot,
                                                    'retired:' || n.lot) OR a.path LIKE 'held:%:' || n.lot) AS ok
        FROM ledger_account a CROSS JOIN LATERAL (SELECT substr(a.unit, 3) AS lot) AS n
        WHERE CASE WHEN p_lot IS NULL THEN a.unit LIKE 'g:%' ELSE a.unit = 'g:' || p_lot END)
    SELECT p_lot, 'grams_at_home', count(*) FILTER (WHERE NOT p.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE p.ok)::numeric,
           (array_agg(format('%s g of lot %s lie in %s (%s)', p.balance, p.lot, p.path, p.kind) ORDER BY p.lot, p.path)
               FILTER (WHERE NOT p.ok))[1:20]
    FROM placed p;

    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT coalesce(v.purpose, r.cause)::text AS cause, v.mass_g AS set_aside, r.mass_g AS retired,
               coalesce(v.mass_g = r.mass_g, false) AS ok
        FROM (SELECT q.purpose, q.mass_g FROM credit_reservation q WHERE q.state = 'used') AS v
        FULL JOIN (SELECT q.cause, q.mass_g FROM retirement q WHERE q.state <> 'withdrawn') AS r ON r.cause = v.purpose)
    SELECT NULL::bigint, 'used_is_retired', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('for %s %s g were set aside and used, %s g are retired', j.cause, coalesce(j.set_aside, 0),
                             coalesce(j.retired, 0)) ORDER BY j.cause) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT r.id, r.number, EXISTS (SELECT FROM outbox_message m WHERE m.subject = 'retirement:' || r.id
                                       AND m.job = 'settle_retirements' AND m.done_at IS NULL AND m.dead_at IS NULL) AS ok
        FROM retirement r WHERE r.state = 'requested')
    SELECT NULL::bigint, 'requested_is_coming', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('retirement %s (%s) is requested and nothing will settle it', j.number, j.id) ORDER BY j.id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

-- Money: what channels owe us is what was paid and not given back; what was sold is what paid orders cost; the rest waits.
-- A paid order has a payment that stays.
CREATE FUNCTION books.prove_money(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH back AS (
        SELECT r.payment_id, sum(r.amount_minor) AS amount FROM payment_refund r WHERE r.state = 'done' GROUP BY r.payment_id),
    kept AS (
        SELECT 'clearing:' || p.channel AS path, p.currency::text AS unit, -sum(p.amount_minor - coalesce(b.amount, 0)) AS amount
        FROM payment p LEFT JOIN back b ON b.payment_id = p.id WHERE p.transaction_id IS NOT NULL GROUP BY p.channel, p.currency),
    sold AS (
        SELECT 'sales' AS path, o.currency::text AS unit, sum(o.amount_minor) AS amount FROM purchase_order o
        WHERE o.state = 'paid' GROUP BY o.currency),
    told AS (
        SELECT * FROM kept UNION ALL SELECT * FROM sold UNION ALL
        SELECT 'prepaid', m.unit, -sum(m.amount) FROM (SELECT * FROM kept UNION ALL SELECT * FROM sold) AS m GROUP BY m.unit),
    judged AS (
        SELECT coalesce(t.path, a.path) AS path, coalesce(t.unit, a.unit) AS unit, coalesce(t.amount, 0) AS wanted,
               coalesce(a.balance, 0) AS found
        FROM told t FULL JOIN (SELECT q.path::text AS path, q.unit::text AS unit, q.balance FROM ledger_account q
                               WHERE q.unit NOT LIKE 'g:%') AS a ON a.path = t.path AND a.unit = t.unit)
    SELECT NULL::bigint, 'money_is_paid', count(*) FILTER (WHERE j.wanted <> j.found) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found)::numeric,
           (array_agg(format('%s has %s %s, payments and orders make %s', j.path, j.found, j.unit, j.wanted) ORDER BY j.path)
               FILTER (WHERE j.wanted <> j.found))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH stays AS (
        SELECT DISTINCT p.subject FROM payment p WHERE p.transaction_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM payment_refund r WHERE r.payment_id = p.id AND r.state <> 'refused')),
    judged AS (
        SELECT o.id, s.subject IS NOT NULL AS ok FROM purchase_order o LEFT JOIN stays s ON s.subject = 'order:' || o.id
        WHERE o.state = 'paid')
    SELECT NULL::bigint, 'orders_paid', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('order %s is paid, and no payment of it stays', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

-- Certificates of every version say which grams were cut for their retirement, and whose they are. Read as text, since
-- records are canonical: to take each apart costs many times as much.
CREATE FUNCTION books.prove_records(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH cut AS (
        SELECT s.retirement_id AS id, array_agg(format('"start_g":%s,"stop_g":%s,', s.start_g, s.stop_g)) AS ranges
        FROM retirement_slice s
        WHERE p_lot IS NULL OR s.retirement_id IN (SELECT q.retirement_id FROM retirement_slice q WHERE q.lot_id = p_lot)
        GROUP BY s.retirement_id),
    told AS (
        SELECT c.number::text AS number, r.number::text AS retirement, cut.ranges,
               c.holder_id = r.beneficiary_id AND c.scenario_id = r.scenario_id AS is_theirs,
               c.record || '' AS record  -- unpacked once, not for each look into it
        FROM certificate c LEFT JOIN retirement r ON r.id = c.retirement_id LEFT JOIN cut ON cut.id = c.retirement_id
        WHERE p_lot IS NULL OR cut.id IS NOT NULL OFFSET 0),
    judged AS (
        SELECT t.number, t.retirement, coalesce(
                   t.is_theirs AND strpos(t.record, format('"number":"%s"', t.number)) > 0
                   AND strpos(t.record, format('"retirement_number":"%s"', t.retirement)) > 0
                   AND (SELECT bool_and(strpos(t.record, g.said) > 0) FROM unnest(t.ranges) AS g (said)), false) AS ok
        FROM told t)
    SELECT p_lot, 'records_tell', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('certificate %s does not say what was cut for retirement %s, or names another holder', j.number,
                             coalesce(j.retirement, 'unknown')) ORDER BY j.number) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

CREATE OR REPLACE FUNCTION books.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM books.prove_grams(p_lot);
    RETURN QUERY SELECT * FROM books.prove_retirements(p_lot);
    RETURN QUERY SELECT * FROM books.prove_ledger(p_lot);
    RETURN QUERY SELECT * FROM books.prove_certificates(p_lot);
    RETURN QUERY SELECT * FROM books.prove_orders(p_lot);
    RETURN QUERY SELECT * FROM books.prove_claims(p_lot);
    RETURN QUERY SELECT * FROM books.prove_set_aside(p_lot);
    RETURN QUERY SELECT * FROM books.prove_money(p_lot);
    RETURN QUERY SELECT * FROM books.prove_records(p_lot);
END $$;
REVOKE ALL ON FUNCTION books.prove_set_aside(bigint), books.prove_money(bigint), books.prove_records(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_set_aside(bigint), books.prove_money(bigint), books.prove_records(bigint) TO ddt_app;
