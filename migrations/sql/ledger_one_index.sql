-- Entries, transfers and lines have one index less each, and the room of rows that changed is given to new ones.

-- An entry is looked for by its account in the order of its number, or by its transfer; never by its number alone. Numbers come
-- from one sequence and no entry changes, and it is within an account that they put balances in order.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (account_id, id);
DROP INDEX ledger_entry_account_idx;

-- The same of transfers: entries name one by its number and its legs, and that key finds a number, too.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_transfer_legs_fkey;
ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_pkey;
ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_id_legs_key;
ALTER TABLE ledger_transfer ADD CONSTRAINT ledger_transfer_pkey PRIMARY KEY (id, legs);
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_transfer_legs_fkey
    FOREIGN KEY (transfer_id, legs) REFERENCES ledger_transfer (id, legs) ON DELETE RESTRICT;

-- And of lines, each of which is found by what it is a line of.
ALTER TABLE retirement_line DROP CONSTRAINT retirement_line_pkey;
ALTER TABLE retirement_line DROP CONSTRAINT retirement_line_lot_key;
ALTER TABLE retirement_line ADD CONSTRAINT retirement_line_lot_key PRIMARY KEY (retirement_id, lot_id);
ALTER TABLE credit_reservation_line DROP CONSTRAINT credit_reservation_line_pkey;
ALTER TABLE credit_reservation_line DROP CONSTRAINT credit_reservation_line_lot_key;
ALTER TABLE credit_reservation_line ADD CONSTRAINT credit_reservation_line_lot_key PRIMARY KEY (reservation_id, lot_id);
ALTER TABLE sale_line_price DROP CONSTRAINT sale_line_price_pkey;
ALTER TABLE sale_line_price DROP CONSTRAINT sale_line_price_programme_key;
ALTER TABLE sale_line_price ADD CONSTRAINT sale_line_price_programme_key PRIMARY KEY (line_id, programme);

-- These rows change once or twice within a minute of being written, on their own page: half of a page is then versions that
-- nobody sees. A fifth of a large table is weeks of orders; counted by rows, their room is used again within minutes. Looking
-- costs little: what has not changed since is not read, and no index is, since none has an entry that leads nowhere. Pages that
-- are filled again have less room for the next change than new ones had, so orders and messages leave a little more.
ALTER TABLE payment SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE purchase_order SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE credit_reservation SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE retirement SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
DO $$
DECLARE v_part regclass;
BEGIN
    FOR v_part IN SELECT t.relid FROM pg_partition_tree('outbox_message') AS t WHERE t.isleaf LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)', v_part);
    END LOOP;
END $$;

