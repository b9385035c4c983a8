-- A line of an order says how it is fulfilled: it retires for a claim, or is held in an account; exactly one of both.
ALTER TABLE purchase_order_part
    ADD CONSTRAINT purchase_order_part_fulfilled_check CHECK (num_nonnulls(claim_id, account_id) = 1),
    ADD CONSTRAINT purchase_order_part_held_check CHECK (
        account_id IS NULL OR (mandate_id IS NULL AND funding = 'order'));
CREATE INDEX purchase_order_part_account_idx ON purchase_order_part (account_id) WHERE account_id IS NOT NULL;

-- What is given back of lines that were held, lot by lot, each act under a key of its own; written by orders.give_back alone.
ALTER TABLE purchase_order_return
    ADD CONSTRAINT purchase_order_return_once_key UNIQUE (part_id, key, lot_id),
    ADD CONSTRAINT purchase_order_return_act_key UNIQUE (act, lot_id),
    ADD CONSTRAINT purchase_order_return_mass_check CHECK (mass_g > 0 AND amount_minor >= 0 AND key <> '');
CREATE INDEX purchase_order_return_order_idx ON purchase_order_return (order_id);
CREATE INDEX purchase_order_return_by_idx ON purchase_order_return (by_id);
CREATE TRIGGER purchase_order_return_append_only BEFORE UPDATE OR DELETE ON purchase_order_return
    FOR EACH ROW EXECUTE FUNCTION orders.refuse_change();
CREATE TRIGGER purchase_order_return_no_truncate BEFORE TRUNCATE ON purchase_order_return
    FOR EACH STATEMENT EXECUTE FUNCTION orders.refuse_change();
GRANT SELECT ON purchase_order_return TO ddt_app;

