-- Retention: the only functions that delete information. Each deletes one batch whose time is over, oldest first, and
-- counts it in the same transaction. They go by keys and never read a whole table, whatever the statistics say: of a table
-- that was empty when it was last looked at they would read all by any index, and sort.

ALTER TABLE retention_tally
    ADD CONSTRAINT retention_tally_purged_check CHECK (purged >= 0 AND reached >= 0);

CREATE SCHEMA retention;

CREATE FUNCTION retention.tell(p_name text, p_purged bigint, p_reached bigint) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO retention_tally (name, purged, reached, last_at) VALUES (p_name, p_purged, p_reached, clock_timestamp())
    ON CONFLICT (name) DO UPDATE
    SET purged = retention_tally.purged + excluded.purged, reached = excluded.reached, last_at = excluded.last_at;
$$;

-- Whoever asks, information is not deleted sooner than this; answers are promised for thirty days.
CREATE FUNCTION retention.refuse_short(p_keep interval, p_least interval) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF p_keep IS NULL OR p_keep < p_least THEN
        RAISE EXCEPTION 'information is kept for % at least, not %', p_least, p_keep
            USING errcode = '23514', constraint = 'retention_keep_check';
    END IF;
END $$;

-- Messages that were done. An event that nobody follows has no job and is kept as a record; what is open or set aside
-- stays however old it is. So the rows are walked by their id, in windows, until one holds something to delete; the
-- walk goes on there at the next call, and begins anew when it has come to the young.
CREATE FUNCTION retention.purge_messages(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_from bigint := coalesce((SELECT t.reached FROM retention_tally t WHERE t.name = 'messages'), 0);
    v_reached bigint := v_from;
    v_purged bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    FOR v_window IN 1..20 LOOP
        WITH look AS MATERIALIZED (
            SELECT m.id, m.recorded_at FROM outbox_message m WHERE m.id > v_reached ORDER BY m.id LIMIT p_limit),
        gone AS MATERIALIZED (
            SELECT m.id FROM outbox_message m
            WHERE m.id = ANY (ARRAY(SELECT l.id FROM look l)) AND m.job IS NOT NULL AND m.done_at < v_before
            FOR UPDATE SKIP LOCKED),
        away AS (
            DELETE FROM outbox_message m WHERE m.id = ANY (ARRAY(SELECT g.id FROM gone g)) RETURNING m.id)
        SELECT (SELECT count(*) FROM away),
               CASE WHEN count(*) = p_limit AND max(l.recorded_at) < v_before THEN max(l.id) ELSE 0 END
        INTO v_purged, v_reached FROM look l;
        EXIT WHEN v_purged > 0 OR v_reached = 0;
    END LOOP;
    IF v_purged > 0 OR v_reached <> v_from THEN
        PERFORM retention.tell('messages', v_purged, v_reached);
    END IF;
    RETURN v_purged;
END $$;

-- What clients were told. The oldest rows stand first by their id, and none is an exception.
CREATE FUNCTION retention.purge_answers(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE v_purged bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '30 days');
    WITH look AS MATERIALIZED (SELECT i.id, i.kept_at FROM intent i ORDER BY i.id LIMIT p_limit),
    gone AS MATERIALIZED (
        SELECT i.id FROM intent i WHERE i.id = ANY (ARRAY(
            SELECT l.id FROM look l WHERE l.kept_at < clock_timestamp() - p_keep)) FOR UPDATE SKIP LOCKED)
    DELETE FROM intent i WHERE i.id = ANY (ARRAY(SELECT g.id FROM gone g));
    GET DIAGNOSTICS v_purged = ROW_COUNT;
    IF v_purged > 0 THEN
        PERFORM retention.tell('answers', v_purged, 0);
    END IF;
    RETURN v_purged;
END $$;

-- Sessions, by when they ended; one that was revoked ends at the time it would have had.
CREATE FUNCTION retention.purge_sessions(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_purged bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    WITH gone AS MATERIALIZED (
        SELECT s.id FROM identity_session s WHERE s.expires_at < v_before ORDER BY s.expires_at LIMIT p_limit
        FOR UPDATE SKIP LOCKED)
    DELETE FROM identity_session s WHERE s.id = ANY (ARRAY(SELECT g.id FROM gone g));
    GET DIAGNOSTICS v_purged = ROW_COUNT;
    IF v_purged > 0 THEN
        PERFORM retention.tell('sessions', v_purged, 0);
    END IF;
    RETURN v_purged;
END $$;

-- Password tries. Their ids are made from the time, so the oldest stand first.
CREATE FUNCTION retention.purge_attempts(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE v_purged bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    WITH look AS MATERIALIZED (SELECT a.id, a.attempted_at FROM sign_in_attempt a ORDER BY a.id LIMIT p_limit),
    gone AS MATERIALIZED (
        SELECT a.id FROM sign_in_attempt a WHERE a.id = ANY (ARRAY(
            SELECT l.id FROM look l WHERE l.attempted_at < clock_timestamp() - p_keep)) FOR UPDATE SKIP LOCKED)
    DELETE FROM sign_in_attempt a WHERE a.id = ANY (ARRAY(SELECT g.id FROM gone g));
    GET DIAGNOSTICS v_purged = ROW_COUNT;
    IF v_purged > 0 THEN
        PERFORM retention.tell('attempts', v_purged, 0);
    END IF;
    RETURN v_purged;
END $$;

REVOKE ALL ON SCHEMA retention FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA retention FROM PUBLIC;
GRANT USAGE ON SCHEMA retention TO ddt_app;
GRANT EXECUTE ON FUNCTION retention.purge_messages(interval, int), retention.purge_answers(interval, int),
    retention.purge_sessions(interval, int), retention.purge_attempts(interval, int) TO ddt_app;
GRANT SELECT ON retention_tally TO ddt_app;
