-- Lost time: after a failover to a standby that was behind, or a restore to a moment, the last seconds are gone and nothing in
-- the database says so. So a marker stands outside of it, and nothing is given that the marker outside does not cover: as
-- PostgreSQL's own sequences do, each lot and each register has a bound that is written outside first. What may have been given
-- in the lost time then lies below those bounds, and is never given again.
CREATE SCHEMA recovery;
GRANT USAGE ON SCHEMA recovery TO ddt_app;

-- One row: which marker was planned last (before it is written outside), which was written, and whether people must decide.
CREATE TABLE recovery_state (
    id int PRIMARY KEY DEFAULT 1,
    planned_no bigint NOT NULL DEFAULT 0,
    planned_at timestamptz,
    written_no bigint NOT NULL DEFAULT 0,
    written_at timestamptz,
    timeline text,
    marker jsonb,
    case_id uuid,
    CONSTRAINT recovery_state_one_check CHECK (id = 1),
    CONSTRAINT recovery_state_written_check CHECK (written_no <= planned_no)
);
COMMENT ON COLUMN recovery_state.timeline IS 'Of the server for which the written bounds hold. NULL: no marker was ever written, and nothing is bounded.';
COMMENT ON COLUMN recovery_state.case_id IS 'The case that nobody has decided about: until then nothing is settled.';
INSERT INTO recovery_state DEFAULT VALUES;

-- Each marker by number and token, so that a history which went another way under the same numbers is told apart.
CREATE TABLE recovery_marker (
    no bigint PRIMARY KEY,
    token uuid NOT NULL,
    planned_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Up to where a lot or a register may be given: `upto` is written outside; `planned` is about to be.
CREATE TABLE recovery_bound (
    kind text NOT NULL,
    name text NOT NULL,
    seen bigint NOT NULL,
    planned bigint NOT NULL,
    upto bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, name),
    CONSTRAINT recovery_bound_kind_check CHECK (kind IN ('lot', 'register')),
    CONSTRAINT recovery_bound_upto_check CHECK (upto <= planned)
);

-- A history that was found shorter than the marker outside says, and what two people decided. Noticed once, decided once.
CREATE TABLE recovery_case (
    id uuid PRIMARY KEY,
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    marker jsonb NOT NULL,
    findings jsonb NOT NULL,
    last_posted_at timestamptz,
    since timestamptz,
    decided_by uuid REFERENCES person (id) ON DELETE RESTRICT,
    decided_with uuid REFERENCES person (id) ON DELETE RESTRICT,
    reason text,
    decided_at timestamptz,
    CONSTRAINT recovery_case_findings_check CHECK (jsonb_typeof(findings) = 'array' AND jsonb_array_length(findings) > 0),
    CONSTRAINT recovery_case_decided_check CHECK (
        num_nonnulls(since, decided_by, decided_with, reason, decided_at) IN (0, 5)),
    CONSTRAINT recovery_case_two_people_check CHECK (decided_by <> decided_with),
    CONSTRAINT recovery_case_since_check CHECK (since <= noticed_at),
    CONSTRAINT recovery_case_reason_check CHECK (length(reason) BETWEEN 1 AND 500 AND reason !~ '[[:cntrl:]]')
);
CREATE INDEX recovery_case_decided_by_idx ON recovery_case (decided_by);
CREATE INDEX recovery_case_decided_with_idx ON recovery_case (decided_with);

-- Grams of a lot, or numbers of a register, from `start` to before `stop`, that may have been given in the lost time. `taken`
-- says how far they are set aside for good: less than `stop` only where a lot has not enough grams that nobody holds.
CREATE TABLE recovery_quarantine (
    case_id uuid NOT NULL REFERENCES recovery_case (id) ON DELETE RESTRICT,
    kind text NOT NULL,
    name text NOT NULL,
    start bigint NOT NULL,
    stop bigint NOT NULL,
    taken bigint NOT NULL,
    PRIMARY KEY (case_id, kind, name),
    CONSTRAINT recovery_quarantine_kind_check CHECK (kind IN ('lot', 'register')),
    CONSTRAINT recovery_quarantine_range_check CHECK (start < stop AND taken BETWEEN start AND stop)
);
CREATE INDEX recovery_quarantine_name_idx ON recovery_quarantine (kind, name);

