-- The outbox counts tries that nobody ended: a row that kills its worker is set aside like one that fails.

ALTER TABLE outbox_message ADD CONSTRAINT outbox_message_tries_check CHECK (tries >= 0);

-- As before, and a row whose worker died comes at a time of its own, so that those beside it go on without it.
DROP FUNCTION outbox.due(text, int, interval);
CREATE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval)
RETURNS TABLE (id bigint, job text, rings int, failures int, tries int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE outbox_message m
    SET rings = m.rings + 1,
        due_at = clock_timestamp() + p_patience * least(1 << least(m.rings, 6), 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    WHERE m.id IN (
        SELECT o.id FROM outbox_message o
        WHERE o.queue = p_queue AND o.done_at IS NULL AND o.dead_at IS NULL AND o.due_at <= clock_timestamp()
        ORDER BY o.due_at, o.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING m.id, m.job::text, m.rings, m.failures, m.tries;
$$;

-- Count a try before it is begun, in a transaction of its own, and answer what may be tried. A row that took
-- its worker with it p_limit times (the first ring is not counted) is set aside instead. Rows that somebody is
-- working on are not waited for.
CREATE FUNCTION outbox.begin(p_ids bigint[], p_job text, p_limit int) RETURNS TABLE (id bigint, is_dead boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH open AS (
        SELECT o.id, o.tries > 0 AND o.tries + o.failures >= p_limit - 1 AS is_dead FROM outbox_message o
        WHERE o.id = ANY (p_ids) AND o.job = p_job AND o.done_at IS NULL AND o.dead_at IS NULL
        ORDER BY o.id FOR UPDATE SKIP LOCKED)
    UPDATE outbox_message m
    SET tries = m.tries + (NOT open.is_dead)::int,
        dead_at = CASE WHEN open.is_dead THEN clock_timestamp() END,
        last_error = CASE WHEN open.is_dead THEN 'its worker ended without a word, ' || p_limit || ' times' ELSE m.last_error END
    FROM open WHERE m.id = open.id RETURNING m.id, open.is_dead;
$$;

-- A try that ended without fault of the row: others were silent, or the database was away.
CREATE FUNCTION outbox.excuse(p_ids bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE outbox_message m SET tries = m.tries - 1
    WHERE m.id = ANY (p_ids) AND m.done_at IS NULL AND m.dead_at IS NULL AND m.tries > 0;
$$;

-- As before; and a failure is the end of a try that was counted.
CREATE OR REPLACE FUNCTION outbox.fail(p_ids bigint[], p_error text, p_wait interval, p_limit int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH failed AS (
        UPDATE outbox_message m
        SET failures = m.failures + 1, tries = greatest(m.tries - 1, 0), last_error = left(p_error, 500),
            due_at = clock_timestamp() + p_wait,
            dead_at = CASE WHEN m.failures + 1 + greatest(m.tries - 1, 0) >= p_limit THEN clock_timestamp() END
        WHERE m.id = ANY (p_ids) AND m.done_at IS NULL AND m.dead_at IS NULL RETURNING m.dead_at)
    SELECT count(dead_at)::int FROM failed;
$$;

-- Rows that were set aside are tried again from the beginning; their last error stays until they are done.
CREATE FUNCTION outbox.replay(p_ids bigint[]) RETURNS SETOF bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE outbox_message m SET dead_at = NULL, rings = 0, failures = 0, tries = 0, due_at = clock_timestamp()
    WHERE m.id = ANY (p_ids) AND m.dead_at IS NOT NULL AND m.done_at IS NULL RETURNING m.id;
$$;
CREATE INDEX outbox_message_dead_idx ON outbox_message (dead_at) WHERE dead_at IS NOT NULL;

REVOKE ALL ON FUNCTION outbox.due(text, int, interval), outbox.begin(bigint[], text, int), outbox.excuse(bigint[]),
    outbox.replay(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.due(text, int, interval), outbox.begin(bigint[], text, int), outbox.excuse(bigint[]),
    outbox.replay(bigint[]) TO ddt_app;