-- Make places for today and the days after it; answers how many are new. A day of which something lies among the rest already
-- stays there. Whoever holds a lock is waited for a fifth of a second, and the day made at the next call.
CREATE OR REPLACE FUNCTION outbox.make_days(p_ahead int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    v_day date;
    v_name text;
    v_of record;
    v_made int := 0;
BEGIN
    IF p_ahead NOT BETWEEN 0 AND 31 THEN
        RAISE EXCEPTION 'days are made at most a month ahead' USING errcode = '23514', constraint = 'outbox_days_ahead';
    END IF;
    IF NOT pg_try_advisory_xact_lock(7306851) THEN
        RETURN 0;
    END IF;
    FOR v_day IN
        SELECT d::date FROM generate_series(0, p_ahead) AS n (n), LATERAL (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date + n.n) AS t (d)
        EXCEPT SELECT outbox.days() ORDER BY 1
    LOOP
        SELECT * INTO v_of FROM outbox.ids_of(v_day);
        CONTINUE WHEN EXISTS (SELECT FROM outbox_message_rest r WHERE r.id >= v_of.first_id AND r.id < v_of.stop_id);
        v_name := 'outbox_message_d' || to_char(v_day, 'YYYYMMDD');
        BEGIN
            EXECUTE format('CREATE TABLE %I (LIKE outbox_message INCLUDING ALL) WITH (fillfactor = 70,'
                           ' autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)', v_name);
            EXECUTE format('ALTER TABLE outbox_message ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                           v_name, v_of.first_id, v_of.stop_id);
            v_made := v_made + 1;
        EXCEPTION WHEN lock_not_available OR check_violation THEN
            EXIT;
        END;
    END LOOP;
    RETURN v_made;
END $$;

-- What happened since p_since, added up again on what stood before it: the entries of every account that moved, from the
-- balance before; its transfers; every lot's cursor; the retirements settled since, their grams, certificates and tallies.
-- Costs what has moved, not what there is. Proving from the first gram on is books.prove.
-- As before; where an account stood is looked up once for each account, not for each of its entries, and entries are read from the
-- first of what has moved on.
CREATE OR REPLACE FUNCTION books.compare_since(p_since timestamptz) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_from bigint := NULL;
    v_first bigint := NULL;
    v_range bigint := NULL;
    v_settled uuid[];
    v_rows int;
    v_look int := 1000;
BEGIN
    -- Ids follow the clock closely enough, and windows overlap: so the newest rows are read back until one is older.
    LOOP
        SELECT min(t.id) FILTER (WHERE t.posted_at >= p_since), count(*) FILTER (WHERE t.posted_at >= p_since)
        INTO v_from, v_rows FROM (SELECT id, posted_at FROM ledger_transfer ORDER BY id DESC LIMIT v_look) AS t;
        EXIT WHEN v_rows < v_look;
        v_look := v_look * 4;
    END LOOP;
    -- An expression: by the key itself, the planner would read from the very first entry on.
    SELECT min(e.id + 0) INTO v_first FROM ledger_entry e WHERE e.transfer_id >= v_from;
    v_look := 1000;
    LOOP
        SELECT min(a.id) FILTER (WHERE a.allocated_at >= p_since), count(*) FILTER (WHERE a.allocated_at >= p_since)
        INTO v_range, v_rows FROM (SELECT id, allocated_at FROM retirement_allocation ORDER BY id DESC LIMIT v_look) AS a;
        EXIT WHEN v_rows < v_look;
        v_look := v_look * 4;
    END LOOP;

    RETURN QUERY
    SELECT books.lot_of(a.unit), 'unit_is_zero', sum(a.balance) = 0, 0::numeric, sum(a.balance),
           CASE WHEN sum(a.balance) <> 0 THEN ARRAY[format('the balances of %s add up to %s', a.unit, sum(a.balance))] END
    FROM ledger_account a GROUP BY a.unit ORDER BY 1 NULLS FIRST;

    RETURN QUERY
    WITH touched AS MATERIALIZED (
        SELECT e.account_id, min(e.id) AS first FROM ledger_entry e WHERE e.transfer_id >= v_from GROUP BY e.account_id),
    stood AS MATERIALIZED (
        SELECT t.account_id, t.first, coalesce((SELECT b.balance FROM ledger_entry b WHERE b.account_id = t.account_id
                                                AND b.id < t.first ORDER BY b.id DESC LIMIT 1), 0) AS balance
        FROM touched t),
    run AS (
        SELECT e.id, s.account_id, e.balance,
               s.balance + sum(e.amount) OVER (PARTITION BY s.account_id ORDER BY e.id) AS right_balance
        FROM stood s JOIN ledger_entry e ON e.account_id = s.account_id AND e.id >= s.first AND e.id >= v_first),
    ended AS (
        SELECT DISTINCT ON (r.account_id) r.account_id, r.right_balance FROM run r ORDER BY r.account_id, r.id DESC),
    apart AS (
        SELECT format('account %s %s holds %s, its entries make %s', a.path, a.unit, a.balance, x.right_balance) AS said
        FROM ended x JOIN ledger_account a ON a.id = x.account_id WHERE a.balance <> x.right_balance),
    wrong AS (
        SELECT format('entry %s of account %s left %s, it makes %s', r.id, a.path, r.balance, r.right_balance) AS said
        FROM run r JOIN ledger_account a ON a.id = r.account_id WHERE r.balance <> r.right_balance)
    SELECT NULL::bigint, said."check", said.broken = 0, said.counted::numeric, (said.counted - said.broken)::numeric, said.detail
    FROM (VALUES
        ('balances_are_entries', (SELECT count(*) FROM apart), (SELECT count(*) FROM ended),
         (SELECT array_agg(q.said) FROM (SELECT said FROM apart LIMIT 20) AS q)),
        ('entries_run_on', (SELECT count(*) FROM wrong), (SELECT count(*) FROM run),
         (SELECT array_agg(q.said) FROM (SELECT said FROM wrong LIMIT 20) AS q))
    ) AS said ("check", broken, counted, detail);

    RETURN QUERY
    WITH leg AS (
        SELECT e.transfer_id, a.unit, count(*) AS legs, sum(e.amount) AS total FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.account_id WHERE e.transfer_id >= v_from GROUP BY e.transfer_id, a.unit),
    judged AS (
        SELECT t.id, t.cause, t.legs, coalesce(sum(l.legs), 0) AS found,
               coalesce(sum(l.legs) = t.legs AND bool_and(l.total = 0), false) AS ok
        FROM ledger_transfer t LEFT JOIN leg l ON l.transfer_id = t.id WHERE t.id >= v_from GROUP BY t.id, t.legs)
    SELECT NULL::bigint, 'transfers_whole', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('transfer %s (%s) has %s of %s legs or does not add up to zero', j.cause, j.id, j.found, j.legs)
                      ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT l.id, coalesce(c.next_g, 0) AS next_g, coalesce(a.balance, 0) AS retired,
               coalesce((SELECT s.stop_g FROM retirement_slice s WHERE s.lot_id = l.id ORDER BY s.stop_g DESC LIMIT 1), 0) AS stop_g
        FROM credit_lot l LEFT JOIN retirement_cursor c ON c.lot_id = l.id
        LEFT JOIN ledger_account a ON a.path = 'retired:' || l.id AND a.unit = 'g:' || l.id)
    SELECT NULL::bigint, 'lots_agree', count(*) FILTER (WHERE j.next_g <> j.stop_g OR j.next_g <> j.retired) = 0,
           count(*)::numeric, count(*) FILTER (WHERE j.next_g = j.stop_g AND j.next_g = j.retired)::numeric,
           (array_agg(format('lot %s: the cursor stands at gram %s, the last slice ends at %s, the ledger retired %s g', j.id,
                             j.next_g, j.stop_g, j.retired) ORDER BY j.id)
               FILTER (WHERE j.next_g <> j.stop_g OR j.next_g <> j.retired))[1:20]
    FROM judged j;

    SELECT coalesce(array_agg(DISTINCT s.retirement_id), '{}') INTO v_settled
    FROM retirement_allocation a
    JOIN retirement_slice s ON s.lot_id = a.lot_id AND s.start_g >= a.start_g AND s.start_g < a.stop_g WHERE a.id >= v_range;

    RETURN QUERY
    WITH judged AS (
        SELECT r.id, r.number, r.state, r.mass_g, coalesce(cut.grams, 0) AS grams,
               EXISTS (SELECT FROM certificate c WHERE c.retirement_id = r.id)
               OR EXISTS (SELECT FROM outbox_message m WHERE m.subject = 'retirement:' || r.id AND m.job = 'issue_certificates'
                          AND m.done_at IS NULL AND m.dead_at IS NULL)
               OR EXISTS (SELECT FROM claim c WHERE c.id = r.claim_id
                          AND c.name_until > clock_timestamp() - interval '10 min') AS is_certified
        FROM unnest(v_settled) AS v (id) JOIN retirement r USING (id) CROSS JOIN LATERAL (
            SELECT sum(s.mass_g) AS grams FROM retirement_slice s WHERE s.retirement_id = r.id) AS cut)
    SELECT NULL::bigint, said."check", said.broken = 0, said.counted::numeric, (said.counted - said.broken)::numeric, said.detail
    FROM (VALUES
        ('retirements_cut', (SELECT count(*) FROM judged WHERE state <> 'settled' OR grams <> mass_g), cardinality(v_settled),
         (SELECT array_agg(q.said) FROM (
             SELECT format('retirement %s (%s) of %s g is %s and has slices of %s g', j.number, j.id, j.mass_g, j.state, j.grams)
                    AS said FROM judged j WHERE j.state <> 'settled' OR j.grams <> j.mass_g LIMIT 20) AS q)),
        ('certified', (SELECT count(*) FROM judged WHERE NOT is_certified), cardinality(v_settled),
         (SELECT array_agg(q.said) FROM (
             SELECT format('retirement %s (%s) is settled and nothing will certify it', j.number, j.id) AS said
             FROM judged j WHERE NOT j.is_certified LIMIT 20) AS q))
    ) AS said ("check", broken, counted, detail);

    RETURN QUERY SELECT * FROM books.compare_tallies(
        (SELECT coalesce(array_agg(DISTINCT c.scenario_id), '{}') FROM retirement r JOIN claim c ON c.id = r.claim_id
         WHERE r.id = ANY (v_settled)));
END $$;

-- As before; a wrong entry is looked for by its account and number: nothing finds it by its number alone.
-- The ledger: every unit adds up to zero, every transfer has its legs and adds up to zero in each unit, every entry left
-- the balance its account's entries make, every balance is the sum of its entries and above its floor.
CREATE OR REPLACE FUNCTION books.prove_ledger(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
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
               coalesce(cardinality(a.wrong), 0) AS wrong, a.account_id, a.wrong AS ids
        FROM ours o FULL JOIN added a ON a.account_id = o.id)
    SELECT p_lot, said."check", said.ok, said.expected, said.found, said.detail FROM (
        SELECT count(*) AS accounts, sum(j.entries) AS entries, coalesce(sum(j.wrong), 0) AS wrong,
               count(*) FILTER (WHERE j.balance IS DISTINCT FROM j.total) AS apart,
               (array_agg(format('account %s %s holds %s, its entries add up to %s', j.path, j.unit, j.balance, j.total)
                          ORDER BY j.id) FILTER (WHERE j.balance IS DISTINCT FROM j.total))[1:20] AS apart_named,
               (SELECT array_agg(format('entry %s (leg %s of transfer %s) moves %s %s of %s and left %s', e.id, e.leg, t.cause,
                                        e.amount, a.unit, a.path, e.balance) ORDER BY e.id)
                FROM (SELECT b.account_id, unnest(b.ids) AS id FROM judged b WHERE b.wrong > 0 ORDER BY id LIMIT 20) AS bad
                JOIN ledger_entry e USING (account_id, id) LEFT JOIN ledger_transfer t ON t.id = e.transfer_id
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