-- A channel's day that its bill is to be read of, for payments of the lost time.
CREATE TABLE recovery_day (
    case_id uuid NOT NULL REFERENCES recovery_case (id) ON DELETE RESTRICT,
    channel varchar(16) NOT NULL,
    day date NOT NULL,
    read_at timestamptz,
    last_word varchar(64),
    PRIMARY KEY (case_id, channel, day)
);

-- Money that a channel took in the lost time for a payment we know nothing of: it goes back, under one number until that is final.
CREATE TABLE recovery_payment (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES recovery_case (id) ON DELETE RESTRICT,
    channel varchar(16) NOT NULL,
    reference varchar(64) NOT NULL,
    transaction_id varchar(64) NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    paid_at timestamptz NOT NULL,
    refund_reference varchar(32) NOT NULL,
    state varchar(12) NOT NULL DEFAULT 'requested',
    channel_refund_id varchar(64),
    last_word varchar(64),
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    CONSTRAINT recovery_payment_once_key UNIQUE (channel, transaction_id),
    CONSTRAINT recovery_payment_refund_key UNIQUE (refund_reference),
    CONSTRAINT recovery_payment_amount_check CHECK (amount_minor > 0),
    CONSTRAINT recovery_payment_state_check CHECK (state IN ('requested', 'done', 'refused')),
    CONSTRAINT recovery_payment_done_check CHECK ((state = 'done') = (channel_refund_id IS NOT NULL AND finished_at IS NOT NULL))
);
CREATE INDEX recovery_payment_case_idx ON recovery_payment (case_id);

CREATE FUNCTION recovery.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was lost stays written', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE TRIGGER recovery_case_stays BEFORE DELETE OR TRUNCATE ON recovery_case
    FOR EACH STATEMENT EXECUTE FUNCTION recovery.refuse_change();
CREATE TRIGGER recovery_case_decided_once BEFORE UPDATE ON recovery_case
    FOR EACH ROW WHEN (old.decided_at IS NOT NULL) EXECUTE FUNCTION recovery.refuse_change();
CREATE TRIGGER recovery_quarantine_stays BEFORE DELETE OR TRUNCATE ON recovery_quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION recovery.refuse_change();
CREATE TRIGGER recovery_quarantine_grows BEFORE UPDATE ON recovery_quarantine FOR EACH ROW
    WHEN ((new.case_id, new.kind, new.name, new.start, new.stop) IS DISTINCT FROM (old.case_id, old.kind, old.name, old.start, old.stop)
          OR new.taken < old.taken) EXECUTE FUNCTION recovery.refuse_change();
CREATE TRIGGER recovery_payment_stays BEFORE DELETE OR TRUNCATE ON recovery_payment
    FOR EACH STATEMENT EXECUTE FUNCTION recovery.refuse_change();
CREATE TRIGGER recovery_payment_final BEFORE UPDATE ON recovery_payment
    FOR EACH ROW WHEN (old.state = 'done') EXECUTE FUNCTION recovery.refuse_change();

-- The line of history that this server writes: another after every promotion and every restore to a moment.
CREATE FUNCTION recovery.timeline() RETURNS text LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
    SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
$$;

