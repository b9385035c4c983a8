-- The proof that the books add up: five table functions and one that asks them all. They read and write nothing, need no
-- more than the application's role may read, and name what is damaged: at most twenty rows of each check and lot.
-- A line says: of this lot (NULL: of all), this check holds or not; so much was expected, so much was found.
-- Measured: docs/decisions/0020-proof-in-sql.md.

CREATE SCHEMA books;

CREATE TYPE books.line AS (lot_id bigint, "check" text, ok boolean, expected numeric, found numeric, detail text[]);

-- The lot of a unit: 7 of `g:7`, NULL of money.
CREATE FUNCTION books.lot_of(p_unit text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_unit ~ '^g:[0-9]{1,18}$' THEN substr(p_unit, 3)::bigint END;
$$;

-- Whole tonnes cancelled at the registries, by lot. A house whose migrations have no such table has cancelled none.
CREATE FUNCTION books.cancelled(p_lot bigint DEFAULT NULL)
RETURNS TABLE (lot_id bigint, pieces bigint, tonnes numeric, upto_t bigint, overlapping bigint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF to_regclass('public.upstream_cancellation') IS NULL THEN RETURN; END IF;
    RETURN QUERY EXECUTE $q$
        SELECT c.lot_id, count(*), sum(c.stop_t - c.start_t), max(c.stop_t)::bigint,
               count(*) FILTER (WHERE c.start_t < c.upto)
        FROM (SELECT u.lot_id, u.start_t, u.stop_t,
                     max(u.stop_t) OVER (PARTITION BY u.lot_id ORDER BY u.start_t
                                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS upto
              FROM upstream_cancellation u
              WHERE u.state::text = 'cancelled' AND ($1 IS NULL OR u.lot_id = $1)) AS c
        GROUP BY c.lot_id $q$ USING p_lot;
END $$;

-- Grams: from its first one on a lot is cut into allocations, and these into slices, without a gap or an overlap; together
-- they are what the ledger says is retired, up to where the cursor stands, within the lot.
CREATE FUNCTION books.prove_grams(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH chained AS (
        SELECT s.lot_id, s.allocation_id, s.start_g, s.stop_g, s.mass_g,
               s.start_g = lag(s.stop_g, 1, 0::bigint) OVER (PARTITION BY s.lot_id ORDER BY s.start_g) AS follows
        FROM retirement_slice s WHERE p_lot IS NULL OR s.lot_id = p_lot),
    part AS MATERIALIZED (  -- what one allocation has of one lot
        SELECT c.lot_id, c.allocation_id, count(*) AS slices, sum(c.mass_g) AS grams, min(c.start_g) AS start_g,
               max(c.stop_g) AS stop_g, count(*) FILTER (WHERE NOT c.follows) AS loose,
               count(*) FILTER (WHERE c.mass_g <= 0 OR c.mass_g <> c.stop_g - c.start_g) AS unsound
        FROM chained c GROUP BY c.lot_id, c.allocation_id),
    cut AS (
        SELECT p.lot_id, sum(p.slices) AS slices, sum(p.grams) AS grams, max(p.stop_g) AS stop_g,
               sum(p.loose) AS loose, sum(p.unsound) AS unsound
        FROM part p GROUP BY p.lot_id),
    ranged AS (
        SELECT a.id, a.lot_id, a.start_g, a.stop_g,
               a.start_g = lag(a.stop_g, 1, 0::bigint) OVER (PARTITION BY a.lot_id ORDER BY a.start_g) AS follows
        FROM retirement_allocation a WHERE p_lot IS NULL OR a.lot_id = p_lot),
    tiled AS (
        SELECT coalesce(r.lot_id, p.lot_id) AS lot_id, coalesce(r.id, p.allocation_id) AS id, r.id IS NULL AS is_missing,
               r.start_g, r.stop_g, coalesce(r.follows, true) AS follows, p.start_g AS first_g, p.stop_g AS last_g, p.grams,
               coalesce(p.start_g = r.start_g AND p.stop_g = r.stop_g AND p.grams = r.stop_g - r.start_g, false) AS is_tiled
        FROM ranged r FULL JOIN part p ON p.allocation_id = r.id AND p.lot_id = r.lot_id),
    ranges AS (
        SELECT t.lot_id, count(*) FILTER (WHERE NOT t.is_missing) AS ranges, count(*) FILTER (WHERE NOT t.follows) AS loose,
               count(*) FILTER (WHERE NOT t.is_tiled) AS untiled
        FROM tiled t GROUP BY t.lot_id),
    line AS (
        SELECT coalesce(l.id, c.lot_id, g.lot_id, k.lot_id) AS lot_id, l.code::text AS code, l.mass_g,
               coalesce(c.slices, 0) AS slices, coalesce(c.grams, 0) AS grams, coalesce(c.stop_g, 0) AS stop_g,
               coalesce(c.loose, 0) AS loose, coalesce(c.unsound, 0) AS unsound, coalesce(g.ranges, 0) AS ranges,
               coalesce(g.loose, 0) AS loose_ranges, coalesce(g.untiled, 0) AS untiled, coalesce(k.next_g, 0) AS next_g,
               coalesce(retired.balance, 0) AS retired, -coalesce(source.balance, 0) AS issued,
               coalesce(u.tonnes, 0) AS tonnes, coalesce(u.upto_t, 0) AS upto_t, coalesce(u.overlapping, 0) AS overlapping
        FROM (SELECT * FROM credit_lot WHERE p_lot IS NULL OR id = p_lot) AS l
        FULL JOIN cut c ON c.lot_id = l.id
        FULL JOIN ranges g ON g.lot_id = coalesce(l.id, c.lot_id)
        FULL JOIN (SELECT * FROM retirement_cursor q WHERE p_lot IS NULL OR q.lot_id = p_lot) AS k
            ON k.lot_id = coalesce(l.id, c.lot_id, g.lot_id)
        LEFT JOIN ledger_account retired ON retired.path = 'retired:' || coalesce(l.id, c.lot_id, g.lot_id, k.lot_id)
            AND retired.unit = 'g:' || coalesce(l.id, c.lot_id, g.lot_id, k.lot_id)
        LEFT JOIN ledger_account source ON source.path = 'source:' || l.id AND source.unit = 'g:' || l.id
        LEFT JOIN books.cancelled(p_lot) AS u ON u.lot_id = l.id)
    SELECT line.lot_id, said."check", said.ok, said.expected, said.found, said.detail
    FROM line CROSS JOIN LATERAL (VALUES
        ('slices_chained', line.loose = 0, line.slices, line.slices - line.loose,
         CASE WHEN line.loose > 0 THEN (
             SELECT array_agg(format('slice %s [%s, %s) of lot %s, retirement %s: the grams before it end at %s', s.id,
                                     s.start_g, s.stop_g, s.lot_id, coalesce(r.number, s.retirement_id::text), s.upto)
                              ORDER BY s.start_g)
             FROM (SELECT * FROM (
                       SELECT q.*, lag(q.stop_g, 1, 0::bigint) OVER (ORDER BY q.start_g) AS upto
                       FROM retirement_slice q WHERE q.lot_id = line.lot_id) AS o
                   WHERE o.start_g <> o.upto ORDER BY o.start_g LIMIT 20) AS s
             LEFT JOIN retirement r ON r.id = s.retirement_id) END),
        ('slices_measured', line.unsound = 0, line.slices, line.slices - line.unsound,
         CASE WHEN line.unsound > 0 THEN (
             SELECT array_agg(format('slice %s [%s, %s) of lot %s, retirement %s says %s g', s.id, s.start_g, s.stop_g,
                                     s.lot_id, coalesce(r.number, s.retirement_id::text), s.mass_g) ORDER BY s.start_g)
             FROM (SELECT * FROM retirement_slice q
                   WHERE q.lot_id = line.lot_id AND (q.mass_g <= 0 OR q.mass_g <> q.stop_g - q.start_g)
                   ORDER BY q.start_g LIMIT 20) AS s
             LEFT JOIN retirement r ON r.id = s.retirement_id) END),
        ('ranges_chained', line.loose_ranges = 0, line.ranges, line.ranges - line.loose_ranges,
         CASE WHEN line.loose_ranges > 0 THEN (
             SELECT array_agg(said ORDER BY at) FROM (
                 SELECT t.start_g AS at, format('allocation %s [%s, %s) of lot %s does not begin where the one before it ends',
                                                t.id, t.start_g, t.stop_g, t.lot_id) AS said
                 FROM tiled t WHERE t.lot_id = line.lot_id AND NOT t.follows ORDER BY t.start_g LIMIT 20) AS bad) END),
        ('ranges_tiled', line.untiled = 0, line.ranges::numeric, (line.ranges - line.untiled)::numeric,
         CASE WHEN line.untiled > 0 THEN (
             SELECT array_agg(said ORDER BY at) FROM (
                 SELECT coalesce(t.start_g, t.first_g) AS at, CASE
                     WHEN t.is_missing THEN format('there is no allocation %s of lot %s, and slices [%s, %s) name it',
                                                   t.id, t.lot_id, t.first_g, t.last_g)
                     ELSE format('allocation %s [%s, %s) of lot %s: its slices are [%s, %s) with %s g', t.id, t.start_g,
                                 t.stop_g, t.lot_id, t.first_g, t.last_g, coalesce(t.grams, 0)) END AS said
                 FROM tiled t WHERE t.lot_id = line.lot_id AND NOT t.is_tiled
                 ORDER BY coalesce(t.start_g, t.first_g) LIMIT 20) AS bad) END),
        ('slices_are_retired', line.grams = line.retired, line.retired::numeric, line.grams,
         CASE WHEN line.grams <> line.retired THEN ARRAY[format(
             'lot %s (%s): its slices hold %s g, retired:%s in the ledger %s g', line.lot_id, line.code, line.grams,
             line.lot_id, line.retired)] END),
        ('cursor_stands', line.next_g = line.grams AND line.next_g = line.stop_g, line.grams, line.next_g::numeric,
         CASE WHEN line.next_g <> line.grams OR line.next_g <> line.stop_g THEN ARRAY[format(
             'lot %s (%s): the cursor stands at gram %s, the slices hold %s g and end at gram %s', line.lot_id, line.code,
             line.next_g, line.grams, line.stop_g)] END),
        ('within_lot', coalesce(greatest(line.stop_g, line.next_g, line.retired) <= line.mass_g, false), line.mass_g::numeric,
         greatest(line.stop_g, line.next_g, line.retired)::numeric,
         CASE WHEN NOT coalesce(greatest(line.stop_g, line.next_g, line.retired) <= line.mass_g, false) THEN ARRAY[format(
             'lot %s (%s) of %s g is retired up to gram %s', line.lot_id, line.code, coalesce(line.mass_g::text, 'no'),
             greatest(line.stop_g, line.next_g, line.retired))] END),
        ('lot_in_ledger', coalesce(line.issued = line.mass_g, false), coalesce(line.mass_g, 0)::numeric, line.issued::numeric,
         CASE WHEN NOT coalesce(line.issued = line.mass_g, false) THEN ARRAY[format(
             'lot %s (%s) is written down with %s g, the ledger took in %s g', line.lot_id, coalesce(line.code, 'unknown'),
             coalesce(line.mass_g, 0), line.issued)] END),
        -- A gap is no fault: people retire grams, registries cancel tonnes. It is named, and has no detail where it is none.
        ('upstream', line.overlapping = 0 AND line.upto_t * 1000000 <= coalesce(line.mass_g, 0), line.grams,
         line.tonnes * 1000000,
         CASE WHEN line.overlapping > 0 OR line.upto_t * 1000000 > coalesce(line.mass_g, 0) THEN ARRAY[format(
                  'lot %s (%s): %s t are cancelled at the registry up to tonne %s, %s of them twice', line.lot_id, line.code,
                  line.tonnes, line.upto_t, line.overlapping)]
              WHEN line.grams > line.tonnes * 1000000 THEN ARRAY[format(
                  'lot %s (%s): %s g are retired here and not yet cancelled at the registry', line.lot_id, line.code,
                  line.grams - line.tonnes * 1000000)] END)
    ) AS said ("check", ok, expected, found, detail)
    ORDER BY line.lot_id;
END $$;

-- Retirements: each settled one is its lines and its slices, lot by lot; one that is not settled has no slice.
-- One hash over all three tables tells the ordinary ones (one row of each, all of one mass) from the rest, which are few and
-- are looked at one by one: three joins of a million rows took twice as long.
CREATE FUNCTION books.prove_retirements(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
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
            UNION SELECT s.retirement_id FROM retirement_slice s WHERE s.lot_id = p_lot) AS n;
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
            WHERE v_named IS NULL OR s.retirement_id = ANY (v_named)) AS e
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

-- The ledger: every unit adds up to zero, every transfer has its legs and adds up to zero in each unit, every entry left
-- the balance its account's entries make, every balance is the sum of its entries and above its floor.
CREATE FUNCTION books.prove_ledger(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    SELECT books.lot_of(a.unit), 'unit_is_zero', sum(a.balance) = 0, 0::numeric, sum(a.balance),
           CASE WHEN sum(a.balance) <> 0 THEN ARRAY[format('the balances of %s add up to %s', a.unit, sum(a.balance))] END
    FROM ledger_account a WHERE p_lot IS NULL OR a.unit = 'g:' || p_lot GROUP BY a.unit ORDER BY 1 NULLS FIRST;

    RETURN QUERY
    SELECT p_lot, 'above_floor', count(*) FILTER (WHERE a.balance < a.floor) = 0, count(*)::numeric,
           count(*) FILTER (WHERE a.balance >= a.floor)::numeric,
           (array_agg(format('account %s %s holds %s, below its floor %s', a.path, a.unit, a.balance, a.floor) ORDER BY a.id)
               FILTER (WHERE a.balance < a.floor))[1:20]
    FROM ledger_account a WHERE a.kind <> 'external' AND (p_lot IS NULL OR a.unit = 'g:' || p_lot);

    RETURN QUERY
    WITH ours AS (
        SELECT a.id, a.path::text AS path, a.unit::text AS unit, a.balance FROM ledger_account a
        WHERE p_lot IS NULL OR a.unit = 'g:' || p_lot),
    run AS (
        SELECT e.id, e.account_id, e.amount, e.balance,
               e.balance = sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.id) AS is_right
        FROM ledger_entry e WHERE p_lot IS NULL OR e.account_id IN (SELECT o.id FROM ours o)),
    added AS (
        SELECT r.account_id, count(*) AS entries, sum(r.amount) AS total,
               array_agg(r.id) FILTER (WHERE NOT r.is_right) AS wrong
        FROM run r GROUP BY r.account_id),
    judged AS (
        SELECT o.id, o.path, o.unit, o.balance, coalesce(a.total, 0) AS total, coalesce(a.entries, 0) AS entries,
               coalesce(cardinality(a.wrong), 0) AS wrong, a.wrong AS ids
        FROM ours o FULL JOIN added a ON a.account_id = o.id)
    SELECT p_lot, said."check", said.ok, said.expected, said.found, said.detail FROM (
        SELECT count(*) AS accounts, sum(j.entries) AS entries, coalesce(sum(j.wrong), 0) AS wrong,
               count(*) FILTER (WHERE j.balance IS DISTINCT FROM j.total) AS apart,
               (array_agg(format('account %s %s holds %s, its entries add up to %s', j.path, j.unit, j.balance, j.total)
                          ORDER BY j.id) FILTER (WHERE j.balance IS DISTINCT FROM j.total))[1:20] AS apart_named,
               (SELECT array_agg(format('entry %s (leg %s of transfer %s) moves %s %s of %s and left %s', e.id, e.leg, t.cause,
                                        e.amount, a.unit, a.path, e.balance) ORDER BY e.id)
                FROM (SELECT unnest(b.ids) AS id FROM judged b WHERE b.wrong > 0 ORDER BY id LIMIT 20) AS bad
                JOIN ledger_entry e USING (id) LEFT JOIN ledger_transfer t ON t.id = e.transfer_id
                LEFT JOIN ledger_account a ON a.id = e.account_id) AS wrong_named
        FROM judged j) AS sums
    CROSS JOIN LATERAL (VALUES
        ('balances_are_entries', sums.apart = 0, sums.accounts::numeric, (sums.accounts - sums.apart)::numeric, sums.apart_named),
        ('entries_run_on', sums.wrong = 0, coalesce(sums.entries, 0), coalesce(sums.entries, 0) - sums.wrong, sums.wrong_named)
    ) AS said ("check", ok, expected, found, detail);

    RETURN QUERY
    WITH named AS (
        SELECT DISTINCT e.transfer_id AS id FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE a.unit = 'g:' || p_lot),
    leg AS (
        SELECT e.transfer_id, a.unit, count(*) AS legs, sum(e.amount) AS total
        FROM ledger_entry e LEFT JOIN ledger_account a ON a.id = e.account_id
        WHERE p_lot IS NULL OR e.transfer_id IN (SELECT n.id FROM named n) GROUP BY e.transfer_id, a.unit),
    moved AS (
        SELECT l.transfer_id, sum(l.legs) AS legs, bool_and(l.total = 0) AS is_zero,
               string_agg(format('%s %s', l.total, l.unit), ', ') FILTER (WHERE l.total <> 0) AS rest
        FROM leg l GROUP BY l.transfer_id),
    judged AS (
        SELECT coalesce(t.id, m.transfer_id) AS id, t.cause, t.legs, coalesce(m.legs, 0) AS found, m.rest,
               coalesce(t.legs = m.legs AND m.is_zero, false) AS ok
        FROM (SELECT * FROM ledger_transfer q WHERE p_lot IS NULL OR q.id IN (SELECT n.id FROM named n)) AS t
        FULL JOIN moved m ON m.transfer_id = t.id)
    SELECT p_lot, 'transfers_whole', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('transfer %s (%s) has %s of %s legs%s', coalesce(j.cause, 'unknown'), j.id, j.found,
                             coalesce(j.legs, 0), coalesce(' and makes ' || j.rest || ' out of nothing', ''))
                      ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

-- Certificates: one for each settled retirement, or its job still before it; register numbers 1 to n; each record is what
-- was hashed.
CREATE FUNCTION books.prove_certificates(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH ours AS (
        SELECT r.id, r.number::text AS number, r.state::text AS state FROM retirement r
        WHERE p_lot IS NULL OR r.id IN (SELECT s.retirement_id FROM retirement_slice s WHERE s.lot_id = p_lot)),
    certified AS (
        SELECT c.retirement_id, count(*) AS firsts FROM certificate c WHERE c.version = 1 GROUP BY c.retirement_id),
    coming AS (
        SELECT m.subject::text AS subject FROM outbox_message m
        WHERE m.job = 'issue_certificates' AND m.done_at IS NULL AND m.dead_at IS NULL),
    judged AS (
        SELECT o.id, o.number, o.state, coalesce(c.firsts, 0) AS firsts,
               coalesce(c.firsts, 0) = (o.state = 'settled')::int
               OR c.firsts IS NULL AND 'retirement:' || o.id IN (SELECT w.subject FROM coming w) AS ok
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
        SELECT NULL::bigint, 'register_counts', count(c.id) = s.next_no - 1 AND coalesce(min(c.register_no), 1) = 1
                   AND coalesce(max(c.register_no), 0) = s.next_no - 1,
               (s.next_no - 1)::numeric, count(c.id)::numeric,
               CASE WHEN count(c.id) <> s.next_no - 1 OR coalesce(min(c.register_no), 1) <> 1
                        OR coalesce(max(c.register_no), 0) <> s.next_no - 1 THEN ARRAY[format(
                   'register %s has %s certificates, numbers %s to %s, and gives %s next', s.name, count(c.id),
                   min(c.register_no), max(c.register_no), s.next_no)] END
        FROM certificate_series s LEFT JOIN certificate c ON c.series = s.name GROUP BY s.name, s.next_no;
    END IF;
END $$;

-- Orders: the parts and lines of each add up to its grams and its money, and for a paid one each part was retired for, but
-- what was taken back. An order is of several lots, so no lot's proof asks it.
CREATE FUNCTION books.prove_orders(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH line AS (
        SELECT l.part_id, sum(l.mass_g) AS mass_g, sum(l.amount_minor) AS amount_minor FROM purchase_order_line l GROUP BY l.part_id),
    part AS (
        SELECT p.order_id, count(*) AS parts, sum(p.mass_g) AS mass_g, sum(l.amount_minor) AS amount_minor,
               count(*) FILTER (WHERE l.mass_g IS DISTINCT FROM p.mass_g) AS apart,
               count(r.id) AS retired, coalesce(sum(r.mass_g), 0) AS retired_g
        FROM purchase_order_part p LEFT JOIN line l ON l.part_id = p.id
        LEFT JOIN retirement r ON r.cause = p.cause AND r.state <> 'withdrawn' GROUP BY p.order_id),
    judged AS (
        SELECT o.id, o.state::text AS state, o.mass_g, o.amount_minor, o.currency::text AS currency, q.parts, q.mass_g AS parts_g,
               q.amount_minor AS lines_minor, q.retired, q.retired_g,
               coalesce(q.mass_g = o.mass_g AND q.amount_minor = o.amount_minor AND q.apart = 0, false) AS adds_up,
               coalesce(CASE o.state WHEN 'paid' THEN q.retired = q.parts AND q.retired_g = o.mass_g ELSE q.retired = 0 END,
                        false) AS is_retired
        FROM purchase_order o LEFT JOIN part q ON q.order_id = o.id)
    SELECT NULL::bigint, said."check", said.ok, said.expected, said.found, said.detail FROM (
        SELECT count(*)::numeric AS orders, count(*) FILTER (WHERE j.adds_up)::numeric AS sound,
               count(*) FILTER (WHERE j.is_retired)::numeric AS retired,
               (array_agg(format('order %s of %s g for %s %s: parts of %s g, lines for %s', j.id, j.mass_g, j.amount_minor,
                                 j.currency, coalesce(j.parts_g, 0), coalesce(j.lines_minor, 0)) ORDER BY j.id)
                   FILTER (WHERE NOT j.adds_up))[1:20] AS unsound_named,
               (array_agg(format('order %s is %s: %s g in %s parts, %s g retired for it in %s', j.id, j.state, j.mass_g,
                                 coalesce(j.parts, 0), coalesce(j.retired_g, 0), coalesce(j.retired, 0)) ORDER BY j.id)
                   FILTER (WHERE NOT j.is_retired))[1:20] AS unretired_named
        FROM judged j) AS sums
    CROSS JOIN LATERAL (VALUES
        ('orders_add_up', sums.sound = sums.orders, sums.orders, sums.sound, sums.unsound_named),
        ('orders_retired', sums.retired = sums.orders, sums.orders, sums.retired, sums.unretired_named)
    ) AS said ("check", ok, expected, found, detail);
END $$;

-- All of it, in the one snapshot of this statement.
CREATE FUNCTION books.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT * FROM books.prove_grams(p_lot);
    RETURN QUERY SELECT * FROM books.prove_retirements(p_lot);
    RETURN QUERY SELECT * FROM books.prove_ledger(p_lot);
    RETURN QUERY SELECT * FROM books.prove_certificates(p_lot);
    RETURN QUERY SELECT * FROM books.prove_orders(p_lot);
END $$;
