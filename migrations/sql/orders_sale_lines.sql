-- An order's lines are called lines, and their prices by programme prices, as everywhere else: `purchase_order_part` is
-- `sale_line`, `purchase_order_line` is `sale_line_price`. What hangs on them takes their names.
DROP TRIGGER purchase_order_part_adds_up ON purchase_order_part;
DROP TRIGGER purchase_order_line_adds_up ON purchase_order_line;
DROP FUNCTION orders.check_new_parts();
DROP FUNCTION orders.check_new_lines();
DROP FUNCTION orders.give_back(uuid, uuid, text, uuid, bigint[], bigint[]);
DROP FUNCTION orders.refundable(uuid);

ALTER TABLE purchase_order_line RENAME TO sale_line_price;
ALTER TABLE purchase_order_part RENAME TO sale_line;
ALTER SEQUENCE purchase_order_line_id_seq RENAME TO sale_line_price_id_seq;

DO $$
DECLARE v_one record;
BEGIN
    FOR v_one IN
        SELECT c.conrelid::regclass AS relation, c.conname AS old,
               replace(replace(replace(c.conname, 'purchase_order_line', 'sale_line_price'), 'purchase_order_part', 'sale_line'),
                       'part_id', 'line_id') AS new
        FROM pg_constraint c
        WHERE c.conrelid IN ('sale_line'::regclass, 'sale_line_price'::regclass, 'purchase_order_return'::regclass)
    LOOP
        IF v_one.old <> v_one.new THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', v_one.relation, v_one.old, v_one.new);
        END IF;
    END LOOP;
    FOR v_one IN
        SELECT i.indexrelid::regclass AS old, replace(c.relname, 'purchase_order_part', 'sale_line') AS new
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = 'sale_line'::regclass AND c.relname LIKE 'purchase\_order\_part%'
    LOOP
        EXECUTE format('ALTER INDEX %s RENAME TO %I', v_one.old, v_one.new);
    END LOOP;
END $$;

-- Grams and money of an order are the sums of its lines and prices, or nothing of it commits. The lines and prices
-- come in the order's own statement, which checks them there; none comes later.
CREATE OR REPLACE FUNCTION orders.check_sums(p_orders uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_order uuid;
BEGIN
    SELECT o.id INTO v_order FROM purchase_order o CROSS JOIN LATERAL (
        SELECT count(*) AS lines, coalesce(sum(l.mass_g), 0) AS mass_g, coalesce(sum(i.amount_minor), 0) AS amount_minor,
               count(*) FILTER (WHERE i.mass_g IS DISTINCT FROM l.mass_g) AS apart,
               count(*) FILTER (WHERE l.no > n.lines OR (n.lines = 1) <> (l.cause NOT LIKE '%/%')) AS misnamed
        FROM sale_line l
        CROSS JOIN LATERAL (SELECT count(*) AS lines FROM sale_line q WHERE q.order_id = o.id) n
        LEFT JOIN LATERAL (SELECT sum(p.mass_g) AS mass_g, sum(p.amount_minor) AS amount_minor
                           FROM sale_line_price p WHERE p.line_id = l.id) i ON true
        WHERE l.order_id = o.id) s
    WHERE o.id = ANY (p_orders)
      AND (s.lines = 0 OR s.mass_g <> o.mass_g OR s.amount_minor <> o.amount_minor OR s.apart > 0 OR s.misnamed > 0)
    LIMIT 1;
    IF v_order IS NOT NULL THEN
        RAISE EXCEPTION 'the lines and prices of order % do not add up to it', v_order
            USING errcode = '23514', constraint = 'purchase_order_adds_up';
    END IF;
END $$;

CREATE FUNCTION orders.check_new_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM orders.check_sums(ARRAY(SELECT DISTINCT added.order_id FROM added));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION orders.check_new_lines() FROM PUBLIC;
CREATE TRIGGER sale_line_adds_up AFTER INSERT ON sale_line
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.check_new_lines();

CREATE FUNCTION orders.check_new_prices() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM orders.check_sums(ARRAY(SELECT DISTINCT l.order_id FROM added JOIN sale_line l ON l.id = added.line_id));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION orders.check_new_prices() FROM PUBLIC;
CREATE TRIGGER sale_line_price_adds_up AFTER INSERT ON sale_line_price
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.check_new_prices();

CREATE OR REPLACE FUNCTION orders.check_return() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT a.path, -e.amount AS grams FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                     WHERE e.transfer_id = new.id AND e.amount < 0) AS moved
        FULL JOIN (SELECT holdings.account(h.holder, q.lot_id) AS path, q.mass_g AS grams FROM purchase_order_return q
                   JOIN sale_line l ON l.id = q.line_id JOIN account h ON h.id = l.account_id
                   WHERE 'transfer:return:' || q.act = new.cause) AS said ON said.path = moved.path
        WHERE moved.grams IS DISTINCT FROM said.grams)
    THEN
        RAISE EXCEPTION 'transfer % is not what a return says', new.cause
            USING errcode = '23514', constraint = 'purchase_order_return_moved_check', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;

