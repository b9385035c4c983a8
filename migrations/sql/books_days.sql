-- What was written between two checkpoints, added up on what stood at the first; to the end where p_to is NULL, and from the
-- beginning where there is no p_from. Of the end it is compared with what holds now, of an older day with what was sealed.
-- Every join goes by an index from what is new to what it names: the planner, which takes a third of an account's entries for
-- those behind a position, would read whole tables instead.
CREATE FUNCTION books.prove_between(p_from bigint, p_to bigint) RETURNS SETOF books.line
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
               c.record_sha256 = sha256(convert_to(c.record, 'UTF8')) AS is_same, c.paper_id = 'neutrality' AS tells,
               coalesce(c.claim_id = r.claim_id AND c.holder_id = k.beneficiary_id AND c.scenario_id = k.scenario_id
                        AND strpos(c.record, format('"number":"%s"', c.number)) > 0
                        AND strpos(c.record, format('"retirement_number":"%s"', r.number)) > 0
                        AND (SELECT bool_and(strpos(c.record, format('"start_g":%s,"stop_g":%s,', s.start_g, s.stop_g)) > 0)
                             FROM retirement_slice s WHERE s.retirement_id = c.retirement_id), false) AS is_told
        FROM register g JOIN certificate c ON c.series = g.series AND c.register_no >= g.from_no AND c.register_no < g.upto
        LEFT JOIN retirement r ON r.id = c.retirement_id LEFT JOIN claim k ON k.id = r.claim_id),
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
REVOKE ALL ON FUNCTION books.prove_between(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_between(bigint, bigint) TO ddt_app;

-- Since the newest checkpoint; and that this one is still what was sealed.
CREATE FUNCTION books.prove_since() RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE v_last bigint := (SELECT max(c.id) FROM books_checkpoint c);
BEGIN
    RETURN QUERY SELECT * FROM books.prove_checkpoints(NULL, coalesce(v_last, 1));
    RETURN QUERY SELECT * FROM books.prove_between(v_last, NULL);
END $$;
REVOKE ALL ON FUNCTION books.prove_since() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_since() TO ddt_app;

-- The day before p_checkpoint again, and its seal.
CREATE FUNCTION books.prove_day(p_checkpoint bigint) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT l.lot_id, l."check", l.ok, l.expected, l.found, l.detail
    FROM books.prove_between(p_checkpoint - 1, p_checkpoint) AS l WHERE l."check" <> 'lot_in_ledger';
END $$;
REVOKE ALL ON FUNCTION books.prove_day(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_day(bigint) TO ddt_app;

-- Seal what this look has found in order, in its own snapshot; NULL where something was not, or was not looked at.
CREATE FUNCTION books.seal(p_token uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_last books_checkpoint := (SELECT c FROM books_checkpoint c ORDER BY c.id DESC LIMIT 1);
    v_new books_checkpoint;
    v_look int := 1000;
    v_rows int;
BEGIN
    IF current_setting('transaction_isolation') <> 'repeatable read' THEN
        RAISE EXCEPTION 'a checkpoint is of the snapshot that was looked at'
            USING errcode = '23514', constraint = 'books_checkpoint_snapshot';
    END IF;
    IF EXISTS (SELECT FROM books_look l CROSS JOIN jsonb_array_elements(l.lines) AS e (line)
               WHERE l.token = p_token AND NOT (e.line->>'ok')::boolean)
       OR EXISTS (SELECT FROM unnest(ARRAY(SELECT p.name FROM books_part p WHERE p.of_day = 'whole') || 'prove_since'::text)
                              AS wanted (part)
                  WHERE NOT EXISTS (SELECT FROM books_look l WHERE l.token = p_token AND l.part = wanted.part AND l.lot_id IS NULL
                                    AND l.xmin = pg_current_xact_id()::xid))  -- looked at in this very snapshot
    THEN
        RETURN NULL;
    END IF;
    v_new.id := coalesce(v_last.id, 0) + 1;
    v_new.sealed_at := clock_timestamp();
    LOOP  -- the newest rows are read back until one is older
        SELECT min(t.id) FILTER (WHERE t.posted_at >= now() - interval '15 min'),
               count(*) FILTER (WHERE t.posted_at >= now() - interval '15 min')
        INTO v_new.transfer_id, v_rows FROM (SELECT q.id, q.posted_at FROM ledger_transfer q ORDER BY q.id DESC LIMIT v_look) AS t;
        EXIT WHEN v_rows < v_look;
        v_look := v_look * 4;
    END LOOP;
    v_new.transfer_id := coalesce(v_new.transfer_id, (SELECT max(t.id) + 1 FROM ledger_transfer t), 1);
    INSERT INTO books_checkpoint_account (account_id, checkpoint_id, last_entry_id, balance)
    SELECT t.account_id, v_new.id, e.id, e.balance
    FROM (SELECT DISTINCT q.account_id FROM ledger_entry q WHERE q.transfer_id >= coalesce(v_last.transfer_id, 0)) AS t
    CROSS JOIN LATERAL (SELECT q.id, q.balance FROM ledger_entry q WHERE q.account_id = t.account_id ORDER BY q.id DESC LIMIT 1) AS e
    WHERE e.id > coalesce((SELECT b.last_entry_id FROM books_checkpoint_account b WHERE b.account_id = t.account_id
                           ORDER BY b.checkpoint_id DESC LIMIT 1), 0);
    GET DIAGNOSTICS v_new.accounts := ROW_COUNT;
    INSERT INTO books_checkpoint_lot (lot_id, checkpoint_id, stop_g)
    SELECT k.lot_id, v_new.id, k.next_g FROM retirement_cursor k
    WHERE k.next_g > coalesce((SELECT b.stop_g FROM books_checkpoint_lot b WHERE b.lot_id = k.lot_id
                               ORDER BY b.checkpoint_id DESC LIMIT 1), 0);
    GET DIAGNOSTICS v_new.lots := ROW_COUNT;
    INSERT INTO books_checkpoint_register (series, checkpoint_id, next_no)
    SELECT s.name, v_new.id, s.next_no FROM certificate_series s
    WHERE s.next_no > coalesce((SELECT b.next_no FROM books_checkpoint_register b WHERE b.series = s.name
                                ORDER BY b.checkpoint_id DESC LIMIT 1), 1);
    GET DIAGNOSTICS v_new.registers := ROW_COUNT;
    v_new.rows_sha256 := books.checkpoint_rows(v_new.id);
    v_new.previous_sha256 := v_last.sha256;
    v_new.looked_at := v_new.sealed_at;
    v_new.sha256 := books.checkpoint_seal(v_new);
    INSERT INTO books_checkpoint SELECT v_new.*;
    RETURN v_new.id;
END $$;
REVOKE ALL ON FUNCTION books.seal(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.seal(uuid) TO ddt_app;

-- Ask one part, keep what it found and tell it.
-- As before; what was written since the newest checkpoint, and of the older days the one that was added up longest ago.
CREATE OR REPLACE FUNCTION books.look(p_token uuid, p_part text, p_lot bigint DEFAULT NULL, p_since timestamptz DEFAULT NULL)
RETURNS SETOF books.line LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_lines books.line[]; v_function text := (SELECT p.function FROM books_part p WHERE p.name = p_part); v_day bigint;
BEGIN
    IF p_part = 'compare_since' THEN
        SELECT array_agg(l) INTO v_lines FROM books.compare_since(p_since) AS l;
    ELSIF p_part = 'compare_tallies' THEN
        SELECT array_agg(l) INTO v_lines FROM books.compare_tallies() AS l;
    ELSIF p_part = 'prove_since' THEN
        SELECT array_agg(l) INTO v_lines FROM books.prove_since() AS l;
    ELSIF p_part = 'prove_older' THEN
        UPDATE books_checkpoint c SET looked_at = clock_timestamp()
        WHERE c.id = (SELECT q.id FROM books_checkpoint q ORDER BY q.looked_at, q.id LIMIT 1) RETURNING c.id INTO v_day;
        SELECT array_agg(l) INTO v_lines FROM books.prove_day(v_day) AS l WHERE v_day IS NOT NULL;
    ELSIF v_function IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(l) FROM %s($1) AS l', v_function) INTO v_lines USING p_lot;
    ELSE
        RAISE EXCEPTION 'the books have no part %', p_part USING errcode = '23514', constraint = 'books_look_part_check';
    END IF;
    INSERT INTO books_look (token, part, lot_id, since, lines, looked_at)
    VALUES (p_token, p_part, p_lot, p_since, coalesce(to_jsonb(v_lines), '[]'), clock_timestamp());
    RETURN QUERY SELECT (l).* FROM unnest(v_lines) AS l;
END $$;
REVOKE ALL ON FUNCTION books.look(uuid, text, bigint, timestamp with time zone) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.look(uuid, text, bigint, timestamp with time zone) TO ddt_app;

-- Make the run of a look. `all` of a proof is every part of every lot, `lot:7` of that lot; `all` of a reconciliation is the
-- comparison of the tallies, after a whole proof that was begun since.
-- As before; `day:7` of a proof is what was written since checkpoint 7, one older day, and what does not grow with orders.
CREATE OR REPLACE FUNCTION books.conclude(p_token uuid, p_kind text, p_scope text)
RETURNS TABLE (started_at timestamptz, finished_at timestamptz, checked jsonb, differences jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_started timestamptz;
    v_lot bigint := CASE WHEN p_scope ~ '^lot:[0-9]{1,18}$' THEN substr(p_scope, 5)::bigint END;
    v_wanted text[];
    v_missing text;
    v_lines jsonb;
    v_proof jsonb := '[]';
BEGIN
    SELECT min(l.looked_at) INTO v_started FROM books_look l WHERE l.token = p_token;
    v_wanted := CASE
        WHEN p_kind = 'proof' AND (p_scope = 'all' OR v_lot IS NOT NULL) THEN ARRAY(SELECT books.parts())
        WHEN p_kind = 'proof' AND p_scope = 'grams' THEN ARRAY(SELECT q.name FROM books_part q WHERE q.follows_grams)
        WHEN p_kind = 'proof' AND p_scope ~ '^day:[0-9]{1,18}$' THEN
            ARRAY['prove_since', 'prove_older'] || ARRAY(SELECT q.name FROM books_part q WHERE q.of_day = 'whole')
        WHEN p_kind = 'reconciliation' AND p_scope = 'all' THEN ARRAY['compare_tallies']
        WHEN p_kind = 'reconciliation' AND starts_with(p_scope, 'since:') THEN ARRAY['compare_since'] END;
    SELECT w.part INTO v_missing FROM unnest(coalesce(v_wanted, ARRAY['begin'])) AS w (part)
    WHERE NOT EXISTS (SELECT FROM books_look l WHERE l.token = p_token AND l.part = w.part AND l.lot_id IS NOT DISTINCT FROM v_lot
                      AND (w.part <> 'compare_since'
                           OR p_scope = 'since:' || to_char(l.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
    LIMIT 1;
    IF v_wanted IS NULL OR v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'a % of % has not looked at %', p_kind, p_scope, coalesce(v_missing, 'anything')
            USING errcode = '23514', constraint = 'books_run_looked_at';
    END IF;
    IF p_kind = 'reconciliation' AND p_scope = 'all' THEN
        SELECT r.differences INTO v_proof FROM books_run r
        WHERE r.kind = 'proof' AND r.scope = 'all' AND r.started_at >= v_started ORDER BY r.id DESC LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a reconciliation of all goes with a proof of all'
                USING errcode = '23514', constraint = 'books_run_looked_at';
        END IF;
    END IF;
    SELECT coalesce(jsonb_agg(said.line ORDER BY said.no), '[]') INTO v_lines FROM (
        SELECT p.line, p.no - 1000000 AS no FROM jsonb_array_elements(v_proof) WITH ORDINALITY AS p (line, no)
        UNION ALL
        SELECT jsonb_build_object('check', e.line->'check', 'lot_id', e.line->'lot_id', 'is_ok', e.line->'ok',
                                  'expected', trunc((e.line->>'expected')::numeric), 'found', trunc((e.line->>'found')::numeric),
                                  'detail', coalesce(nullif(e.line->'detail', 'null'), '[]')),
               row_number() OVER (ORDER BY l.id, e.no)
        FROM books_look l CROSS JOIN LATERAL jsonb_array_elements(l.lines) WITH ORDINALITY AS e (line, no)
        WHERE l.token = p_token AND l.part = ANY (v_wanted)) AS said;
    DELETE FROM books_look l WHERE l.token = p_token OR l.looked_at < clock_timestamp() - interval '2 days';
    RETURN QUERY
    INSERT INTO books_run AS r (kind, scope, started_at, finished_at, checked, differences)
    SELECT p_kind, p_scope, v_started, clock_timestamp(),
           (SELECT coalesce(jsonb_agg(c.one), '[]') FROM (
               SELECT jsonb_build_object(
                   'check', l.line->>'check', 'is_ok', bool_and((l.line->>'is_ok')::boolean),
                   'expected', sum((l.line->>'expected')::numeric),
                   -- A lot whose last tonne is cancelled ahead does not make up for the gap of another.
                   'found', sum(CASE WHEN l.line->>'check' = 'upstream'
                                     THEN least((l.line->>'found')::numeric, (l.line->>'expected')::numeric)
                                     ELSE (l.line->>'found')::numeric END),
                   'lots', count(l.line->>'lot_id')) AS one
               FROM jsonb_array_elements(v_lines) AS l (line) GROUP BY l.line->>'check') AS c),
           (SELECT coalesce(jsonb_agg(l.line), '[]') FROM jsonb_array_elements(v_lines) AS l (line)
            WHERE NOT (l.line->>'is_ok')::boolean)
    RETURNING r.started_at, r.finished_at, r.checked, r.differences;
END $$;
REVOKE ALL ON FUNCTION books.conclude(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.conclude(uuid, text, text) TO ddt_app;
