-- The former name of payments.record_lost_answer: the release before calls it, and the next one drops it.
CREATE OR REPLACE FUNCTION recovery.hear_refund(p_id uuid, p_state text, p_refund_id text, p_word text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT payments.record_lost_answer(p.refund_reference, p_state, p_refund_id, p_word, false) FROM recovery_payment p WHERE p.id = p_id
$$;

-- As before, and what somebody gave back another way is back; what a channel refuses names the verb that leads on. Here each is
-- named, not twenty at most: people go through them one by one.
CREATE OR REPLACE FUNCTION recovery.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH step AS (
        SELECT k.decided_at IS NOT NULL AS ok, k.noticed_at AS at, format(
                   'history is shorter than marker %s of %s says, noticed %s: %s; nobody has decided (diandian recover)',
                   k.marker->>'no', k.marker->>'at', k.noticed_at,
                   (SELECT string_agg(concat_ws(' ', f->>'what', nullif(left(f->>'name', 16), ''), f->>'found', 'of ' || (f->>'expected')), ', ')
                    FROM jsonb_array_elements(k.findings) AS f)) AS said
        FROM recovery_case k
        UNION ALL
        SELECT q.taken = q.stop, k.noticed_at, format(
                   CASE q.kind WHEN 'lot' THEN 'grams %s to %s of lot %s may have been given in lost time and are not set aside'
                               ELSE 'numbers %s to %s of register %s may have been given in lost time and are not set aside' END,
                   q.taken, q.stop, q.name)
        FROM recovery_quarantine q JOIN recovery_case k ON k.id = q.case_id
        UNION ALL
        SELECT d.read_at IS NOT NULL, k.noticed_at, format('the bill of %s of %s is not read (%s)', d.channel, d.day, coalesce(d.last_word, '-'))
        FROM recovery_day d JOIN recovery_case k ON k.id = d.case_id
        UNION ALL
        SELECT p.state IN ('done', 'settled'), p.paid_at, format('payment %s of %s %s at %s, paid %s, is unknown to us and not given back (%s)%s',
                   p.reference, p.amount_minor, p.currency, p.channel, p.paid_at, coalesce(p.last_word, '-'),
                   CASE p.state WHEN 'refused' THEN format('; its channel refuses %s (diandian payment refused)', p.refund_reference) END)
        FROM recovery_payment p)
    SELECT p_lot, 'recovered', coalesce(bool_and(s.ok), true), count(*)::numeric, count(*) FILTER (WHERE s.ok)::numeric,
           (array_agg(s.said ORDER BY s.at, s.said) FILTER (WHERE NOT s.ok))[1:10000]
    FROM step s;
END $$;

-- As before; and money of lost time goes back by its own row.
CREATE OR REPLACE FUNCTION payments.decide_notice(p_id uuid, p_approval uuid, p_reference text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(p_approval, 'parked_notice');
    v_is_refund boolean := v_said->>'decision' = 'refund';
BEGIN
    INSERT INTO payment_notice_decision (id, notice_id, state, reason, reference, decided_at, next_query_at, queries, approval_id)
    SELECT p_id, n.id, CASE WHEN v_is_refund THEN 'requested' ELSE 'noted' END, v_said->>'reason',
           CASE WHEN v_is_refund THEN p_reference END, clock_timestamp(),
           CASE WHEN v_is_refund THEN clock_timestamp() END, 0, p_approval
    FROM payment_notice n
    WHERE n.id = (v_said->>'notice')::bigint AND n.fate = 'parked'
      AND (NOT v_is_refund OR (
          n.transaction_id = v_said->>'transaction_id' AND n.amount_minor = (v_said->>'amount_minor')::bigint
          AND n.currency = v_said->>'currency'
          -- Money that a payment of ours, or one of lost time, stands for goes back by that.
          AND NOT EXISTS (
              SELECT FROM payment_transaction t WHERE t.channel = n.channel AND t.transaction_id = n.transaction_id)
          AND NOT EXISTS (
              SELECT FROM recovery_payment l WHERE l.channel = n.channel AND l.transaction_id = n.transaction_id)));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'approval % decides nothing about a parked message', p_approval
            USING errcode = '23514', constraint = 'payment_notice_decision_two_people';
    END IF;
    UPDATE payment_notice SET fate = 'decided' WHERE id = (v_said->>'notice')::bigint;
END $$;
