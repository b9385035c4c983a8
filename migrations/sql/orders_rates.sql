-- An order in a currency that its price lists are not in keeps the rate by which it was priced, for ever: the rate is of its own
-- currency, and never changes. `needed_g` is what its footprint needed, where more was bought to reach the smallest amount that
-- can be paid.
ALTER TABLE purchase_order
    ADD CONSTRAINT purchase_order_rate_fkey FOREIGN KEY (rate_id, currency)
        REFERENCES exchange_rate (id, currency) ON DELETE RESTRICT,
    ADD CONSTRAINT purchase_order_needed_check CHECK (needed_g > 0 AND needed_g < mass_g);
-- What goes through the rate is rounded up once per order, so one of many small prices may cost no unit of its own.
ALTER TABLE sale_line_price
    DROP CONSTRAINT sale_line_price_amount_check,
    ADD CONSTRAINT sale_line_price_amount_check CHECK (per_tonne_minor > 0 AND amount_minor >= (NOT is_rated)::int);

-- The orders among these whose prices do not follow from their grams, lists and rate. A price in the order's own currency is
-- rounded up by itself, at least one unit. Those in the rate's other currency go through the rate together: each is the part that
-- the running sum, rounded up, grows by, in the order of lines and prices; so all of them are rounded up once.
CREATE FUNCTION orders.mispriced(p_orders uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH price AS (
        SELECT o.id AS order_id, r.base_minor, r.currency_minor, l.no, i.id, i.is_rated, i.amount_minor,
               i.mass_g::numeric * i.per_tonne_minor AS worth,
               sum(i.mass_g::numeric * i.per_tonne_minor) FILTER (WHERE i.is_rated)
                   OVER (PARTITION BY o.id ORDER BY l.no, i.id) AS upto,
               count(*) FILTER (WHERE i.is_rated) OVER (PARTITION BY o.id) AS rated
        FROM purchase_order o JOIN sale_line l ON l.order_id = o.id JOIN sale_line_price i ON i.line_id = l.id
        LEFT JOIN exchange_rate r ON r.id = o.rate_id
        WHERE o.id = ANY (p_orders)),
    wanted AS (
        SELECT p.*, CASE WHEN NOT p.is_rated THEN greatest(1, div(p.worth + 999999, 1000000))
                    ELSE div(p.upto * p.currency_minor + 1000000::numeric * p.base_minor - 1, 1000000::numeric * p.base_minor)
                       - div((p.upto - p.worth) * p.currency_minor + 1000000::numeric * p.base_minor - 1,
                             1000000::numeric * p.base_minor) END AS minor
        FROM price p)
    SELECT DISTINCT w.order_id FROM wanted w
    WHERE w.amount_minor IS DISTINCT FROM w.minor OR (w.rated > 0) <> (w.base_minor IS NOT NULL)
$$;
REVOKE ALL ON FUNCTION orders.mispriced(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.mispriced(uuid[]) TO ddt_app;

CREATE OR REPLACE FUNCTION orders.check_new_prices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_orders uuid[] := ARRAY(SELECT DISTINCT l.order_id FROM added JOIN sale_line l ON l.id = added.line_id); v_order uuid;
BEGIN
    PERFORM orders.check_sums(v_orders);
    SELECT m INTO v_order FROM orders.mispriced(v_orders) AS m LIMIT 1;
    IF v_order IS NOT NULL THEN
        RAISE EXCEPTION 'the prices of order % do not follow from its grams, price lists and rate', v_order
            USING errcode = '23514', constraint = 'purchase_order_priced';
    END IF;
    RETURN NULL;
END $$;