-- Nothing is given while people must decide, nor beyond what is written outside. The errors pass by themselves (53D01, 53D02):
-- whoever asked comes again.
CREATE FUNCTION recovery.demand(p_kind text, p_name text, p_upto bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_state recovery_state; v_upto bigint;
BEGIN
    SELECT * INTO v_state FROM recovery_state s WHERE s.id = 1;
    IF v_state.case_id IS NOT NULL
       OR EXISTS (SELECT FROM recovery_quarantine q WHERE q.kind = p_kind AND q.name = p_name AND q.taken < q.stop) THEN
        RAISE EXCEPTION 'history is shorter than the marker outside says: nothing is settled until people decide'
            USING errcode = '53D01', constraint = 'recovery_is_open', detail = p_kind || ':' || p_name || ':' || p_upto;
    END IF;
    IF v_state.timeline IS NULL THEN RETURN; END IF;
    SELECT b.upto INTO v_upto FROM recovery_bound b WHERE b.kind = p_kind AND b.name = p_name;
    IF coalesce(v_upto, 0) < p_upto OR v_state.timeline <> recovery.timeline() THEN
        RAISE EXCEPTION '% % up to % is not covered by the marker outside', p_kind, p_name, p_upto
            USING errcode = '53D02', constraint = 'recovery_bound', detail = p_kind || ':' || p_name || ':' || p_upto;
    END IF;
END $$;

CREATE FUNCTION recovery.check_slices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM recovery.demand('lot', a.lot_id::text, max(a.stop_g)) FROM added a WHERE a.retirement_id IS NOT NULL GROUP BY a.lot_id;
    RETURN NULL;
END $$;
CREATE TRIGGER retirement_slice_is_covered AFTER INSERT ON retirement_slice
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION recovery.check_slices();

CREATE FUNCTION recovery.check_series() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM recovery.demand('register', new.name::text, new.next_no);
    RETURN new;
END $$;
CREATE TRIGGER certificate_series_is_covered BEFORE UPDATE ON certificate_series
    FOR EACH ROW WHEN (new.next_no > old.next_no) EXECUTE FUNCTION recovery.check_series();

CREATE FUNCTION recovery.refuse_while_open() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM recovery_state s WHERE s.id = 1 AND s.case_id IS NOT NULL) THEN
        RAISE EXCEPTION 'history is shorter than the marker outside says: nothing is collected until people decide'
            USING errcode = '53D01', constraint = 'recovery_is_open';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gift_collection_waits BEFORE INSERT ON gift_collection
    FOR EACH STATEMENT EXECUTE FUNCTION recovery.refuse_while_open();

-- Whether what was acknowledged is on a second server too, as the sessions of the application are set up.
CREATE FUNCTION recovery.is_followed() RETURNS boolean LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
    SELECT current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') IN ('on', 'remote_apply');
$$;

