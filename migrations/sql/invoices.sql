-- Invoices (发票): what an organisation wants on one, and which were made. One invoice for each order; what goes back afterwards is
-- reversed, never more than was invoiced. How much is to be invoiced one function says.
CREATE SCHEMA invoices;
GRANT USAGE ON SCHEMA invoices TO ddt_app;
ALTER TABLE invoice_asking
    ADD CONSTRAINT invoice_asking_order_key UNIQUE (order_id),
    ADD CONSTRAINT invoice_asking_title_check CHECK (btrim(title) <> '' AND title !~ '^[-=+@]'),
    ADD CONSTRAINT invoice_asking_tax_number_check CHECK (tax_number ~ '^[0-9A-Z]{15}([0-9A-Z]{3}|[0-9A-Z]{5})?$');
CREATE INDEX invoice_asking_person_index ON invoice_asking (by_id);
ALTER TABLE invoice
    ADD CONSTRAINT invoice_kind_check CHECK (kind IN ('issued', 'reversed')),
    ADD CONSTRAINT invoice_amount_check CHECK (amount_minor > 0),
    ADD CONSTRAINT invoice_number_check CHECK (number ~ '^[0-9A-Z]{8,20}$');
CREATE UNIQUE INDEX invoice_issued_key ON invoice (order_id) WHERE kind = 'issued';
CREATE UNIQUE INDEX invoice_number_key ON invoice (number) WHERE number IS NOT NULL;
CREATE INDEX invoice_order_index ON invoice (order_id);
CREATE INDEX invoice_person_index ON invoice (by_id);
GRANT SELECT, INSERT ON invoice_asking TO ddt_app;
GRANT UPDATE (title, tax_number, email_sealed, by_id, asked_at) ON invoice_asking TO ddt_app;
GRANT SELECT ON invoice TO ddt_app;

CREATE FUNCTION invoices.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: an invoice that was made stays', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE TRIGGER invoice_append_only BEFORE UPDATE OR DELETE ON invoice
    FOR EACH ROW EXECUTE FUNCTION invoices.refuse_change();
CREATE TRIGGER invoice_no_truncate BEFORE TRUNCATE ON invoice
    FOR EACH STATEMENT EXECUTE FUNCTION invoices.refuse_change();

-- What was paid for an order less what went back, is on its way back, or was taken back by its channel.
CREATE FUNCTION invoices.net_minor(p_order uuid) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT (p.amount_minor
            - (SELECT coalesce(sum(r.amount_minor), 0) FROM payment_refund r WHERE r.payment_id = p.id AND r.state <> 'refused')
            - (SELECT coalesce(sum(v.amount_minor), 0) FROM payment_reversal v WHERE v.payment_id = p.id AND v.is_gone))::bigint
    FROM purchase_order o JOIN payment p ON p.id = o.payment_id WHERE o.id = p_order
$$;

-- Its lines with what stays of each; line 0 is what differs of the order as a whole, so that they add up.
CREATE FUNCTION invoices.lines(p_orders uuid[]) RETURNS TABLE (order_id uuid, no int, is_held boolean, mass_g bigint, amount_minor bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH line AS (
        SELECT l.order_id, l.no::int AS no, l.account_id IS NOT NULL AS is_held,
               l.mass_g - coalesce(b.mass_g, 0) AS mass_g,
               (SELECT sum(i.amount_minor) FROM sale_line_price i WHERE i.line_id = l.id) - coalesce(b.amount_minor, 0) AS amount_minor
        FROM sale_line l LEFT JOIN LATERAL (
            SELECT sum(q.mass_g) AS mass_g, sum(q.amount_minor) AS amount_minor FROM purchase_order_return q WHERE q.line_id = l.id) AS b ON true
        WHERE l.order_id = ANY (p_orders))
    SELECT x.order_id, x.no, x.is_held, x.mass_g::bigint, x.amount_minor::bigint FROM line x
    UNION ALL
    SELECT s.order_id, 0, false, 0::bigint, (invoices.net_minor(s.order_id) - s.amount_minor)::bigint
    FROM (SELECT y.order_id, sum(y.amount_minor) AS amount_minor FROM line y GROUP BY y.order_id) AS s
    WHERE invoices.net_minor(s.order_id) <> s.amount_minor
$$;

-- What was asked for stays as it was once the invoice is made.
CREATE FUNCTION invoices.keep_asked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM purchase_order o WHERE o.id = new.order_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM invoice i WHERE i.order_id = new.order_id) THEN
        RAISE EXCEPTION 'order % is invoiced', new.order_id USING errcode = '23514', constraint = 'invoice_asking_open';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER invoice_asking_open BEFORE INSERT OR UPDATE ON invoice_asking
    FOR EACH ROW EXECUTE FUNCTION invoices.keep_asked();

-- Mark what is left to be invoiced, or below zero to be reversed: exactly the amount that was seen, under the order's lock.
CREATE FUNCTION invoices.mark(p_id uuid, p_order uuid, p_seen bigint, p_number text, p_by uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_asked invoice_asking; v_issued bigint; v_reversed bigint; v_left bigint;
BEGIN
    IF NOT identity.has_house_role(p_by, '{finance}') THEN
        RAISE EXCEPTION 'only finance marks invoices' USING errcode = '42501', constraint = 'invoice_power';
    END IF;
    PERFORM FROM purchase_order o WHERE o.id = p_order FOR NO KEY UPDATE;
    SELECT * INTO v_asked FROM invoice_asking a WHERE a.order_id = p_order;
    IF v_asked.id IS NULL THEN
        RAISE EXCEPTION 'nobody asked for an invoice of order %', p_order USING errcode = '23514', constraint = 'invoice_asked';
    END IF;
    SELECT coalesce(sum(i.amount_minor) FILTER (WHERE i.kind = 'issued'), 0),
           coalesce(sum(i.amount_minor) FILTER (WHERE i.kind = 'reversed'), 0)
    INTO v_issued, v_reversed FROM invoice i WHERE i.order_id = p_order;
    v_left := invoices.net_minor(p_order) - v_issued + v_reversed;
    IF v_left = 0 OR v_left <> p_seen OR (v_left > 0) <> (v_issued = 0) THEN
        RAISE EXCEPTION 'of order % there is % to mark, not %', p_order, v_left, p_seen
            USING errcode = '23514', constraint = 'invoice_amount_seen';
    END IF;
    INSERT INTO invoice (id, order_id, kind, amount_minor, title, tax_number, number, by_id, marked_at)
    VALUES (p_id, p_order, CASE WHEN v_left > 0 THEN 'issued' ELSE 'reversed' END, abs(v_left), v_asked.title, v_asked.tax_number,
            p_number, p_by, clock_timestamp());
END $$;
REVOKE ALL ON FUNCTION invoices.refuse_change(), invoices.net_minor(uuid), invoices.lines(uuid[]), invoices.keep_asked(),
    invoices.mark(uuid, uuid, bigint, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION invoices.net_minor(uuid), invoices.lines(uuid[]), invoices.mark(uuid, uuid, bigint, text, uuid) TO ddt_app;
