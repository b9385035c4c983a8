-- Money that a channel took in lost time (recovery_payment) is posted like any other: what the channel holds of it for us is what we
-- owe to somebody we do not know (`clearing:lost_time`), until it is back, or somebody of ours gave it back another way.
INSERT INTO ledger_movement (kind, cause, family, source, target)
SELECT k.kind, k.kind || ':%', c.unit, 'clearing', 'clearing'
FROM (VALUES ('lost_time'), ('lost_time_back')) AS k (kind) CROSS JOIN (VALUES ('CNY'), ('USD')) AS c (unit);

ALTER TABLE recovery_payment
    ADD COLUMN is_over boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT recovery_payment_state_check,
    DROP CONSTRAINT recovery_payment_done_check,
    ADD CONSTRAINT recovery_payment_state_check CHECK (state IN ('requested', 'done', 'refused', 'settled')),
    ADD CONSTRAINT recovery_payment_done_check CHECK (
        (state = 'done') = (channel_refund_id IS NOT NULL) AND (state IN ('done', 'settled')) = (finished_at IS NOT NULL));
COMMENT ON COLUMN recovery_payment.is_over IS 'Its channel refused, and says that the number of the refund will never move money.';
CREATE INDEX recovery_payment_open_idx ON recovery_payment (id) WHERE state IN ('requested', 'refused');
DROP TRIGGER recovery_payment_final ON recovery_payment;
CREATE TRIGGER recovery_payment_final BEFORE UPDATE ON recovery_payment
    FOR EACH ROW WHEN (old.state IN ('done', 'settled')) EXECUTE FUNCTION recovery.refuse_change();

-- What a person did is about a refund of a payment of ours, or about one that lost time took.
ALTER TABLE payment_refund_act
    ADD COLUMN recovery_payment_id uuid REFERENCES recovery_payment (id) ON DELETE RESTRICT,
    ADD CONSTRAINT payment_refund_act_of_one_check CHECK (num_nonnulls(refund_id, recovery_payment_id) = 1);
CREATE INDEX payment_refund_act_recovery_idx ON payment_refund_act (recovery_payment_id) WHERE recovery_payment_id IS NOT NULL;

-- Every refund: of a payment of ours, and of one that lost time took, which has no payment here.
CREATE VIEW payment_any_refund AS
SELECT r.id, r.reference, r.channel_refund_id, r.payment_id, (SELECT p.reference FROM payment p WHERE p.id = r.payment_id) AS payment_reference,
       (SELECT p.transaction_id FROM payment p WHERE p.id = r.payment_id) AS transaction_id,
       (SELECT p.subject FROM payment p WHERE p.id = r.payment_id) AS subject,
       (SELECT p.channel FROM payment p WHERE p.id = r.payment_id) AS channel, r.amount_minor,
       (SELECT p.currency FROM payment p WHERE p.id = r.payment_id) AS currency, r.cause, r.state, r.last_word, r.is_over,
       r.requested_at, r.finished_at
FROM payment_refund r  -- without a join, so that a page in the order of ids reads no more than the page
UNION ALL
SELECT l.id, l.refund_reference, l.channel_refund_id, NULL, l.reference, l.transaction_id, ('lost_time:' || l.case_id)::varchar, l.channel,
       l.amount_minor, l.currency, 'lost_time'::varchar, l.state, l.last_word, l.is_over, l.found_at, l.finished_at
FROM recovery_payment l;
GRANT SELECT ON payment_any_refund TO ddt_app;

-- Lock one of either kind, and answer it as it stands then.
CREATE FUNCTION payments.lock_refund(p_refund uuid) RETURNS SETOF payment_any_refund
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM payment_refund r WHERE r.id = p_refund FOR UPDATE;
    PERFORM FROM recovery_payment l WHERE l.id = p_refund FOR UPDATE;
    RETURN QUERY SELECT a.* FROM payment_any_refund a WHERE a.id = p_refund;
