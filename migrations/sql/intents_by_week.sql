-- Answers lie by week. An answer's id says its day: days since 1970 (UTC) in the upper bits, its turn in the lower 38, so that the
-- primary key is also what the table is divided by, and a week is one range of ids. A week that is over for long enough is
-- dropped whole.
--   intent_answer_wYYYYMMDD   a week from its Monday on, made ahead by intents.make_weeks
--   intent_answer_rest        whatever came in a week that nobody had made in time
-- The key (actor, key) is unique in each week. Over weeks the first answer is the one that is told, by when it was kept, and
-- nobody adds a second to one that is there; two that come in the same moment on two sides of a midnight may both stand, and one
-- is told.
-- What was kept before stays in `intent`, is told as before, and goes with its age.
CREATE SEQUENCE intent_answer_id_seq MAXVALUE 274877906943 CYCLE;
CREATE FUNCTION intents.next_id() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
    SELECT (floor(extract(epoch FROM clock_timestamp()) / 86400)::bigint << 38) + nextval('intent_answer_id_seq');
$$;
REVOKE ALL ON FUNCTION intents.next_id() FROM PUBLIC;
CREATE TABLE intent_answer (
    id bigint NOT NULL DEFAULT intents.next_id(),
    actor uuid NOT NULL,
    key varchar(255) NOT NULL,
    body_sha256 bytea NOT NULL,
    status smallint NOT NULL,
    answer bytea NOT NULL,
    kept_at timestamptz NOT NULL,
    CONSTRAINT intent_answer_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);
ALTER SEQUENCE intent_answer_id_seq OWNED BY intent_answer.id;
CREATE TABLE intent_answer_rest PARTITION OF intent_answer DEFAULT;
CREATE UNIQUE INDEX intent_answer_rest_actor_key_key ON intent_answer_rest (actor, key);
GRANT SELECT ON intent_answer TO ddt_app;
GRANT USAGE ON SCHEMA intents TO ddt_app;

-- The first id of the week that begins on this Monday, and the first of the week after.
CREATE FUNCTION intents.ids_of(p_monday date, OUT first_id bigint, OUT stop_id bigint)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT (p_monday - date '1970-01-01')::bigint << 38, (p_monday - date '1970-01-01' + 7)::bigint << 38;
$$;
REVOKE ALL ON FUNCTION intents.ids_of(date) FROM PUBLIC;

-- The Mondays of weeks that have a place of their own.
CREATE FUNCTION intents.weeks() RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT to_date(substr(c.relname, 16), 'YYYYMMDD') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'intent_answer'::regclass AND c.relname ~ '^intent_answer_w[0-9]{8}$' ORDER BY 1;
$$;
REVOKE ALL ON FUNCTION intents.weeks() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intents.weeks() TO ddt_app;

