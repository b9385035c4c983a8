-- Messages lie by day. A message's id says its day: days since 1970 (UTC) in the upper bits, its turn in the lower 38, so that
-- the primary key is also what the table is divided by, and a day is one range of ids. A day that is over is dropped whole.
--   outbox_message_kept        what was there before, as it was, and every event that nobody follows: ids below 2^38, never dropped
--   outbox_message_dYYYYMMDD   a day, made ahead by outbox.make_days
--   outbox_message_rest        whatever has no day of its own: a day that began before anybody made it, and what was not over
--                              when its day was dropped
DO $$
DECLARE v_open bigint;
BEGIN
    IF (SELECT max(m.id) FROM outbox_message m) >= 1::bigint << 38 OR (SELECT min(m.id) FROM outbox_message m) < 1 THEN
        RAISE EXCEPTION 'a message has an id that would be of a day';
    END IF;
    SELECT count(*) INTO v_open FROM outbox_open;
    DROP TRIGGER outbox_message_is_open ON outbox_message;
    DROP TRIGGER outbox_message_stays_open ON outbox_message;
    DROP TRIGGER outbox_message_is_gone ON outbox_message;
    ALTER TABLE outbox_message RENAME TO outbox_message_kept;
    ALTER INDEX outbox_message_pkey RENAME TO outbox_message_kept_pkey;
    ALTER INDEX outbox_message_dead_idx RENAME TO outbox_message_kept_dead_idx;
    ALTER INDEX outbox_message_subject_idx RENAME TO outbox_message_kept_subject_idx;
    CREATE TABLE outbox_message (LIKE outbox_message_kept INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)
        PARTITION BY RANGE (id);
    ALTER TABLE outbox_message ADD CONSTRAINT outbox_message_pkey PRIMARY KEY (id);
    CREATE INDEX outbox_message_dead_idx ON outbox_message (dead_at) WHERE dead_at IS NOT NULL;
    CREATE INDEX outbox_message_subject_idx ON outbox_message USING hash (subject);
    -- The rows stay where they are; this reads them once.
    ALTER TABLE outbox_message ATTACH PARTITION outbox_message_kept FOR VALUES FROM (MINVALUE) TO (274877906944);
    ALTER SEQUENCE outbox_message_id_seq OWNED BY outbox_message.id;
    ALTER SEQUENCE outbox_message_id_seq MAXVALUE 274877906943 CYCLE;
    ALTER TABLE outbox_message_kept ALTER COLUMN id DROP DEFAULT;
    IF v_open <> (SELECT count(*) FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id) THEN
        RAISE EXCEPTION '% messages were open, and not all of them are there now', v_open;
    END IF;
END $$;
REVOKE ALL ON outbox_message_kept FROM ddt_app;
GRANT SELECT ON outbox_message TO ddt_app;

CREATE TRIGGER outbox_message_is_open AFTER INSERT ON outbox_message
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION outbox.follow_added();
CREATE TRIGGER outbox_message_stays_open AFTER UPDATE ON outbox_message
    REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION outbox.follow_changed();
CREATE TRIGGER outbox_message_is_gone AFTER DELETE ON outbox_message
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION outbox.follow_gone();

-- The id of a message that is written now. Of one day no two have the same turn; it goes on from day to day.
CREATE FUNCTION outbox.next_id() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
    SELECT (floor(extract(epoch FROM clock_timestamp()) / 86400)::bigint << 38) + nextval('outbox_message_id_seq');
$$;
REVOKE ALL ON FUNCTION outbox.next_id() FROM PUBLIC;
ALTER TABLE outbox_message ALTER COLUMN id SET DEFAULT outbox.next_id();
CREATE TABLE outbox_message_rest PARTITION OF outbox_message DEFAULT WITH (fillfactor = 80);
GRANT SELECT ON outbox_message_rest TO ddt_app;  -- what the doctor counts

