-- Unpaid orders are bounded: by grams for a payer and for an address, by number for a payer. What is too large to be set
-- aside unpaid is quoted: priced, nothing held, until money comes or a person of ours says so.

ALTER TABLE purchase_order
    ADD CONSTRAINT purchase_order_address_key_check CHECK (address_key IS NULL OR octet_length(address_key) = 16);
CREATE INDEX purchase_order_unpaid_payer_idx ON purchase_order (payer_id) WHERE state IN ('placed', 'quoted');
CREATE INDEX purchase_order_unpaid_address_idx ON purchase_order (address_key)
    WHERE address_key IS NOT NULL AND state IN ('placed', 'quoted');
DROP INDEX purchase_order_expiry_idx;
CREATE INDEX purchase_order_expiry_idx ON purchase_order (expires_at) WHERE state IN ('placed', 'quoted');

ALTER TABLE purchase_order_act
    ADD CONSTRAINT purchase_order_act_check CHECK (act = 'reserved' AND length(btrim(reason)) > 0);
CREATE INDEX purchase_order_act_order_idx ON purchase_order_act (order_id);
CREATE INDEX purchase_order_act_by_idx ON purchase_order_act (by_id);
CREATE FUNCTION orders.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what somebody did stays written', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE TRIGGER purchase_order_act_append_only BEFORE UPDATE OR DELETE ON purchase_order_act
    FOR EACH ROW EXECUTE FUNCTION orders.refuse_change();
CREATE TRIGGER purchase_order_act_no_truncate BEFORE TRUNCATE ON purchase_order_act
    FOR EACH STATEMENT EXECUTE FUNCTION orders.refuse_change();

-- As before, and what is quoted: it is reserved by a person, paid, given back, or ends.
CREATE OR REPLACE FUNCTION orders.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.state, new.state) NOT IN (
        ('quoted', 'placed'), ('quoted', 'paid'), ('quoted', 'refunding'), ('quoted', 'expired'), ('quoted', 'cancelled'),
        ('placed', 'paid'), ('placed', 'expired'), ('placed', 'cancelled'),
        ('expired', 'paid'), ('expired', 'refunding'), ('cancelled', 'paid'), ('cancelled', 'refunding'),
        ('paid', 'refunding'), ('refunding', 'refunded'))
    THEN
        RAISE EXCEPTION 'order % cannot go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'purchase_order_step_check';
    END IF;
    RETURN new;
END $$;

-- Where an order came from is known, hashed, for as long as it is unpaid.
CREATE FUNCTION orders.forget_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.address_key := NULL;
    RETURN new;
END $$;
CREATE TRIGGER purchase_order_forgets_address BEFORE UPDATE ON purchase_order
    FOR EACH ROW WHEN (new.state NOT IN ('placed', 'quoted') AND new.address_key IS NOT NULL)
    EXECUTE FUNCTION orders.forget_address();

-- What speaks against an order that was just written, as the last step of its transaction; no row: nothing does. Orders of
-- one payer or one address wait here for each other's commit, so that together they are never over. Shares are of what is
-- open or set aside of a programme; the floor is what anybody may set aside however little that is.
--   many     the payer has more unpaid orders than p_most          refused
--   large    the order alone is above its payer's share            quoted
--   payer    with the payer's others it is                         refused
--   address  with the others of its address it is                  quoted
--   crowd    with everybody's, too much of the programme is        quoted
CREATE FUNCTION orders.look_at_unpaid(
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

    SELECT count(*) INTO v_many FROM purchase_order o WHERE o.payer_id = v_payer AND o.state IN ('placed', 'quoted');
    IF v_many > p_most THEN
        RETURN QUERY SELECT 'many', NULL::text, v_many, p_most::bigint, orders.oldest_unpaid(v_payer, p_order);
        RETURN;
    END IF;
    IF v_state <> 'placed' THEN RETURN; END IF;

    RETURN QUERY
    WITH own AS (
        SELECT l.programme, sum(l.mass_g) AS grams FROM purchase_order_part q JOIN purchase_order_line l ON l.part_id = q.id
        WHERE q.order_id = p_order GROUP BY l.programme),
    stock AS (
        SELECT s.programme, sum(free.balance + aside.balance) AS all_g, sum(aside.balance) AS aside_g
        FROM own JOIN credit_sellable_lot s ON s.programme = own.programme
        JOIN ledger_account free ON free.path = 'inventory:' || s.id AND free.unit = 'g:' || s.id
        JOIN ledger_account aside ON aside.path = 'reserved:' || s.id AND aside.unit = 'g:' || s.id GROUP BY s.programme),
    unpaid AS (
        SELECT l.programme, coalesce(sum(l.mass_g) FILTER (WHERE o.payer_id = v_payer), 0) AS payer_g,
               coalesce(sum(l.mass_g) FILTER (WHERE o.address_key = v_address), 0) AS address_g
        FROM purchase_order o JOIN purchase_order_part q ON q.order_id = o.id JOIN purchase_order_line l ON l.part_id = q.id
        WHERE o.state = 'placed' AND (o.payer_id = v_payer OR o.address_key = v_address) GROUP BY l.programme),
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

-- The order that a payer should pay or cancel first; one that holds grams before one that holds none.
CREATE FUNCTION orders.oldest_unpaid(p_payer uuid, p_but uuid) RETURNS uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT o.id FROM purchase_order o WHERE o.payer_id = p_payer AND o.id <> p_but AND o.state IN ('placed', 'quoted')
    ORDER BY o.state = 'quoted', o.placed_at LIMIT 1
$$;

-- A person of ours lets a quoted order hold its grams until then; whoever calls this sets them aside in the transaction.
CREATE FUNCTION orders.hold(p_id uuid, p_order uuid, p_by uuid, p_reason text, p_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE purchase_order SET state = 'placed', expires_at = p_until
    WHERE id = p_order AND state = 'quoted' AND p_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '31 days';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % is not quoted, or cannot be held until %', p_order, p_until
            USING errcode = '23514', constraint = 'purchase_order_hold_check';
    END IF;
    INSERT INTO purchase_order_act (id, order_id, act, by_id, reason, acted_at)
    VALUES (p_id, p_order, 'reserved', p_by, p_reason, clock_timestamp());
END $$;

REVOKE ALL ON FUNCTION orders.refuse_change(), orders.forget_address(), orders.oldest_unpaid(uuid, uuid),
    orders.look_at_unpaid(uuid, int, int, int, int, bigint, int), orders.hold(uuid, uuid, uuid, text, timestamptz)
    FROM PUBLIC;
GRANT USAGE ON SCHEMA orders TO ddt_app;
GRANT EXECUTE ON FUNCTION orders.look_at_unpaid(uuid, int, int, int, int, bigint, int),
    orders.hold(uuid, uuid, uuid, text, timestamptz) TO ddt_app;
GRANT SELECT ON purchase_order_act TO ddt_app;
