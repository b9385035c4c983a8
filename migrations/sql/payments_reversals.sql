-- What a channel did without us: money that it gave back from the merchant's console, or took back, and disputes. Each stands once
-- under the channel's own number, for a payment of that channel that was paid; with what we refund it is never more than was paid.
ALTER TABLE payment_reversal
    ADD CONSTRAINT payment_reversal_once_key UNIQUE (channel, kind, reversal_id),
    ADD CONSTRAINT payment_reversal_refund_key UNIQUE (refund_id),
    ADD CONSTRAINT payment_reversal_kind_check CHECK (kind IN ('merchant_refund', 'dispute_opened', 'dispute_won', 'reversed')),
    ADD CONSTRAINT payment_reversal_amount_check CHECK (amount_minor > 0),
    ADD CONSTRAINT payment_reversal_id_check CHECK (reversal_id <> ''),
    -- Only money that somebody gave back at the console can stand for a refund of ours.
    ADD CONSTRAINT payment_reversal_stands_check CHECK (refund_id IS NULL OR kind = 'merchant_refund'),
    -- Its money left besides our refunds.
    ADD COLUMN is_gone boolean NOT NULL GENERATED ALWAYS AS (kind IN ('merchant_refund', 'reversed') AND refund_id IS NULL) STORED;
CREATE INDEX payment_reversal_payment_index ON payment_reversal (payment_id);
CREATE TRIGGER payment_reversal_append_only BEFORE UPDATE OR DELETE ON payment_reversal
    FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER payment_reversal_no_truncate BEFORE TRUNCATE ON payment_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
GRANT SELECT, INSERT ON payment_reversal TO ddt_app;

-- What an authentic message says of money, so that two people can decide about one that is parked.
ALTER TABLE payment_notice ADD CONSTRAINT payment_notice_money_check CHECK (
    (transaction_id IS NULL) = (amount_minor IS NULL) AND (amount_minor IS NULL) = (currency IS NULL) AND amount_minor > 0);

-- A row is of the payment that it names, and stands for a refund of that payment only, of its whole amount, which its channel refused.
CREATE FUNCTION payments.check_reversal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payment p WHERE p.id = new.payment_id AND p.channel = new.channel AND p.currency = new.currency
                   AND p.transaction_id IS NOT NULL)
       OR NOT EXISTS (SELECT FROM payment_notice n WHERE n.id = new.notice_id AND n.channel = new.channel)
       OR (new.refund_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM payment_refund r WHERE r.id = new.refund_id AND r.payment_id = new.payment_id
               AND r.amount_minor = new.amount_minor AND r.state = 'refused'))
    THEN
        RAISE EXCEPTION 'reversal % is not of a paid payment of its channel, or not of that refund', new.reversal_id
            USING errcode = '23514', constraint = 'payment_reversal_fits';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER payment_reversal_fits BEFORE INSERT ON payment_reversal
    FOR EACH ROW EXECUTE FUNCTION payments.check_reversal();

-- As before, with what left besides them.
CREATE OR REPLACE FUNCTION payments.check_refunds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_paid bigint;
BEGIN
    SELECT amount_minor INTO v_paid FROM payment WHERE id = new.payment_id FOR NO KEY UPDATE;
    IF (SELECT coalesce(sum(amount_minor), 0) FROM payment_refund
        WHERE payment_id = new.payment_id AND state <> 'refused')
       + (SELECT coalesce(sum(amount_minor), 0) FROM payment_reversal WHERE payment_id = new.payment_id AND is_gone) > v_paid THEN
        RAISE EXCEPTION 'what went back of payment % exceeds it', new.payment_id
            USING errcode = '23514', constraint = 'payment_refunds_within_paid';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_reversals_within_paid AFTER INSERT ON payment_reversal
    FOR EACH ROW EXECUTE FUNCTION payments.check_refunds();

-- A payment is refunded when all of it is back, by our refunds and by what left besides them; after a part it stays paid.
CREATE OR REPLACE FUNCTION payments.guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    c_ranks CONSTANT text[] := ARRAY['created', 'pending', 'closing', 'closed', 'paid', 'refunded'];
BEGIN
    IF array_position(c_ranks, new.state::text) < array_position(c_ranks, old.state::text)
       OR (new.state IN ('paid', 'refunded')) <> (new.transaction_id IS NOT NULL)
       OR (new.state = 'refunded' AND old.state NOT IN ('paid', 'refunded'))
       OR (new.state = 'refunded' AND old.state = 'paid' AND new.amount_minor <> (
               SELECT coalesce(sum(r.amount_minor), 0) FROM payment_refund r
               WHERE r.payment_id = new.id AND r.state IN ('done', 'settled'))
             + (SELECT coalesce(sum(v.amount_minor), 0) FROM payment_reversal v WHERE v.payment_id = new.id AND v.is_gone))
       OR (old.transaction_id IS NOT NULL
           AND (new.transaction_id, new.paid_at) IS DISTINCT FROM (old.transaction_id, old.paid_at))
    THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', old.reference, old.state, new.state
            USING errcode = '23514', constraint = 'payment_step_check';
    END IF;
    RETURN new;
END $$;

