-- An order that is sold keeps for which payment, and under which cause the ledger has it. Orders of the release before were
-- sold in sets, whose causes nobody kept: they say `fulfil`.
UPDATE purchase_order o SET sale_cause = 'fulfil', payment_id = (
    SELECT p.id FROM payment p WHERE p.subject = 'order:' || o.id AND p.transaction_id IS NOT NULL
    ORDER BY EXISTS (SELECT FROM payment_refund r WHERE r.payment_id = p.id AND NOT r.reverses_sale), p.id LIMIT 1)
WHERE o.state = 'paid' OR EXISTS (SELECT FROM ledger_transfer t WHERE t.cause = 'take_back:' || o.id);
DO $$
DECLARE
    v_sold bigint := (SELECT coalesce(sum(o.amount_minor), 0) FROM purchase_order o WHERE o.sale_cause IS NOT NULL);
    v_posted bigint := (SELECT coalesce(sum(e.amount), 0) FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.id
                        WHERE t.kind = 'fulfil' AND e.amount > 0);
BEGIN
    IF v_sold <> v_posted THEN
        RAISE EXCEPTION 'orders were sold for %, the ledger sold %', v_sold, v_posted;
    END IF;
END $$;
ALTER TABLE purchase_order
    ADD CONSTRAINT purchase_order_sale_check CHECK (
        (sale_cause IS NULL) = (payment_id IS NULL) AND (sale_cause IS NOT NULL OR state <> 'paid')
        AND sale_cause IN ('fulfil', 'sale:order:' || id) AND (sale_cause IS NULL OR state IN ('paid', 'refunding', 'refunded')));
CREATE UNIQUE INDEX purchase_order_payment_key ON purchase_order (payment_id) WHERE payment_id IS NOT NULL;
GRANT UPDATE (sale_cause, payment_id) ON purchase_order TO ddt_app;

-- As it was sold it stays: under one cause, for a payment of its own.
CREATE FUNCTION orders.guard_sale() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF old.sale_cause IS NOT NULL OR new.sale_cause = 'fulfil' OR NOT EXISTS (
        SELECT FROM payment p WHERE p.id = new.payment_id AND p.subject = 'order:' || new.id AND p.transaction_id IS NOT NULL
        AND p.amount_minor = new.amount_minor AND p.currency = new.currency)
    THEN
        RAISE EXCEPTION 'order % was sold before, or not for payment %', new.id, new.payment_id
            USING errcode = '23514', constraint = 'purchase_order_sold_once';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER purchase_order_sold_once BEFORE UPDATE ON purchase_order
    FOR EACH ROW WHEN ((old.sale_cause, old.payment_id) IS DISTINCT FROM (new.sale_cause, new.payment_id))
    EXECUTE FUNCTION orders.guard_sale();

-- What orders are sold for: declared in payment_subject_kind.
CREATE FUNCTION orders.sold(p_id uuid DEFAULT NULL)
RETURNS TABLE (subject_id uuid, currency text, amount_minor bigint, cause text)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF p_id IS NOT NULL THEN
        RETURN QUERY SELECT o.id, o.currency::text, o.amount_minor, o.sale_cause::text FROM purchase_order o
                     WHERE o.id = p_id AND o.sale_cause IS NOT NULL;
    ELSE
        RETURN QUERY SELECT o.id, o.currency::text, o.amount_minor, o.sale_cause::text FROM purchase_order o
                     WHERE o.sale_cause IS NOT NULL;
    END IF;
END $$;
REVOKE ALL ON FUNCTION orders.guard_sale(), orders.sold(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.sold(uuid) TO ddt_app;
