-- One attempt of a subject is open at a time, whatever its channel and method; those that are closing may be several.
-- Older ones beside the newest are closed by the sweeper.
UPDATE payment p SET state = 'closing', next_query_at = clock_timestamp()
WHERE p.state IN ('created', 'pending') AND EXISTS (
    SELECT FROM payment q WHERE q.subject = p.subject AND q.state IN ('created', 'pending') AND q.id > p.id);
DROP INDEX payment_one_open_key;
CREATE UNIQUE INDEX payment_one_open_key ON payment (subject) WHERE state IN ('created', 'pending');

-- The payer's address is for the channel, while it may still be opened.
UPDATE payment SET payer_ip = NULL WHERE payer_ip IS NOT NULL AND state NOT IN ('created', 'pending');
CREATE FUNCTION payments.forget_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.payer_ip := NULL;
    RETURN new;
END $$;
CREATE TRIGGER payment_forgets_address BEFORE UPDATE ON payment
    FOR EACH ROW WHEN (new.state NOT IN ('created', 'pending') AND new.payer_ip IS NOT NULL)
    EXECUTE FUNCTION payments.forget_address();

-- What a person did about a refund that its channel refused: asked again, or gave the money back another way.
ALTER TABLE payment_refund_act
    ADD CONSTRAINT payment_refund_act_check CHECK (
        act IN ('asked_again', 'settled') AND length(btrim(reason)) > 0
        AND (act = 'settled') = (evidence IS NOT NULL AND length(btrim(evidence)) > 0));
CREATE INDEX payment_refund_act_refund_idx ON payment_refund_act (refund_id);
CREATE INDEX payment_refund_act_by_idx ON payment_refund_act (by_id);
CREATE FUNCTION payments.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what somebody did stays written', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE TRIGGER payment_refund_act_append_only BEFORE UPDATE OR DELETE ON payment_refund_act
    FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER payment_refund_act_no_truncate BEFORE TRUNCATE ON payment_refund_act
    FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();

-- As before, and from a channel's no a person leads on, by the function below; nobody else.
CREATE OR REPLACE FUNCTION payments.guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'UPDATE' AND (
        (old.state = 'requested' AND new.state IN ('done', 'refused'))
        OR (old.state = 'refused' AND new.state IN ('requested', 'settled')
            AND EXISTS (SELECT FROM payment_refund_act a WHERE a.refund_id = new.id AND a.acted_at >= transaction_timestamp()
                        AND a.act = CASE new.state WHEN 'settled' THEN 'settled' ELSE 'asked_again' END)))
    THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'refund % cannot become %', new.reference, new.state
        USING errcode = '23514', constraint = 'payment_refund_step_check';
END $$;

-- Lead a refused refund on. A new number only where the channel has ended the old one: it then moved no money and will not.
CREATE FUNCTION payments.lead_on(
    p_id uuid, p_refund uuid, p_act text, p_by uuid, p_reason text, p_evidence text, p_reference text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_refund payment_refund;
BEGIN
    SELECT * INTO v_refund FROM payment_refund r WHERE r.id = p_refund FOR UPDATE;
    IF v_refund.state IS DISTINCT FROM 'refused' OR (p_reference IS NOT NULL AND v_refund.last_word IS DISTINCT FROM 'CLOSED') THEN
        RAISE EXCEPTION 'refund % is not refused, or its number is not over', p_refund
            USING errcode = '23514', constraint = 'payment_refund_lead_on_check';
    END IF;
    INSERT INTO payment_refund_act (id, refund_id, act, by_id, reason, evidence, reference_before, last_word, acted_at)
    VALUES (p_id, p_refund, p_act, p_by, p_reason, p_evidence, v_refund.reference, v_refund.last_word, clock_timestamp());
    IF p_act = 'settled' THEN
        UPDATE payment_refund SET state = 'settled', finished_at = clock_timestamp() WHERE id = p_refund;
    ELSE
        UPDATE payment_refund SET state = 'requested', reference = coalesce(p_reference, reference), queries = 0,
            next_query_at = clock_timestamp() + interval '15 s' WHERE id = p_refund;
    END IF;
END $$;

REVOKE ALL ON FUNCTION payments.forget_address(), payments.refuse_change(),
    payments.lead_on(uuid, uuid, text, uuid, text, text, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA payments TO ddt_app;
GRANT EXECUTE ON FUNCTION payments.lead_on(uuid, uuid, text, uuid, text, text, text) TO ddt_app;
GRANT SELECT ON payment_refund_act TO ddt_app;

-- Money, as before; what a person gave back another way left by that way, and the channel still owes it to us.
CREATE OR REPLACE FUNCTION books.prove_money(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH back AS (
        SELECT r.payment_id, sum(r.amount_minor) AS amount FROM payment_refund r WHERE r.state = 'done' GROUP BY r.payment_id),
    kept AS (
        SELECT 'clearing:' || p.channel AS path, p.currency::text AS unit, -sum(p.amount_minor - coalesce(b.amount, 0)) AS amount
        FROM payment p LEFT JOIN back b ON b.payment_id = p.id WHERE p.transaction_id IS NOT NULL GROUP BY p.channel, p.currency
        UNION ALL
        SELECT 'clearing:hand', p.currency::text, sum(r.amount_minor) FROM payment_refund r
        JOIN payment p ON p.id = r.payment_id WHERE r.state = 'settled' GROUP BY p.currency),
    sold AS (
        SELECT 'sales' AS path, o.currency::text AS unit, sum(o.amount_minor) AS amount FROM purchase_order o
        WHERE o.state = 'paid' GROUP BY o.currency),
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
           (array_agg(format('%s has %s %s, payments and orders make %s', j.path, j.found, j.unit, j.wanted) ORDER BY j.path)
               FILTER (WHERE j.wanted <> j.found))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH stays AS (
        SELECT DISTINCT p.subject FROM payment p WHERE p.transaction_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM payment_refund r WHERE r.payment_id = p.id AND r.state <> 'refused')),
    judged AS (
        SELECT o.id, s.subject IS NOT NULL AS ok FROM purchase_order o LEFT JOIN stays s ON s.subject = 'order:' || o.id
        WHERE o.state = 'paid')
    SELECT NULL::bigint, 'orders_paid', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('order %s is paid, and no payment of it stays', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
