-- Whoever writes events and does what follows in the same transaction takes their rows as they are written.

-- Write events down, set-based. An event of a kind that the map does not know is an error of ours.
-- As before; the rows for the jobs of p_taken are done with this transaction, and are given back with what they say, in the
-- order of their ids: nobody looks for them meanwhile, and nothing of them is written a second time.
CREATE FUNCTION outbox.record(p_kinds text[], p_subjects text[], p_payloads jsonb[], p_requests text[], p_taken text[])
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
    WITH written AS (
        INSERT INTO outbox_message AS m
            (id, kind, subject, payload, job, queue, recorded_at, due_at, attempts, failures, done_at, request_id)
        SELECT CASE WHEN s.job IS NULL THEN nextval('outbox_message_id_seq') ELSE outbox.next_id() END,
               e.kind, e.subject, e.payload, s.job, s.queue, now.at, now.at, 0, 0,
               CASE WHEN s.job IS NULL OR s.job = ANY (p_taken) THEN now.at END, e.request
        FROM unnest(p_kinds, p_subjects, p_payloads, p_requests) WITH ORDINALITY AS e (kind, subject, payload, request, no)
        JOIN outbox_subscription s ON s.kind = e.kind
        CROSS JOIN (SELECT clock_timestamp() AS at) AS now
        ORDER BY e.no, s.id
        RETURNING m.id, m.job, m.subject, m.payload)
    SELECT w.id, w.job::text, w.subject::text, w.payload FROM written w WHERE w.job = ANY (p_taken) ORDER BY w.id;
END $$;
REVOKE ALL ON FUNCTION outbox.record(text[], text[], jsonb[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.record(text[], text[], jsonb[], text[], text[]) TO ddt_app;
