-- Write events down, set-based: a row for each job that follows one. An event of a kind that the map does not know is an error of
-- ours. What is written for a job of p_taken is done in this very transaction: it is given back with an id, in the order of the
-- ids, and leaves no row, which would be written only to be deleted after a month. An event that nobody follows is of no day.
CREATE OR REPLACE FUNCTION outbox.record(p_kinds text[], p_subjects text[], p_payloads jsonb[], p_requests text[], p_taken text[])
RETURNS TABLE (id bigint, job text, subject text, payload jsonb)
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
    WITH told AS MATERIALIZED (
        SELECT CASE WHEN s.job IS NULL THEN nextval('outbox_message_id_seq') ELSE outbox.next_id() END AS id,
               e.kind, e.subject, e.payload, s.job, s.queue, now.at, e.request, coalesce(s.job = ANY (p_taken), false) AS is_taken
        FROM unnest(p_kinds, p_subjects, p_payloads, p_requests) WITH ORDINALITY AS e (kind, subject, payload, request, no)
        JOIN outbox_subscription s ON s.kind = e.kind
        CROSS JOIN (SELECT clock_timestamp() AS at) AS now
        ORDER BY e.no, s.id),
    written AS (
        INSERT INTO outbox_message
            (id, kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, done_at, request_id)
        SELECT t.id, t.kind, t.subject, t.payload, t.job, t.queue, t.at, t.at, 0, 0, CASE WHEN t.job IS NULL THEN t.at END, t.request
        FROM told t WHERE NOT t.is_taken)
    SELECT t.id, t.job::text, t.subject, t.payload FROM told t WHERE t.is_taken ORDER BY t.id;
END $$;
