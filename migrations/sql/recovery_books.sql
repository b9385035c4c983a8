-- The proofs of retirements, certificates and holdings know what was set aside after lost time (sql/recovery.sql).

-- Retirements: each settled one is its lines and its slices, lot by lot; one that is not settled has no slice.
-- One hash over all three tables tells the ordinary ones (one row of each, all of one mass) from the rest, which are few and
-- are looked at one by one: three joins of a million rows took twice as long.
-- As before; grams that were set aside after lost time are of no retirement.
CREATE OR REPLACE FUNCTION books.prove_retirements(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
DECLARE
    v_named uuid[];
    v_all bigint;
    v_odd uuid[];
BEGIN
    IF p_lot IS NOT NULL THEN
        SELECT coalesce(array_agg(n.id), '{}') INTO v_named FROM (
            SELECT l.retirement_id AS id FROM retirement_line l WHERE l.lot_id = p_lot
            UNION SELECT s.retirement_id FROM retirement_slice s
            WHERE s.lot_id = p_lot AND s.retirement_id IS NOT NULL) AS n;
    END IF;
    -- A settled one counts 1, one that is not 2^30, its lines 2^12 each, its slices 2^24 each: so one sum tells how many of
    -- each there are. A retirement has fewer than 4 096 lines, since it has one for each lot at most.
    SELECT count(*), array_agg(m.id) FILTER (WHERE NOT m.is_plain) INTO v_all, v_odd
    FROM (
        SELECT e.id, min(e.mass_g) = max(e.mass_g)
                     AND (sum(e.code) = 1 + 4096 + 16777216 AND bit_xor(e.lot_id) = 0
                          OR sum(e.code) = 1073741824 + 4096) AS is_plain
        FROM (
            SELECT r.id, NULL::bigint AS lot_id, r.mass_g, CASE WHEN r.state = 'settled' THEN 1 ELSE 1073741824 END AS code
            FROM retirement r WHERE v_named IS NULL OR r.id = ANY (v_named)
            UNION ALL
            SELECT l.retirement_id, l.lot_id, l.mass_g, 4096 FROM retirement_line l
            WHERE v_named IS NULL OR l.retirement_id = ANY (v_named)
            UNION ALL
            SELECT s.retirement_id, s.lot_id, s.mass_g, 16777216 FROM retirement_slice s
            WHERE s.retirement_id IS NOT NULL AND (v_named IS NULL OR s.retirement_id = ANY (v_named))) AS e
        GROUP BY e.id) AS m;

    RETURN QUERY
    WITH odd AS (SELECT unnest(v_odd) AS id),
    wanted AS (
        SELECT o.id, l.lot_id, sum(l.mass_g) AS mass_g FROM odd o JOIN retirement_line l ON l.retirement_id = o.id
        GROUP BY o.id, l.lot_id),
    cut AS (
        SELECT o.id, s.lot_id, sum(s.mass_g) AS mass_g FROM odd o JOIN retirement_slice s ON s.retirement_id = o.id
        GROUP BY o.id, s.lot_id),
    whole AS (
        SELECT id, sum(coalesce(w.mass_g, 0)) AS wanted_g, sum(coalesce(c.mass_g, 0)) AS cut_g,
               bool_and(coalesce(w.mass_g, 0) = coalesce(c.mass_g, 0)) AS is_cut
        FROM wanted w FULL JOIN cut c USING (id, lot_id) GROUP BY id),
    judged AS (
        SELECT o.id, r.number, r.state::text AS state, r.mass_g, w.wanted_g, w.cut_g,
               coalesce(r.mass_g = w.wanted_g AND CASE r.state WHEN 'settled' THEN w.is_cut ELSE w.cut_g = 0 END, false) AS ok
        FROM odd o LEFT JOIN retirement r USING (id) LEFT JOIN whole w USING (id))
    SELECT p_lot, 'retirements_cut', count(*) FILTER (WHERE NOT j.ok) = 0, v_all::numeric,
           (v_all - count(*) FILTER (WHERE NOT j.ok))::numeric,
           (array_agg(format('retirement %s (%s) of %s g is %s: lines of %s g, slices of %s g', coalesce(j.number, 'unknown'),
                             j.id, coalesce(j.mass_g, 0), coalesce(j.state, 'nowhere'), coalesce(j.wanted_g, 0),
                             coalesce(j.cut_g, 0)) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

-- Certificates: one for each settled retirement, or its job still before it; register numbers 1 to n; each record is what
-- was hashed.
-- As before, of each settled retirement one paper of its kind.
-- As before; and a paper waits as long as the name for it does.
-- As before; numbers that were set aside after lost time are given to nobody, and count.
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
        SELECT m.subject::text AS subject FROM outbox_message m
        WHERE m.job = 'issue_certificates' AND m.done_at IS NULL AND m.dead_at IS NULL),
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

-- As before; grams that were set aside after lost time are retired, and were never set aside for anybody.
CREATE OR REPLACE FUNCTION holdings.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH kept AS (
        SELECT l.lot_id, sum(l.mass_g) AS grams FROM credit_reservation_line l
        JOIN credit_reservation r ON r.id = l.reservation_id
        WHERE r.state IN ('held', 'used') AND (p_lot IS NULL OR l.lot_id = p_lot) GROUP BY l.lot_id),
    judged AS (
        SELECT coalesce(t.id, k.lot_id) AS id, coalesce(k.grams, 0) - coalesce(gone.balance, 0) + coalesce(lost.grams, 0) AS wanted,
               coalesce(aside.balance, 0) AS found
        FROM (SELECT q.id FROM credit_lot q WHERE p_lot IS NULL OR q.id = p_lot) AS t FULL JOIN kept k ON k.lot_id = t.id
        LEFT JOIN ledger_account aside ON aside.path = 'reserved:' || coalesce(t.id, k.lot_id)
            AND aside.unit = 'g:' || coalesce(t.id, k.lot_id)
        LEFT JOIN ledger_account gone ON gone.path = 'retired:' || coalesce(t.id, k.lot_id)
            AND gone.unit = 'g:' || coalesce(t.id, k.lot_id)
        LEFT JOIN (SELECT s.name, sum(s.taken - s.start) AS grams FROM recovery_quarantine s WHERE s.kind = 'lot' GROUP BY s.name) AS lost
            ON lost.name = coalesce(t.id, k.lot_id)::text)
    SELECT j.id, 'reserved_for_somebody', j.wanted = j.found, j.wanted, j.found::numeric,
           CASE WHEN j.wanted <> j.found THEN ARRAY[format(
               'lot %s: %s g are set aside and not retired, reserved:%s in the ledger has %s g', j.id, j.wanted, j.id, j.found)] END
    FROM judged j ORDER BY j.id;

    RETURN QUERY
    WITH placed AS (
        SELECT books.lot_of(a.unit) AS lot, a.path, a.kind, a.balance, (a.kind = 'external') = (a.path = 'source:' || n.lot)
                   AND (a.balance = 0 OR a.path IN ('source:' || n.lot, 'inventory:' || n.lot, 'reserved:' || n.lot,
                                                    'retired:' || n.lot) OR q.id IS NOT NULL) AS ok
        FROM ledger_account a CROSS JOIN LATERAL (SELECT substr(a.unit, 3) AS lot) AS n
        LEFT JOIN account q ON a.path = 'held:' || q.holder || ':' || n.lot
             AND q.holder = substring(a.path FROM '^held:(.*):[0-9]+$')
        WHERE CASE WHEN p_lot IS NULL THEN a.unit LIKE 'g:%' ELSE a.unit = 'g:' || p_lot END)
    SELECT p_lot, 'grams_at_home', count(*) FILTER (WHERE NOT p.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE p.ok)::numeric,
           (array_agg(format('%s g of lot %s lie in %s (%s)', p.balance, p.lot, p.path, p.kind) ORDER BY p.lot, p.path)
               FILTER (WHERE NOT p.ok))[1:20]
    FROM placed p;

    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT coalesce(v.cause, r.cause)::text AS cause, v.mass_g AS set_aside, r.mass_g AS retired,
               coalesce(v.mass_g = r.mass_g, false) AS ok
        FROM (SELECT q.cause, q.mass_g FROM credit_reservation q WHERE q.state = 'used') AS v
        FULL JOIN (SELECT q.cause, q.mass_g FROM retirement q WHERE q.state <> 'withdrawn') AS r ON r.cause = v.cause)
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
