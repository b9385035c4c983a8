-- Proofs put each certificate together (sql/certificates_forms.sql) and ask of its text what they asked.

-- As before; a record is its form and figures.
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
        SELECT c.number::text AS number, coalesce(c.record_sha256 = sha256(convert_to(w.record, 'UTF8')), false) AS ok
        FROM certificate c LEFT JOIN certificate_form f ON f.id = c.form_id
        CROSS JOIN LATERAL certificates.whole(f.form, c.figures, c.number, c.verify_code, c.issued_at) AS w
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

-- As before; a record is its form and figures.
CREATE OR REPLACE FUNCTION books.prove_records(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
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
               c.claim_id = r.claim_id AND c.holder_id = k.beneficiary_id AND c.scenario_id = k.scenario_id AS is_theirs,
               w.record || '' AS record  -- put together once, not for each look into it
        FROM certificate c LEFT JOIN retirement r ON r.id = c.retirement_id LEFT JOIN claim k ON k.id = r.claim_id
        LEFT JOIN cut ON cut.id = c.retirement_id LEFT JOIN certificate_form f ON f.id = c.form_id
        CROSS JOIN LATERAL certificates.whole(f.form, c.figures, c.number, c.verify_code, c.issued_at) AS w
        WHERE c.paper_id = 'neutrality' AND (p_lot IS NULL OR cut.id IS NOT NULL) OFFSET 0),
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

-- As before; a record is its form and figures.
CREATE OR REPLACE FUNCTION books.prove_between(p_from bigint, p_to bigint) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_bitmapscan = off AS $$
DECLARE
    c_end CONSTANT bigint := 9223372036854775807;
    v_transfer bigint := coalesce((SELECT c.transfer_id FROM books_checkpoint c WHERE c.id = p_from), 0);
    v_upto bigint := coalesce((SELECT c.transfer_id FROM books_checkpoint c WHERE c.id = p_to), c_end);
    v_settled uuid[];
