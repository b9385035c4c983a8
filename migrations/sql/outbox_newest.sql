-- The outbox rings for the newest first where somebody is waiting for it.

-- As before, and how much of what is rung for is what came last is said by the caller: p_newest of the p_limit rows.
-- The rest are the oldest, so that no backlog stands still.
DROP FUNCTION outbox.due(text, int, interval);
CREATE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval, p_newest int)
RETURNS TABLE (id bigint, job text, rings int, failures int, tries int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH oldest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
        ORDER BY o.due_at, o.id LIMIT p_limit - p_newest FOR UPDATE SKIP LOCKED),
    newest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
        ORDER BY o.due_at DESC, o.id DESC LIMIT p_newest FOR UPDATE SKIP LOCKED)
    UPDATE outbox_message m
    SET rings = m.rings + 1,
        due_at = clock_timestamp() + p_patience * least(CASE m.rings WHEN 0 THEN 1 ELSE 0.75 * (1 << least(m.rings, 6)) END, 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    WHERE m.id IN (SELECT x.id FROM oldest x UNION SELECT y.id FROM newest y)
    RETURNING m.id, m.job::text, m.rings, m.failures, m.tries;
$$;
REVOKE ALL ON FUNCTION outbox.due(text, int, interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.due(text, int, interval, int) TO ddt_app;
