-- Money, by the kind of what was paid for: what was paid is what was sold, what waits and what went back, to the fen. Every sale
-- has its posting and every posting its sale; what the release before posted in sets (`fulfil`) adds up to what its orders cost.
DROP FUNCTION books.prove_money(bigint);

-- What was sold of every kind, as the rooms say it.
CREATE FUNCTION payments.sold() RETURNS TABLE (kind text, subject_id uuid, currency text, amount_minor bigint, cause text)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE v_kind text; v_sold text;
BEGIN
    FOR v_kind, v_sold IN SELECT k.kind, k.sold FROM payment_subject_kind k ORDER BY k.kind LOOP
        RETURN QUERY EXECUTE format('SELECT $1, s.subject_id, s.currency, s.amount_minor, s.cause FROM %s(NULL) AS s', v_sold)
                     USING v_kind;
    END LOOP;
END $$;

CREATE FUNCTION payments.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;

    -- By account: what channels owe us, what was sold, what waits.
    RETURN QUERY
    WITH back AS (
        SELECT r.payment_id, sum(r.amount_minor) FILTER (WHERE r.state = 'done') AS done,
               sum(r.amount_minor) FILTER (WHERE r.reverses_sale) AS reversed
        FROM payment_refund r GROUP BY r.payment_id),
    kept AS (
        SELECT 'clearing:' || p.channel AS path, p.currency::text AS unit, -sum(p.amount_minor - coalesce(b.done, 0)) AS amount
        FROM payment p LEFT JOIN back b ON b.payment_id = p.id WHERE p.transaction_id IS NOT NULL GROUP BY p.channel, p.currency
        UNION ALL
        SELECT 'clearing:hand', p.currency::text, sum(r.amount_minor) FROM payment_refund r
        JOIN payment p ON p.id = r.payment_id WHERE r.state = 'settled' GROUP BY p.currency),
    sold AS (
        SELECT 'sales' AS path, m.unit, sum(m.amount) AS amount FROM (
            SELECT s.currency AS unit, s.amount_minor AS amount FROM payments.sold() s
            UNION ALL
            SELECT p.currency::text, -b.reversed FROM back b JOIN payment p ON p.id = b.payment_id WHERE b.reversed > 0) AS m
        GROUP BY m.unit),
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
           (array_agg(format('%s has %s %s, payments and sales make %s', j.path, j.found, j.unit, j.wanted) ORDER BY j.path)
               FILTER (WHERE j.wanted <> j.found))[1:20]
    FROM judged j;

    -- By kind of subject: what the ledger earned and what waits, told apart by the causes of its postings.
    RETURN QUERY
    WITH moved AS (
        SELECT CASE t.kind WHEN 'sale' THEN split_part(t.cause, ':', 2) WHEN 'fulfil' THEN 'order' WHEN 'take_back' THEN 'order'
                           WHEN 'payment' THEN paid.subject_kind ELSE gone.subject_kind END AS kind,
               a.unit::text AS unit, a.path::text AS path, e.amount
        FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_transfer t ON t.id = e.transfer_id
        LEFT JOIN payment paid ON paid.id = CASE WHEN t.kind = 'payment' THEN substr(t.cause, 9)::uuid END
        LEFT JOIN payment_refund r
            ON r.id = CASE WHEN t.kind IN ('refund', 'reversal') THEN split_part(t.cause, ':', 2)::uuid END
        LEFT JOIN payment gone ON gone.id = r.payment_id
        WHERE a.path IN ('sales', 'prepaid')),
    found AS (SELECT m.kind, m.unit, m.path, sum(m.amount) AS amount FROM moved m GROUP BY m.kind, m.unit, m.path),
    rows AS (
        SELECT p.subject_kind AS kind, p.currency::text AS unit, sum(p.amount_minor) AS paid, 0::numeric AS sold, 0::numeric AS back
        FROM payment p WHERE p.transaction_id IS NOT NULL GROUP BY p.subject_kind, p.currency
        UNION ALL
        SELECT s.kind, s.currency, 0, sum(s.amount_minor), 0 FROM payments.sold() s GROUP BY s.kind, s.currency
        UNION ALL
        SELECT p.subject_kind, p.currency::text, 0, -coalesce(sum(r.amount_minor) FILTER (WHERE r.reverses_sale), 0),
               coalesce(sum(r.amount_minor) FILTER (WHERE r.state IN ('done', 'settled')), 0)
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id GROUP BY p.subject_kind, p.currency),
    told AS (
        SELECT r.kind, r.unit, w.path, CASE w.path WHEN 'sales' THEN sum(r.sold) ELSE sum(r.paid - r.sold - r.back) END AS amount
        FROM rows r CROSS JOIN (VALUES ('sales'), ('prepaid')) AS w (path) GROUP BY r.kind, r.unit, w.path),
    judged AS (
        SELECT coalesce(t.kind, f.kind, 'nothing') AS kind, coalesce(t.unit, f.unit) AS unit, coalesce(t.path, f.path) AS path,
               coalesce(t.amount, 0) AS wanted, coalesce(f.amount, 0) AS found
        FROM told t FULL JOIN found f ON f.kind = t.kind AND f.unit = t.unit AND f.path = t.path)
    SELECT NULL::bigint, 'money_by_kind', count(*) FILTER (WHERE j.wanted <> j.found OR j.found < 0) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found AND j.found >= 0)::numeric,
           (array_agg(format('%s of kind %s: the ledger has %s %s, the rows make %s', j.path, j.kind, j.found, j.unit, j.wanted)
                      ORDER BY j.kind, j.path) FILTER (WHERE j.wanted <> j.found OR j.found < 0))[1:20]
    FROM judged j;

    -- One by one: every sale and every reversal is posted as it is.
    RETURN QUERY
    WITH wanted AS (
        SELECT s.cause, s.currency AS unit, sum(s.amount_minor) AS amount FROM payments.sold() s GROUP BY s.cause, s.currency
        UNION ALL
        SELECT CASE r.cause WHEN 'taken_back' THEN 'reversals' ELSE 'reversal:' || r.id END, p.currency::text, -sum(r.amount_minor)
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id WHERE r.reverses_sale GROUP BY 1, p.currency),
    posted AS (
        SELECT CASE WHEN t.kind = 'fulfil' THEN 'fulfil' WHEN t.kind = 'take_back' OR r.cause = 'taken_back' THEN 'reversals'
                    ELSE t.cause END AS cause, a.unit::text AS unit, sum(e.amount) AS amount
        FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_transfer t ON t.id = e.transfer_id
        LEFT JOIN payment_refund r ON r.id = CASE WHEN t.kind = 'reversal' THEN split_part(t.cause, ':', 2)::uuid END
        WHERE a.path = 'sales' GROUP BY 1, a.unit),
    judged AS (
        SELECT coalesce(w.cause, p.cause) AS cause, coalesce(w.unit, p.unit) AS unit, w.amount AS wanted, p.amount AS found
        FROM wanted w FULL JOIN posted p ON p.cause = w.cause AND p.unit = w.unit)
    SELECT NULL::bigint, 'sales_posted', count(*) FILTER (WHERE j.wanted IS DISTINCT FROM j.found) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found)::numeric,
           (array_agg(format('%s: the row says %s %s, the ledger %s', j.cause, coalesce(j.wanted, 0), j.unit, coalesce(j.found, 0))
                      ORDER BY j.cause) FILTER (WHERE j.wanted IS DISTINCT FROM j.found))[1:20]
    FROM judged j;

    -- What is sold has a payment that stays: one of which nothing went back as never earned.
    RETURN QUERY
    WITH stays AS (
        SELECT DISTINCT p.subject FROM payment p WHERE p.transaction_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM payment_refund r WHERE r.payment_id = p.id AND r.state <> 'refused' AND NOT r.reverses_sale)),
    judged AS (
        SELECT s.kind || ':' || s.subject_id AS subject, y.subject IS NOT NULL AS ok
        FROM payments.sold() s LEFT JOIN stays y ON y.subject = s.kind || ':' || s.subject_id)
    SELECT NULL::bigint, 'orders_paid', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('%s is sold, and no payment of it stays', j.subject) ORDER BY j.subject) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
REVOKE ALL ON FUNCTION payments.sold(), payments.prove(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.sold(), payments.prove(bigint) TO ddt_app;