END $$;
REVOKE ALL ON FUNCTION payments.lock_refund(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.lock_refund(uuid) TO ddt_app;

-- As before, and one that lost time took: `recovery.go_on` asks for it in its next round.
CREATE OR REPLACE FUNCTION payments.ask_again(p_id uuid, p_refund uuid, p_by uuid, p_reason text, p_reference text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_refund payment_any_refund;
BEGIN
    SELECT * INTO v_refund FROM payments.lock_refund(p_refund);
    IF v_refund.state IS DISTINCT FROM 'refused' OR (p_reference IS NOT NULL AND NOT v_refund.is_over) THEN
        RAISE EXCEPTION 'refund % is not refused, or its number is not over', p_refund
            USING errcode = '23514', constraint = 'payment_refund_lead_on_check';
    END IF;
    INSERT INTO payment_refund_act (id, refund_id, recovery_payment_id, act, by_id, reason, reference_before, last_word, acted_at)
    VALUES (p_id, CASE WHEN v_refund.payment_id IS NOT NULL THEN p_refund END, CASE WHEN v_refund.payment_id IS NULL THEN p_refund END,
            'asked_again', p_by, p_reason, v_refund.reference, v_refund.last_word, clock_timestamp());
    UPDATE payment_refund SET state = 'requested', reference = coalesce(p_reference, reference), queries = 0,
        is_over = is_over AND p_reference IS NULL, next_query_at = clock_timestamp() + interval '15 s' WHERE id = p_refund;
    UPDATE recovery_payment SET state = 'requested', refund_reference = coalesce(p_reference, refund_reference),
        is_over = is_over AND p_reference IS NULL WHERE id = p_refund;
END $$;

-- As before, and one that lost time took.
CREATE OR REPLACE FUNCTION payments.settle_by_hand(p_id uuid, p_approval uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(p_approval, 'hand_refund');
    v_refund payment_any_refund;
BEGIN
    SELECT * INTO v_refund FROM payments.lock_refund((v_said->>'refund')::uuid);
    IF v_refund.state IS DISTINCT FROM 'refused' THEN
        RAISE EXCEPTION 'the refund of approval % is not refused', p_approval
            USING errcode = '23514', constraint = 'payment_refund_lead_on_check';
    END IF;
    INSERT INTO payment_refund_act (id, refund_id, recovery_payment_id, act, by_id, reason, evidence, reference_before, last_word,
        acted_at, approval_id)
    SELECT p_id, CASE WHEN v_refund.payment_id IS NOT NULL THEN v_refund.id END, CASE WHEN v_refund.payment_id IS NULL THEN v_refund.id END,
           'settled', a.maker_id, v_said->>'reason', v_said->>'evidence', v_refund.reference, v_refund.last_word, clock_timestamp(), a.id
    FROM approval a WHERE a.id = p_approval;
    UPDATE payment_refund SET state = 'settled', finished_at = clock_timestamp() WHERE id = v_refund.id;
    UPDATE recovery_payment SET state = 'settled', finished_at = clock_timestamp() WHERE id = v_refund.id;
END $$;

-- As before, of either.
CREATE OR REPLACE FUNCTION payments.check_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'hand_refund');
BEGIN
    IF ((v_said->>'refund')::uuid, v_said->>'reference', v_said->>'reason', v_said->>'evidence')
       IS DISTINCT FROM (coalesce(new.refund_id, new.recovery_payment_id), new.reference_before::text, new.reason::text, new.evidence::text)
       OR (v_said->>'amount_minor')::bigint IS DISTINCT FROM (
           SELECT a.amount_minor FROM payment_any_refund a WHERE a.id = coalesce(new.refund_id, new.recovery_payment_id))
    THEN
        RAISE EXCEPTION 'this refund is not what two people agreed upon'
            USING errcode = '23514', constraint = 'payment_refund_act_two_people';
    END IF;
    RETURN new;
END $$;

-- From its channel's no a person leads on, by an act of this very transaction, or the channel's late word that it is back.
CREATE FUNCTION payments.guard_lost_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.state = 'requested' AND new.state IN ('done', 'refused'))
       OR (old.state = 'refused' AND new.state = 'done')
       OR (old.state = 'refused' AND new.state IN ('requested', 'settled')
           AND EXISTS (SELECT FROM payment_refund_act a WHERE a.recovery_payment_id = new.id AND a.acted_at >= transaction_timestamp()
                       AND a.act = CASE new.state WHEN 'settled' THEN 'settled' ELSE 'asked_again' END))
    THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'the refund % of lost time cannot become %', new.refund_reference, new.state
        USING errcode = '23514', constraint = 'recovery_payment_step_check';
END $$;
CREATE TRIGGER recovery_payment_goes_on BEFORE UPDATE ON recovery_payment
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION payments.guard_lost_refund();

-- Post what a payment of lost time is: that its channel holds it, and how it left again. Repeated it posts nothing.
CREATE FUNCTION payments.post_lost(p_lost recovery_payment) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM ledger.post('lost_time:' || p_lost.id, 'lost_time', ARRAY['clearing:' || p_lost.channel, 'clearing:lost_time'],
                        ARRAY[p_lost.currency::text, p_lost.currency::text], ARRAY[-p_lost.amount_minor, p_lost.amount_minor]);
    IF p_lost.state IN ('done', 'settled') THEN
        PERFORM ledger.post('lost_time_back:' || p_lost.id, 'lost_time_back',
                            ARRAY['clearing:lost_time', payments.refunded_by(p_lost.state, p_lost.channel)],
                            ARRAY[p_lost.currency::text, p_lost.currency::text], ARRAY[-p_lost.amount_minor, p_lost.amount_minor]);
    END IF;
END $$;
CREATE FUNCTION payments.follow_lost() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM payments.post_lost(new);
    RETURN NULL;
END $$;
CREATE TRIGGER recovery_payment_begun AFTER INSERT ON recovery_payment
    FOR EACH ROW EXECUTE FUNCTION payments.follow_lost();
CREATE TRIGGER recovery_payment_ended AFTER UPDATE ON recovery_payment
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state AND new.state IN ('done', 'settled')) EXECUTE FUNCTION payments.follow_lost();
REVOKE ALL ON FUNCTION payments.guard_lost_refund(), payments.post_lost(recovery_payment), payments.follow_lost() FROM PUBLIC;