-- Plan the next marker: where lots and registers stand, and up to where they may be given once it is written outside. Bounds run
-- ahead of what moved since the last one, and cover what was asked for (p_wants: kind, name, upto). NULL: nothing has changed
-- that would need one. Committed before anything is written outside, so that a database which lacks its number is shorter.
CREATE FUNCTION recovery.plan(p_token uuid, p_wants jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_state recovery_state;
    v_head ledger_transfer;
    v_rows bigint;
BEGIN
    SELECT * INTO v_state FROM recovery_state s WHERE s.id = 1 FOR UPDATE;
    IF v_state.case_id IS NOT NULL THEN
        RAISE EXCEPTION 'people must decide first' USING errcode = '53D01', constraint = 'recovery_is_open';
    END IF;
    WITH stands AS (
        SELECT 'lot' AS kind, l.id::text AS name, coalesce(c.next_g, 0) AS position, l.mass_g AS most, 100000::bigint AS least
        FROM credit_lot l LEFT JOIN retirement_cursor c ON c.lot_id = l.id
        UNION ALL SELECT 'register', s.name::text, s.next_no, 9000000000000000000, 100 FROM certificate_series s),
    wanted AS (
        SELECT w.kind, w.name, max(w.upto) AS upto FROM jsonb_to_recordset(p_wants) AS w (kind text, name text, upto bigint)
        GROUP BY w.kind, w.name),
    ahead AS (
        SELECT s.kind, s.name, s.position, least(s.most, greatest(coalesce(w.upto, 0), s.position
                   + greatest(s.least, 4 * (s.position - coalesce(b.seen, s.position))))) AS bound
        FROM stands s LEFT JOIN wanted w USING (kind, name) LEFT JOIN recovery_bound b ON b.kind = s.kind AND b.name = s.name
        -- A lot is bounded from its first settling on, a register always.
        WHERE CASE WHEN b.kind IS NULL THEN w.upto IS NOT NULL OR s.kind = 'register' OR s.position BETWEEN 1 AND s.most - 1
                   ELSE coalesce(w.upto, 0) > b.upto OR s.position > b.seen AND b.planned < s.most
                        AND b.planned < s.position + greatest(s.least, 4 * (s.position - b.seen)) / 2 END),
    kept AS (
        INSERT INTO recovery_bound AS b (kind, name, seen, planned) SELECT a.kind, a.name, a.position, a.bound FROM ahead a
        ON CONFLICT (kind, name) DO UPDATE SET seen = excluded.seen, planned = greatest(b.planned, excluded.planned)
        RETURNING 1)
    SELECT count(*) INTO v_rows FROM kept;
    SELECT * INTO v_head FROM ledger_transfer t ORDER BY t.id DESC LIMIT 1;
    IF v_rows = 0 AND v_state.written_no = v_state.planned_no AND v_state.timeline = recovery.timeline()
       AND v_head.id IS NOT DISTINCT FROM (v_state.marker->'head'->>'size')::bigint
       AND recovery.is_followed() = (v_state.marker->>'is_followed')::boolean
       AND v_state.written_at > clock_timestamp() - interval '1 min'
    THEN
        RETURN NULL;
    END IF;
    UPDATE recovery_state s SET planned_no = s.planned_no + 1, planned_at = clock_timestamp() WHERE s.id = 1
    RETURNING s.* INTO v_state;
    INSERT INTO recovery_marker (no, token) VALUES (v_state.planned_no, p_token);
    DELETE FROM recovery_marker m WHERE m.no < v_state.planned_no - 50000;
    RETURN jsonb_build_object(
        'version', 1, 'no', v_state.planned_no, 'token', p_token,
        'at', to_char(v_state.planned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'timeline', recovery.timeline(), 'is_followed', recovery.is_followed(),
        'head', jsonb_build_object('size', v_head.id, 'root', encode(sha256(convert_to(coalesce(v_head.cause, ''), 'UTF8')
                                                                             || coalesce(v_head.content, '')), 'hex')),
        'lots', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', b.name, 'code', l.code, 'next', coalesce(c.next_g, 0), 'bound', b.planned)
                                           ORDER BY l.id), '[]')
                 FROM recovery_bound b JOIN credit_lot l ON l.id = b.name::bigint LEFT JOIN retirement_cursor c ON c.lot_id = l.id
                 WHERE b.kind = 'lot'),
        'registers', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', b.name, 'next', s.next_no, 'bound', b.planned)
                                                ORDER BY b.name), '[]')
                      FROM recovery_bound b JOIN certificate_series s ON s.name = b.name WHERE b.kind = 'register'));
END $$;

