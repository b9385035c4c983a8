-- Payments change on their own page: what is looked for while a payment is open, and what it was paid by, stand in narrow
-- tables beside it, written by a trigger alone. No index of payment holds a column that changes.

-- One row while a payment may still be asked about. `subject` only while it is the one that can be paid (created, pending).
CREATE TABLE payment_open (
    payment_id uuid PRIMARY KEY,
    channel varchar(16) NOT NULL,
    subject varchar(64),
    next_query_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- What a channel took our payment for, once: written when it is paid, and never again.
CREATE TABLE payment_transaction (
    channel varchar(16) NOT NULL,
    transaction_id varchar(64) NOT NULL,
    payment_id uuid NOT NULL,
    paid_at timestamptz
);
INSERT INTO payment_open (payment_id, channel, subject, next_query_at)
SELECT p.id, p.channel, CASE WHEN p.state IN ('created', 'pending') THEN p.subject END, p.next_query_at
FROM payment p WHERE p.state IN ('created', 'pending', 'closing') OR p.next_query_at IS NOT NULL;
INSERT INTO payment_transaction (channel, transaction_id, payment_id, paid_at)
SELECT p.channel, p.transaction_id, p.id, p.paid_at FROM payment p WHERE p.transaction_id IS NOT NULL;

DROP INDEX payment_one_open_key;
DROP INDEX payment_due_idx;
DROP INDEX payment_paid_at_idx;
ALTER TABLE payment DROP CONSTRAINT payment_channel_transaction_key;
CREATE UNIQUE INDEX payment_one_open_key ON payment_open (subject);
CREATE INDEX payment_due_idx ON payment_open (channel, next_query_at) WHERE next_query_at IS NOT NULL;
ALTER TABLE payment_transaction ADD CONSTRAINT payment_channel_transaction_key PRIMARY KEY (channel, transaction_id);
CREATE INDEX payment_paid_at_idx ON payment_transaction (channel, paid_at);
DROP INDEX payment_subject_idx;
CREATE INDEX payment_subject_idx ON payment USING hash (subject);
ALTER TABLE payment SET (fillfactor = 80);
GRANT SELECT ON payment_open, payment_transaction TO ddt_app;

CREATE FUNCTION payments.refuse_transaction_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what payment % was paid by stays', old.payment_id
        USING errcode = '23514', constraint = 'payment_transaction_stays';
END $$;
REVOKE ALL ON FUNCTION payments.refuse_transaction_change() FROM PUBLIC;
CREATE TRIGGER payment_transaction_stays BEFORE UPDATE ON payment_transaction
    FOR EACH ROW EXECUTE FUNCTION payments.refuse_transaction_change();

-- Keep both what the payment's row says.
CREATE FUNCTION payments.follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF tg_op = 'DELETE' THEN
        DELETE FROM payment_open o WHERE o.payment_id = old.id;
        DELETE FROM payment_transaction t WHERE t.channel = old.channel AND t.transaction_id = old.transaction_id;
        RETURN NULL;
    END IF;
    IF new.state IN ('created', 'pending', 'closing') OR new.next_query_at IS NOT NULL THEN
        INSERT INTO payment_open AS o (payment_id, channel, subject, next_query_at)
        VALUES (new.id, new.channel, CASE WHEN new.state IN ('created', 'pending') THEN new.subject END, new.next_query_at)
        ON CONFLICT (payment_id) DO UPDATE SET subject = excluded.subject, next_query_at = excluded.next_query_at;
    ELSIF tg_op = 'UPDATE' THEN
        DELETE FROM payment_open o WHERE o.payment_id = new.id;
    END IF;
    IF new.transaction_id IS NOT NULL AND (tg_op = 'INSERT' OR old.transaction_id IS NULL) THEN
        INSERT INTO payment_transaction (channel, transaction_id, payment_id, paid_at)
        VALUES (new.channel, new.transaction_id, new.id, new.paid_at);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION payments.follow() FROM PUBLIC;
CREATE TRIGGER payment_is_open AFTER INSERT OR DELETE ON payment FOR EACH ROW EXECUTE FUNCTION payments.follow();
CREATE TRIGGER payment_stays_open AFTER UPDATE ON payment
    FOR EACH ROW WHEN ((old.state, old.next_query_at, old.transaction_id) IS DISTINCT FROM
                       (new.state, new.next_query_at, new.transaction_id))
    EXECUTE FUNCTION payments.follow();

-- As before; money of ours is looked for where it is written once.
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
          -- Money that a payment of ours stands for goes back by that payment.
          AND NOT EXISTS (
              SELECT FROM payment_transaction t WHERE t.channel = n.channel AND t.transaction_id = n.transaction_id)));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'approval % decides nothing about a parked message', p_approval
            USING errcode = '23514', constraint = 'payment_notice_decision_two_people';
    END IF;
    UPDATE payment_notice SET fate = 'decided' WHERE id = (v_said->>'notice')::bigint;
END $$;
REVOKE ALL ON FUNCTION payments.decide_notice(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.decide_notice(uuid, uuid, text) TO ddt_app;