-- As before, and `lost_time:<id>` is what that row says came, `lost_time_back:<id>` how it left.
CREATE OR REPLACE FUNCTION payments.check_posting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id uuid := CASE WHEN split_part(new.cause, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                      THEN split_part(new.cause, ':', 2)::uuid END;
    v_amount bigint;
    v_clearing text;
    v_currency text;
    v_other text := CASE new.kind WHEN 'reversed' THEN 'clearing:reversed' WHEN 'lost_time' THEN 'clearing:lost_time'
                                  WHEN 'lost_time_back' THEN 'clearing:lost_time' ELSE 'prepaid' END;
BEGIN
    IF new.kind = 'payment' THEN
        SELECT p.amount_minor, 'clearing:' || p.channel, p.currency INTO v_amount, v_clearing, v_currency
        FROM payment p WHERE p.id = v_id AND p.transaction_id IS NOT NULL AND new.cause = 'payment:' || p.id;
    ELSIF new.kind = 'reversed' THEN
        SELECT -v.amount_minor, 'clearing:' || v.channel, v.currency INTO v_amount, v_clearing, v_currency
        FROM payment_reversal v WHERE v.id = v_id AND v.is_gone AND new.cause = 'reversed:' || v.id;
    ELSIF new.kind = 'lost_time' THEN
        SELECT l.amount_minor, 'clearing:' || l.channel, l.currency INTO v_amount, v_clearing, v_currency
        FROM recovery_payment l WHERE l.id = v_id AND new.cause = 'lost_time:' || l.id;
    ELSIF new.kind = 'lost_time_back' THEN
        SELECT -l.amount_minor, payments.refunded_by(l.state, l.channel), l.currency INTO v_amount, v_clearing, v_currency
        FROM recovery_payment l WHERE l.id = v_id AND l.state IN ('done', 'settled') AND new.cause = 'lost_time_back:' || l.id;
    ELSE
        SELECT -r.amount_minor, payments.refunded_by(r.state, p.channel), p.currency
        INTO v_amount, v_clearing, v_currency
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id
        WHERE r.id = v_id AND r.state IN ('done', 'settled') AND new.cause = 'refund:' || r.id;
    END IF;
    IF v_amount IS NULL OR EXISTS (
        SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transfer_id = new.id
          AND (a.unit, a.path, e.amount) NOT IN ((v_currency, v_other, v_amount), (v_currency, v_clearing, -v_amount)))
    THEN
        RAISE EXCEPTION 'transfer % is not what its payment, refund or reversal says', new.cause
            USING errcode = '23514', constraint = 'payment_posted_as_it_is', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER ledger_transfer_is_of_a_payment ON ledger_transfer;
CREATE TRIGGER ledger_transfer_is_of_a_payment AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (new.kind IN ('payment', 'refund', 'reversed', 'lost_time', 'lost_time_back')) EXECUTE FUNCTION payments.check_posting();

-- As before, with what channels hold of lost time.
CREATE OR REPLACE FUNCTION payments.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;

    -- By account: what channels owe us, what was sold, what waits.
    RETURN QUERY
    WITH back AS (
        SELECT r.payment_id, sum(r.amount_minor) FILTER (WHERE r.reverses_sale) AS reversed
        FROM payment_refund r GROUP BY r.payment_id),
    kept AS (
        SELECT m.path, m.unit, sum(m.amount) AS amount FROM (
            SELECT 'clearing:' || p.channel AS path, p.currency::text AS unit, -p.amount_minor AS amount
            FROM payment p WHERE p.transaction_id IS NOT NULL
            UNION ALL
            SELECT payments.refunded_by(r.state, p.channel), p.currency::text, r.amount_minor FROM payment_refund r
            JOIN payment p ON p.id = r.payment_id WHERE r.state IN ('done', 'settled')
            UNION ALL
            SELECT w.path, v.currency::text, w.sign * v.amount_minor FROM payment_reversal v
            CROSS JOIN LATERAL (VALUES ('clearing:' || v.channel, 1), ('clearing:reversed', -1)) AS w (path, sign) WHERE v.is_gone
            UNION ALL
            SELECT w.path, l.currency::text, w.sign * l.amount_minor FROM recovery_payment l
            CROSS JOIN LATERAL (VALUES ('clearing:' || l.channel, -1),
                (CASE l.state WHEN 'settled' THEN payments.refunded_by(l.state, l.channel) ELSE 'clearing:lost_time' END, 1)) AS w (path, sign)
            WHERE l.state <> 'done') AS m
        GROUP BY m.path, m.unit),
    sold AS (
        SELECT 'sales' AS path, m.unit, sum(m.amount) AS amount FROM (
            SELECT s.currency AS unit, s.amount_minor AS amount FROM payments.sold() s
            UNION ALL
            SELECT p.currency::text, -b.reversed FROM back b JOIN payment p ON p.id = b.payment_id WHERE b.reversed > 0) AS m
        GROUP BY m.unit),
    told AS (
        SELECT * FROM kept UNION ALL SELECT * FROM sold UNION ALL
        SELECT 'prepaid', m.unit, -sum(m.amount) FROM (SELECT * FROM kept UNION ALL SELECT * FROM sold) AS m GROUP BY m.unit),
    judged AS (
        SELECT coalesce(t.path, a.path) AS path, coalesce(t.unit, a.unit) AS unit, coalesce(t.amount, 0) AS wanted,
               coalesce(a.balance, 0) AS found
        FROM told t FULL JOIN (SELECT q.path::text AS path, q.unit::text AS unit, q.balance FROM ledger_account q
                               WHERE q.unit NOT LIKE 'g:%') AS a ON a.path = t.path AND a.unit = t.unit)
    SELECT NULL::bigint, 'money_is_paid', count(*) FILTER (WHERE j.wanted <> j.found) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found)::numeric,
           (array_agg(format('%s has %s %s, payments and sales make %s', j.path, j.found, j.unit, j.wanted) ORDER BY j.path)
               FILTER (WHERE j.wanted <> j.found))[1:20]
    FROM judged j;

    -- By kind of subject: what the ledger earned and what waits, told apart by the causes of its postings.
    RETURN QUERY
    WITH moved AS (
        SELECT CASE t.kind WHEN 'sale' THEN split_part(t.cause, ':', 2) WHEN 'fulfil' THEN 'order' WHEN 'take_back' THEN 'order'
                           WHEN 'payment' THEN paid.subject_kind ELSE gone.subject_kind END AS kind,
               a.unit::text AS unit, a.path::text AS path, e.amount
        FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_transfer t ON t.id = e.transfer_id
        LEFT JOIN payment paid ON paid.id = CASE WHEN t.kind = 'payment' THEN substr(t.cause, 9)::uuid END
        LEFT JOIN payment_refund r
            ON r.id = CASE WHEN t.kind IN ('refund', 'reversal') THEN split_part(t.cause, ':', 2)::uuid END
        LEFT JOIN payment gone ON gone.id = r.payment_id
        WHERE a.path IN ('sales', 'prepaid')),
    found AS (SELECT m.kind, m.unit, m.path, sum(m.amount) AS amount FROM moved m GROUP BY m.kind, m.unit, m.path),
    rows AS (
        SELECT p.subject_kind AS kind, p.currency::text AS unit, sum(p.amount_minor) AS paid, 0::numeric AS sold, 0::numeric AS back
        FROM payment p WHERE p.transaction_id IS NOT NULL GROUP BY p.subject_kind, p.currency
        UNION ALL
        SELECT s.kind, s.currency, 0, sum(s.amount_minor), 0 FROM payments.sold() s GROUP BY s.kind, s.currency
        UNION ALL
        SELECT p.subject_kind, p.currency::text, 0, -coalesce(sum(r.amount_minor) FILTER (WHERE r.reverses_sale), 0),
               coalesce(sum(r.amount_minor) FILTER (WHERE r.state IN ('done', 'settled')), 0)
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id GROUP BY p.subject_kind, p.currency),
    told AS (
        SELECT r.kind, r.unit, w.path, CASE w.path WHEN 'sales' THEN sum(r.sold) ELSE sum(r.paid - r.sold - r.back) END AS amount
        FROM rows r CROSS JOIN (VALUES ('sales'), ('prepaid')) AS w (path) GROUP BY r.kind, r.unit, w.path),
    judged AS (
        SELECT coalesce(t.kind, f.kind, 'nothing') AS kind, coalesce(t.unit, f.unit) AS unit, coalesce(t.path, f.path) AS path,
               coalesce(t.amount, 0) AS wanted, coalesce(f.amount, 0) AS found
        FROM told t FULL JOIN found f ON f.kind = t.kind AND f.unit = t.unit AND f.path = t.path)
    SELECT NULL::bigint, 'money_by_kind', count(*) FILTER (WHERE j.wanted <> j.found OR j.found < 0) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found AND j.found >= 0)::numeric,
           (array_agg(format('%s of kind %s: the ledger has %s %s, the rows make %s', j.path, j.kind, j.found, j.unit, j.wanted)
                      ORDER BY j.kind, j.path) FILTER (WHERE j.wanted <> j.found OR j.found < 0))[1:20]
    FROM judged j;

    -- One by one: every sale and every reversal is posted as it is.
    RETURN QUERY
    WITH wanted AS (
        SELECT s.cause, s.currency AS unit, sum(s.amount_minor) AS amount FROM payments.sold() s GROUP BY s.cause, s.currency
        UNION ALL
        SELECT CASE r.cause WHEN 'taken_back' THEN 'reversals' ELSE 'reversal:' || r.id END, p.currency::text, -sum(r.amount_minor)
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id WHERE r.reverses_sale GROUP BY 1, p.currency),
    posted AS (
        SELECT CASE WHEN t.kind = 'fulfil' THEN 'fulfil' WHEN t.kind = 'take_back' OR r.cause = 'taken_back' THEN 'reversals'
                    ELSE t.cause END AS cause, a.unit::text AS unit, sum(e.amount) AS amount
        FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_transfer t ON t.id = e.transfer_id
        LEFT JOIN payment_refund r ON r.id = CASE WHEN t.kind = 'reversal' THEN split_part(t.cause, ':', 2)::uuid END
        WHERE a.path = 'sales' GROUP BY 1, a.unit),
    judged AS (
        SELECT coalesce(w.cause, p.cause) AS cause, coalesce(w.unit, p.unit) AS unit, w.amount AS wanted, p.amount AS found
        FROM wanted w FULL JOIN posted p ON p.cause = w.cause AND p.unit = w.unit)
    SELECT NULL::bigint, 'sales_posted', count(*) FILTER (WHERE j.wanted IS DISTINCT FROM j.found) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found)::numeric,
           (array_agg(format('%s: the row says %s %s, the ledger %s', j.cause, coalesce(j.wanted, 0), j.unit, coalesce(j.found, 0))
                      ORDER BY j.cause) FILTER (WHERE j.wanted IS DISTINCT FROM j.found))[1:20]
    FROM judged j;

    -- What is sold has a payment that stays: one of which nothing went back as never earned.
    RETURN QUERY
    WITH stays AS (
        SELECT DISTINCT p.subject FROM payment p WHERE p.transaction_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM payment_refund r WHERE r.payment_id = p.id AND r.state <> 'refused' AND NOT r.reverses_sale)),
    judged AS (
        SELECT s.kind || ':' || s.subject_id AS subject, y.subject IS NOT NULL AS ok
        FROM payments.sold() s LEFT JOIN stays y ON y.subject = s.kind || ':' || s.subject_id)
    SELECT NULL::bigint, 'orders_paid', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('%s is sold, and no payment of it stays', j.subject) ORDER BY j.subject) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

