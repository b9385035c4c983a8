-- What a transfer is posted for has to be there: the lot that is opened, the money that came, went back or was sold. Only
-- transfers of these kinds are looked at, one by one, at the end of their statement.

-- A lot is opened once and whole: its own source gives its own inventory all its grams, being at zero before.
CREATE FUNCTION credits.check_opening() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        LEFT JOIN credit_lot l ON a.unit = 'g:' || l.id::text
             AND l.id = CASE WHEN a.unit ~ '^g:[0-9]{1,18}$' THEN substr(a.unit, 3)::bigint END
        WHERE e.transfer_id = new.id
          AND (CASE WHEN e.amount < 0 THEN a.path = 'source:' || l.id AND e.amount = -l.mass_g AND e.balance = -l.mass_g
                    ELSE a.path = 'inventory:' || l.id AND e.amount = l.mass_g END) IS NOT TRUE)
    THEN
        RAISE EXCEPTION 'transfer % does not open a lot once and whole', new.cause
            USING errcode = '23514', constraint = 'credit_lot_opened_once', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfer_opens_lots AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (new.kind = 'open_lot') EXECUTE FUNCTION credits.check_opening();

-- `payment:<id>` is what that payment says it received, through its channel; `refund:<id>` what that refund gave back.
CREATE FUNCTION payments.check_posting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id uuid := CASE WHEN split_part(new.cause, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                      THEN split_part(new.cause, ':', 2)::uuid END;
    v_amount bigint;
    v_channel text;
    v_currency text;
BEGIN
    IF new.kind = 'payment' THEN
        SELECT p.amount_minor, p.channel, p.currency INTO v_amount, v_channel, v_currency
        FROM payment p WHERE p.id = v_id AND p.transaction_id IS NOT NULL AND new.cause = 'payment:' || p.id;
    ELSE
        SELECT -r.amount_minor, p.channel, p.currency INTO v_amount, v_channel, v_currency
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id
        WHERE r.id = v_id AND r.state = 'done' AND new.cause = 'refund:' || r.id;
    END IF;
    IF v_amount IS NULL OR EXISTS (
        SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transfer_id = new.id
          AND (a.unit, a.path, e.amount) NOT IN ((v_currency, 'prepaid', v_amount), (v_currency, 'clearing:' || v_channel, -v_amount)))
    THEN
        RAISE EXCEPTION 'transfer % is not what its payment or refund says', new.cause
            USING errcode = '23514', constraint = 'payment_posted_as_it_is', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfer_is_of_a_payment AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (new.kind IN ('payment', 'refund')) EXECUTE FUNCTION payments.check_posting();

-- `take_back:<id>` is what that order cost, and it was paid.
CREATE FUNCTION orders.check_taking_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM purchase_order o JOIN ledger_account a ON a.path = 'sales' AND a.unit = o.currency
        JOIN ledger_entry e ON e.transfer_id = new.id AND e.account_id = a.id AND e.amount = -o.amount_minor
        WHERE o.id = CASE WHEN substr(new.cause, 11) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                          THEN substr(new.cause, 11)::uuid END
          AND o.state IN ('paid', 'refunding') AND new.legs = 2)
    THEN
        RAISE EXCEPTION 'transfer % is not what its order cost', new.cause
            USING errcode = '23514', constraint = 'purchase_order_taken_back_once', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfer_takes_back AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (new.kind = 'take_back') EXECUTE FUNCTION orders.check_taking_back();

REVOKE ALL ON FUNCTION credits.check_opening(), payments.check_posting(), orders.check_taking_back() FROM PUBLIC;
