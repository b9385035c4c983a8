-- Two refunds of one payment written at once wait for each other instead of for a deadlock: their foreign keys hold
-- the payment's row FOR KEY SHARE already, and FOR UPDATE would wait for the other's share for ever.
CREATE OR REPLACE FUNCTION payments.check_refunds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_paid bigint;
BEGIN
    SELECT amount_minor INTO v_paid FROM payment WHERE id = new.payment_id FOR NO KEY UPDATE;
    IF (SELECT coalesce(sum(amount_minor), 0) FROM payment_refund
        WHERE payment_id = new.payment_id AND state <> 'refused') > v_paid THEN
        RAISE EXCEPTION 'the refunds of payment % exceed it', new.payment_id
            USING errcode = '23514', constraint = 'payment_refunds_within_paid';
    END IF;
    RETURN NULL;
END $$;
