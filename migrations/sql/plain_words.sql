-- Plain words for columns. What grams are set aside for is the cause of what follows, and is called so everywhere; a row of
-- the outbox is enqueued, a worker reports its fonts, a part of the proof is asked on one of two connections.
DROP TRIGGER credit_reservation_goes_on ON credit_reservation;
DROP FUNCTION holdings.reserve(uuid, text, text, text, text, timestamptz, bigint[], bigint[]);
DROP FUNCTION holdings.release(uuid, text[]);
DROP FUNCTION holdings.deliver(text[], text[], text, text);
DROP FUNCTION outbox.due(text, int, interval, int);

ALTER TABLE credit_reservation RENAME CONSTRAINT credit_reservation_purpose_key TO credit_reservation_cause_key;
ALTER INDEX font_coverage_told_idx RENAME TO font_coverage_reported_idx;
ALTER TABLE books_part RENAME COLUMN hand TO connection_no;
ALTER TABLE books_part RENAME CONSTRAINT books_part_hand_check TO books_part_connection_check;

-- What is set aside for a sale goes into the account it was bought for: delivered. Held, then used, delivered or released.
CREATE OR REPLACE FUNCTION holdings.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.state, new.state) NOT IN (('held', 'used'), ('held', 'delivered'), ('held', 'released'), ('used', 'released'))
       OR new.cause <> (CASE new.state WHEN 'released' THEN old.cause || '#' || old.id ELSE old.cause END)
    THEN
        RAISE EXCEPTION 'reservation % cannot go from % to %', old.cause, old.state, new.state
            USING errcode = '23514', constraint = 'credit_reservation_step_check';
    END IF;
    IF new.state = 'delivered' AND NOT EXISTS (
        SELECT FROM holding_transfer t WHERE t.cause = new.cause AND t.source = new.holder AND t.mass_g = new.mass_g)
    THEN
        RAISE EXCEPTION 'reservation % went into no account', new.cause
            USING errcode = '23514', constraint = 'credit_reservation_delivered_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_reservation_goes_on BEFORE UPDATE ON credit_reservation
    FOR EACH ROW WHEN ((old.state, old.cause) IS DISTINCT FROM (new.state, new.cause)) EXECUTE FUNCTION holdings.guard();

