-- The outbox tells which rows an event made, so that whoever wrote it may take them in the same transaction.

-- As before, and answers the rows with their jobs.
DROP FUNCTION outbox.record(text[], text[], jsonb[]);
CREATE FUNCTION outbox.record(p_kinds text[], p_subjects text[], p_payloads jsonb[]) RETURNS TABLE (id bigint, job text)
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
    INSERT INTO outbox_message AS m (kind, subject, payload, job, queue, recorded_at, due_at, rings, failures, done_at)
    SELECT e.kind, e.subject, e.payload, s.job, s.queue, now.at, now.at, 0, 0, CASE WHEN s.job IS NULL THEN now.at END
    FROM unnest(p_kinds, p_subjects, p_payloads) WITH ORDINALITY AS e (kind, subject, payload, no)
    JOIN outbox_subscription s ON s.kind = e.kind
    CROSS JOIN (SELECT clock_timestamp() AS at) AS now
    ORDER BY e.no, s.id
    RETURNING m.id, m.job::text;
END $$;
REVOKE ALL ON FUNCTION outbox.record(text[], text[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.record(text[], text[], jsonb[]) TO ddt_app;