-- As before, and what its channel refused may end by money that somebody gave back at the console.
CREATE OR REPLACE FUNCTION payments.guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'UPDATE' AND (
        (old.state = 'requested' AND new.state IN ('done', 'refused'))
        OR (old.state = 'refused' AND new.state = 'done'
            AND EXISTS (SELECT FROM payment_reversal v WHERE v.refund_id = new.id AND v.reversal_id = new.channel_refund_id))
        OR (old.state = 'refused' AND new.state IN ('requested', 'settled')
            AND EXISTS (SELECT FROM payment_refund_act a WHERE a.refund_id = new.id AND a.acted_at >= transaction_timestamp()
                        AND a.act = CASE new.state WHEN 'settled' THEN 'settled' ELSE 'asked_again' END)))
    THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'refund % cannot become %', new.reference, new.state
        USING errcode = '23514', constraint = 'payment_refund_step_check';
END $$;

-- Money that left without us is ours to claim, or lost, until a person finds otherwise: from `clearing:reversed`, which the owner
-- opens like what a channel holds, to the channel's account, each row once.
INSERT INTO ledger_movement (kind, cause, family, source, target)
SELECT 'reversed', 'reversed:%', c.unit, 'clearing', 'clearing' FROM (VALUES ('CNY'), ('USD')) AS c (unit);

-- As before, and `reversed:<id>` is what that row says left.
CREATE OR REPLACE FUNCTION payments.check_posting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id uuid := CASE WHEN split_part(new.cause, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                      THEN split_part(new.cause, ':', 2)::uuid END;
    v_amount bigint;
    v_clearing text;
    v_currency text;
    v_other text := CASE new.kind WHEN 'reversed' THEN 'clearing:reversed' ELSE 'prepaid' END;
BEGIN
    IF new.kind = 'payment' THEN
        SELECT p.amount_minor, 'clearing:' || p.channel, p.currency INTO v_amount, v_clearing, v_currency
        FROM payment p WHERE p.id = v_id AND p.transaction_id IS NOT NULL AND new.cause = 'payment:' || p.id;
    ELSIF new.kind = 'reversed' THEN
        SELECT -v.amount_minor, 'clearing:' || v.channel, v.currency INTO v_amount, v_clearing, v_currency
        FROM payment_reversal v WHERE v.id = v_id AND v.is_gone AND new.cause = 'reversed:' || v.id;
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
    FOR EACH ROW WHEN (new.kind IN ('payment', 'refund', 'reversed')) EXECUTE FUNCTION payments.check_posting();

-- As before, with what left besides our refunds.
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
            CROSS JOIN LATERAL (VALUES ('clearing:' || v.channel, 1), ('clearing:reversed', -1)) AS w (path, sign) WHERE v.is_gone) AS m
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

-- What two people decide about money of a parked message that no payment of ours stands for: it goes back at its channel, or it is
-- noted why not. Once for each message; the wire begins after the decision and is asked with one number until it is final.
INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('parked_notice', '{finance}', '{finance}', true, false, '挂账来信', 'Parked notice');
SELECT approvals.bind_effect('parked_notice', 'payment_notice_decision');
ALTER TABLE payment_notice_decision
    ALTER COLUMN approval_id SET NOT NULL,
    ADD CONSTRAINT payment_notice_decision_notice_key UNIQUE (notice_id),
    ADD CONSTRAINT payment_notice_decision_reference_key UNIQUE (reference),
    ADD CONSTRAINT payment_notice_decision_state_check CHECK (state IN ('noted', 'requested', 'done', 'refused')),
    ADD CONSTRAINT payment_notice_decision_money_check CHECK ((state = 'noted') = (reference IS NULL)),
    ADD CONSTRAINT payment_notice_decision_reason_check CHECK (btrim(reason) <> '');
CREATE INDEX payment_notice_decision_due_index ON payment_notice_decision (next_query_at) WHERE state = 'requested';
GRANT SELECT, UPDATE (state, channel_refund_id, finished_at, next_query_at, queries, last_word) ON payment_notice_decision TO ddt_app;

CREATE FUNCTION payments.guard_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state = 'requested' AND new.state IN ('done', 'refused') THEN RETURN new; END IF;
    RAISE EXCEPTION 'the decision about notice % cannot become %', new.notice_id, new.state
        USING errcode = '23514', constraint = 'payment_notice_decision_step_check';
END $$;
CREATE TRIGGER payment_notice_decision_goes_on BEFORE UPDATE ON payment_notice_decision
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION payments.guard_decision();

CREATE FUNCTION payments.decide_notice(p_id uuid, p_approval uuid, p_reference text) RETURNS void
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
          -- Money that a payment of ours stands for goes back by that payment.
          AND NOT EXISTS (SELECT FROM payment p WHERE p.channel = n.channel AND p.transaction_id = n.transaction_id)));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'approval % decides nothing about a parked message', p_approval
            USING errcode = '23514', constraint = 'payment_notice_decision_two_people';
    END IF;
    UPDATE payment_notice SET fate = 'decided' WHERE id = (v_said->>'notice')::bigint;
END $$;
GRANT EXECUTE ON FUNCTION payments.decide_notice(uuid, uuid, text) TO ddt_app;
REVOKE ALL ON FUNCTION payments.decide_notice(uuid, uuid, text), payments.guard_decision(), payments.check_reversal() FROM PUBLIC;