-- What a channel answered about the refund with this number; answers whether it changed how the refund stands. A word about a number
-- that was given up, or about one that is over, is about nothing.
CREATE FUNCTION payments.record_lost_answer(p_reference text, p_state text, p_refund_id text, p_code text, p_is_over boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_before text;
BEGIN
    SELECT p.state INTO v_before FROM recovery_payment p WHERE p.refund_reference = p_reference FOR UPDATE;
    UPDATE recovery_payment p SET state = p_state, last_word = left(p_code, 64), is_over = p_state = 'refused' AND p_is_over,
           channel_refund_id = CASE WHEN p_state = 'done' THEN p_refund_id END,
           finished_at = CASE WHEN p_state = 'done' THEN clock_timestamp() END
    WHERE p.refund_reference = p_reference AND (v_before = 'requested' OR (v_before = 'refused' AND p_state = 'done'));
    RETURN FOUND AND v_before <> p_state;
END $$;
REVOKE ALL ON FUNCTION payments.record_lost_answer(text, text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.record_lost_answer(text, text, text, text, boolean) TO ddt_app;

-- What was found before is posted now, so that days that were signed still add up.
DO $$
DECLARE v_one recovery_payment;
BEGIN
    FOR v_one IN SELECT * FROM recovery_payment l ORDER BY l.id LOOP
        PERFORM ledger.open_clearing('lost_time', v_one.currency);
        PERFORM payments.post_lost(v_one);
    END LOOP;
END $$;
