-- What channels say they moved, by day of Beijing, held against payments, refunds and the ledger. Only the functions below write;
-- what was fetched is never changed, and a day that two people signed takes no other file.
CREATE SCHEMA bills;

ALTER TABLE channel_bill
    ADD CONSTRAINT channel_bill_day_key UNIQUE (channel, day),
    ADD CONSTRAINT channel_bill_state_check CHECK (state IN ('expected', 'none', 'read', 'unfit')),
    ADD CONSTRAINT channel_bill_file_check CHECK ((state = 'read') = (file_no IS NOT NULL)),
    ADD CONSTRAINT channel_bill_due_check CHECK (state IN ('none', 'read') OR due_at IS NOT NULL);
CREATE INDEX channel_bill_due_idx ON channel_bill (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX channel_bill_by_day_idx ON channel_bill (day, channel);

ALTER TABLE channel_bill_file
    ADD CONSTRAINT channel_bill_file_no_key UNIQUE (bill_id, no),
    ADD CONSTRAINT channel_bill_file_digest_check CHECK (length(digest) = 32),
    ADD CONSTRAINT channel_bill_file_unfit_check CHECK ((unfit IS NULL) = (unfit_line IS NULL));

ALTER TABLE channel_bill_line
    ADD COLUMN key text GENERATED ALWAYS AS (
        CASE WHEN kind = 'payment' THEN transaction_id WHEN refund_id <> '' THEN refund_id ELSE refund_reference END) STORED,
    ADD CONSTRAINT channel_bill_line_no_key UNIQUE (file_id, no),
    ADD CONSTRAINT channel_bill_line_kind_check CHECK (kind IN ('payment', 'refund')),
    ADD CONSTRAINT channel_bill_line_amount_check CHECK (amount_minor > 0),
    ADD CONSTRAINT channel_bill_line_named_check CHECK (transaction_id <> '' AND (kind = 'payment' OR refund_id || refund_reference <> ''));
CREATE INDEX channel_bill_line_key_idx ON channel_bill_line (key, kind);
CREATE INDEX channel_bill_line_refund_idx ON channel_bill_line (refund_reference) WHERE refund_reference <> '';

ALTER TABLE channel_bill_sum ADD CONSTRAINT channel_bill_sum_key UNIQUE (bill_id, currency);

ALTER TABLE bill_difference
    ADD CONSTRAINT bill_difference_key UNIQUE (channel, day, nature, moved, key),
    ADD CONSTRAINT bill_difference_nature_check
        CHECK (nature IN ('bill_only', 'ours_only', 'amount', 'state', 'refund_only', 'duplicate', 'ledger')),
    ADD CONSTRAINT bill_difference_moved_check CHECK (moved IN ('payment', 'refund')),
    ADD CONSTRAINT bill_difference_state_check CHECK (state IN ('open', 'settled', 'explained', 'accepted')),
    ADD CONSTRAINT bill_difference_closed_check CHECK (
        (state = 'open') = (closed_at IS NULL)
        AND (state IN ('explained', 'accepted')) = (closed_by_id IS NOT NULL)
        AND (closed_by_id IS NULL) = (reason IS NULL)
        AND (state = 'open' OR next_ask_at IS NULL)),
    ADD CONSTRAINT bill_difference_reason_check CHECK (btrim(reason) <> ''),
    ADD CONSTRAINT bill_difference_bill_fkey FOREIGN KEY (channel, day) REFERENCES channel_bill (channel, day) ON DELETE RESTRICT;
CREATE INDEX bill_difference_open_idx ON bill_difference (found_at) WHERE state = 'open';
CREATE INDEX bill_difference_day_idx ON bill_difference (day, channel);
CREATE INDEX bill_difference_ask_idx ON bill_difference (next_ask_at) WHERE next_ask_at IS NOT NULL;
CREATE INDEX bill_difference_owner_idx ON bill_difference (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX bill_difference_closed_by_idx ON bill_difference (closed_by_id) WHERE closed_by_id IS NOT NULL;

-- By when money moved: a day's own rows without reading all of them.
CREATE INDEX payment_paid_at_idx ON payment (channel, paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX payment_refund_finished_idx ON payment_refund (finished_at) WHERE state = 'done';

INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('bill_day', '{finance}', '{finance}', true, false, '对账日签认', 'Day of bills');
SELECT approvals.bind_effect('bill_day', 'bill_day');
ALTER TABLE bill_day
    ALTER COLUMN approval_id SET NOT NULL,
    ADD CONSTRAINT bill_day_once_key UNIQUE (day);

CREATE FUNCTION bills.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what a channel said stays, and so does what was signed', tg_op, tg_table_name
        USING errcode = '23514', constraint = tg_name;
END $$;
CREATE TRIGGER channel_bill_stays BEFORE DELETE OR TRUNCATE ON channel_bill
    FOR EACH STATEMENT EXECUTE FUNCTION bills.refuse_change();
CREATE TRIGGER channel_bill_file_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON channel_bill_file
    FOR EACH STATEMENT EXECUTE FUNCTION bills.refuse_change();
CREATE TRIGGER channel_bill_line_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON channel_bill_line
    FOR EACH STATEMENT EXECUTE FUNCTION bills.refuse_change();
CREATE TRIGGER bill_difference_stays BEFORE DELETE OR TRUNCATE ON bill_difference
    FOR EACH STATEMENT EXECUTE FUNCTION bills.refuse_change();
CREATE TRIGGER bill_day_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON bill_day
    FOR EACH STATEMENT EXECUTE FUNCTION bills.refuse_change();

-- A difference is found once, moves between open and settled by comparing, and ends when a person says why.
CREATE FUNCTION bills.keep_difference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.id, new.channel, new.day, new.nature, new.moved, new.key, new.found_at)
       IS DISTINCT FROM (old.id, old.channel, old.day, old.nature, old.moved, old.key, old.found_at)
       OR (old.state IN ('explained', 'accepted') AND new IS DISTINCT FROM old)
    THEN
        RAISE EXCEPTION 'difference % stays as it was found, and as it was explained', old.id
            USING errcode = '23514', constraint = 'bill_difference_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER bill_difference_goes_on BEFORE UPDATE ON bill_difference
    FOR EACH ROW EXECUTE FUNCTION bills.keep_difference();

-- When a day of Beijing begins.
CREATE FUNCTION bills.begins(p_day date) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT p_day::timestamp AT TIME ZONE 'Asia/Shanghai' $$;

-- What a channel may count on the next day though it moved on this one: the clocks of two houses, and a second before midnight.
CREATE FUNCTION bills.edge() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT interval '10 minutes' $$;

-- Lines of the file that was read last, which are the channel's word.
CREATE FUNCTION bills.lines(p_channel text, p_day date) RETURNS SETOF channel_bill_line
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT l.* FROM channel_bill b JOIN channel_bill_file f ON f.bill_id = b.id AND f.no = b.file_no
    JOIN channel_bill_line l ON l.file_id = f.id WHERE b.channel = p_channel AND b.day = p_day
$$;

-- Whether a line of that kind and key is a channel's word: on any day, or on one before p_before.
CREATE FUNCTION bills.has_line(p_channel text, p_kind text, p_key text, p_before date DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM channel_bill_line l JOIN channel_bill_file f ON f.id = l.file_id
                   JOIN channel_bill b ON b.id = f.bill_id AND b.file_no = f.no
                   WHERE l.key = p_key AND l.kind = p_kind AND b.channel = p_channel AND (p_before IS NULL OR b.day < p_before))
$$;

-- The whole day of a channel, row by row: each line of its bill beside the payment or refund it is about, and each payment or
-- refund of ours that no bill has. What is ours is known by its transaction number, else by our own number; a day's own rows are
-- those that moved from ten minutes before it to ten minutes before the next, unless a bill of another day has them.
-- `is_ours`: it counts among our own of this day. `posted_minor` is what the ledger moved for it, NULL where nothing.
CREATE FUNCTION bills.rows(p_channel text, p_day date)
RETURNS TABLE (line_id bigint, moved text, key text, turn bigint, payment_id uuid, refund_id uuid, theirs_minor bigint, ours_minor bigint,
               currency text, at timestamptz, reference text, transaction_id text, refund_reference text, fit text, is_ours boolean, posted_minor bigint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH here AS MATERIALIZED (
        SELECT l.*, row_number() OVER (PARTITION BY l.kind, l.key ORDER BY l.no)
                    + CASE WHEN bills.has_line(p_channel, l.kind, l.key, p_day) THEN 1 ELSE 0 END AS turn
        FROM bills.lines(p_channel, p_day) l),
    paying AS (
        SELECT h.*, coalesce(t.id, r.id) AS pid, coalesce(t.amount_minor, r.amount_minor) AS ours,
               CASE WHEN t.id IS NULL AND r.id IS NULL THEN 'unknown'
                    WHEN t.id IS NULL AND r.transaction_id IS NULL THEN 'unpaid'
                    WHEN t.id IS NULL OR (h.reference <> '' AND t.reference <> h.reference) THEN 'other'
                    WHEN (t.amount_minor, t.currency) IS DISTINCT FROM (h.amount_minor, h.currency) THEN 'amount'
                    ELSE 'fits' END AS fit,
               t.id IS NOT NULL AS mine
        FROM here h
        LEFT JOIN payment t ON t.channel = p_channel AND t.transaction_id = h.transaction_id
        LEFT JOIN payment r ON r.channel = p_channel AND r.reference = h.reference AND t.id IS NULL
        WHERE h.kind = 'payment'),
    backing AS (
        SELECT h.*, coalesce(p.id, t.id) AS pid, coalesce(x.id, y.id) AS rid, coalesce(x.amount_minor, y.amount_minor) AS ours,
               CASE WHEN p.id IS NULL THEN 'unknown'
                    WHEN p.transaction_id IS DISTINCT FROM h.transaction_id THEN 'other'
                    WHEN (coalesce(x.amount_minor, y.amount_minor), p.currency) IS DISTINCT FROM (h.amount_minor, h.currency)
                        THEN 'amount'
                    WHEN coalesce(x.state, y.state) = 'requested' THEN 'unpaid'
                    WHEN coalesce(x.state, y.state) <> 'done' THEN 'other'
                    ELSE 'fits' END AS fit,
               p.id IS NOT NULL AND coalesce(x.state, y.state) = 'done' AS mine
        FROM here h
        LEFT JOIN payment t ON t.channel = p_channel AND t.transaction_id = h.transaction_id
        LEFT JOIN payment_refund x ON x.reference = h.refund_reference AND h.refund_reference <> ''
        LEFT JOIN payment_refund y ON x.id IS NULL AND y.payment_id = t.id AND h.refund_id <> '' AND y.channel_refund_id = h.refund_id
        LEFT JOIN payment p ON p.id = coalesce(x.payment_id, y.payment_id) AND p.channel = p_channel
        WHERE h.kind = 'refund'),
    found AS (
        SELECT h.id AS lid, h.kind::text AS moved, h.key AS key, h.turn, h.pid, NULL::uuid AS rid, h.amount_minor AS theirs, h.ours,
               h.currency::text AS unit, h.at, h.reference::text AS ref, h.transaction_id::text AS tx, ''::text AS refund_ref, h.fit,
               h.mine
        FROM paying h
        UNION ALL
        SELECT h.id, h.kind::text, h.key, h.turn, h.pid, h.rid, h.amount_minor, h.ours, h.currency::text, h.at, h.reference::text,
               h.transaction_id::text, h.refund_reference::text, h.fit, h.mine
        FROM backing h
        UNION ALL
        SELECT NULL, 'payment', p.transaction_id::text, 1, p.id, NULL, NULL, p.amount_minor, p.currency::text, p.paid_at,
               p.reference::text, p.transaction_id::text, '', 'ours', true
        FROM payment p
        WHERE p.channel = p_channel AND p.paid_at >= bills.begins(p_day) - bills.edge()
          AND p.paid_at < bills.begins(p_day + 1) - bills.edge() AND p.transaction_id IS NOT NULL
          AND NOT bills.has_line(p_channel, 'payment', p.transaction_id)
        UNION ALL
        SELECT NULL, 'refund', coalesce(r.channel_refund_id, r.reference)::text, 1, p.id, r.id, NULL, r.amount_minor, p.currency::text,
               r.finished_at, p.reference::text, p.transaction_id::text, r.reference::text, 'ours', true
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id
        WHERE p.channel = p_channel AND r.state = 'done' AND r.finished_at >= bills.begins(p_day) - bills.edge()
          AND r.finished_at < bills.begins(p_day + 1) - bills.edge()
          AND NOT EXISTS (SELECT FROM channel_bill_line l JOIN channel_bill_file f ON f.id = l.file_id
                          JOIN channel_bill b ON b.id = f.bill_id AND b.file_no = f.no
                          WHERE l.refund_reference = r.reference AND l.refund_reference <> '' AND b.channel = p_channel)
          AND NOT bills.has_line(p_channel, 'refund', coalesce(r.channel_refund_id, r.reference))),
    posted AS (
        SELECT f.lid, f.moved, f.key, abs(sum(e.amount))::bigint AS amount
        FROM found f
        JOIN ledger_transfer t ON t.cause = f.moved || ':' || CASE f.moved WHEN 'payment' THEN f.pid ELSE f.rid END
        JOIN ledger_entry e ON e.transfer_id = t.id
        JOIN ledger_account a ON a.id = e.account_id AND a.path = 'clearing:' || p_channel AND a.unit = f.unit
        WHERE f.turn = 1 AND f.mine
        GROUP BY f.lid, f.moved, f.key)
    SELECT f.lid, f.moved, f.key, f.turn, f.pid, f.rid, f.theirs, f.ours, f.unit, f.at, f.ref, f.tx, f.refund_ref, f.fit, f.mine, q.amount
    FROM found f LEFT JOIN posted q ON q.moved = f.moved AND q.key = f.key AND q.lid IS NOT DISTINCT FROM f.lid;
END $$;

-- What does not fit of a row; NULL: it fits.
CREATE FUNCTION bills.nature(p_moved text, p_fit text, p_turn bigint, p_ours bigint, p_posted bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_turn > 1 THEN 'duplicate'
                WHEN p_fit = 'ours' THEN 'ours_only'
                WHEN p_fit = 'amount' THEN 'amount'
                WHEN p_fit = 'other' THEN 'state'
                WHEN p_fit = 'unpaid' THEN 'bill_only'
                WHEN p_fit = 'unknown' THEN CASE p_moved WHEN 'refund' THEN 'refund_only' ELSE 'bill_only' END
                WHEN p_posted IS DISTINCT FROM p_ours THEN 'ledger' END
$$;

-- A row for each channel and day that is over, from the day of its first payment on, at most three months back.
CREATE FUNCTION bills.expect(p_channel text, p_after interval, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_last date := (p_now AT TIME ZONE 'Asia/Shanghai')::date - 1;
    v_first date;
    v_rows integer;
BEGIN
    IF EXISTS (SELECT FROM channel_bill b WHERE b.channel = p_channel AND b.day = v_last) THEN RETURN 0; END IF;
    SELECT (min(p.created_at) AT TIME ZONE 'Asia/Shanghai')::date INTO v_first FROM payment p WHERE p.channel = p_channel;
    IF v_first IS NULL THEN RETURN 0; END IF;
    INSERT INTO channel_bill (id, channel, day, state, due_at, tries, opened_at)
    SELECT gen_random_uuid(), p_channel, d::date, 'expected', bills.begins(d::date + 1) + p_after, 0, clock_timestamp()
    FROM generate_series(greatest(v_first, v_last - 90)::timestamp, v_last::timestamp, interval '1 day') AS d
    ON CONFLICT (channel, day) DO NOTHING;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END $$;

-- The bills whose time has come, each tried again in an hour whatever becomes of it; two who fetch take different ones.
CREATE FUNCTION bills.take_due(p_channels text[], p_now timestamptz, p_limit integer)
RETURNS TABLE (id uuid, channel text, day date)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE channel_bill b SET due_at = p_now + interval '1 hour', tries = b.tries + 1
    WHERE b.id IN (SELECT q.id FROM channel_bill q WHERE q.due_at <= p_now AND q.channel = ANY (p_channels)
                   ORDER BY q.due_at, q.day LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING b.id, b.channel::text, b.day
$$;

-- Lock a bill that may still take another file. One of a day that is signed may not.
CREATE FUNCTION bills.lock_open(p_bill uuid) RETURNS channel_bill
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_bill channel_bill;
BEGIN
    SELECT * INTO v_bill FROM channel_bill b WHERE b.id = p_bill FOR UPDATE;
    IF v_bill.id IS NULL THEN
        RAISE EXCEPTION 'there is no bill %', p_bill USING errcode = '23503', constraint = 'channel_bill_known';
    END IF;
    IF EXISTS (SELECT FROM bill_day d WHERE d.day = v_bill.day) THEN
        RAISE EXCEPTION 'the % is signed', v_bill.day USING errcode = '23514', constraint = 'bill_day_is_signed';
    END IF;
    RETURN v_bill;
END $$;

-- A person asks for a bill again, though it was read, or is not due yet. Tried at once by whoever called.
CREATE FUNCTION bills.take_one(p_channel text, p_day date, p_now timestamptz) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id uuid := (SELECT b.id FROM channel_bill b WHERE b.channel = p_channel AND b.day = p_day);
BEGIN
    IF v_id IS NULL THEN RETURN NULL; END IF;
    PERFORM bills.lock_open(v_id);
    UPDATE channel_bill SET tries = tries + 1, due_at = CASE WHEN state IN ('expected', 'unfit') THEN p_now + interval '1 hour' END
    WHERE id = v_id;
    RETURN v_id;
END $$;

-- The channel has not made it yet, or was silent: its word is kept, and nothing else changes.
CREATE FUNCTION bills.hear(p_bill uuid, p_word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE channel_bill SET last_word = left(p_word, 64) WHERE id = p_bill
$$;

-- The channel says that nothing moved on that day. One that was read stays read: a channel takes no line back.
CREATE FUNCTION bills.say_none(p_bill uuid, p_word text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_bill channel_bill := bills.lock_open(p_bill);
BEGIN
    UPDATE channel_bill SET last_word = left(p_word, 64),
        state = CASE state WHEN 'read' THEN state ELSE 'none' END, due_at = NULL, answered_at = coalesce(answered_at, clock_timestamp())
    WHERE id = v_bill.id;
END $$;

-- A file that came, kept under p_id; NULL answers that the same file is there already. One that cannot be read says why.
CREATE FUNCTION bills.keep_file(
    p_id uuid, p_bill uuid, p_digest bytea, p_encoding text, p_size bigint, p_lines integer, p_unfit text, p_unfit_line integer)
RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_bill channel_bill := bills.lock_open(p_bill);
    v_last channel_bill_file;
BEGIN
    SELECT * INTO v_last FROM channel_bill_file f WHERE f.bill_id = p_bill ORDER BY f.no DESC LIMIT 1;
    IF v_last.digest = p_digest AND (v_last.unfit IS NULL) = (p_unfit IS NULL) THEN
        UPDATE channel_bill SET due_at = CASE WHEN p_unfit IS NULL THEN NULL ELSE due_at END WHERE id = p_bill;
        RETURN NULL;
    END IF;
    INSERT INTO channel_bill_file (id, bill_id, no, digest, encoding, size, lines, unfit, unfit_line, fetched_at)
    VALUES (p_id, p_bill, coalesce(v_last.no, 0) + 1, p_digest, p_encoding, p_size, p_lines, p_unfit, p_unfit_line, clock_timestamp());
    IF p_unfit IS NOT NULL THEN
        UPDATE channel_bill SET state = CASE state WHEN 'read' THEN state ELSE 'unfit' END,
            due_at = CASE WHEN state = 'read' THEN due_at ELSE coalesce(due_at, clock_timestamp() + interval '1 hour') END,
            last_word = left('UNFIT ' || p_unfit, 64) WHERE id = p_bill;
    END IF;
    RETURN p_id;
END $$;

-- Lines of a file that is being kept, some thousands at a time; none is added once it is a bill's own.
CREATE FUNCTION bills.add_lines(p_file uuid, p_lines jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_rows integer;
BEGIN
    IF NOT EXISTS (SELECT FROM channel_bill_file f JOIN channel_bill b ON b.id = f.bill_id
                   WHERE f.id = p_file AND f.unfit IS NULL AND f.no > coalesce(b.file_no, 0)) THEN
        RAISE EXCEPTION 'file % takes no lines', p_file USING errcode = '23514', constraint = 'channel_bill_file_is_read';
    END IF;
    INSERT INTO channel_bill_line (file_id, no, kind, reference, transaction_id, refund_reference, refund_id, amount_minor, currency,
                                   at, fee_minor, other)
    SELECT p_file, l.no, l.kind, l.reference, l.transaction_id, l.refund_reference, l.refund_id, l.amount_minor, l.currency, l.at,
           l.fee_minor, l.other
    FROM jsonb_to_recordset(p_lines) AS l (
        no integer, kind text, reference text, transaction_id text, refund_reference text, refund_id text, amount_minor bigint,
        currency text, at timestamptz, fee_minor bigint, other jsonb);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END $$;

-- From now on this file is what the channel says of the day; it must have all the lines that it was kept with.
CREATE FUNCTION bills.read_file(p_file uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_file channel_bill_file;
BEGIN
    SELECT * INTO v_file FROM channel_bill_file f WHERE f.id = p_file;
    PERFORM bills.lock_open(v_file.bill_id);
    IF v_file.unfit IS NOT NULL OR v_file.lines <> (SELECT count(*) FROM channel_bill_line l WHERE l.file_id = p_file) THEN
        RAISE EXCEPTION 'file % has not all of its lines', p_file USING errcode = '23514', constraint = 'channel_bill_file_whole';
    END IF;
    UPDATE channel_bill SET state = 'read', file_no = v_file.no, due_at = NULL, last_word = 'READ', answered_at = clock_timestamp()
    WHERE id = v_file.bill_id;
END $$;

-- Compare one bill with what is ours, three ways. Differences that are new are written, those that are gone are settled, one that
-- is back is open again; what a person explained stays. Repeated it changes nothing. Answers how many it opened and settled.
CREATE FUNCTION bills.compare(p_bill uuid) RETURNS TABLE (opened integer, settled integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE v_bill channel_bill;
BEGIN
    SELECT * INTO v_bill FROM channel_bill b WHERE b.id = p_bill FOR UPDATE;
    IF v_bill.id IS NULL OR v_bill.state NOT IN ('read', 'none') THEN
        RETURN QUERY SELECT 0, 0;
        RETURN;
    END IF;
    DELETE FROM channel_bill_sum s WHERE s.bill_id = p_bill;  -- what follows from the rows, told anew
    RETURN QUERY
    WITH r AS MATERIALIZED (SELECT * FROM bills.rows(v_bill.channel, v_bill.day)),
    d AS MATERIALIZED (
        SELECT DISTINCT ON (n.nature, n.moved, n.key) n.* FROM (
            SELECT r.*, bills.nature(r.moved, r.fit, r.turn, r.ours_minor, r.posted_minor) AS nature FROM r) AS n
        WHERE n.nature IS NOT NULL ORDER BY n.nature, n.moved, n.key, n.turn),
    summed AS (
        INSERT INTO channel_bill_sum (bill_id, currency, bill_payments, bill_payments_minor, bill_refunds, bill_refunds_minor,
            our_payments, our_payments_minor, our_refunds, our_refunds_minor,
            posted_payments, posted_payments_minor, posted_refunds, posted_refunds_minor, fee_minor)
        SELECT p_bill, r.currency,
            count(r.line_id) FILTER (WHERE r.moved = 'payment'),
            coalesce(sum(r.theirs_minor) FILTER (WHERE r.moved = 'payment'), 0),
            count(r.line_id) FILTER (WHERE r.moved = 'refund'),
            coalesce(sum(r.theirs_minor) FILTER (WHERE r.moved = 'refund'), 0),
            count(*) FILTER (WHERE r.moved = 'payment' AND r.is_ours AND r.turn = 1),
            coalesce(sum(r.ours_minor) FILTER (WHERE r.moved = 'payment' AND r.is_ours AND r.turn = 1), 0),
            count(*) FILTER (WHERE r.moved = 'refund' AND r.is_ours AND r.turn = 1),
            coalesce(sum(r.ours_minor) FILTER (WHERE r.moved = 'refund' AND r.is_ours AND r.turn = 1), 0),
            count(r.posted_minor) FILTER (WHERE r.moved = 'payment'),
            coalesce(sum(r.posted_minor) FILTER (WHERE r.moved = 'payment'), 0),
            count(r.posted_minor) FILTER (WHERE r.moved = 'refund'),
            coalesce(sum(r.posted_minor) FILTER (WHERE r.moved = 'refund'), 0),
            (SELECT sum(l.fee_minor) FROM bills.lines(v_bill.channel, v_bill.day) l WHERE l.currency = r.currency)
        FROM r GROUP BY r.currency),
    stood AS (
        SELECT x.nature, x.moved, x.key FROM bill_difference x
        WHERE x.channel = v_bill.channel AND x.day = v_bill.day AND x.state <> 'settled'),
    written AS (
        INSERT INTO bill_difference AS x (id, channel, day, nature, moved, key, state, theirs_minor, ours_minor, currency, at, reference,
            transaction_id, refund_reference, line_id, payment_id, refund_id, found_at, asks, next_ask_at)
        SELECT gen_random_uuid(), v_bill.channel, v_bill.day, d.nature, d.moved, d.key, 'open', d.theirs_minor,
            CASE d.nature WHEN 'ledger' THEN coalesce(d.posted_minor, 0) ELSE d.ours_minor END, d.currency, d.at, d.reference,
            d.transaction_id, d.refund_reference, d.line_id, d.payment_id, d.refund_id, clock_timestamp(), 0,
            CASE WHEN d.nature IN ('bill_only', 'ours_only') AND d.payment_id IS NOT NULL THEN clock_timestamp() END
        FROM d
        ON CONFLICT (channel, day, nature, moved, key) DO UPDATE
            SET state = 'open', closed_at = NULL, theirs_minor = excluded.theirs_minor, ours_minor = excluded.ours_minor,
                line_id = excluded.line_id, payment_id = excluded.payment_id, refund_id = excluded.refund_id,
                next_ask_at = CASE WHEN x.state = 'settled' THEN excluded.next_ask_at ELSE x.next_ask_at END
            WHERE x.state = 'settled' OR (x.state = 'open'
                AND (x.theirs_minor, x.ours_minor, x.line_id, x.payment_id, x.refund_id)
                    IS DISTINCT FROM (excluded.theirs_minor, excluded.ours_minor, excluded.line_id, excluded.payment_id, excluded.refund_id))),
    gone AS (
        UPDATE bill_difference x SET state = 'settled', closed_at = clock_timestamp(), next_ask_at = NULL
        WHERE x.channel = v_bill.channel AND x.day = v_bill.day AND x.state = 'open'
          AND NOT EXISTS (SELECT FROM d WHERE d.nature = x.nature AND d.moved = x.moved AND d.key = x.key)
        RETURNING 1)
    SELECT (SELECT count(*) FROM d WHERE NOT EXISTS (
                SELECT FROM stood s WHERE s.nature = d.nature AND s.moved = d.moved AND s.key = d.key))::integer,
           (SELECT count(*) FROM gone)::integer;
END $$;

-- The open differences that the channel is asked about now: a payment or refund that only one of both knows. After a minute, ten
-- minutes, then each hour; after a day they wait for a person. Each is taken by one of those who ask.
CREATE FUNCTION bills.take_asks(p_limit integer, p_one uuid DEFAULT NULL)
RETURNS TABLE (id uuid, channel text, day date, payment_id uuid, refund_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE bill_difference x SET asks = x.asks + 1,
        next_ask_at = CASE WHEN x.asks >= 26 THEN NULL
                      ELSE clock_timestamp() + coalesce((ARRAY[interval '1 minute', interval '10 minutes'])[x.asks + 1], interval '1 hour') END
    WHERE x.id IN (SELECT q.id FROM bill_difference q
                   WHERE q.state = 'open' AND q.payment_id IS NOT NULL AND q.nature IN ('bill_only', 'ours_only')
                     AND CASE WHEN p_one IS NULL THEN q.next_ask_at <= clock_timestamp() ELSE q.id = p_one END
                   ORDER BY q.next_ask_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING x.id, x.channel::text, x.day, x.payment_id, x.refund_id
$$;

-- What the channel said when it was asked.
CREATE FUNCTION bills.hear_difference(p_difference uuid, p_word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE bill_difference SET last_word = left(p_word, 64), asked_at = clock_timestamp() WHERE id = p_difference AND state = 'open'
$$;

-- Lock an open difference for somebody of the platform's finance.
CREATE FUNCTION bills.lock_difference(p_difference uuid, p_by uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_state text;
BEGIN
    IF NOT identity.has_house_role(p_by, '{finance}') THEN
        RAISE EXCEPTION '% is nobody of finance', p_by USING errcode = '42501', constraint = 'bill_difference_finance';
    END IF;
    SELECT x.state INTO v_state FROM bill_difference x WHERE x.id = p_difference FOR UPDATE;
    IF v_state IS NULL THEN
        RAISE EXCEPTION 'there is no difference %', p_difference USING errcode = '23503', constraint = 'bill_difference_known';
    ELSIF v_state <> 'open' THEN
        RAISE EXCEPTION 'difference % is %', p_difference, v_state USING errcode = '23514', constraint = 'bill_difference_is_open';
    END IF;
END $$;

-- Who looks after it; whoever has it may pass it on by another taking it.
CREATE FUNCTION bills.take_difference(p_difference uuid, p_by uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM bills.lock_difference(p_difference, p_by);
    UPDATE bill_difference SET owner_id = p_by WHERE id = p_difference;
END $$;

-- A person says why it differs: `explained` where nothing is missing, `accepted` where it is and stays so. Final.
CREATE FUNCTION bills.close_difference(p_difference uuid, p_state text, p_by uuid, p_reason text, p_evidence text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM bills.lock_difference(p_difference, p_by);
    IF p_state NOT IN ('explained', 'accepted') THEN
        RAISE EXCEPTION 'nobody settles a difference by saying so' USING errcode = '23514', constraint = 'bill_difference_step_check';
    END IF;
    UPDATE bill_difference SET state = p_state, closed_at = clock_timestamp(), closed_by_id = p_by, reason = p_reason,
        evidence = nullif(p_evidence, ''), owner_id = coalesce(owner_id, p_by), next_ask_at = NULL WHERE id = p_difference;
END $$;

-- All that two people sign of a day: its files by digest, its sums three ways, its differences and what was said of them.
CREATE FUNCTION bills.content(p_day date) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object('day', p_day, 'bills', coalesce((
        SELECT jsonb_agg(jsonb_build_object('channel', b.channel, 'state', b.state, 'digest', encode(f.digest, 'hex'), 'sums', coalesce((
            SELECT jsonb_agg(to_jsonb(s) - 'id' - 'bill_id' ORDER BY s.currency) FROM channel_bill_sum s WHERE s.bill_id = b.id), '[]'))
            ORDER BY b.channel)
        FROM channel_bill b LEFT JOIN channel_bill_file f ON f.bill_id = b.id AND f.no = b.file_no WHERE b.day = p_day), '[]'),
        'differences', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', x.id, 'channel', x.channel, 'nature', x.nature, 'moved', x.moved, 'key', x.key,
            'state', x.state, 'theirs_minor', x.theirs_minor, 'ours_minor', x.ours_minor, 'currency', x.currency,
            'reason', x.reason, 'evidence', x.evidence, 'closed_by', x.closed_by_id) ORDER BY x.channel, x.nature, x.moved, x.key)
        FROM bill_difference x WHERE x.day = p_day), '[]'))
$$;

-- What two people agreed to is what stands, word for word: every bill of the day is there, and no difference is open.
CREATE FUNCTION bills.sign_day(p_id uuid, p_approval uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(p_approval, 'bill_day');
    v_day date := (v_said->>'day')::date;
BEGIN
    PERFORM FROM channel_bill b WHERE b.day = v_day ORDER BY b.channel FOR UPDATE;
    IF v_said IS NULL OR NOT EXISTS (SELECT FROM channel_bill b WHERE b.day = v_day) THEN
        RAISE EXCEPTION 'approval % is of no day', p_approval USING errcode = '23514', constraint = 'bill_day_two_people';
    ELSIF EXISTS (SELECT FROM channel_bill b WHERE b.day = v_day AND b.state NOT IN ('read', 'none'))
       OR EXISTS (SELECT FROM bill_difference x WHERE x.day = v_day AND x.state = 'open') THEN
        RAISE EXCEPTION 'the % is open', v_day USING errcode = '23514', constraint = 'bill_day_is_whole';
    ELSIF v_said IS DISTINCT FROM bills.content(v_day) THEN
        RAISE EXCEPTION 'the % is not what was shown', v_day USING errcode = '23514', constraint = 'bill_day_as_shown';
    END IF;
    INSERT INTO bill_day (id, day, content, signed_at, approval_id) VALUES (p_id, v_day, v_said, clock_timestamp(), p_approval);
END $$;

-- Every day that was signed still is what was signed: the sums of its bills, and each line and each payment of ours beside one another,
-- but for what a person explained.
CREATE FUNCTION bills.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH signed AS (
        SELECT d.day, q.channel, q.digest, q.sums FROM bill_day d
        CROSS JOIN LATERAL jsonb_to_recordset(d.content->'bills') AS q (channel text, digest text, sums jsonb)),
    judged AS (
        SELECT s.day, s.channel,
            (SELECT encode(f.digest, 'hex') FROM channel_bill b LEFT JOIN channel_bill_file f ON f.bill_id = b.id AND f.no = b.file_no
             WHERE b.channel = s.channel AND b.day = s.day) IS NOT DISTINCT FROM s.digest
            AND NOT EXISTS (
                SELECT FROM (SELECT l.currency, l.kind, count(*) AS lines, sum(l.amount_minor) AS minor
                             FROM bills.lines(s.channel, s.day) l GROUP BY l.currency, l.kind) AS l
                FULL JOIN (SELECT t.currency, w.kind, w.lines, w.minor
                           FROM jsonb_to_recordset(s.sums) AS t (currency text, bill_payments bigint, bill_payments_minor bigint,
                                                                 bill_refunds bigint, bill_refunds_minor bigint)
                           CROSS JOIN LATERAL (VALUES ('payment', t.bill_payments, t.bill_payments_minor),
                                                      ('refund', t.bill_refunds, t.bill_refunds_minor)) AS w (kind, lines, minor)
                           WHERE w.lines > 0) AS t ON t.currency = l.currency AND t.kind = l.kind
                WHERE (l.lines, l.minor) IS DISTINCT FROM (t.lines, t.minor)) AS sums_hold,
            (SELECT count(*) FROM bills.rows(s.channel, s.day) r
             WHERE bills.nature(r.moved, r.fit, r.turn, r.ours_minor, r.posted_minor) IS NOT NULL
               AND NOT EXISTS (SELECT FROM bill_difference x WHERE x.channel = s.channel AND x.day = s.day AND x.moved = r.moved
                   AND x.key = r.key AND x.state IN ('explained', 'accepted')
                   AND x.nature = bills.nature(r.moved, r.fit, r.turn, r.ours_minor, r.posted_minor))) AS apart
        FROM signed s)
    SELECT NULL::bigint, 'bills_signed', count(*) FILTER (WHERE NOT j.sums_hold OR j.apart > 0) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.sums_hold AND j.apart = 0)::numeric,
           (array_agg(format('%s of %s: %s', j.channel, j.day, CASE WHEN j.sums_hold THEN j.apart || ' rows differ that nobody explained'
                             ELSE 'its lines are not what was signed' END) ORDER BY j.day, j.channel)
               FILTER (WHERE NOT j.sums_hold OR j.apart > 0))[1:20]
    FROM judged j;
END $$;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_bills', 'bills.prove', 2, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 2;

REVOKE ALL ON SCHEMA bills FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bills FROM PUBLIC;
GRANT USAGE ON SCHEMA bills TO ddt_app;
GRANT SELECT ON channel_bill, channel_bill_file, channel_bill_line, channel_bill_sum, bill_difference, bill_day TO ddt_app;
GRANT EXECUTE ON FUNCTION bills.expect(text, interval, timestamptz), bills.take_due(text[], timestamptz, integer),
    bills.take_one(text, date, timestamptz), bills.hear(uuid, text), bills.say_none(uuid, text),
    bills.keep_file(uuid, uuid, bytea, text, bigint, integer, text, integer), bills.add_lines(uuid, jsonb), bills.read_file(uuid),
    bills.compare(uuid), bills.take_asks(integer, uuid), bills.hear_difference(uuid, text), bills.take_difference(uuid, uuid),
    bills.close_difference(uuid, text, uuid, text, text), bills.content(date), bills.sign_day(uuid, uuid), bills.prove(bigint),
    bills.rows(text, date), bills.lines(text, date), bills.has_line(text, text, text, date), bills.begins(date), bills.edge(),
    bills.nature(text, text, bigint, bigint, bigint)
    TO ddt_app;
