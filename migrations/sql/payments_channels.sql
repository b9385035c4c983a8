-- Channels and their methods are declared by the program (app/gateways/channels/table.py); PostgreSQL knows their shape. A
-- payment of a channel that was never made known has no clearing account, and cannot be posted.
ALTER TABLE payment
    ADD CONSTRAINT payment_channel_check CHECK (channel ~ '^[a-z][a-z0-9_]{1,15}$'),
    ADD CONSTRAINT payment_method_check CHECK (method ~ '^[a-z][a-z0-9_]{0,31}$');
ALTER TABLE payment_notice
    ADD CONSTRAINT payment_notice_channel_check CHECK (channel ~ '^[a-z][a-z0-9_]{1,15}$');

-- What was kept for payers under the name of one channel's way.
UPDATE payment SET opening = opening - 'jsapi' || jsonb_build_object('call_up', opening -> 'jsapi')
WHERE opening ? 'jsapi';

-- Whether a refused refund's number is over is a fact of its own, and no longer read out of one channel's word.
UPDATE payment_refund SET is_over = true WHERE state = 'refused' AND last_word = 'CLOSED';
ALTER TABLE payment_refund ADD CONSTRAINT payment_refund_over_check CHECK (NOT is_over OR state <> 'done');
GRANT UPDATE (is_over) ON payment_refund TO ddt_app;

-- As before; a new number only where the channel has ended the old one: it then moved no money and will not.
CREATE OR REPLACE FUNCTION payments.ask_again(p_id uuid, p_refund uuid, p_by uuid, p_reason text, p_reference text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_refund payment_refund;
BEGIN
    SELECT * INTO v_refund FROM payment_refund r WHERE r.id = p_refund FOR UPDATE;
    IF v_refund.state IS DISTINCT FROM 'refused' OR (p_reference IS NOT NULL AND NOT v_refund.is_over) THEN
        RAISE EXCEPTION 'refund % is not refused, or its number is not over', p_refund
            USING errcode = '23514', constraint = 'payment_refund_lead_on_check';
    END IF;
    INSERT INTO payment_refund_act (id, refund_id, act, by_id, reason, reference_before, last_word, acted_at)
    VALUES (p_id, p_refund, 'asked_again', p_by, p_reason, v_refund.reference, v_refund.last_word, clock_timestamp());
    UPDATE payment_refund SET state = 'requested', reference = coalesce(p_reference, reference), queries = 0,
        is_over = is_over AND p_reference IS NULL, next_query_at = clock_timestamp() + interval '15 s' WHERE id = p_refund;
END $$;