-- The first id of a day, and the first of the day after.
CREATE FUNCTION outbox.ids_of(p_day date, OUT first_id bigint, OUT stop_id bigint)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT (p_day - date '1970-01-01')::bigint << 38, (p_day - date '1970-01-01' + 1)::bigint << 38;
$$;
REVOKE ALL ON FUNCTION outbox.ids_of(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.ids_of(date) TO ddt_app;

-- Days that have a place of their own.
CREATE FUNCTION outbox.days() RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT to_date(substr(c.relname, 17), 'YYYYMMDD') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'outbox_message'::regclass AND c.relname ~ '^outbox_message_d[0-9]{8}$' ORDER BY 1;
$$;
REVOKE ALL ON FUNCTION outbox.days() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.days() TO ddt_app;

-- Make places for today and the days after it; answers how many are new. A day of which something lies among the rest already
-- stays there. Whoever holds a lock is waited for a fifth of a second, and the day made at the next call.
CREATE FUNCTION outbox.make_days(p_ahead int) RETURNS int
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
            EXECUTE format('CREATE TABLE %I (LIKE outbox_message INCLUDING ALL) WITH (fillfactor = 80)', v_name);
            EXECUTE format('ALTER TABLE outbox_message ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                           v_name, v_of.first_id, v_of.stop_id);
            v_made := v_made + 1;
        EXCEPTION WHEN lock_not_available OR check_violation THEN
            EXIT;
        END;
    END LOOP;
    RETURN v_made;
END $$;
REVOKE ALL ON FUNCTION outbox.make_days(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.make_days(integer) TO ddt_app;

-- Of a day that is over: what is not done, or was not done before p_before, and how many others there are. Reads the day once and
-- locks nothing: nothing is added to a day that is over, and what is done stays so.
CREATE FUNCTION outbox.left_of_day(p_day date, p_before timestamptz, OUT stays bigint[], OUT goes bigint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = on AS $$
BEGIN
    EXECUTE format('SELECT array_agg(m.id) FILTER (WHERE m.job IS NULL OR m.done_at IS NULL OR m.done_at >= $1),'
                   ' count(*) FILTER (WHERE m.job IS NOT NULL AND m.done_at < $1) FROM %I m',
                   'outbox_message_d' || to_char(p_day, 'YYYYMMDD'))
    INTO stays, goes USING p_before;
END $$;
REVOKE ALL ON FUNCTION outbox.left_of_day(date, timestamp with time zone) FROM PUBLIC;

-- Drop the place of a day. What stays of it moves to the rest, with its id; whatever is open or set aside does so in any case.
-- The table is locked for as long as that takes. False, and nothing changes, where somebody held it for longer than a fifth of a
-- second.
CREATE FUNCTION outbox.drop_day(p_day date, p_stays bigint[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '200ms' SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE v_name text := 'outbox_message_d' || to_char(p_day, 'YYYYMMDD');
BEGIN
    IF (p_day + 2)::timestamp AT TIME ZONE 'UTC' > clock_timestamp() THEN
        RAISE EXCEPTION 'the day % is not over', p_day USING errcode = '23514', constraint = 'outbox_day_is_over';
    END IF;
    EXECUTE format('ALTER TABLE outbox_message DETACH PARTITION %I', v_name);
    EXECUTE format('INSERT INTO outbox_message_rest SELECT m.* FROM %I m WHERE m.id = ANY ($1) UNION'
                   ' SELECT m.* FROM %1$I m WHERE m.dead_at IS NOT NULL AND m.done_at IS NULL UNION'
                   ' SELECT m.* FROM %1$I m WHERE m.id IN (SELECT o.message_id FROM outbox_open o, outbox.ids_of($2) AS d'
                   '                                       WHERE o.message_id >= d.first_id AND o.message_id < d.stop_id)', v_name)
    USING p_stays, p_day;
    EXECUTE format('DROP TABLE %I', v_name);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;
REVOKE ALL ON FUNCTION outbox.drop_day(date, bigint[]) FROM PUBLIC;

-- Write events down, set-based. An event of a kind that the map does not know is an error of ours.
-- As before, and answers the rows with their jobs. An event that nobody follows is kept for ever, so its id is of no day.
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
    INSERT INTO outbox_message AS m (id, kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, done_at)
    SELECT CASE WHEN s.job IS NULL THEN nextval('outbox_message_id_seq') ELSE outbox.next_id() END,
           e.kind, e.subject, e.payload, s.job, s.queue, now.at, now.at, 0, 0, CASE WHEN s.job IS NULL THEN now.at END
    FROM unnest(p_kinds, p_subjects, p_payloads) WITH ORDINALITY AS e (kind, subject, payload, no)
    JOIN outbox_subscription s ON s.kind = e.kind
    CROSS JOIN (SELECT clock_timestamp() AS at) AS now
    ORDER BY e.no, s.id
    RETURNING m.id, m.job::text;
END $$;

-- Write events down, set-based. An event of a kind that the map does not know is an error of ours.
-- As before, and each event with the id of the request it came from, or none. What nobody follows is of no day.
CREATE OR REPLACE FUNCTION outbox.record(p_kinds text[], p_subjects text[], p_payloads jsonb[], p_requests text[])
RETURNS TABLE (id bigint, job text)
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
    INSERT INTO outbox_message AS m
        (id, kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, done_at, request_id)
    SELECT CASE WHEN s.job IS NULL THEN nextval('outbox_message_id_seq') ELSE outbox.next_id() END,
           e.kind, e.subject, e.payload, s.job, s.queue, now.at, now.at, 0, 0, CASE WHEN s.job IS NULL THEN now.at END, e.request
    FROM unnest(p_kinds, p_subjects, p_payloads, p_requests) WITH ORDINALITY AS e (kind, subject, payload, request, no)
    JOIN outbox_subscription s ON s.kind = e.kind
    CROSS JOIN (SELECT clock_timestamp() AS at) AS now
    ORDER BY e.no, s.id
    RETURNING m.id, m.job::text;
END $$;

-- Below, what takes messages by their ids is planned for these ids: of a table that lies by day, only their days are looked at.

-- As before.
CREATE OR REPLACE FUNCTION outbox.begin(p_ids bigint[], p_job text, p_limit int) RETURNS TABLE (id bigint, is_dead boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH open AS (
        SELECT o.id, o.tries > 0 AND o.tries + o.failures >= p_limit - 1 AS is_dead FROM outbox_message o
        WHERE o.id = ANY (p_ids) AND o.job = p_job AND o.done_at IS NULL AND o.dead_at IS NULL
        ORDER BY o.id FOR UPDATE SKIP LOCKED)
    UPDATE outbox_message m
    SET tries = m.tries + (NOT open.is_dead)::int,
        dead_at = CASE WHEN open.is_dead THEN clock_timestamp() END,
        last_error = CASE WHEN open.is_dead THEN 'its worker ended without a word, ' || p_limit || ' times' ELSE m.last_error END
    FROM open WHERE m.id = open.id AND m.id = ANY (p_ids) RETURNING m.id, open.is_dead;
END $$;

-- As before.
CREATE OR REPLACE FUNCTION outbox.take(p_ids bigint[], p_job text) RETURNS TABLE (id bigint, subject text, payload jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH locked AS (
        SELECT o.id FROM outbox_message o
        WHERE o.id = ANY (p_ids) AND o.job = p_job AND o.done_at IS NULL AND o.dead_at IS NULL
        ORDER BY o.id FOR UPDATE)
    UPDATE outbox_message m SET done_at = clock_timestamp(), last_error = NULL
    FROM locked WHERE m.id = locked.id AND m.id = ANY (p_ids) RETURNING m.id, m.subject::text, m.payload;
END $$;

-- The same, and tells of each how long ago it was recorded, and the request that it follows from.
CREATE FUNCTION outbox.take_told(p_ids bigint[], p_job text)
RETURNS TABLE (id bigint, subject text, payload jsonb, age_s double precision, request_id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH locked AS (
        SELECT o.id FROM outbox_message o
        WHERE o.id = ANY (p_ids) AND o.job = p_job AND o.done_at IS NULL AND o.dead_at IS NULL
        ORDER BY o.id FOR UPDATE)
    UPDATE outbox_message m SET done_at = clock_timestamp(), last_error = NULL
    FROM locked WHERE m.id = locked.id AND m.id = ANY (p_ids)
    RETURNING m.id, m.subject::text, m.payload, extract(epoch FROM clock_timestamp() - m.recorded_at)::double precision,
              m.request_id::text;
END $$;
REVOKE ALL ON FUNCTION outbox.take_told(bigint[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.take_told(bigint[], text) TO ddt_app;

-- As before.
CREATE OR REPLACE FUNCTION outbox.fail(p_ids bigint[], p_error text, p_wait interval, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE v_aside int;
BEGIN
    WITH failed AS (
        UPDATE outbox_message m
        SET failures = m.failures + 1, tries = greatest(m.tries - 1, 0), last_error = left(p_error, 500),
            due_at = clock_timestamp() + p_wait,
            dead_at = CASE WHEN m.failures + 1 + greatest(m.tries - 1, 0) >= p_limit THEN clock_timestamp() END
        WHERE m.id = ANY (p_ids) AND m.done_at IS NULL AND m.dead_at IS NULL RETURNING m.dead_at)
    SELECT count(dead_at)::int INTO v_aside FROM failed;
    RETURN v_aside;
END $$;

-- As before.
CREATE OR REPLACE FUNCTION outbox.excuse(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    UPDATE outbox_message m SET tries = m.tries - 1
    WHERE m.id = ANY (p_ids) AND m.done_at IS NULL AND m.dead_at IS NULL AND m.tries > 0;
END $$;

-- Messages that were done. A day that is over goes whole, the oldest at each call. All others (what came before there were days,
-- and what has no place of its own) are walked by their id, in windows, until one holds something to delete; the walk goes on
-- there at the next call, and begins anew when it has come to the young. An event that nobody follows has no job and is kept as
-- a record; what is open or set aside stays however old it is.
CREATE OR REPLACE FUNCTION retention.purge_messages(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_from bigint := coalesce((SELECT t.reached FROM retention_tally t WHERE t.name = 'messages'), 0);
    v_reached bigint := v_from;
    v_day date;
    v_ids bigint[];
    v_is_young boolean;
    v_purged bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    SELECT d.day INTO v_day FROM outbox.days() AS d (day)
    WHERE (d.day + 1)::timestamp AT TIME ZONE 'UTC' <= v_before ORDER BY 1 LIMIT 1;
    IF v_day IS NOT NULL THEN  -- nothing else is walked until it is gone: what goes with it shall not be counted twice
        IF NOT pg_try_advisory_xact_lock(7306851) THEN
            RETURN 0;
        END IF;
        IF NOT EXISTS (SELECT FROM outbox.days() AS d (day) WHERE d.day = v_day) THEN
            RETURN 0;
        END IF;
        SELECT l.stays, l.goes INTO v_ids, v_purged FROM outbox.left_of_day(v_day, v_before) AS l;
        IF NOT outbox.drop_day(v_day, v_ids) THEN
            RETURN 0;
        END IF;
        IF v_purged > 0 THEN
            PERFORM retention.tell('messages', v_purged, v_reached);
            RETURN v_purged;
        END IF;
    END IF;
    FOR v_window IN 1..20 LOOP
        SELECT array_agg(l.id), count(*) < p_limit OR coalesce(max(l.recorded_at) FILTER (WHERE l.job IS NOT NULL) >= v_before, false),
               max(l.id)
        INTO v_ids, v_is_young, v_reached FROM (
            SELECT m.id, m.job, m.recorded_at FROM outbox_message m WHERE m.id > v_reached ORDER BY m.id LIMIT p_limit) AS l;
        SELECT array_agg(g.id) INTO v_ids FROM (
            SELECT m.id FROM outbox_message m
            WHERE m.id = ANY (v_ids) AND m.job IS NOT NULL AND m.done_at < v_before FOR UPDATE SKIP LOCKED) AS g;
        DELETE FROM outbox_message m WHERE m.id = ANY (v_ids);
        GET DIAGNOSTICS v_purged = ROW_COUNT;
        IF v_is_young THEN
            v_reached := 0;
        END IF;
        EXIT WHEN v_purged > 0 OR v_reached = 0;
    END LOOP;
    IF v_purged > 0 OR v_reached <> v_from THEN
        PERFORM retention.tell('messages', v_purged, v_reached);
    END IF;
    RETURN v_purged;
END $$;

-- The same of these jobs only: what a newer release's jobs are for waits for a worker of that release, and neither its due
-- time nor its attempts change meanwhile. Planned once for each connection, since planning grows with the number of days; which
-- day a message is looked for in is found by its id.
CREATE OR REPLACE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval, p_newest int, p_jobs text[])
RETURNS TABLE (id bigint, job text, attempts int, failures int, tries int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_ids bigint[];
BEGIN
    WITH oldest AS MATERIALIZED (
        SELECT m.id FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE o.queue = p_queue AND o.due_at <= statement_timestamp()
          AND m.job = ANY (p_jobs) AND m.done_at IS NULL AND m.dead_at IS NULL AND m.due_at <= statement_timestamp()
        ORDER BY o.due_at, o.message_id LIMIT p_limit - p_newest FOR UPDATE OF m SKIP LOCKED),
    newest AS MATERIALIZED (
        SELECT m.id FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE o.queue = p_queue AND o.due_at <= statement_timestamp()
          AND m.job = ANY (p_jobs) AND m.done_at IS NULL AND m.dead_at IS NULL AND m.due_at <= statement_timestamp()
        ORDER BY o.due_at DESC, o.message_id DESC LIMIT p_newest FOR UPDATE OF m SKIP LOCKED)
    SELECT array_agg(f.id) INTO v_ids FROM (SELECT x.id FROM oldest x UNION SELECT y.id FROM newest y) AS f;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    UPDATE outbox_message m
    SET attempts = m.attempts + 1,
        due_at = clock_timestamp() + p_patience * least(CASE m.attempts WHEN 0 THEN 1 ELSE 0.75 * (1 << least(m.attempts, 6)) END, 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    FROM unnest(v_ids) AS f (id) WHERE m.id = f.id
    RETURNING m.id, m.job::text, m.attempts, m.failures, m.tries;
END $$;