-- The planned marker is written outside: its bounds hold from now on. An older one than the last planned changes nothing.
CREATE FUNCTION recovery.written(p_marker jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE recovery_state s SET written_no = s.planned_no, written_at = clock_timestamp(), timeline = p_marker->>'timeline',
           marker = p_marker
    WHERE s.id = 1 AND s.planned_no = (p_marker->>'no')::bigint AND s.case_id IS NULL AND p_marker->>'timeline' = recovery.timeline()
      AND EXISTS (SELECT FROM recovery_marker m WHERE m.no = s.planned_no AND m.token = (p_marker->>'token')::uuid);
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE recovery_bound b SET upto = greatest(b.upto, least(b.planned, w.bound))
    FROM (SELECT 'lot' AS kind, l.name, l.bound FROM jsonb_to_recordset(p_marker->'lots') AS l (name text, bound bigint)
          UNION ALL SELECT 'register', r.name, r.bound FROM jsonb_to_recordset(p_marker->'registers') AS r (name text, bound bigint)) AS w
    WHERE b.kind = w.kind AND b.name = w.name AND b.upto < w.bound;
    RETURN true;
END $$;

-- What of the history a marker from outside knows and this database does not; no row: all of it is here.
-- A promotion or a restore to a moment starts another line of history. Where what was acknowledged was on a second server, nothing
-- was lost by it; else nobody can tell from here, and that is told.
CREATE FUNCTION recovery.compare(p_marker jsonb) RETURNS TABLE (what text, name text, expected bigint, found bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_no bigint := (p_marker->>'no')::bigint; v_planned bigint := (SELECT s.planned_no FROM recovery_state s WHERE s.id = 1);
BEGIN
    -- Once people decided about it, the same marker is no news.
    IF EXISTS (SELECT FROM recovery_case k WHERE k.decided_at IS NOT NULL AND k.marker->>'token' = p_marker->>'token') THEN
        RETURN;
    END IF;
    IF v_planned - v_no < 50000 AND NOT EXISTS (
        SELECT FROM recovery_marker m WHERE m.no = v_no AND m.token = (p_marker->>'token')::uuid)
    THEN
        RETURN QUERY SELECT 'marker', '', v_no, v_planned;
    END IF;
    RETURN QUERY
    SELECT 'lot', l.name, l.next, coalesce(c.next_g, 0)
    FROM jsonb_to_recordset(p_marker->'lots') AS l (name text, next bigint)
    LEFT JOIN retirement_cursor c ON c.lot_id = l.name::bigint WHERE coalesce(c.next_g, 0) < l.next;
    RETURN QUERY
    SELECT 'register', r.name, r.next, coalesce(s.next_no, 1)
    FROM jsonb_to_recordset(p_marker->'registers') AS r (name text, next bigint)
    LEFT JOIN certificate_series s ON s.name = r.name WHERE coalesce(s.next_no, 1) < r.next;
    IF p_marker->'head'->>'size' IS NOT NULL AND NOT EXISTS (
        SELECT FROM ledger_transfer t WHERE t.id = (p_marker->'head'->>'size')::bigint
        AND encode(sha256(convert_to(t.cause, 'UTF8') || t.content), 'hex') = p_marker->'head'->>'root')
    THEN
        RETURN QUERY SELECT 'head', p_marker->'head'->>'root', (p_marker->'head'->>'size')::bigint,
                            coalesce((SELECT max(t.id) FROM ledger_transfer t), 0);
    END IF;
    IF NOT (p_marker->>'is_followed')::boolean AND p_marker->>'timeline' <> recovery.timeline() THEN
        RETURN QUERY SELECT 'timeline', recovery.timeline(), NULL::bigint, NULL::bigint;
    END IF;
END $$;

-- Notice it: from now on nothing is settled. Repeated it answers the case that is open; NULL: nothing is missing.
CREATE FUNCTION recovery.notice(p_id uuid, p_marker jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_open uuid; v_findings jsonb;
BEGIN
    SELECT s.case_id INTO v_open FROM recovery_state s WHERE s.id = 1 FOR UPDATE;
    IF v_open IS NOT NULL THEN RETURN v_open; END IF;
    SELECT jsonb_agg(to_jsonb(c)) INTO v_findings FROM recovery.compare(p_marker) AS c;
    IF v_findings IS NULL THEN RETURN NULL; END IF;
    INSERT INTO recovery_case (id, marker, findings, last_posted_at)
    VALUES (p_id, p_marker, v_findings, (SELECT t.posted_at FROM ledger_transfer t ORDER BY t.id DESC LIMIT 1));
    UPDATE recovery_state s SET case_id = p_id WHERE s.id = 1;
    RETURN p_id;
END $$;

-- Set aside for good as much of what may have been given as nobody holds. Grams become an allocation of the case with one slice
-- of no retirement, and leave the stock for what is retired: the line of the lot has no gap, and its sum holds.
CREATE FUNCTION recovery.take(p_case uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_one recovery_quarantine; v_lot bigint; v_taken bigint; v_allocation bigint;
BEGIN
    FOR v_one IN SELECT * FROM recovery_quarantine q WHERE q.case_id = p_case AND q.taken < q.stop ORDER BY q.kind, q.name FOR UPDATE LOOP
        IF v_one.kind = 'register' THEN
            v_taken := v_one.stop - v_one.taken;
        ELSE
            v_lot := v_one.name::bigint;
            INSERT INTO retirement_cursor (lot_id, next_g) VALUES (v_lot, 0) ON CONFLICT (lot_id) DO NOTHING;
            PERFORM FROM retirement_cursor c WHERE c.lot_id = v_lot FOR UPDATE;
            SELECT least(v_one.stop - v_one.taken, a.balance) INTO v_taken FROM ledger_account a
            WHERE a.path = 'inventory:' || v_lot AND a.unit = 'g:' || v_lot FOR UPDATE;
            CONTINUE WHEN coalesce(v_taken, 0) <= 0;
            UPDATE retirement_cursor c SET next_g = c.next_g + v_taken WHERE c.lot_id = v_lot AND c.next_g = v_one.taken;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'lot % was settled before its lost grams were set aside', v_lot USING errcode = '23514',
                    constraint = 'recovery_quarantine_in_line';
            END IF;
            INSERT INTO retirement_allocation (batch, lot_id, start_g, stop_g, allocated_at)
            VALUES (gen_random_uuid(), v_lot, v_one.taken, v_one.taken + v_taken, clock_timestamp()) RETURNING id INTO v_allocation;
            INSERT INTO retirement_slice (allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g)
            VALUES (v_allocation, NULL, v_lot, v_one.taken, v_one.taken + v_taken, v_taken);
            PERFORM ledger.post(
                'quarantine:' || p_case || ':' || v_lot || ':' || v_one.taken, 'quarantine',
                ARRAY['inventory:' || v_lot, 'retired:' || v_lot], ARRAY['g:' || v_lot, 'g:' || v_lot], ARRAY[-v_taken, v_taken]);
        END IF;
        UPDATE recovery_quarantine q SET taken = q.taken + v_taken
        WHERE q.case_id = p_case AND q.kind = v_one.kind AND q.name = v_one.name;
        IF v_one.kind = 'register' THEN
            UPDATE certificate_series s SET next_no = v_one.stop WHERE s.name = v_one.name AND s.next_no = v_one.taken;
        END IF;
    END LOOP;
END $$;
-- As settling does, but from the stock: nobody had them.
INSERT INTO ledger_movement (kind, cause, family, source, target) VALUES ('quarantine', 'quarantine:%', 'g', 'inventory', 'retired');
COMMENT ON COLUMN retirement_slice.retirement_id IS 'NULL: grams that may have been given in lost time, and are never given again.';

-- Two people decide: what may have been given since then is set aside, the channels' days are to be read, and settling goes on.
CREATE FUNCTION recovery.decide(p_case uuid, p_since timestamptz, p_by uuid, p_with uuid, p_reason text, p_days jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_marker jsonb; v_no bigint;
BEGIN
    IF NOT (identity.has_house_role(p_by, ARRAY['administrator']) AND identity.has_house_role(p_with, ARRAY['administrator', 'finance', 'reviewer'])) THEN
        RAISE EXCEPTION 'an administrator and a second person of the platform decide' USING errcode = '23514',
            constraint = 'recovery_case_roles';
    END IF;
    PERFORM FROM recovery_state s WHERE s.id = 1 AND s.case_id = p_case FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'case % is not open', p_case USING errcode = '23514', constraint = 'recovery_case_open';
    END IF;
    UPDATE recovery_case k SET since = p_since, decided_by = p_by, decided_with = p_with, reason = p_reason, decided_at = clock_timestamp()
    WHERE k.id = p_case RETURNING k.marker, (k.marker->>'no')::bigint INTO v_marker, v_no;
    INSERT INTO recovery_quarantine (case_id, kind, name, start, stop, taken)
    SELECT p_case, w.kind, w.name, w.at, w.bound, w.at FROM (
        SELECT 'lot' AS kind, l.name, least(l.bound, t.mass_g) AS bound, coalesce(c.next_g, 0) AS at
        FROM jsonb_to_recordset(v_marker->'lots') AS l (name text, bound bigint)
        JOIN credit_lot t ON t.id = l.name::bigint LEFT JOIN retirement_cursor c ON c.lot_id = t.id
        UNION ALL
        SELECT 'register', r.name, r.bound, s.next_no
        FROM jsonb_to_recordset(v_marker->'registers') AS r (name text, bound bigint) JOIN certificate_series s ON s.name = r.name) AS w
    WHERE w.bound > w.at;
    INSERT INTO recovery_day (case_id, channel, day)
    SELECT p_case, d.channel, d.day FROM jsonb_to_recordset(p_days) AS d (channel text, day date);
    -- The next marker follows the one outside, and no bound of the lost history holds.
    UPDATE recovery_state s SET case_id = NULL, planned_no = greatest(s.planned_no, v_no), timeline = NULL WHERE s.id = 1;
    INSERT INTO recovery_marker (no, token) VALUES (v_no, (v_marker->>'token')::uuid)
    ON CONFLICT (no) DO UPDATE SET token = excluded.token;
    DELETE FROM recovery_bound;
    -- Settling is bounded from the next marker on; until then nothing of these is given but what is set aside here.
    PERFORM recovery.take(p_case);
    UPDATE recovery_state s SET timeline = '' WHERE s.id = 1;
    -- What was refused meanwhile waits for longer each time: it is due now.
    UPDATE outbox_message m SET due_at = clock_timestamp(), attempts = 0
    WHERE m.queue = 'settle' AND m.done_at IS NULL AND m.dead_at IS NULL;
END $$;

-- What a channel's bill of a day says was paid since then, and is no payment of ours: it goes back. Money that went back already
-- by the same bill does not. Told again it is the same.
CREATE FUNCTION recovery.read_day(p_case uuid, p_channel text, p_day date, p_lines jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_rows integer;
BEGIN
    PERFORM FROM recovery_day d WHERE d.case_id = p_case AND d.channel = p_channel AND d.day = p_day FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no day of this case' USING errcode = '23514', constraint = 'recovery_day_known';
    END IF;
    INSERT INTO recovery_payment (id, case_id, channel, reference, transaction_id, amount_minor, currency, paid_at, refund_reference)
    SELECT l.id, p_case, p_channel, l.reference, l.transaction_id, l.amount_minor, l.currency, l.at, l.refund_reference
    FROM jsonb_to_recordset(p_lines) AS l (id uuid, reference text, transaction_id text, amount_minor bigint, currency text,
                                           at timestamptz, refund_reference text, returned_minor bigint)
    JOIN recovery_case k ON k.id = p_case
    WHERE l.at >= date_trunc('second', k.since) AND l.amount_minor > l.returned_minor
      AND NOT EXISTS (SELECT FROM payment p WHERE p.channel = p_channel
                      AND (p.reference = l.reference OR p.transaction_id = l.transaction_id))
      AND NOT EXISTS (SELECT FROM payment_notice_decision d JOIN payment_notice n ON n.id = d.notice_id
                      WHERE n.channel = p_channel AND n.transaction_id = l.transaction_id)
    ON CONFLICT ON CONSTRAINT recovery_payment_once_key DO NOTHING;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    UPDATE recovery_day d SET read_at = clock_timestamp(), last_word = 'READ'
    WHERE d.case_id = p_case AND d.channel = p_channel AND d.day = p_day AND d.read_at IS NULL;
    RETURN v_rows;
END $$;

CREATE FUNCTION recovery.hear_day(p_case uuid, p_channel text, p_day date, p_word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE recovery_day d SET last_word = left(p_word, 64)
    WHERE d.case_id = p_case AND d.channel = p_channel AND d.day = p_day AND d.read_at IS NULL;
$$;

-- A channel's word about money that goes back. `done` is final.
CREATE FUNCTION recovery.hear_refund(p_id uuid, p_state text, p_refund_id text, p_word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE recovery_payment p SET state = p_state, last_word = left(p_word, 64),
           channel_refund_id = CASE WHEN p_state = 'done' THEN p_refund_id END,
           finished_at = CASE WHEN p_state = 'done' THEN clock_timestamp() END
    WHERE p.id = p_id AND p.state <> 'done';
$$;

-- The proof: each step that lost time asks for is done. It names what is missing, until nothing is.
CREATE FUNCTION recovery.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH step AS (
        SELECT k.decided_at IS NOT NULL AS ok, k.noticed_at AS at, format(
                   'history is shorter than marker %s of %s says, noticed %s: %s; nobody has decided (diandian recover)',
                   k.marker->>'no', k.marker->>'at', k.noticed_at,
                   (SELECT string_agg(concat_ws(' ', f->>'what', nullif(left(f->>'name', 16), ''), f->>'found', 'of ' || (f->>'expected')), ', ')
                    FROM jsonb_array_elements(k.findings) AS f)) AS said
        FROM recovery_case k
        UNION ALL
        SELECT q.taken = q.stop, k.noticed_at, format(
                   CASE q.kind WHEN 'lot' THEN 'grams %s to %s of lot %s may have been given in lost time and are not set aside'
                               ELSE 'numbers %s to %s of register %s may have been given in lost time and are not set aside' END,
                   q.taken, q.stop, q.name)
        FROM recovery_quarantine q JOIN recovery_case k ON k.id = q.case_id
        UNION ALL
        SELECT d.read_at IS NOT NULL, k.noticed_at, format('the bill of %s of %s is not read (%s)', d.channel, d.day, coalesce(d.last_word, '-'))
        FROM recovery_day d JOIN recovery_case k ON k.id = d.case_id
        UNION ALL
        SELECT p.state = 'done', p.paid_at, format('payment %s of %s %s at %s, paid %s, is unknown to us and not given back (%s)',
                   p.reference, p.amount_minor, p.currency, p.channel, p.paid_at, coalesce(p.last_word, '-'))
        FROM recovery_payment p)
    SELECT p_lot, 'recovered', coalesce(bool_and(s.ok), true), count(*)::numeric, count(*) FILTER (WHERE s.ok)::numeric,
           (array_agg(s.said ORDER BY s.at, s.said) FILTER (WHERE NOT s.ok))[1:20]
    FROM step s;
END $$;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_recovery', 'recovery.prove', 2, max(p.no) + 1, true FROM books_part p WHERE p.connection_no = 2;

REVOKE ALL ON SCHEMA recovery FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA recovery FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recovery.timeline(), recovery.is_followed(), recovery.plan(uuid, jsonb), recovery.written(jsonb),
    recovery.compare(jsonb), recovery.notice(uuid, jsonb), recovery.take(uuid),
    recovery.decide(uuid, timestamptz, uuid, uuid, text, jsonb), recovery.read_day(uuid, text, date, jsonb),
    recovery.hear_day(uuid, text, date, text), recovery.hear_refund(uuid, text, text, text), recovery.prove(bigint) TO ddt_app;
GRANT SELECT ON recovery_state, recovery_marker, recovery_bound, recovery_case, recovery_quarantine, recovery_day, recovery_payment TO ddt_app;