-- What could be given back of held lines now: of each lot what the line brought and is not back, as far as it is free in its
-- account; and what of the price that would be. The same grams may have come by several lines: each says what it could alone.
CREATE FUNCTION orders.refundable(p_order uuid)
RETURNS TABLE (part_id uuid, lot_id bigint, programme text, mass_g bigint, back_g bigint, price_g bigint, price_minor bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT p.id, l.lot_id, i.programme::text,
           greatest(0, least(l.mass_g - coalesce(b.mass_g, 0), coalesce(free.balance, 0)))::bigint,
           coalesce((SELECT sum(q.mass_g) FROM purchase_order_return q JOIN credit_lot k ON k.id = q.lot_id
                     WHERE q.part_id = p.id AND k.programme = i.programme), 0)::bigint, i.mass_g, i.amount_minor
    FROM purchase_order o JOIN purchase_order_part p ON p.order_id = o.id JOIN account a ON a.id = p.account_id
    JOIN credit_reservation r ON r.purpose = p.cause AND r.state = 'delivered'
    JOIN credit_reservation_line l ON l.reservation_id = r.id JOIN credit_lot c ON c.id = l.lot_id
    JOIN purchase_order_line i ON i.part_id = p.id AND i.programme = c.programme
    LEFT JOIN (SELECT q.part_id, q.lot_id, sum(q.mass_g) AS mass_g FROM purchase_order_return q GROUP BY q.part_id, q.lot_id) AS b
        ON b.part_id = p.id AND b.lot_id = l.lot_id
    LEFT JOIN ledger_account free ON free.path = holdings.account(a.holder, l.lot_id) AND free.unit = 'g:' || l.lot_id
    WHERE o.id = p_order AND o.state = 'paid'
    ORDER BY p.no, l.lot_id
$$;

-- Write down that grams of a line are given back, for what of their price: the difference of two shares, so that all parts
-- together are never more than was paid, and all of it at the end. The caller has locked the order; it moves the grams and
-- writes the refund in the same transaction, and the ledger lets no other grams go back.
CREATE FUNCTION orders.give_back(p_act uuid, p_part uuid, p_key text, p_by uuid, p_lots bigint[], p_grams bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_order uuid; v_lot bigint; v_mass bigint; v_row record; v_minor bigint; v_sum bigint := 0;
BEGIN
    SELECT p.order_id INTO v_order FROM purchase_order_part p WHERE p.id = p_part;
    PERFORM FROM purchase_order o WHERE o.id = v_order FOR UPDATE;
    FOR v_lot, v_mass IN SELECT w.lot, w.grams FROM unnest(p_lots, p_grams) AS w (lot, grams) ORDER BY w.lot LOOP
        SELECT * INTO v_row FROM orders.refundable(v_order) f WHERE f.part_id = p_part AND f.lot_id = v_lot;
        IF v_row.part_id IS NULL OR v_mass > v_row.mass_g OR v_mass <= 0 THEN
            RAISE EXCEPTION 'of line % no % g of lot % can be given back', p_part, v_mass, v_lot
                USING errcode = '23514', constraint = 'purchase_order_return_free_check';
        END IF;
        v_minor := payments.share_minor(v_row.price_minor, v_row.back_g + v_mass, v_row.price_g)
                   - payments.share_minor(v_row.price_minor, v_row.back_g, v_row.price_g);
        INSERT INTO purchase_order_return (act, order_id, part_id, key, lot_id, mass_g, amount_minor, by_id, returned_at)
        VALUES (p_act, v_order, p_part, p_key, v_lot, v_mass, v_minor, p_by, clock_timestamp());
        v_sum := v_sum + v_minor;
    END LOOP;
    RETURN v_sum;
END $$;

-- Grams go from an account into the platform's stock only as a return says, `transfer:return:<act>`.
ALTER TABLE ledger_movement
    DROP CONSTRAINT ledger_movement_inventory_check,
    ADD CONSTRAINT ledger_movement_inventory_check CHECK (
        target <> 'inventory' OR source IN ('source', 'reserved') OR (kind = 'transfer' AND source = 'held' AND cause = 'transfer:return:%'));
INSERT INTO ledger_movement (kind, cause, family, source, target)
VALUES ('transfer', 'transfer:return:%', 'g', 'held', 'inventory');
CREATE FUNCTION orders.check_return() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT a.path, -e.amount AS grams FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                     WHERE e.transfer_id = new.id AND e.amount < 0) AS moved
        FULL JOIN (SELECT holdings.account(h.holder, q.lot_id) AS path, q.mass_g AS grams FROM purchase_order_return q
                   JOIN purchase_order_part p ON p.id = q.part_id JOIN account h ON h.id = p.account_id
                   WHERE 'transfer:return:' || q.act = new.cause) AS said ON said.path = moved.path
        WHERE moved.grams IS DISTINCT FROM said.grams)
    THEN
        RAISE EXCEPTION 'transfer % is not what a return says', new.cause
            USING errcode = '23514', constraint = 'purchase_order_return_moved_check', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfer_is_a_return AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (starts_with(new.cause, 'transfer:return:')) EXECUTE FUNCTION orders.check_return();

