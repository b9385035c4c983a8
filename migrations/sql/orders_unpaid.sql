-- Orders change on their own page: who still may pay, and until when, stands in a narrow table beside them for as long as
-- that is so, written by a trigger alone. No index of purchase_order holds a column that changes.

CREATE TABLE purchase_order_unpaid (
    order_id uuid PRIMARY KEY,
    payer_id uuid NOT NULL,
    address_key bytea,
    expires_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO purchase_order_unpaid (order_id, payer_id, address_key, expires_at)
SELECT o.id, o.payer_id, o.address_key, o.expires_at FROM purchase_order o WHERE o.state IN ('placed', 'quoted');

DROP INDEX purchase_order_expiry_idx;
DROP INDEX purchase_order_unpaid_payer_idx;
DROP INDEX purchase_order_unpaid_address_idx;
CREATE INDEX purchase_order_expiry_idx ON purchase_order_unpaid (expires_at);
CREATE INDEX purchase_order_unpaid_payer_idx ON purchase_order_unpaid (payer_id);
CREATE INDEX purchase_order_unpaid_address_idx ON purchase_order_unpaid (address_key) WHERE address_key IS NOT NULL;
-- A payment names its order (orders.guard_sale compares them), so it can be that of one only, without an index.
DROP INDEX purchase_order_payment_key;
ALTER TABLE purchase_order SET (fillfactor = 80);
GRANT SELECT ON purchase_order_unpaid TO ddt_app;

CREATE FUNCTION orders.refuse_sold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order % is sold before it is placed', new.id
        USING errcode = '23514', constraint = 'purchase_order_sold_once';
END $$;
REVOKE ALL ON FUNCTION orders.refuse_sold() FROM PUBLIC;
CREATE TRIGGER purchase_order_is_placed_first BEFORE INSERT ON purchase_order
    FOR EACH ROW WHEN (new.payment_id IS NOT NULL OR new.sale_cause IS NOT NULL) EXECUTE FUNCTION orders.refuse_sold();

CREATE FUNCTION orders.follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF tg_op = 'DELETE' THEN
        DELETE FROM purchase_order_unpaid u WHERE u.order_id = old.id;
    ELSIF new.state IN ('placed', 'quoted') THEN
        INSERT INTO purchase_order_unpaid AS u (order_id, payer_id, address_key, expires_at)
        VALUES (new.id, new.payer_id, new.address_key, new.expires_at)
        ON CONFLICT (order_id) DO UPDATE SET payer_id = excluded.payer_id, address_key = excluded.address_key,
                                             expires_at = excluded.expires_at;
    ELSE
        DELETE FROM purchase_order_unpaid u WHERE u.order_id = new.id;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION orders.follow() FROM PUBLIC;
CREATE TRIGGER purchase_order_is_unpaid AFTER INSERT OR DELETE ON purchase_order FOR EACH ROW EXECUTE FUNCTION orders.follow();
CREATE TRIGGER purchase_order_stays_unpaid AFTER UPDATE ON purchase_order
    FOR EACH ROW WHEN ((old.state, old.payer_id, old.address_key, old.expires_at) IS DISTINCT FROM
                       (new.state, new.payer_id, new.address_key, new.expires_at))
    EXECUTE FUNCTION orders.follow();

-- As before; among the unpaid alone.
-- The order that a payer should pay or cancel first; one that holds grams before one that holds none.
CREATE OR REPLACE FUNCTION orders.oldest_unpaid(p_payer uuid, p_but uuid) RETURNS uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT o.id FROM purchase_order_unpaid u JOIN purchase_order o ON o.id = u.order_id
    WHERE u.payer_id = p_payer AND o.id <> p_but AND o.state IN ('placed', 'quoted')
    ORDER BY o.state = 'quoted', o.placed_at LIMIT 1
$$;
REVOKE ALL ON FUNCTION orders.oldest_unpaid(uuid, uuid) FROM PUBLIC;

-- As before; among the unpaid alone.
-- What speaks against an order that was just written, as the last step of its transaction; no row: nothing does. Orders of
-- one payer or one address wait here for each other's commit, so that together they are never over. Shares are of what is
-- open or set aside of a programme; the floor is what anybody may set aside however little that is.
--   many     the payer has more unpaid orders than p_most          refused
--   large    the order alone is above its payer's share            quoted
--   payer    with the payer's others it is                         refused
--   address  with the others of its address it is                  quoted
--   crowd    with everybody's, too much of the programme is        quoted
CREATE OR REPLACE FUNCTION orders.look_at_unpaid(
    p_order uuid, p_person int, p_organisation int, p_address int, p_set_aside int, p_floor_g bigint, p_most int
) RETURNS TABLE (finding text, programme text, unpaid_g bigint, most_g bigint, other uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_payer uuid;
    v_address bytea;
    v_state text;
    v_share int;
    v_many bigint;
    v_lock bigint;
BEGIN
    SELECT o.payer_id, o.address_key, o.state, CASE p.kind WHEN 'person' THEN p_person ELSE p_organisation END
    INTO v_payer, v_address, v_state, v_share FROM purchase_order o JOIN party p ON p.id = o.payer_id WHERE o.id = p_order;
    FOR v_lock IN SELECT DISTINCT hashtextextended(scope, 18) AS one FROM unnest(ARRAY[
        'unpaid of payer ' || v_payer, 'unpaid of address ' || encode(v_address, 'hex')]) AS scope
        WHERE scope IS NOT NULL ORDER BY one
    LOOP
        PERFORM pg_advisory_xact_lock(v_lock);
    END LOOP;

    SELECT count(*) INTO v_many FROM purchase_order_unpaid u WHERE u.payer_id = v_payer;
    IF v_many > p_most THEN
        RETURN QUERY SELECT 'many', NULL::text, v_many, p_most::bigint, orders.oldest_unpaid(v_payer, p_order);
        RETURN;
    END IF;
    IF v_state <> 'placed' THEN RETURN; END IF;

    RETURN QUERY
    WITH own AS (
        SELECT i.programme, sum(i.mass_g) AS grams FROM sale_line l JOIN sale_line_price i ON i.line_id = l.id
        WHERE l.order_id = p_order GROUP BY i.programme),
    stock AS (
        SELECT s.programme, sum(free.balance + aside.balance) AS all_g, sum(aside.balance) AS aside_g
        FROM own JOIN credit_sellable_lot s ON s.programme = own.programme
        JOIN ledger_account free ON free.path = 'inventory:' || s.id AND free.unit = 'g:' || s.id
        JOIN ledger_account aside ON aside.path = 'reserved:' || s.id AND aside.unit = 'g:' || s.id GROUP BY s.programme),
    unpaid AS (
        SELECT i.programme, coalesce(sum(i.mass_g) FILTER (WHERE o.payer_id = v_payer), 0) AS payer_g,
               coalesce(sum(i.mass_g) FILTER (WHERE o.address_key = v_address), 0) AS address_g
        FROM purchase_order_unpaid u JOIN purchase_order o ON o.id = u.order_id
        JOIN sale_line l ON l.order_id = o.id JOIN sale_line_price i ON i.line_id = l.id
        WHERE o.state = 'placed' AND (u.payer_id = v_payer OR u.address_key = v_address) GROUP BY i.programme),
    judged AS (
        SELECT own.programme::text AS programme, said.rank, said.finding, said.unpaid_g,
               greatest(p_floor_g, floor(stock.all_g * said.share / 1000)) AS most_g
        FROM own JOIN stock ON stock.programme = own.programme JOIN unpaid ON unpaid.programme = own.programme
        CROSS JOIN LATERAL (VALUES
            (1, 'large', own.grams, v_share), (2, 'payer', unpaid.payer_g, v_share),
            (3, 'address', unpaid.address_g, p_address), (4, 'crowd', stock.aside_g, p_set_aside)
        ) AS said (rank, finding, unpaid_g, share))
    SELECT j.finding, j.programme, j.unpaid_g::bigint, j.most_g::bigint,
           CASE j.finding WHEN 'payer' THEN orders.oldest_unpaid(v_payer, p_order) END
    FROM judged j WHERE j.unpaid_g > j.most_g ORDER BY j.rank, j.programme LIMIT 1;
END $$;
REVOKE ALL ON FUNCTION orders.look_at_unpaid(uuid, integer, integer, integer, integer, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.look_at_unpaid(uuid, integer, integer, integer, integer, bigint, integer) TO ddt_app;
