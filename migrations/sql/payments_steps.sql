-- A payment only moves to a higher rank, and what a channel said of the money once stays; a refund begins requested and
-- ends once.

CREATE FUNCTION payments.guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    c_ranks CONSTANT text[] := ARRAY['created', 'pending', 'closing', 'closed', 'paid', 'refunded'];
BEGIN
    IF array_position(c_ranks, new.state::text) < array_position(c_ranks, old.state::text)
       OR (new.state IN ('paid', 'refunded')) <> (new.transaction_id IS NOT NULL)
       OR (new.state = 'refunded' AND old.state NOT IN ('paid', 'refunded'))
       OR (old.transaction_id IS NOT NULL
           AND (new.transaction_id, new.paid_at) IS DISTINCT FROM (old.transaction_id, old.paid_at))
    THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', old.reference, old.state, new.state
            USING errcode = '23514', constraint = 'payment_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER payment_goes_on BEFORE UPDATE ON payment
    FOR EACH ROW
    WHEN ((old.state, old.transaction_id, old.paid_at) IS DISTINCT FROM (new.state, new.transaction_id, new.paid_at))
    EXECUTE FUNCTION payments.guard();

CREATE FUNCTION payments.guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'UPDATE' AND old.state = 'requested' AND new.state IN ('done', 'refused')
    THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'refund % cannot become %', new.reference, new.state
        USING errcode = '23514', constraint = 'payment_refund_step_check';
END $$;
CREATE TRIGGER payment_refund_begins BEFORE INSERT ON payment_refund
    FOR EACH ROW WHEN (new.state <> 'requested') EXECUTE FUNCTION payments.guard_refund();
CREATE TRIGGER payment_refund_goes_on BEFORE UPDATE ON payment_refund
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION payments.guard_refund();
REVOKE ALL ON FUNCTION payments.guard(), payments.guard_refund() FROM PUBLIC;
