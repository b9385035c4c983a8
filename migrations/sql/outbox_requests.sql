-- A message keeps the id of the request that led to it, and a relay finds the jobs that its own release knows.

-- Write events down, set-based. An event of a kind that the map does not know is an error of ours.
-- As before, and each event with the id of the request it came from, or none.
CREATE FUNCTION outbox.record(p_kinds text[], p_subjects text[], p_payloads jsonb[], p_requests text[])
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
        (kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, done_at, request_id)
    SELECT e.kind, e.subject, e.payload, s.job, s.queue, now.at, now.at, 0, 0, CASE WHEN s.job IS NULL THEN now.at END, e.request
    FROM unnest(p_kinds, p_subjects, p_payloads, p_requests) WITH ORDINALITY AS e (kind, subject, payload, request, no)
    JOIN outbox_subscription s ON s.kind = e.kind
    CROSS JOIN (SELECT clock_timestamp() AS at) AS now
    ORDER BY e.no, s.id
    RETURNING m.id, m.job::text;
END $$;
REVOKE ALL ON FUNCTION outbox.record(text[], text[], jsonb[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.record(text[], text[], jsonb[], text[]) TO ddt_app;

-- Rows of one queue that are due, as before, and of these jobs only: what a newer release's jobs are for waits for a
-- worker of that release, and neither its due time nor its attempts change meanwhile.
CREATE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval, p_newest int, p_jobs text[])
RETURNS TABLE (id bigint, job text, attempts int, failures int, tries int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH oldest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
          AND o.job = ANY (p_jobs)
        ORDER BY o.due_at, o.id LIMIT p_limit - p_newest FOR UPDATE SKIP LOCKED),
    newest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
          AND o.job = ANY (p_jobs)
        ORDER BY o.due_at DESC, o.id DESC LIMIT p_newest FOR UPDATE SKIP LOCKED)
    UPDATE outbox_message m
    SET attempts = m.attempts + 1,
        due_at = clock_timestamp() + p_patience * least(CASE m.attempts WHEN 0 THEN 1 ELSE 0.75 * (1 << least(m.attempts, 6)) END, 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    WHERE m.id IN (SELECT x.id FROM oldest x UNION SELECT y.id FROM newest y)
    RETURNING m.id, m.job::text, m.attempts, m.failures, m.tries;
$$;
REVOKE ALL ON FUNCTION outbox.due(text, integer, interval, integer, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.due(text, integer, interval, integer, text[]) TO ddt_app;