BEGIN
    RETURN QUERY
    WITH target AS MATERIALIZED (
        SELECT a.id AS account_id, c_end AS upto, a.balance FROM ledger_account a WHERE p_to IS NULL
        UNION ALL
        SELECT b.account_id, b.last_entry_id, b.balance FROM books_checkpoint_account b WHERE b.checkpoint_id = p_to),
    touched AS MATERIALIZED (
        SELECT DISTINCT e.account_id FROM ledger_entry e WHERE p_to IS NULL AND e.transfer_id >= v_transfer
        UNION SELECT b.account_id FROM books_checkpoint_account b WHERE b.checkpoint_id = p_to),
    stood AS MATERIALIZED (
        SELECT t.account_id, t.upto, t.balance, coalesce(s.last_entry_id, 0) AS last_id, coalesce(s.balance, 0) AS before
        FROM target t LEFT JOIN LATERAL (
            SELECT b.last_entry_id, b.balance FROM books_checkpoint_account b
            WHERE b.account_id = t.account_id AND b.checkpoint_id <= p_from ORDER BY b.checkpoint_id DESC LIMIT 1) AS s ON true),
    run AS MATERIALIZED (
        SELECT e.id, s.account_id, e.balance,
               s.before + sum(e.amount) OVER (PARTITION BY s.account_id ORDER BY e.id) AS right_balance
        FROM touched t JOIN stood s ON s.account_id = t.account_id
        JOIN ledger_entry e ON e.account_id = s.account_id AND e.id > s.last_id AND e.id <= s.upto),
    ended AS MATERIALIZED (
        SELECT DISTINCT ON (r.account_id) r.account_id, r.right_balance FROM run r ORDER BY r.account_id, r.id DESC),
    judged AS (
        SELECT s.account_id, s.balance, coalesce(e.right_balance, s.before) AS right_balance
        FROM stood s LEFT JOIN ended e ON e.account_id = s.account_id),
    apart AS MATERIALIZED (SELECT j.* FROM judged j WHERE j.balance <> j.right_balance),
    wrong AS MATERIALIZED (SELECT r.* FROM run r WHERE r.balance <> r.right_balance)
    SELECT NULL::bigint, said."check", said.broken = 0, said.counted::numeric, (said.counted - said.broken)::numeric, said.detail
    FROM (VALUES
        ('balances_are_entries', (SELECT count(*) FROM apart), (SELECT count(*) FROM stood),
         (SELECT array_agg(format('account %s %s holds %s, its entries make %s', a.path, a.unit, x.balance, x.right_balance))
          FROM (SELECT * FROM apart LIMIT 20) AS x JOIN ledger_account a ON a.id = x.account_id)),
        ('entries_run_on', (SELECT count(*) FROM wrong), (SELECT count(*) FROM run),
         (SELECT array_agg(format('entry %s of account %s left %s, it makes %s', x.id, a.path, x.balance, x.right_balance))
          FROM (SELECT * FROM wrong ORDER BY id LIMIT 20) AS x JOIN ledger_account a ON a.id = x.account_id))
    ) AS said ("check", broken, counted, detail);

    RETURN QUERY
    WITH leg AS (
        SELECT e.transfer_id, a.unit, count(*) AS legs, sum(e.amount) AS total FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.account_id WHERE e.transfer_id >= v_transfer AND e.transfer_id < v_upto
        GROUP BY e.transfer_id, a.unit),
    moved AS MATERIALIZED (
        SELECT l.transfer_id, sum(l.legs) AS legs, bool_and(l.total = 0) AS is_zero FROM leg l GROUP BY l.transfer_id),
    judged AS (
        SELECT coalesce(t.id, m.transfer_id) AS id, t.cause, t.legs, coalesce(m.legs, 0) AS found,
               coalesce(t.legs = m.legs AND m.is_zero, false) AS ok
        FROM (SELECT q.* FROM ledger_transfer q WHERE q.id >= v_transfer AND q.id < v_upto) AS t
        FULL JOIN moved m ON m.transfer_id = t.id)
    SELECT NULL::bigint, 'transfers_whole', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('transfer %s (%s) has %s of %s legs or does not add up to zero', coalesce(j.cause, 'unknown'), j.id,
                             j.found, coalesce(j.legs, 0)) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    IF p_to IS NULL THEN
        RETURN QUERY
        SELECT books.lot_of(a.unit), 'unit_is_zero', sum(a.balance) = 0, 0::numeric, sum(a.balance),
               CASE WHEN sum(a.balance) <> 0 THEN ARRAY[format('the balances of %s add up to %s', a.unit, sum(a.balance))] END
        FROM ledger_account a GROUP BY a.unit ORDER BY 1 NULLS FIRST;
        RETURN QUERY
        SELECT NULL::bigint, 'above_floor', count(*) FILTER (WHERE a.balance < a.floor) = 0, count(*)::numeric,
               count(*) FILTER (WHERE a.balance >= a.floor)::numeric,
               (array_agg(format('account %s %s holds %s, below its floor %s', a.path, a.unit, a.balance, a.floor) ORDER BY a.id)
                   FILTER (WHERE a.balance < a.floor))[1:20]
        FROM ledger_account a WHERE a.kind <> 'external';
    END IF;

    RETURN QUERY
    WITH lot AS MATERIALIZED (
        SELECT t.lot_id, t.upto, t.is_now, coalesce(s.stop_g, 0) AS from_g FROM (
            SELECT l.id AS lot_id, c_end AS upto, true AS is_now FROM credit_lot l WHERE p_to IS NULL
            UNION ALL SELECT b.lot_id, b.stop_g, false FROM books_checkpoint_lot b WHERE b.checkpoint_id = p_to) AS t
        LEFT JOIN LATERAL (
            SELECT b.stop_g FROM books_checkpoint_lot b WHERE b.lot_id = t.lot_id AND b.checkpoint_id <= p_from
            ORDER BY b.checkpoint_id DESC LIMIT 1) AS s ON true),
    chained AS (
        SELECT l.lot_id, s.allocation_id, s.start_g, s.stop_g, s.mass_g,
               s.start_g = lag(s.stop_g, 1, l.from_g) OVER (PARTITION BY l.lot_id ORDER BY s.start_g) AS follows
        FROM lot l JOIN retirement_slice s ON s.lot_id = l.lot_id AND s.start_g >= l.from_g AND s.start_g < l.upto),
    part AS MATERIALIZED (
        SELECT c.lot_id, c.allocation_id, count(*) AS slices, sum(c.mass_g) AS grams, min(c.start_g) AS start_g,
               max(c.stop_g) AS stop_g, count(*) FILTER (WHERE NOT c.follows) AS loose,
               count(*) FILTER (WHERE c.mass_g <= 0 OR c.mass_g <> c.stop_g - c.start_g) AS unsound
        FROM chained c GROUP BY c.lot_id, c.allocation_id),
    cut AS MATERIALIZED (
        SELECT p.lot_id, sum(p.slices) AS slices, sum(p.grams) AS grams, max(p.stop_g) AS stop_g, sum(p.loose) AS loose,
               sum(p.unsound) AS unsound FROM part p GROUP BY p.lot_id),
    ranged AS MATERIALIZED (
        SELECT a.id, l.lot_id, a.start_g, a.stop_g,
               a.start_g = lag(a.stop_g, 1, l.from_g) OVER (PARTITION BY l.lot_id ORDER BY a.start_g) AS follows
        FROM lot l JOIN retirement_allocation a ON int8range(a.lot_id, a.lot_id, '[]') && int8range(l.lot_id, l.lot_id, '[]')
             AND int8range(a.start_g, a.stop_g) && int8range(l.from_g, l.upto)),
    tiled AS (
        SELECT coalesce(r.lot_id, p.lot_id) AS lot_id, r.id IS NULL AS is_missing, coalesce(r.follows, true) AS follows,
               coalesce(p.start_g = r.start_g AND p.stop_g = r.stop_g AND p.grams = r.stop_g - r.start_g, false) AS is_tiled
        FROM ranged r FULL JOIN part p ON p.allocation_id = r.id AND p.lot_id = r.lot_id),
    ranges AS MATERIALIZED (
        SELECT t.lot_id, count(*) FILTER (WHERE NOT t.is_missing) AS ranges, count(*) FILTER (WHERE NOT t.follows) AS loose,
               count(*) FILTER (WHERE NOT t.is_tiled) AS untiled FROM tiled t GROUP BY t.lot_id),
    line AS (
        SELECT l.lot_id, l.is_now, l.from_g, l.upto, q.code, q.mass_g, coalesce(c.slices, 0) AS slices,
               coalesce(c.loose, 0) AS loose, coalesce(c.unsound, 0) AS unsound, coalesce(g.ranges, 0) AS ranges,
               coalesce(g.loose, 0) AS loose_ranges, coalesce(g.untiled, 0) AS untiled,
               l.from_g + coalesce(c.grams, 0) AS grams, coalesce(c.stop_g, l.from_g) AS stop_g,
               CASE WHEN l.is_now THEN coalesce(k.next_g, 0) ELSE l.upto END AS next_g,
               CASE WHEN l.is_now THEN coalesce(retired.balance, 0) ELSE l.upto END AS retired,
               -coalesce(source.balance, 0) AS issued
        FROM lot l LEFT JOIN credit_lot q ON q.id = l.lot_id LEFT JOIN cut c ON c.lot_id = l.lot_id
        LEFT JOIN ranges g ON g.lot_id = l.lot_id LEFT JOIN retirement_cursor k ON k.lot_id = l.lot_id
        LEFT JOIN ledger_account retired ON retired.path = 'retired:' || l.lot_id AND retired.unit = 'g:' || l.lot_id
        LEFT JOIN ledger_account source ON source.path = 'source:' || l.lot_id AND source.unit = 'g:' || l.lot_id)
    SELECT line.lot_id, said."check", said.ok, said.expected, said.found,
           CASE WHEN NOT said.ok THEN ARRAY[format('lot %s (%s), from gram %s on: %s', line.lot_id, line.code, line.from_g, said.why)] END
    FROM line CROSS JOIN LATERAL (VALUES
        ('slices_chained', line.loose = 0, line.slices, line.slices - line.loose,
         format('%s slices do not begin where the one before ends', line.loose)),
        ('slices_measured', line.unsound = 0, line.slices, line.slices - line.unsound,
         format('%s slices do not weigh what they span', line.unsound)),
        ('ranges_chained', line.loose_ranges = 0, line.ranges::numeric, (line.ranges - line.loose_ranges)::numeric,
         format('%s allocations do not begin where the one before ends', line.loose_ranges)),
        ('ranges_tiled', line.untiled = 0, line.ranges::numeric, (line.ranges - line.untiled)::numeric,
         format('%s allocations are not their slices', line.untiled)),
        ('slices_are_retired', line.grams = line.retired, line.retired::numeric, line.grams,
         format('slices make %s g, the ledger retired %s g', line.grams, line.retired)),
        ('cursor_stands', line.next_g = line.grams AND line.next_g = line.stop_g, line.grams, line.next_g::numeric,
         format('the cursor stands at %s, slices make %s g and end at %s', line.next_g, line.grams, line.stop_g)),
        ('within_lot', coalesce(greatest(line.stop_g, line.next_g, line.retired) <= line.mass_g, false),
         coalesce(line.mass_g, 0)::numeric, greatest(line.stop_g, line.next_g, line.retired)::numeric, 'retired beyond its grams'),
        ('lot_in_ledger', coalesce(line.issued = line.mass_g, false), coalesce(line.mass_g, 0)::numeric, line.issued::numeric,
         format('written down with %s g, the ledger took in %s g', line.mass_g, line.issued))
    ) AS said ("check", ok, expected, found, why) ORDER BY line.lot_id;

    SELECT coalesce(array_agg(DISTINCT s.retirement_id), '{}') INTO v_settled
    FROM (SELECT t.lot_id, t.upto, coalesce(b.stop_g, 0) AS from_g FROM (
              SELECT l.id AS lot_id, c_end AS upto FROM credit_lot l WHERE p_to IS NULL
              UNION ALL SELECT q.lot_id, q.stop_g FROM books_checkpoint_lot q WHERE q.checkpoint_id = p_to) AS t
          LEFT JOIN LATERAL (SELECT q.stop_g FROM books_checkpoint_lot q WHERE q.lot_id = t.lot_id AND q.checkpoint_id <= p_from
                             ORDER BY q.checkpoint_id DESC LIMIT 1) AS b ON true) AS l
    JOIN retirement_slice s ON s.lot_id = l.lot_id AND s.start_g >= l.from_g AND s.start_g < l.upto
    WHERE s.retirement_id IS NOT NULL; -- what was set aside after lost time is of no retirement

    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT v.id, r.number, r.state::text AS state, r.mass_g, whole.wanted_g, whole.cut_g,
               coalesce(r.state = 'settled' AND r.mass_g = whole.wanted_g AND whole.is_cut, false) AS is_cut,
               -- OFFSET 0: one look by index each; of many, PostgreSQL would make one hash over all certificates there are.
               EXISTS (SELECT FROM certificate c WHERE c.retirement_id = v.id AND c.version = 1 AND c.paper_id = 'neutrality'
                       OFFSET 0)
               OR EXISTS (SELECT FROM outbox_message m WHERE m.subject = 'retirement:' || v.id AND m.job = 'issue_certificates'
                          AND m.done_at IS NULL AND m.dead_at IS NULL OFFSET 0)
               OR EXISTS (SELECT FROM claim k WHERE k.id = r.claim_id
                          AND k.name_until > clock_timestamp() - interval '10 min' OFFSET 0) AS is_certified
        FROM unnest(v_settled) AS v (id) LEFT JOIN retirement r ON r.id = v.id
        CROSS JOIN LATERAL (
            SELECT sum(e.wanted_g) AS wanted_g, sum(e.cut_g) AS cut_g, bool_and(e.wanted_g = e.cut_g) AS is_cut FROM (
                SELECT u.lot_id, sum(u.wanted_g) AS wanted_g, sum(u.cut_g) AS cut_g FROM (
                    SELECT l.lot_id, l.mass_g AS wanted_g, 0::bigint AS cut_g FROM retirement_line l WHERE l.retirement_id = v.id
                    UNION ALL SELECT s.lot_id, 0, s.mass_g FROM retirement_slice s WHERE s.retirement_id = v.id) AS u
                GROUP BY u.lot_id) AS e) AS whole)
    SELECT NULL::bigint, said."check", said.broken = 0, said.counted::numeric, (said.counted - said.broken)::numeric, said.detail
    FROM (VALUES
        ('retirements_cut', (SELECT count(*) FROM judged WHERE NOT is_cut), (SELECT count(*) FROM judged),
         (SELECT array_agg(format('retirement %s (%s) of %s g is %s: lines of %s g, slices of %s g', coalesce(x.number, 'unknown'),
                                  x.id, x.mass_g, x.state, x.wanted_g, x.cut_g))
          FROM (SELECT * FROM judged WHERE NOT is_cut LIMIT 20) AS x)),
        ('certified', (SELECT count(*) FROM judged WHERE NOT is_certified), (SELECT count(*) FROM judged),
         (SELECT array_agg(format('retirement %s (%s) is settled and nothing will certify it', x.number, x.id))
          FROM (SELECT * FROM judged WHERE NOT is_certified LIMIT 20) AS x))
    ) AS said ("check", broken, counted, detail);

    RETURN QUERY
    WITH register AS MATERIALIZED (
        SELECT t.series, t.next_no, t.upto, coalesce(b.next_no, 1) AS from_no FROM (
            SELECT s.name AS series, s.next_no, c_end AS upto FROM certificate_series s WHERE p_to IS NULL
            UNION ALL
            SELECT q.series, q.next_no, q.next_no FROM books_checkpoint_register q WHERE q.checkpoint_id = p_to) AS t
        LEFT JOIN LATERAL (
            SELECT q.next_no FROM books_checkpoint_register q WHERE q.series = t.series AND q.checkpoint_id <= p_from
            ORDER BY q.checkpoint_id DESC LIMIT 1) AS b ON true),
    told AS MATERIALIZED (
        SELECT g.series, c.register_no, c.number::text AS number, r.number::text AS retirement,
               coalesce(c.record_sha256 = sha256(convert_to(w.record, 'UTF8')), false) AS is_same,
               c.paper_id = 'neutrality' AS tells,
               coalesce(c.claim_id = r.claim_id AND c.holder_id = k.beneficiary_id AND c.scenario_id = k.scenario_id
                        AND strpos(w.record, format('"number":"%s"', c.number)) > 0
                        AND strpos(w.record, format('"retirement_number":"%s"', r.number)) > 0
                        AND (SELECT bool_and(strpos(w.record, format('"start_g":%s,"stop_g":%s,', s.start_g, s.stop_g)) > 0)
                             FROM retirement_slice s WHERE s.retirement_id = c.retirement_id), false) AS is_told
        FROM register g JOIN certificate c ON c.series = g.series AND c.register_no >= g.from_no AND c.register_no < g.upto
        LEFT JOIN retirement r ON r.id = c.retirement_id LEFT JOIN claim k ON k.id = r.claim_id
        LEFT JOIN certificate_form f ON f.id = c.form_id
        -- OFFSET 0: put together once, not for each look into it.
        CROSS JOIN LATERAL (SELECT q.record FROM certificates.whole(f.form, c.figures, c.number, c.verify_code, c.issued_at) AS q
                            OFFSET 0) AS w),
    lost AS ( -- numbers set aside after lost time: given to nobody, and gone
        SELECT g.series, sum(least(q.taken, g.next_no) - greatest(q.start, g.from_no)) AS numbers,
               min(greatest(q.start, g.from_no)) AS low, max(least(q.taken, g.next_no)) - 1 AS high
        FROM register g JOIN recovery_quarantine q ON q.kind = 'register' AND q.name = g.series
             AND least(q.taken, g.next_no) > greatest(q.start, g.from_no)
        GROUP BY g.series),
    counted AS (
        SELECT g.series, g.next_no, g.from_no, count(t.register_no) + coalesce(l.numbers, 0) AS found,
               least(min(t.register_no), l.low) AS low, greatest(max(t.register_no), l.high) AS high
        FROM register g LEFT JOIN told t ON t.series = g.series LEFT JOIN lost l ON l.series = g.series
        GROUP BY g.series, g.next_no, g.from_no, l.numbers, l.low, l.high)
    SELECT NULL::bigint, 'register_counts', bool_and(c.found = c.next_no - c.from_no AND coalesce(c.low, c.from_no) = c.from_no
                                                     AND coalesce(c.high, c.next_no - 1) = c.next_no - 1),
           coalesce(sum(c.next_no - c.from_no), 0), coalesce(sum(c.found), 0),
           array_agg(format('register %s has %s certificates from number %s on, up to %s, and gives %s next', c.series, c.found,
                            c.from_no, c.high, c.next_no))
               FILTER (WHERE c.found <> c.next_no - c.from_no OR coalesce(c.low, c.from_no) <> c.from_no
                             OR coalesce(c.high, c.next_no - 1) <> c.next_no - 1)
    FROM counted c HAVING count(*) > 0
    UNION ALL
    SELECT NULL, 'records_unchanged', count(*) FILTER (WHERE NOT t.is_same) = 0, count(*), count(*) FILTER (WHERE t.is_same),
           (array_agg(format('certificate %s was changed after it was issued', t.number)) FILTER (WHERE NOT t.is_same))[1:20]
    FROM told t
    UNION ALL
    SELECT NULL, 'records_tell', count(*) FILTER (WHERE NOT t.is_told) = 0, count(*), count(*) FILTER (WHERE t.is_told),
           (array_agg(format('certificate %s does not say what was cut for retirement %s, or names another holder', t.number,
                             coalesce(t.retirement, 'unknown'))) FILTER (WHERE NOT t.is_told))[1:20]
    FROM told t WHERE t.tells;
END $$;
