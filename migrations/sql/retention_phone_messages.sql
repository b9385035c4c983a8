-- Messages to phones that have ended, and what people said when they were asked for one: both go when their time is over. An
-- answer that a kept message used stays with it; a yes that was never used is not used any more after that time. The ids are
-- made from the time, so the oldest stand first; what is still on its way ends within days and holds nobody up.
CREATE FUNCTION retention.purge_phone_messages(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_messages bigint;
    v_answers bigint;
BEGIN
    -- A message is told once about one thing: its row must outlast whatever could bring the same thing again.
    PERFORM retention.refuse_short(p_keep, '30 days');
    DELETE FROM phone_message m WHERE m.id = ANY (ARRAY(
        SELECT w.id FROM phone_message w WHERE w.ended_at < v_before ORDER BY w.id LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_messages = ROW_COUNT;
    DELETE FROM message_answer a WHERE a.id = ANY (ARRAY(
        SELECT w.id FROM message_answer w WHERE w.answered_at < v_before
            AND NOT EXISTS (SELECT FROM phone_message m WHERE m.answer_id = w.id)
        ORDER BY w.id LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_answers = ROW_COUNT;
    IF v_messages + v_answers > 0 THEN
        PERFORM retention.tell('phone_messages', v_messages + v_answers, 0);
    END IF;
    RETURN v_messages + v_answers;
END $$;
REVOKE ALL ON FUNCTION retention.purge_phone_messages(interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.purge_phone_messages(interval, int) TO ddt_app;
