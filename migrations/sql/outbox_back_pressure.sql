-- The outbox rings for what its relays have room for, in a fair order, and sooner after a second death.

-- As before, and of what is due a quarter is what came last: whoever comes now does not wait behind a long backlog, which
-- still goes on from its oldest row. The second patience is half as long again as the first, not twice, so that
-- the work of a worker that is killed twice running goes on within fifteen seconds; from then on it doubles.
CREATE OR REPLACE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval)
RETURNS TABLE (id bigint, job text, rings int, failures int, tries int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH oldest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
        ORDER BY o.due_at, o.id LIMIT p_limit - p_limit / 4 FOR UPDATE SKIP LOCKED),
    newest AS MATERIALIZED (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= statement_timestamp()
        ORDER BY o.due_at DESC, o.id DESC LIMIT p_limit / 4 FOR UPDATE SKIP LOCKED)
    UPDATE outbox_message m
    SET rings = m.rings + 1,
        due_at = clock_timestamp() + p_patience * least(CASE m.rings WHEN 0 THEN 1 ELSE 0.75 * (1 << least(m.rings, 6)) END, 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    WHERE m.id IN (SELECT x.id FROM oldest x UNION SELECT y.id FROM newest y)
    RETURNING m.id, m.job::text, m.rings, m.failures, m.tries;
$$;
