-- Money given back another way than the channel takes two people of finance; the act is the effect of their approval.
ALTER TABLE payment_refund_act DISABLE TRIGGER USER;
ALTER TABLE payment_refund_act ADD COLUMN approval_id uuid;
UPDATE payment_refund_act a SET approval_id = approvals.found('hand_refund', a.reference_before, jsonb_build_object(
    'refund', a.refund_id, 'reference', a.reference_before, 'reason', a.reason, 'evidence', a.evidence))
WHERE a.act = 'settled';
ALTER TABLE payment_refund_act ENABLE TRIGGER USER;
SELECT approvals.bind_effect('hand_refund', 'payment_refund_act');
ALTER TABLE payment_refund_act ADD CONSTRAINT payment_refund_act_approved_check CHECK ((act = 'settled') = (approval_id IS NOT NULL));

CREATE FUNCTION payments.check_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'hand_refund');
BEGIN
    IF ((v_said->>'refund')::uuid, v_said->>'reference', v_said->>'reason', v_said->>'evidence')
       IS DISTINCT FROM (new.refund_id, new.reference_before::text, new.reason::text, new.evidence::text)
       OR (v_said->>'amount_minor')::bigint IS DISTINCT FROM (SELECT r.amount_minor FROM payment_refund r WHERE r.id = new.refund_id)
    THEN
        RAISE EXCEPTION 'this refund is not what two people agreed upon'
            USING errcode = '23514', constraint = 'payment_refund_act_two_people';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER payment_refund_act_two_people BEFORE INSERT ON payment_refund_act
    FOR EACH ROW WHEN (new.act = 'settled') EXECUTE FUNCTION payments.check_by_hand();

-- Lead a refused refund on: asked again by one person, or, approved by two, settled another way. A new number only where the
-- channel has ended the old one: it then moved no money and will not.
DROP FUNCTION payments.lead_on(uuid, uuid, text, uuid, text, text, text);
CREATE FUNCTION payments.ask_again(p_id uuid, p_refund uuid, p_by uuid, p_reason text, p_reference text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_refund payment_refund;
BEGIN
    SELECT * INTO v_refund FROM payment_refund r WHERE r.id = p_refund FOR UPDATE;
    IF v_refund.state IS DISTINCT FROM 'refused' OR (p_reference IS NOT NULL AND v_refund.last_word IS DISTINCT FROM 'CLOSED') THEN
        RAISE EXCEPTION 'refund % is not refused, or its number is not over', p_refund
            USING errcode = '23514', constraint = 'payment_refund_lead_on_check';
    END IF;
    INSERT INTO payment_refund_act (id, refund_id, act, by_id, reason, reference_before, last_word, acted_at)
    VALUES (p_id, p_refund, 'asked_again', p_by, p_reason, v_refund.reference, v_refund.last_word, clock_timestamp());
    UPDATE payment_refund SET state = 'requested', reference = coalesce(p_reference, reference), queries = 0,
        next_query_at = clock_timestamp() + interval '15 s' WHERE id = p_refund;
END $$;
CREATE FUNCTION payments.settle_by_hand(p_id uuid, p_approval uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(p_approval, 'hand_refund');
    v_refund payment_refund;
BEGIN
    SELECT * INTO v_refund FROM payment_refund r WHERE r.id = (v_said->>'refund')::uuid FOR UPDATE;
    IF v_refund.state IS DISTINCT FROM 'refused' THEN
        RAISE EXCEPTION 'the refund of approval % is not refused', p_approval
            USING errcode = '23514', constraint = 'payment_refund_lead_on_check';
    END IF;
    INSERT INTO payment_refund_act (id, refund_id, act, by_id, reason, evidence, reference_before, last_word, acted_at, approval_id)
    SELECT p_id, v_refund.id, 'settled', a.maker_id, v_said->>'reason', v_said->>'evidence', v_refund.reference, v_refund.last_word,
           clock_timestamp(), a.id FROM approval a WHERE a.id = p_approval;
    UPDATE payment_refund SET state = 'settled', finished_at = clock_timestamp() WHERE id = v_refund.id;
END $$;
REVOKE ALL ON FUNCTION payments.check_by_hand(), payments.ask_again(uuid, uuid, uuid, text, text),
    payments.settle_by_hand(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.ask_again(uuid, uuid, uuid, text, text), payments.settle_by_hand(uuid, uuid) TO ddt_app;
