-- What waits is a narrow table beside the outbox, written by triggers alone. A row of outbox_message is rung for, tried and
-- done: with an index over that, each of these steps wrote every index of the table anew (none of 100,000 updates was HOT).
-- So no index of outbox_message holds a column that changes, and what is looked for by its due time is here, for as long as
-- it is open. Rows are touched only by whoever holds the lock of their message.

CREATE TABLE outbox_open (
    message_id bigint PRIMARY KEY,
    queue varchar(32) NOT NULL,
    due_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO outbox_open (message_id, queue, due_at)
SELECT m.id, m.queue, m.due_at FROM outbox_message m WHERE m.done_at IS NULL AND m.dead_at IS NULL;
CREATE INDEX outbox_open_due_idx ON outbox_open (queue, due_at, message_id);
GRANT SELECT ON outbox_open TO ddt_app;

DROP INDEX outbox_message_due_idx;
-- A subject is looked for as a whole, never in an order: its hash is a fifth of the text.
DROP INDEX outbox_message_subject_idx;
CREATE INDEX outbox_message_subject_idx ON outbox_message USING hash (subject);
ALTER TABLE outbox_message SET (fillfactor = 80);

-- Keep outbox_open what is open; once for each statement, however many rows it writes.
CREATE FUNCTION outbox.follow_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO outbox_open (message_id, queue, due_at)
    SELECT a.id, a.queue, a.due_at FROM added a WHERE a.done_at IS NULL AND a.dead_at IS NULL;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION outbox.follow_added() FROM PUBLIC;
CREATE TRIGGER outbox_message_is_open AFTER INSERT ON outbox_message
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION outbox.follow_added();

-- What a set of changed messages means for what is open: over, due at another time, open again.
CREATE FUNCTION outbox.follow_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    DELETE FROM outbox_open o USING changed c
    WHERE o.message_id = c.id AND (c.done_at IS NOT NULL OR c.dead_at IS NOT NULL);
    UPDATE outbox_open o SET due_at = c.due_at FROM changed c
    WHERE o.message_id = c.id AND o.due_at <> c.due_at;
    INSERT INTO outbox_open (message_id, queue, due_at)
    SELECT c.id, c.queue, c.due_at FROM changed c JOIN before b ON b.id = c.id
    WHERE c.done_at IS NULL AND c.dead_at IS NULL AND (b.done_at IS NOT NULL OR b.dead_at IS NOT NULL);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION outbox.follow_changed() FROM PUBLIC;
CREATE TRIGGER outbox_message_stays_open AFTER UPDATE ON outbox_message
    REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION outbox.follow_changed();

CREATE FUNCTION outbox.follow_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM outbox_open o USING gone g WHERE o.message_id = g.id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION outbox.follow_gone() FROM PUBLIC;
CREATE TRIGGER outbox_message_is_gone AFTER DELETE ON outbox_message
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION outbox.follow_gone();

-- Rows of one queue that are due: they are enqueued now and again after p_patience, so that whatever happens to the queue or
-- a worker, nothing is lost. Works by state, never by a last-seen id. A row whose worker died comes at a time of its own, so
-- that those beside it go on without it. p_newest of the p_limit rows are what came last: whoever comes now does not wait
-- behind a long backlog, and the rest are the oldest, so that no backlog stands still. The second patience is half as long
-- again as the first, not twice, so that the work of a worker that is killed twice running goes on within fifteen seconds;
-- from then on it doubles.
-- As before; what is open is looked for beside its messages, whose locks alone are taken.
CREATE OR REPLACE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval, p_newest int)
RETURNS TABLE (id bigint, job text, attempts int, failures int, tries int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
    WITH oldest AS MATERIALIZED (
        SELECT m.id FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE o.queue = p_queue AND o.due_at <= statement_timestamp()
          AND m.done_at IS NULL AND m.dead_at IS NULL AND m.due_at <= statement_timestamp()
        ORDER BY o.due_at, o.message_id LIMIT p_limit - p_newest FOR UPDATE OF m SKIP LOCKED),
    newest AS MATERIALIZED (
        SELECT m.id FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE o.queue = p_queue AND o.due_at <= statement_timestamp()
          AND m.done_at IS NULL AND m.dead_at IS NULL AND m.due_at <= statement_timestamp()
        ORDER BY o.due_at DESC, o.message_id DESC LIMIT p_newest FOR UPDATE OF m SKIP LOCKED)
    UPDATE outbox_message m
    SET attempts = m.attempts + 1,
        due_at = clock_timestamp() + p_patience * least(CASE m.attempts WHEN 0 THEN 1 ELSE 0.75 * (1 << least(m.attempts, 6)) END, 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    WHERE m.id IN (SELECT x.id FROM oldest x UNION SELECT y.id FROM newest y)
    RETURNING m.id, m.job::text, m.attempts, m.failures, m.tries;
$$;
REVOKE ALL ON FUNCTION outbox.due(text, integer, interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.due(text, integer, interval, integer) TO ddt_app;

-- The same of these jobs only: what a newer release's jobs are for waits for a worker of that release, and neither its due
-- time nor its attempts change meanwhile.
CREATE OR REPLACE FUNCTION outbox.due(p_queue text, p_limit int, p_patience interval, p_newest int, p_jobs text[])
RETURNS TABLE (id bigint, job text, attempts int, failures int, tries int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
    WITH oldest AS MATERIALIZED (
        SELECT m.id FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE o.queue = p_queue AND o.due_at <= statement_timestamp()
          AND m.job = ANY (p_jobs) AND m.done_at IS NULL AND m.dead_at IS NULL AND m.due_at <= statement_timestamp()
        ORDER BY o.due_at, o.message_id LIMIT p_limit - p_newest FOR UPDATE OF m SKIP LOCKED),
    newest AS MATERIALIZED (
        SELECT m.id FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE o.queue = p_queue AND o.due_at <= statement_timestamp()
          AND m.job = ANY (p_jobs) AND m.done_at IS NULL AND m.dead_at IS NULL AND m.due_at <= statement_timestamp()
        ORDER BY o.due_at DESC, o.message_id DESC LIMIT p_newest FOR UPDATE OF m SKIP LOCKED)
    UPDATE outbox_message m
    SET attempts = m.attempts + 1,
        due_at = clock_timestamp() + p_patience * least(CASE m.attempts WHEN 0 THEN 1 ELSE 0.75 * (1 << least(m.attempts, 6)) END, 30)
                 * CASE WHEN m.tries > 0 THEN 0.5 + random() ELSE 1 END
    WHERE m.id IN (SELECT x.id FROM oldest x UNION SELECT y.id FROM newest y)
    RETURNING m.id, m.job::text, m.attempts, m.failures, m.tries;
$$;
REVOKE ALL ON FUNCTION outbox.due(text, integer, interval, integer, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox.due(text, integer, interval, integer, text[]) TO ddt_app;
