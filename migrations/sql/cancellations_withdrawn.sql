-- Who proposed may take it back before a second person says anything: it is returned, and nobody checked it.
ALTER TABLE upstream_cancellation
    DROP CONSTRAINT upstream_cancellation_checked_check,
    ADD CONSTRAINT upstream_cancellation_checked_check CHECK (
        (state NOT IN ('proposed', 'reported') OR checker_id IS NULL)
        AND (state IN ('proposed', 'reported', 'returned') OR checker_id IS NOT NULL)
        AND num_nulls(checker_id, checked_sha256, checked_at) IN (0, 3));

-- Who brought it into this state: the maker, the checker, or nobody of ours. Without a checker it is the maker's own no.
CREATE OR REPLACE FUNCTION cancellations.remember() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO upstream_cancellation_history (cancellation_id, state, actor_id, payload_sha256, note, at)
    VALUES (new.id, new.state,
            CASE WHEN new.state IN ('proposed', 'reported') THEN new.maker_id
                 WHEN new.state = 'returned' THEN coalesce(new.checker_id, new.maker_id)
                 WHEN new.state = 'approved' OR (new.state = 'cancelled' AND new.mode = 'hand') THEN new.checker_id
            END,
            new.payload_sha256,
            CASE WHEN new.state IN ('reported', 'cancelled') THEN new.registry_reference
                 WHEN new.state = 'unknown' THEN new.last_word ELSE new.reason END,
            clock_timestamp());
    RETURN NULL;
END $$;