REVOKE ALL ON FUNCTION orders.refundable(uuid), orders.check_return(),
    orders.give_back(uuid, uuid, text, uuid, bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.refundable(uuid), orders.give_back(uuid, uuid, text, uuid, bigint[], bigint[]) TO ddt_app;

-- As before; lines that are held are delivered, and what is given back of them is back.
CREATE OR REPLACE FUNCTION orders.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH line AS (
        SELECT l.part_id, sum(l.mass_g) AS mass_g, sum(l.amount_minor) AS amount_minor FROM purchase_order_line l GROUP BY l.part_id),
    back AS (SELECT q.part_id, sum(q.mass_g) AS mass_g FROM purchase_order_return q GROUP BY q.part_id),
    part AS (
        SELECT p.order_id, count(*) AS parts, sum(p.mass_g) AS mass_g, sum(l.amount_minor) AS amount_minor,
               count(*) FILTER (WHERE l.mass_g IS DISTINCT FROM p.mass_g) AS apart,
               count(p.claim_id) AS claims, coalesce(sum(p.mass_g) FILTER (WHERE p.claim_id IS NOT NULL), 0) AS claimed_g,
               count(r.id) AS retired, coalesce(sum(r.mass_g), 0) AS retired_g,
               coalesce(sum(p.mass_g) FILTER (WHERE p.account_id IS NOT NULL), 0) AS held_g,
               coalesce(sum(d.mass_g) FILTER (WHERE a.id IS NOT NULL), 0) AS delivered_g, coalesce(sum(b.mass_g), 0) AS back_g
        FROM purchase_order_part p LEFT JOIN line l ON l.part_id = p.id
        LEFT JOIN retirement r ON r.cause = p.cause AND r.state <> 'withdrawn'
        LEFT JOIN holding_transfer d ON d.cause = p.cause LEFT JOIN account a ON a.id = p.account_id AND a.holder = d.target
        LEFT JOIN back b ON b.part_id = p.id GROUP BY p.order_id),
    judged AS (
        SELECT o.id, o.state::text AS state, o.mass_g, o.amount_minor, o.currency::text AS currency, q.parts, q.mass_g AS parts_g,
               q.amount_minor AS lines_minor, q.retired, q.retired_g,
               coalesce(q.mass_g = o.mass_g AND q.amount_minor = o.amount_minor AND q.apart = 0, false) AS adds_up,
               q.claims, q.delivered_g, q.back_g,
               coalesce(CASE o.state WHEN 'paid' THEN q.retired = q.claims AND q.retired_g = q.claimed_g AND q.delivered_g = q.held_g
                                     ELSE q.retired = 0 AND q.delivered_g = q.back_g END, false) AS is_retired
        FROM purchase_order o LEFT JOIN part q ON q.order_id = o.id)
    SELECT NULL::bigint, said."check", said.ok, said.expected, said.found, said.detail FROM (
        SELECT count(*)::numeric AS orders, count(*) FILTER (WHERE j.adds_up)::numeric AS sound,
               count(*) FILTER (WHERE j.is_retired)::numeric AS retired,
               (array_agg(format('order %s of %s g for %s %s: parts of %s g, lines for %s', j.id, j.mass_g, j.amount_minor,
                                 j.currency, coalesce(j.parts_g, 0), coalesce(j.lines_minor, 0)) ORDER BY j.id)
                   FILTER (WHERE NOT j.adds_up))[1:20] AS unsound_named,
               (array_agg(format('order %s is %s: %s g in %s parts, %s g retired for it in %s, %s g delivered, %s g back',
                                 j.id, j.state, j.mass_g, coalesce(j.parts, 0), coalesce(j.retired_g, 0),
                                 coalesce(j.retired, 0), coalesce(j.delivered_g, 0), coalesce(j.back_g, 0)) ORDER BY j.id)
                   FILTER (WHERE NOT j.is_retired))[1:20] AS unretired_named
        FROM judged j) AS sums
    CROSS JOIN LATERAL (VALUES
        ('orders_add_up', sums.sound = sums.orders, sums.orders, sums.sound, sums.unsound_named),
        ('orders_retired', sums.retired = sums.orders, sums.orders, sums.retired, sums.unretired_named)
    ) AS said ("check", ok, expected, found, detail);

    -- What is back: its grams went from the line's account to the platform's stock, and its money is on its way.
    RETURN QUERY
    WITH act AS (
        SELECT q.act, q.order_id, sum(q.mass_g) AS mass_g, sum(q.amount_minor) AS amount_minor
        FROM purchase_order_return q GROUP BY q.act, q.order_id),
    judged AS (
        SELECT a.act, a.order_id, a.mass_g, a.amount_minor, t.mass_g AS moved_g, coalesce(r.amount_minor, 0) AS refunded_minor
        FROM act a JOIN purchase_order o ON o.id = a.order_id LEFT JOIN holding_transfer t ON t.cause = 'return:' || a.act
        LEFT JOIN payment_refund r ON r.payment_id = o.payment_id AND r.cause = 'returned:' || a.act AND r.reverses_sale)
    SELECT NULL::bigint, 'orders_returned', count(*) FILTER (WHERE (j.mass_g, j.amount_minor) IS DISTINCT FROM (j.moved_g, j.refunded_minor)) = 0,
           count(*)::numeric,
           count(*) FILTER (WHERE (j.mass_g, j.amount_minor) IS NOT DISTINCT FROM (j.moved_g, j.refunded_minor))::numeric,
           (array_agg(format('of order %s %s g are back for %s, %s g moved and %s are refunded', j.order_id, j.mass_g, j.amount_minor,
                             coalesce(j.moved_g, 0), j.refunded_minor) ORDER BY j.act)
               FILTER (WHERE (j.mass_g, j.amount_minor) IS DISTINCT FROM (j.moved_g, j.refunded_minor)))[1:20]
    FROM judged j;
END $$;