-- What could be given back of held lines now: of each lot what the line brought and is not back, as far as it is free in its
-- account; and what of the price that would be. The same grams may have come by several lines: each says what it could alone.
CREATE FUNCTION orders.refundable(p_order uuid)
RETURNS TABLE (line_id uuid, lot_id bigint, programme text, mass_g bigint, back_g bigint, price_g bigint, price_minor bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT s.id, l.lot_id, i.programme::text,
           greatest(0, least(l.mass_g - coalesce(b.mass_g, 0), coalesce(free.balance, 0)))::bigint,
           coalesce((SELECT sum(q.mass_g) FROM purchase_order_return q JOIN credit_lot k ON k.id = q.lot_id
                     WHERE q.line_id = s.id AND k.programme = i.programme), 0)::bigint, i.mass_g, i.amount_minor
    FROM purchase_order o JOIN sale_line s ON s.order_id = o.id JOIN account a ON a.id = s.account_id
    JOIN credit_reservation r ON r.purpose = s.cause AND r.state = 'delivered'
    JOIN credit_reservation_line l ON l.reservation_id = r.id JOIN credit_lot c ON c.id = l.lot_id
    JOIN sale_line_price i ON i.line_id = s.id AND i.programme = c.programme
    LEFT JOIN (SELECT q.line_id, q.lot_id, sum(q.mass_g) AS mass_g FROM purchase_order_return q GROUP BY q.line_id, q.lot_id) AS b
        ON b.line_id = s.id AND b.lot_id = l.lot_id
    LEFT JOIN ledger_account free ON free.path = holdings.account(a.holder, l.lot_id) AND free.unit = 'g:' || l.lot_id
    WHERE o.id = p_order AND o.state = 'paid'
    ORDER BY s.no, l.lot_id
$$;
REVOKE ALL ON FUNCTION orders.refundable(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.refundable(uuid) TO ddt_app;

-- Write down that grams of a line are given back, for what of their price: the difference of two shares, so that all of them
-- together are never more than was paid, and all of it at the end. The caller has locked the order; it moves the grams and
-- writes the refund in the same transaction, and the ledger lets no other grams go back.
CREATE FUNCTION orders.give_back(p_act uuid, p_line uuid, p_key text, p_by uuid, p_lots bigint[], p_grams bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_order uuid; v_lot bigint; v_mass bigint; v_row record; v_minor bigint; v_sum bigint := 0;
BEGIN
    SELECT l.order_id INTO v_order FROM sale_line l WHERE l.id = p_line;
    PERFORM FROM purchase_order o WHERE o.id = v_order FOR UPDATE;
    FOR v_lot, v_mass IN SELECT w.lot, w.grams FROM unnest(p_lots, p_grams) AS w (lot, grams) ORDER BY w.lot LOOP
        SELECT * INTO v_row FROM orders.refundable(v_order) f WHERE f.line_id = p_line AND f.lot_id = v_lot;
        IF v_row.line_id IS NULL OR v_mass > v_row.mass_g OR v_mass <= 0 THEN
            RAISE EXCEPTION 'of line % no % g of lot % can be given back', p_line, v_mass, v_lot
                USING errcode = '23514', constraint = 'purchase_order_return_free_check';
        END IF;
        v_minor := payments.share_minor(v_row.price_minor, v_row.back_g + v_mass, v_row.price_g)
                   - payments.share_minor(v_row.price_minor, v_row.back_g, v_row.price_g);
        INSERT INTO purchase_order_return (act, order_id, line_id, key, lot_id, mass_g, amount_minor, by_id, returned_at)
        VALUES (p_act, v_order, p_line, p_key, v_lot, v_mass, v_minor, p_by, clock_timestamp());
        v_sum := v_sum + v_minor;
    END LOOP;
    RETURN v_sum;
END $$;
REVOKE ALL ON FUNCTION orders.give_back(uuid, uuid, text, uuid, bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.give_back(uuid, uuid, text, uuid, bigint[], bigint[]) TO ddt_app;

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

    SELECT count(*) INTO v_many FROM purchase_order o WHERE o.payer_id = v_payer AND o.state IN ('placed', 'quoted');
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
        FROM purchase_order o JOIN sale_line l ON l.order_id = o.id JOIN sale_line_price i ON i.line_id = l.id
        WHERE o.state = 'placed' AND (o.payer_id = v_payer OR o.address_key = v_address) GROUP BY i.programme),
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

CREATE OR REPLACE FUNCTION orders.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH price AS (
        SELECT i.line_id, sum(i.mass_g) AS mass_g, sum(i.amount_minor) AS amount_minor FROM sale_line_price i GROUP BY i.line_id),
    back AS (SELECT q.line_id, sum(q.mass_g) AS mass_g FROM purchase_order_return q GROUP BY q.line_id),
    line AS (
        SELECT l.order_id, count(*) AS lines, sum(l.mass_g) AS mass_g, sum(i.amount_minor) AS amount_minor,
               count(*) FILTER (WHERE i.mass_g IS DISTINCT FROM l.mass_g) AS apart,
               count(l.claim_id) AS claims, coalesce(sum(l.mass_g) FILTER (WHERE l.claim_id IS NOT NULL), 0) AS claimed_g,
               count(r.id) AS retired, coalesce(sum(r.mass_g), 0) AS retired_g,
               coalesce(sum(l.mass_g) FILTER (WHERE l.account_id IS NOT NULL), 0) AS held_g,
               coalesce(sum(d.mass_g) FILTER (WHERE a.id IS NOT NULL), 0) AS delivered_g, coalesce(sum(b.mass_g), 0) AS back_g
        FROM sale_line l LEFT JOIN price i ON i.line_id = l.id
        LEFT JOIN retirement r ON r.cause = l.cause AND r.state <> 'withdrawn'
        LEFT JOIN holding_transfer d ON d.cause = l.cause LEFT JOIN account a ON a.id = l.account_id AND a.holder = d.target
        LEFT JOIN back b ON b.line_id = l.id GROUP BY l.order_id),
    judged AS (
        SELECT o.id, o.state::text AS state, o.mass_g, o.amount_minor, o.currency::text AS currency, q.lines, q.mass_g AS lines_g,
               q.amount_minor AS prices_minor, q.retired, q.retired_g,
               coalesce(q.mass_g = o.mass_g AND q.amount_minor = o.amount_minor AND q.apart = 0, false) AS adds_up,
               q.claims, q.delivered_g, q.back_g,
               coalesce(CASE o.state WHEN 'paid' THEN q.retired = q.claims AND q.retired_g = q.claimed_g AND q.delivered_g = q.held_g
                                     ELSE q.retired = 0 AND q.delivered_g = q.back_g END, false) AS is_retired
        FROM purchase_order o LEFT JOIN line q ON q.order_id = o.id)
    SELECT NULL::bigint, said."check", said.ok, said.expected, said.found, said.detail FROM (
        SELECT count(*)::numeric AS orders, count(*) FILTER (WHERE j.adds_up)::numeric AS sound,
               count(*) FILTER (WHERE j.is_retired)::numeric AS retired,
               (array_agg(format('order %s of %s g for %s %s: lines of %s g, prices of %s', j.id, j.mass_g, j.amount_minor,
                                 j.currency, coalesce(j.lines_g, 0), coalesce(j.prices_minor, 0)) ORDER BY j.id)
                   FILTER (WHERE NOT j.adds_up))[1:20] AS unsound_named,
               (array_agg(format('order %s is %s: %s g in %s lines, %s g retired for it in %s, %s g delivered, %s g back',
                                 j.id, j.state, j.mass_g, coalesce(j.lines, 0), coalesce(j.retired_g, 0),
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
