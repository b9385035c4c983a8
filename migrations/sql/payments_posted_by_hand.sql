-- As before, and a refund that a person settled left by the hand's account: `refund:<id>` is what that refund gave back,
-- by its channel where the channel did it, by `clearing:hand` where somebody of ours did.
CREATE OR REPLACE FUNCTION payments.check_posting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id uuid := CASE WHEN split_part(new.cause, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                      THEN split_part(new.cause, ':', 2)::uuid END;
    v_amount bigint;
    v_clearing text;
    v_currency text;
BEGIN
    IF new.kind = 'payment' THEN
        SELECT p.amount_minor, 'clearing:' || p.channel, p.currency INTO v_amount, v_clearing, v_currency
        FROM payment p WHERE p.id = v_id AND p.transaction_id IS NOT NULL AND new.cause = 'payment:' || p.id;
    ELSE
        SELECT -r.amount_minor, 'clearing:' || CASE r.state WHEN 'done' THEN p.channel ELSE 'hand' END, p.currency
        INTO v_amount, v_clearing, v_currency
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id
        WHERE r.id = v_id AND r.state IN ('done', 'settled') AND new.cause = 'refund:' || r.id;
    END IF;
    IF v_amount IS NULL OR EXISTS (
        SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transfer_id = new.id
          AND (a.unit, a.path, e.amount) NOT IN ((v_currency, 'prepaid', v_amount), (v_currency, v_clearing, -v_amount)))
    THEN
        RAISE EXCEPTION 'transfer % is not what its payment or refund says', new.cause
            USING errcode = '23514', constraint = 'payment_posted_as_it_is', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;
