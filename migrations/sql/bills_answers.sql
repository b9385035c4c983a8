-- The channel has not made the bill yet, or was silent: its code is kept, and nothing else changes.
CREATE FUNCTION bills.record_answer(p_bill uuid, p_code text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE channel_bill SET last_word = left(p_code, 64) WHERE id = p_bill
$$;
REVOKE ALL ON FUNCTION bills.record_answer(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bills.record_answer(uuid, text) TO ddt_app;

-- What the channel answered when it was asked about a difference. One that is closed stays as it is.
CREATE FUNCTION bills.record_difference_answer(p_difference uuid, p_code text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE bill_difference SET last_word = left(p_code, 64), asked_at = clock_timestamp() WHERE id = p_difference AND state = 'open'
$$;
REVOKE ALL ON FUNCTION bills.record_difference_answer(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bills.record_difference_answer(uuid, text) TO ddt_app;

-- The former name of bills.record_answer: the release before calls it, and the next one drops it.
CREATE OR REPLACE FUNCTION bills.hear(p_bill uuid, p_word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT bills.record_answer(p_bill, p_word)
$$;

-- The former name of bills.record_difference_answer: the release before calls it, and the next one drops it.
CREATE OR REPLACE FUNCTION bills.hear_difference(p_difference uuid, p_word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT bills.record_difference_answer(p_difference, p_word)
$$;
