-- What waits is looked for in narrow tables (outbox_open, payment_open, purchase_order_unpaid, credit_reservation_held), and
-- triggers keep those. A row that is missing there would wait for ever and nothing would say so; so the proof compares them.

CREATE FUNCTION books.prove_waiting(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '32MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT format('message %s', coalesce(m.id, o.message_id)) AS what,
               coalesce((m.queue, m.due_at) = (o.queue, o.due_at), false) AS ok
        FROM (SELECT q.id, q.queue, q.due_at FROM outbox_message q WHERE q.done_at IS NULL AND q.dead_at IS NULL) AS m
        FULL JOIN outbox_open o ON o.message_id = m.id
        UNION ALL
        SELECT format('payment %s', coalesce(p.id, o.payment_id)),
               p.id IS NOT NULL AND o.payment_id IS NOT NULL AND p.channel = o.channel
               AND (p.subject, p.next_query_at) IS NOT DISTINCT FROM (o.subject, o.next_query_at)
        FROM (SELECT q.id, q.channel, CASE WHEN q.state IN ('created', 'pending') THEN q.subject END AS subject, q.next_query_at
              FROM payment q WHERE q.state IN ('created', 'pending', 'closing') OR q.next_query_at IS NOT NULL) AS p
        FULL JOIN payment_open o ON o.payment_id = p.id
        UNION ALL
        SELECT format('payment %s', coalesce(p.id, t.payment_id)),
               coalesce(p.id = t.payment_id, false) AND p.paid_at IS NOT DISTINCT FROM t.paid_at
        FROM (SELECT q.* FROM payment q WHERE q.transaction_id IS NOT NULL) AS p
        FULL JOIN payment_transaction t ON t.transaction_id = p.transaction_id AND t.channel = p.channel
        UNION ALL
        SELECT format('order %s', coalesce(p.id, u.order_id)),
               coalesce((p.payer_id, p.expires_at) = (u.payer_id, u.expires_at), false)
               AND p.address_key IS NOT DISTINCT FROM u.address_key
        FROM (SELECT q.* FROM purchase_order q WHERE q.state IN ('placed', 'quoted')) AS p
        FULL JOIN purchase_order_unpaid u ON u.order_id = p.id
        UNION ALL
        SELECT format('reservation %s', coalesce(r.id, h.reservation_id)), coalesce(r.expires_at = h.expires_at, false)
        FROM (SELECT q.id, q.expires_at FROM credit_reservation q WHERE q.state = 'held') AS r
        FULL JOIN credit_reservation_held h ON h.reservation_id = r.id)
    SELECT NULL::bigint, 'waiting_is_found', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('%s is not where it is looked for', j.what) ORDER BY j.what) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
REVOKE ALL ON FUNCTION books.prove_waiting(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_waiting(bigint) TO ddt_app;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_waiting', 'books.prove_waiting', 2, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 2;

-- Certificates: one for each settled retirement, or its job still before it; register numbers 1 to n; each record is what
-- was hashed.
-- As before, of each settled retirement one paper of its kind.
-- As before; and a paper waits as long as the name for it does.
-- As before; what waits is looked for where it is found.
CREATE OR REPLACE FUNCTION books.prove_certificates(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH ours AS (
        SELECT r.id, r.number::text AS number, r.state::text AS state,
               c.name_until > clock_timestamp() - interval '10 min' AS is_awaited
        FROM retirement r JOIN claim c ON c.id = r.claim_id
        WHERE p_lot IS NULL OR r.id IN (SELECT s.retirement_id FROM retirement_slice s WHERE s.lot_id = p_lot)),
    certified AS (
        SELECT c.retirement_id, count(*) AS firsts FROM certificate c WHERE c.version = 1 AND c.paper_id = 'neutrality'
        GROUP BY c.retirement_id),
    coming AS (
        SELECT m.subject::text AS subject FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE m.job = 'issue_certificates'),
    judged AS (
        SELECT o.id, o.number, o.state, coalesce(c.firsts, 0) AS firsts,
               coalesce(c.firsts, 0) = (o.state = 'settled')::int
               OR c.firsts IS NULL AND (coalesce(o.is_awaited, false)
                                        OR 'retirement:' || o.id IN (SELECT w.subject FROM coming w)) AS ok
        FROM ours o LEFT JOIN certified c ON c.retirement_id = o.id)
    SELECT p_lot, 'certified', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('retirement %s (%s) is %s and has %s certificates', j.number, j.id, j.state, j.firsts)
                      ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT c.number::text AS number, c.record_sha256 = sha256(convert_to(c.record, 'UTF8')) AS ok FROM certificate c
        WHERE p_lot IS NULL OR c.retirement_id IN (SELECT s.retirement_id FROM retirement_slice s WHERE s.lot_id = p_lot))
    SELECT p_lot, 'records_unchanged', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('certificate %s was changed after it was issued', j.number) ORDER BY j.number)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    IF p_lot IS NULL THEN
        RETURN QUERY
        WITH given AS (
            SELECT c.series AS name, count(*) AS numbers, min(c.register_no) AS first, max(c.register_no) AS last
            FROM certificate c GROUP BY c.series),
        lost AS (
            SELECT q.name, sum(q.taken - q.start) AS numbers, min(q.start) AS first, max(q.taken) - 1 AS last
            FROM recovery_quarantine q WHERE q.kind = 'register' AND q.taken > q.start GROUP BY q.name),
        counted AS (
            SELECT s.name, s.next_no, coalesce(g.numbers, 0) + coalesce(l.numbers, 0) AS numbers,
                   least(g.first, l.first) AS first, greatest(g.last, l.last) AS last
            FROM certificate_series s LEFT JOIN given g ON g.name = s.name LEFT JOIN lost l ON l.name = s.name),
        judged AS (
            SELECT c.*, c.numbers = c.next_no - 1 AND coalesce(c.first, 1) = 1 AND coalesce(c.last, 0) = c.next_no - 1 AS ok
            FROM counted c)
        SELECT NULL::bigint, 'register_counts', j.ok, (j.next_no - 1)::numeric, j.numbers::numeric,
               CASE WHEN NOT j.ok THEN ARRAY[format(
                   'register %s has %s certificates, numbers %s to %s, and gives %s next', j.name, j.numbers, j.first, j.last,
                   j.next_no)] END
        FROM judged j;
    END IF;
