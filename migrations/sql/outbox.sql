-- The outbox: an event is one row for each job that follows it, written in the transaction of its cause.

ALTER TABLE outbox_subscription
    ADD CONSTRAINT outbox_subscription_kind_job_key UNIQUE NULLS NOT DISTINCT (kind, job),
    ADD CONSTRAINT outbox_subscription_queue_check CHECK ((job IS NULL) = (queue IS NULL));
ALTER TABLE outbox_message
    ADD CONSTRAINT outbox_message_queue_check CHECK ((job IS NULL) = (queue IS NULL)),
    ADD CONSTRAINT outbox_message_nobody_check CHECK (job IS NOT NULL OR done_at IS NOT NULL);
CREATE INDEX outbox_message_due_idx ON outbox_message (queue, due_at, id) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_message_subject_idx ON outbox_message (subject);

CREATE SCHEMA outbox;

-- Write events down, set-based. An event of a kind that the map does not know is an error of ours.
CREATE FUNCTION outbox.record(p_kinds text[], p_subjects text[], p_payloads jsonb[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_unknown text;
BEGIN
    SELECT kind INTO v_unknown FROM unnest(p_kinds) AS k (kind)
    WHERE NOT EXISTS (SELECT FROM outbox_subscription s WHERE s.kind = k.kind) LIMIT 1;
    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION 'event % is not in the map of subscriptions', v_unknown
            USING errcode = '23503', constraint = 'outbox_message_kind_known';
    END IF;
    INSERT INTO outbox_message (kind, subject, payload, job, queue, recorded_at, due_at, rings, failures, done_at)
    SELECT e.kind, e.subject, e.payload, s.job, s.queue, now.at, now.at, 0, 0, CASE WHEN s.job IS NULL THEN now.at END
    FROM unnest(p_kinds, p_subjects, p_payloads) WITH ORDINALITY AS e (kind, subject, payload, no)
    JOIN outbox_subscription s ON s.kind = e.kind
    CROSS JOIN (SELECT clock_timestamp() AS at) AS now
    ORDER BY e.no, s.id;
END $$;

-- Rows of one queue whose bell is due: they are rung now and again after p_patience, so that whatever
-- happens to the bell or its hearer, nothing is lost. Works by state, never by a last-seen id.
CREATE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval)
RETURNS TABLE (id bigint, job text, rings int, failures int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE outbox_message m
    SET rings = m.rings + 1, due_at = clock_timestamp() + p_patience * least(1 << least(m.rings, 6), 30)
    WHERE m.id IN (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= clock_timestamp()
        ORDER BY o.due_at, o.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING m.id, m.job::text, m.rings, m.failures;
$$;

-- Take rows in the transaction of their effect: locked, marked done, and given back once only. A second
-- taker waits for the first to commit and then finds nothing.
CREATE FUNCTION outbox.take(p_ids bigint[], p_job text) RETURNS TABLE (id bigint, subject text, payload jsonb)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH locked AS (
        SELECT o.id FROM outbox_message o
        WHERE o.id = ANY (p_ids) AND o.job = p_job AND o.done_at IS NULL AND o.dead_at IS NULL
        ORDER BY o.id FOR UPDATE)
    UPDATE outbox_message m SET done_at = clock_timestamp(), last_error = NULL
    FROM locked WHERE m.id = locked.id RETURNING m.id, m.subject::text, m.payload;
$$;

-- A failure of ours: kept, and tried again alone, until p_limit failures put the row aside for people.
CREATE FUNCTION outbox.fail(p_ids bigint[], p_error text, p_wait interval, p_limit int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH failed AS (
        UPDATE outbox_message m
        SET failures = m.failures + 1, last_error = left(p_error, 500), due_at = clock_timestamp() + p_wait,
            dead_at = CASE WHEN m.failures + 1 >= p_limit THEN clock_timestamp() END
        WHERE m.id = ANY (p_ids) AND m.done_at IS NULL AND m.dead_at IS NULL RETURNING m.dead_at)
    SELECT count(dead_at)::int FROM failed;
$$;

REVOKE ALL ON SCHEMA outbox FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA outbox FROM PUBLIC;
GRANT USAGE ON SCHEMA outbox TO ddt_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA outbox TO ddt_app;
GRANT SELECT ON outbox_message, outbox_subscription TO ddt_app;