-- Make places for this week and the weeks after it; answers how many are new. A week of which something lies among the rest already
-- stays there. Whoever holds a lock is waited for a fifth of a second, and the week made at the next call.
CREATE FUNCTION intents.make_weeks(p_ahead int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    v_monday date;
    v_name text;
    v_of record;
    v_made int := 0;
BEGIN
    IF p_ahead NOT BETWEEN 0 AND 8 THEN
        RAISE EXCEPTION 'weeks are made at most eight ahead' USING errcode = '23514', constraint = 'intent_weeks_ahead';
    END IF;
    IF NOT pg_try_advisory_xact_lock(7306852) THEN
        RETURN 0;
    END IF;
    FOR v_monday IN
        SELECT date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date + 7 * n.n FROM generate_series(0, p_ahead) AS n (n)
        EXCEPT SELECT intents.weeks() ORDER BY 1
    LOOP
        SELECT * INTO v_of FROM intents.ids_of(v_monday);
        CONTINUE WHEN EXISTS (SELECT FROM intent_answer_rest r WHERE r.id >= v_of.first_id AND r.id < v_of.stop_id);
        v_name := 'intent_answer_w' || to_char(v_monday, 'YYYYMMDD');
        BEGIN
            EXECUTE format('CREATE TABLE %I (LIKE intent_answer INCLUDING ALL)', v_name);
            EXECUTE format('CREATE UNIQUE INDEX %I ON %I (actor, key)', v_name || '_actor_key_key', v_name);
            EXECUTE format('ALTER TABLE intent_answer ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                           v_name, v_of.first_id, v_of.stop_id);
            v_made := v_made + 1;
        EXCEPTION WHEN lock_not_available OR check_violation THEN
            EXIT;
        END;
    END LOOP;
    RETURN v_made;
END $$;
REVOKE ALL ON FUNCTION intents.make_weeks(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intents.make_weeks(int) TO ddt_app;

-- Keep an answer; the first one wins. A repeat, be it with another answer, changes nothing.
CREATE FUNCTION intents.keep(p_actor uuid, p_key text, p_body_sha256 bytea, p_status int, p_answer bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO intent_answer (actor, key, body_sha256, status, answer, kept_at)
    SELECT p_actor, p_key, p_body_sha256, p_status, p_answer, clock_timestamp()
    WHERE NOT EXISTS (SELECT FROM intent i WHERE i.actor = p_actor AND i.key = p_key)
      AND NOT EXISTS (SELECT FROM intent_answer a WHERE a.actor = p_actor AND a.key = p_key)
    ON CONFLICT DO NOTHING;
$$;
REVOKE ALL ON FUNCTION intents.keep(uuid, text, bytea, int, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intents.keep(uuid, text, bytea, int, bytea) TO ddt_app;

CREATE OR REPLACE FUNCTION intents.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM intent WHERE actor = new.id;
    DELETE FROM intent_answer WHERE actor = new.id;
    RETURN NULL;
END $$;

-- What clients were told. A week that is over for so long goes whole, the oldest at each call; what has no place of its own, and
-- what was kept before there were weeks, row by row: the oldest stand first by their id, and none is an exception.
CREATE OR REPLACE FUNCTION retention.purge_answers(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_purged bigint;
    v_rows bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '30 days');
    v_purged := intents.drop_week(v_before);
    WITH look AS MATERIALIZED (SELECT i.id, i.kept_at FROM intent i ORDER BY i.id LIMIT p_limit),
    gone AS MATERIALIZED (
        SELECT i.id FROM intent i WHERE i.id = ANY (ARRAY(SELECT l.id FROM look l WHERE l.kept_at < v_before)) FOR UPDATE SKIP LOCKED)
    DELETE FROM intent i WHERE i.id = ANY (ARRAY(SELECT g.id FROM gone g));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_purged := v_purged + v_rows;
    WITH look AS MATERIALIZED (SELECT i.id, i.kept_at FROM intent_answer_rest i ORDER BY i.id LIMIT p_limit),
    gone AS MATERIALIZED (
        SELECT i.id FROM intent_answer_rest i WHERE i.id = ANY (ARRAY(
            SELECT l.id FROM look l WHERE l.kept_at < v_before)) FOR UPDATE SKIP LOCKED)
    DELETE FROM intent_answer_rest i WHERE i.id = ANY (ARRAY(SELECT g.id FROM gone g));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_purged := v_purged + v_rows;
    IF v_purged > 0 THEN
        PERFORM retention.tell('answers', v_purged, 0);
    END IF;
    RETURN v_purged;
END $$;

-- Drop the oldest week that ended before p_before; answers how many rows went with it, 0 where there is none, or where somebody
-- held the table for longer than a fifth of a second.
CREATE FUNCTION intents.drop_week(p_before timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '200ms' SET enable_seqscan = on AS $$
DECLARE
    v_name text;
    v_rows bigint;
BEGIN
    IF p_before > clock_timestamp() - interval '1 day' THEN
        RAISE EXCEPTION 'a week goes a day after its end at the earliest' USING errcode = '23514', constraint = 'intent_week_is_over';
    END IF;
    SELECT 'intent_answer_w' || to_char(w.monday, 'YYYYMMDD') INTO v_name FROM intents.weeks() AS w (monday)
    WHERE (w.monday + 7)::timestamp AT TIME ZONE 'UTC' <= p_before ORDER BY w.monday LIMIT 1;
    IF v_name IS NULL OR NOT pg_try_advisory_xact_lock(7306852) OR to_regclass(v_name) IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I', v_name) INTO v_rows;
    EXECUTE format('ALTER TABLE intent_answer DETACH PARTITION %I', v_name);
    EXECUTE format('DROP TABLE %I', v_name);
    RETURN v_rows;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $$;
REVOKE ALL ON FUNCTION intents.drop_week(timestamptz) FROM PUBLIC;