END $$;
REVOKE ALL ON FUNCTION books.prove_certificates(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_certificates(bigint) TO ddt_app;

-- Tallies of scenes: the settled retirements whose event was counted. Without p_scenarios every scene is looked at.
-- As before; what waits is looked for where it is found.
CREATE OR REPLACE FUNCTION books.compare_tallies(p_scenarios uuid[] DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE sql STABLE SET search_path = public, pg_temp SET work_mem = '32MB' AS $$
    WITH coming AS (  -- settled, and its event still before the job that counts
        SELECT c.scenario_id, count(*) AS number, sum(r.mass_g) AS grams
        FROM outbox_message m JOIN retirement r ON r.id = (m.payload->>'retirement_id')::uuid JOIN claim c ON c.id = r.claim_id
        WHERE m.job = 'count_scenes' AND m.done_at IS NULL
          AND m.id IN (SELECT o.message_id FROM outbox_open o UNION ALL
                       SELECT d.id FROM outbox_message d WHERE d.dead_at IS NOT NULL AND d.done_at IS NULL)
        GROUP BY c.scenario_id),
    settled AS (
        SELECT c.scenario_id, count(*) AS number, sum(r.mass_g) AS grams FROM retirement r JOIN claim c ON c.id = r.claim_id
        WHERE r.state = 'settled' AND (p_scenarios IS NULL OR c.scenario_id = ANY (p_scenarios)) GROUP BY c.scenario_id),
    judged AS (
        SELECT coalesce(s.scenario_id, t.scenario_id) AS id, coalesce(t.retirements, 0) AS number, coalesce(t.mass_g, 0) AS grams,
               coalesce(s.number, 0) - coalesce(c.number, 0) AS wanted, coalesce(s.grams, 0) - coalesce(c.grams, 0) AS wanted_g
        FROM settled s
        FULL JOIN (SELECT * FROM scenario_tally q WHERE p_scenarios IS NULL OR q.scenario_id = ANY (p_scenarios)) AS t
            ON t.scenario_id = s.scenario_id
        LEFT JOIN coming c ON c.scenario_id = coalesce(s.scenario_id, t.scenario_id)
        WHERE coalesce(s.scenario_id, t.scenario_id) IS NOT NULL)
    SELECT ROW(NULL::bigint, 'tallies_count', count(*) FILTER (WHERE (j.number, j.grams) <> (j.wanted, j.wanted_g)) = 0,
               count(*)::numeric, count(*) FILTER (WHERE (j.number, j.grams) = (j.wanted, j.wanted_g))::numeric,
               (array_agg(format('scene %s (%s) tells %s retirements and %s g, there are %s and %s g', s.code, j.id, j.number,
                                 j.grams, j.wanted, j.wanted_g) ORDER BY j.id)
                   FILTER (WHERE (j.number, j.grams) <> (j.wanted, j.wanted_g)))[1:20])::books.line
    FROM judged j LEFT JOIN scenario s ON s.id = j.id;
$$;
REVOKE ALL ON FUNCTION books.compare_tallies(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.compare_tallies(uuid[]) TO ddt_app;