-- Set grams of these lots aside for one cause and answer what stands: the new reservation, or one that was there.
CREATE FUNCTION holdings.reserve(
    p_id uuid, p_cause text, p_holder text, p_programme text, p_mix text, p_expires_at timestamptz,
    p_lots bigint[], p_grams bigint[]
) RETURNS TABLE (known uuid, state text, holder text, one text, mix text, mass_g bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_units text[] := (SELECT array_agg('g:' || lot::text ORDER BY no) FROM unnest(p_lots) WITH ORDINALITY AS t (lot, no));
BEGIN
    INSERT INTO credit_reservation AS r (id, cause, programme, mass_g, state, held_at, expires_at, holder, mix)
    VALUES (p_id, p_cause, p_programme, (SELECT sum(grams) FROM unnest(p_grams) AS grams), 'held', clock_timestamp(),
            p_expires_at, p_holder, p_mix)
    ON CONFLICT ON CONSTRAINT credit_reservation_cause_key DO NOTHING;
    IF FOUND THEN
        INSERT INTO credit_reservation_line (reservation_id, lot_id, mass_g)
        SELECT p_id, lot, grams FROM unnest(p_lots, p_grams) AS t (lot, grams);
        PERFORM ledger.post(
            'reserve:' || p_id, 'reserve',
            (SELECT array_agg(holdings.account(p_holder, lot) ORDER BY no) || array_agg('reserved:' || lot::text ORDER BY no)
             FROM unnest(p_lots) WITH ORDINALITY AS t (lot, no)),
            v_units || v_units,
            (SELECT array_agg(-grams ORDER BY no) || array_agg(grams ORDER BY no)
             FROM unnest(p_grams) WITH ORDINALITY AS t (grams, no)));
    END IF;
    RETURN QUERY SELECT r.id, r.state::text, r.holder::text, r.programme::text, r.mix::text, r.mass_g
                 FROM credit_reservation r WHERE r.cause = p_cause;
END $$;
REVOKE ALL ON FUNCTION holdings.reserve(uuid, text, text, text, text, timestamp with time zone, bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.reserve(uuid, text, text, text, text, timestamp with time zone, bigint[], bigint[]) TO ddt_app;

-- Give what is held for these causes back. Answers the causes that were held.
CREATE FUNCTION holdings.release(p_batch uuid, p_causes text[]) RETURNS TABLE (cause text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_ids uuid[];
    v_causes text[];
BEGIN
    SELECT array_agg(r.id ORDER BY r.id), array_agg(r.cause::text ORDER BY r.id) INTO v_ids, v_causes FROM (
        SELECT o.id, o.cause FROM credit_reservation o WHERE o.cause = ANY (p_causes) AND o.state = 'held'
        ORDER BY o.id FOR UPDATE) AS r;
    IF v_ids IS NULL THEN RETURN; END IF;
    PERFORM holdings.give_back('release:' || p_batch, 'release', v_ids);
    RETURN QUERY SELECT unnest(v_causes);
END $$;
REVOKE ALL ON FUNCTION holdings.release(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.release(uuid, text[]) TO ddt_app;

-- Deliver what is held for these causes into these accounts, each once: a journal line and a transfer under the cause, all of
-- the set in one round trip. Answers the causes that were held. Locks: reservations by id, then the ledger's own order.
CREATE FUNCTION holdings.deliver(p_causes text[], p_holders text[], p_reason text, p_actor text) RETURNS TABLE (cause text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_ids uuid[];
    v_causes text[];
    v_holders text[];
    v_open record;
BEGIN
    SELECT array_agg(h.id ORDER BY h.id), array_agg(h.cause ORDER BY h.id), array_agg(h.target ORDER BY h.id)
    INTO v_ids, v_causes, v_holders FROM (
        SELECT r.id, r.cause::text AS cause, w.target FROM unnest(p_causes, p_holders) AS w (cause, target)
        JOIN credit_reservation r ON r.cause = w.cause AND r.state = 'held' ORDER BY r.id FOR UPDATE OF r) AS h;
    IF v_ids IS NULL THEN RETURN; END IF;
    FOR v_open IN
        SELECT w.target, array_agg(DISTINCT l.lot_id ORDER BY l.lot_id) AS lots FROM unnest(v_ids, v_holders) AS w (id, target)
        JOIN credit_reservation_line l ON l.reservation_id = w.id GROUP BY w.target ORDER BY w.target
    LOOP
        PERFORM holdings.open(v_open.target, v_open.lots);
    END LOOP;
    INSERT INTO holding_transfer (cause, content, source, target, mass_g, reason, actor, transferred_at)
    SELECT r.cause, sha256(convert_to(concat_ws(chr(10), 'deliver', r.cause, w.target, r.mass_g), 'UTF8')), r.holder, w.target,
           r.mass_g, p_reason, p_actor, clock_timestamp()
    FROM unnest(v_ids, v_holders) AS w (id, target) JOIN credit_reservation r ON r.id = w.id ORDER BY r.id;
    PERFORM ledger.move_many(
        ARRAY(SELECT 'transfer:' || p FROM unnest(v_causes) AS p), array_fill('transfer'::text, ARRAY[cardinality(v_ids)]),
        array_fill(p_actor, ARRAY[cardinality(v_ids)]), legs.nos, legs.paths, legs.units, legs.grams)
    FROM (
        SELECT array_agg(leg.no ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS nos,
               array_agg(leg.path ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS paths,
               array_agg('g:' || leg.lot_id ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS units,
               array_agg(leg.grams ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS grams
        FROM (SELECT w.no::int AS no, l.lot_id, side.path, side.grams
              FROM unnest(v_ids, v_holders) WITH ORDINALITY AS w (id, target, no)
              JOIN credit_reservation_line l ON l.reservation_id = w.id
              CROSS JOIN LATERAL (VALUES ('reserved:' || l.lot_id, -l.mass_g),
                                         (holdings.account(w.target, l.lot_id), l.mass_g)) AS side (path, grams)) AS leg) AS legs;
    UPDATE credit_reservation r SET state = 'delivered' WHERE r.id = ANY (v_ids);
    RETURN QUERY SELECT unnest(v_causes);
END $$;
REVOKE ALL ON FUNCTION holdings.deliver(text[], text[], text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.deliver(text[], text[], text, text) TO ddt_app;

-- Give the grams of these reservations back to their holders, in one transfer of this cause; each cause is renamed,
-- so that it is free again. For functions that have locked the rows and know that nobody has retired the grams.
-- As before; and where the transfer of this cause was posted before, nothing is given back under it again.
CREATE OR REPLACE FUNCTION holdings.give_back(p_cause text, p_kind text, p_ids uuid[]) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_at timestamptz; v_new boolean;
BEGIN
    SELECT posted.posted_at, posted.is_new INTO v_at, v_new FROM (
        SELECT array_agg(back.path) AS paths, array_agg(back.unit) AS units, array_agg(back.grams) AS grams FROM (
            SELECT one.path, one.unit, sum(one.grams)::bigint AS grams FROM (
                SELECT 'reserved:' || l.lot_id::text AS path, 'g:' || l.lot_id::text AS unit, -l.mass_g AS grams
                FROM credit_reservation_line l WHERE l.reservation_id = ANY (p_ids)
                UNION ALL
                SELECT holdings.account(r.holder, l.lot_id), 'g:' || l.lot_id::text, l.mass_g
                FROM credit_reservation_line l JOIN credit_reservation r ON r.id = l.reservation_id
                WHERE r.id = ANY (p_ids)) AS one
            GROUP BY one.path, one.unit ORDER BY one.path, one.unit) AS back) AS leg
    CROSS JOIN LATERAL ledger.post(p_cause, p_kind, leg.paths, leg.units, leg.grams) AS posted;
    IF NOT v_new THEN
        RAISE EXCEPTION '% gave something back before', p_cause
            USING errcode = '23505', constraint = 'holdings_given_back_once';
    END IF;
    UPDATE credit_reservation r SET state = 'released', cause = r.cause || '#' || r.id WHERE r.id = ANY (p_ids);
    RETURN v_at;
END $$;

-- As before; what was delivered is in its account, and grams lie in no account that has no row.
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

-- What could be given back of held lines now: of each lot what the line brought and is not back, as far as it is free in its
-- account; and what of the price that would be. The same grams may have come by several lines: each says what it could alone.
CREATE OR REPLACE FUNCTION orders.refundable(p_order uuid)
RETURNS TABLE (line_id uuid, lot_id bigint, programme text, mass_g bigint, back_g bigint, price_g bigint, price_minor bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT s.id, l.lot_id, i.programme::text,
           greatest(0, least(l.mass_g - coalesce(b.mass_g, 0), coalesce(free.balance, 0)))::bigint,
           coalesce((SELECT sum(q.mass_g) FROM purchase_order_return q JOIN credit_lot k ON k.id = q.lot_id
                     WHERE q.line_id = s.id AND k.programme = i.programme), 0)::bigint, i.mass_g, i.amount_minor
    FROM purchase_order o JOIN sale_line s ON s.order_id = o.id JOIN account a ON a.id = s.account_id
    JOIN credit_reservation r ON r.cause = s.cause AND r.state = 'delivered'
    JOIN credit_reservation_line l ON l.reservation_id = r.id JOIN credit_lot c ON c.id = l.lot_id
    JOIN sale_line_price i ON i.line_id = s.id AND i.programme = c.programme
    LEFT JOIN (SELECT q.line_id, q.lot_id, sum(q.mass_g) AS mass_g FROM purchase_order_return q GROUP BY q.line_id, q.lot_id) AS b
        ON b.line_id = s.id AND b.lot_id = l.lot_id
    LEFT JOIN ledger_account free ON free.path = holdings.account(a.holder, l.lot_id) AND free.unit = 'g:' || l.lot_id
    WHERE o.id = p_order AND o.state = 'paid'
    ORDER BY s.no, l.lot_id
$$;

-- Retirements are of grams that were set aside for them, and of no others: whoever writes one, its lines are the lines of
-- the used reservation of the same cause. So nobody retires what is set aside for somebody else.
-- As before; and what was set aside came from the account that the retirement names.
CREATE OR REPLACE FUNCTION retirements.check_new_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM retirement r JOIN retirement_line l ON l.retirement_id = r.id
               WHERE r.id IN (SELECT added.retirement_id FROM added) GROUP BY r.id HAVING sum(l.mass_g) <> r.mass_g) THEN
        RAISE EXCEPTION 'the lines of a retirement do not add up to its mass'
            USING errcode = '23514', constraint = 'retirement_lines_add_up';
    END IF;
    IF EXISTS (SELECT FROM added a JOIN retirement r ON r.id = a.retirement_id LEFT JOIN account h ON h.id = r.account_id
               WHERE NOT EXISTS (
                   SELECT FROM credit_reservation v JOIN credit_reservation_line l ON l.reservation_id = v.id
                   WHERE v.cause = r.cause AND v.state = 'used' AND v.mass_g = r.mass_g
                     AND v.holder = coalesce(h.holder, 'platform')
                     AND l.lot_id = a.lot_id AND l.mass_g = a.mass_g)) THEN
        RAISE EXCEPTION 'the lines of a retirement are not what was set aside for it'
            USING errcode = '23514', constraint = 'retirement_of_its_reservation';
    END IF;
    RETURN NULL;
END $$;

-- Withdraw all of p_ids or none. Each row answered says what stands: `withdrawn` now, `before`, or `settled`, and
-- where one is settled nothing moves; else the grams go back to whose they were. Locks as retirements.settle does:
-- retirements by id, reservations, then the ledger's order;
-- so of the two whoever comes second finds the first one's work done.
CREATE OR REPLACE FUNCTION retirements.withdraw(p_batch uuid, p_ids uuid[], p_by uuid, p_reason text)
RETURNS TABLE (id uuid, mass_g bigint, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ids uuid[];
    v_settled uuid[];
    v_before uuid[];
    v_reserved uuid[];
    v_at timestamptz;
BEGIN
    SELECT array_agg(o.id) FILTER (WHERE o.state = 'requested'), array_agg(o.id) FILTER (WHERE o.state = 'settled'),
           array_agg(o.id) FILTER (WHERE o.state = 'withdrawn')
    INTO v_ids, v_settled, v_before
    FROM (SELECT r.id, r.state FROM retirement r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR UPDATE) AS o;
    IF v_settled IS NULL AND v_ids IS NOT NULL THEN
        SELECT array_agg(h.id ORDER BY h.id) INTO v_reserved FROM (
            SELECT v.id FROM credit_reservation v JOIN retirement r ON r.cause = v.cause
            WHERE r.id = ANY (v_ids) AND v.state = 'used' ORDER BY v.id FOR UPDATE OF v) AS h;
        v_at := holdings.give_back('withdraw:' || p_batch, 'withdraw', v_reserved);
        UPDATE retirement r SET state = 'withdrawn', withdrawn_at = v_at, withdrawn_by_id = p_by, withdrawn_reason = p_reason
        WHERE r.id = ANY (v_ids);
    END IF;
    RETURN QUERY
    SELECT r.id, r.mass_g, CASE WHEN r.id = ANY (v_settled) THEN 'settled' WHEN r.id = ANY (v_before) THEN 'before'
                                WHEN v_settled IS NULL THEN 'withdrawn' ELSE 'kept' END
    FROM retirement r WHERE r.id = ANY (p_ids) ORDER BY r.id;
END $$;

-- Rows that were set aside are tried again from the beginning; their last error stays until they are done.
CREATE OR REPLACE FUNCTION outbox.replay(p_ids bigint[]) RETURNS SETOF bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE outbox_message m SET dead_at = NULL, attempts = 0, failures = 0, tries = 0, due_at = clock_timestamp()
    WHERE m.id = ANY (p_ids) AND m.dead_at IS NOT NULL AND m.done_at IS NULL RETURNING m.id;
$$;

-- Write events down, set-based. An event of a kind that the map does not know is an error of ours.
-- As before, and answers the rows with their jobs.
CREATE OR REPLACE FUNCTION outbox.record(p_kinds text[], p_subjects text[], p_payloads jsonb[]) RETURNS TABLE (id bigint, job text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_unknown text;
BEGIN
    SELECT k.kind INTO v_unknown FROM unnest(p_kinds) AS k (kind)
    WHERE NOT EXISTS (SELECT FROM outbox_subscription s WHERE s.kind = k.kind) LIMIT 1;
    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION 'event % is not in the map of subscriptions', v_unknown
            USING errcode = '23503', constraint = 'outbox_message_kind_known';
    END IF;
    RETURN QUERY
    INSERT INTO outbox_message AS m (kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, done_at)
    SELECT e.kind, e.subject, e.payload, s.job, s.queue, now.at, now.at, 0, 0, CASE WHEN s.job IS NULL THEN now.at END
    FROM unnest(p_kinds, p_subjects, p_payloads) WITH ORDINALITY AS e (kind, subject, payload, no)
    JOIN outbox_subscription s ON s.kind = e.kind
    CROSS JOIN (SELECT clock_timestamp() AS at) AS now
    ORDER BY e.no, s.id
    RETURNING m.id, m.job::text;
END $$;

-- Rows of one queue that are due: they are enqueued now and again after p_patience, so that whatever happens to the queue or
-- a worker, nothing is lost. Works by state, never by a last-seen id. A row whose worker died comes at a time of its own, so
-- that those beside it go on without it. p_newest of the p_limit rows are what came last: whoever comes now does not wait
-- behind a long backlog, and the rest are the oldest, so that no backlog stands still. The second patience is half as long
-- again as the first, not twice, so that the work of a worker that is killed twice running goes on within fifteen seconds;
-- from then on it doubles.
CREATE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval, p_newest int)
RETURNS TABLE (id bigint, job text, attempts int, failures int, tries int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH oldest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
        ORDER BY o.due_at, o.id LIMIT p_limit - p_newest FOR UPDATE SKIP LOCKED),
    newest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
        ORDER BY o.due_at DESC, o.id DESC LIMIT p_newest FOR UPDATE SKIP LOCKED)
    UPDATE outbox_message m
    SET attempts = m.attempts + 1,
        due_at = clock_timestamp() + p_patience * least(CASE m.attempts WHEN 0 THEN 1 ELSE 0.75 * (1 << least(m.attempts, 6)) END, 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    WHERE m.id IN (SELECT x.id FROM oldest x UNION SELECT y.id FROM newest y)
    RETURNING m.id, m.job::text, m.attempts, m.failures, m.tries;
$$;
REVOKE ALL ON FUNCTION outbox.due(text, integer, interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.due(text, integer, interval, integer) TO ddt_app;

-- All parts of the proof in one question, for whoever asks by hand.
CREATE OR REPLACE FUNCTION books.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE v_function text;
BEGIN
    FOR v_function IN SELECT p.function FROM books_part p ORDER BY p.no, p.connection_no LOOP
        RETURN QUERY EXECUTE format('SELECT * FROM %s($1)', v_function) USING p_lot;
    END LOOP;
END $$;
