-- Orders: one order has one part or several, each retires for one beneficiary, each with a line per programme.

-- What stood in the order itself becomes its only part and line, counted.
INSERT INTO purchase_order_part (id, order_id, no, cause, purpose, scenario_id, footprint_id, beneficiary_id,
                                 beneficiary_name_sealed, period_from, period_to, emission_g, mass_g)
SELECT o.id, o.id, 1, 'order:' || o.id, CASE s.kind WHEN 'event' THEN 'event' ELSE 'personal' END, o.scenario_id,
       o.footprint_id, o.person_id, o.beneficiary_name_sealed, (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date,
       (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date, o.emission_g, o.mass_g
FROM purchase_order o JOIN scenario s ON s.id = o.scenario_id;
INSERT INTO purchase_order_line (part_id, programme, mass_g, per_tonne_minor, amount_minor)
SELECT o.id, o.programme, o.mass_g, o.per_tonne_minor, o.amount_minor FROM purchase_order o;
UPDATE purchase_order SET payer_id = person_id;
DO $$
DECLARE
    v_orders bigint := (SELECT count(*) FROM purchase_order);
    v_parts bigint := (SELECT count(*) FROM purchase_order_part);
    v_lines bigint := (SELECT count(*) FROM purchase_order_line);
BEGIN
    IF v_orders <> v_parts OR v_orders <> v_lines
       OR (SELECT coalesce(sum(amount_minor), 0) FROM purchase_order) <> (SELECT coalesce(sum(amount_minor), 0) FROM purchase_order_line)
       OR (SELECT coalesce(sum(mass_g), 0) FROM purchase_order) <> (SELECT coalesce(sum(mass_g), 0) FROM purchase_order_line)
    THEN
        RAISE EXCEPTION '% orders became % parts and % lines, or other sums', v_orders, v_parts, v_lines;
    END IF;
END $$;

ALTER TABLE purchase_order
    ALTER COLUMN payer_id SET NOT NULL,
    DROP CONSTRAINT purchase_order_mass_check,
    ADD CONSTRAINT purchase_order_mass_check CHECK (mass_g > 0);
ALTER TABLE purchase_order_part
    ADD CONSTRAINT purchase_order_part_no_key UNIQUE (order_id, no),
    ADD CONSTRAINT purchase_order_part_cause_key UNIQUE (cause),
    ADD CONSTRAINT purchase_order_part_no_check CHECK (no BETWEEN 1 AND 200),
    ADD CONSTRAINT purchase_order_part_cause_check CHECK (cause IN ('order:' || order_id, 'order:' || order_id || '/' || no)),
    ADD CONSTRAINT purchase_order_part_purpose_check CHECK (purpose IN (
        'personal', 'event', 'organisation', 'product', 'site', 'meeting', 'judicial', 'administrative',
        'tree_planting', 'donation', 'gift')),
    ADD CONSTRAINT purchase_order_part_period_check CHECK (period_from <= period_to),
    ADD CONSTRAINT purchase_order_part_mandate_check CHECK (
        (mandate_name IS NULL) = (mandate_sha256 IS NULL)
        AND (mandate_sha256 IS NULL OR (octet_length(mandate_sha256) = 32 AND ground IS NOT NULL))),
    ADD CONSTRAINT purchase_order_part_mass_check CHECK (mass_g > 0 AND emission_g >= 0);
ALTER TABLE purchase_order_line
    ADD CONSTRAINT purchase_order_line_programme_key UNIQUE (part_id, programme),
    ADD CONSTRAINT purchase_order_line_mass_check CHECK (mass_g > 0),
    ADD CONSTRAINT purchase_order_line_amount_check CHECK (amount_minor > 0 AND per_tonne_minor > 0);

CREATE SCHEMA orders;

-- Grams and money of an order are the sums of its parts and lines, or nothing of it commits. The parts and lines
-- come in the order's own statement, which checks them there; none comes later.
CREATE FUNCTION orders.check_sums(p_orders uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_order uuid;
BEGIN
    SELECT o.id INTO v_order FROM purchase_order o CROSS JOIN LATERAL (
        SELECT count(*) AS parts, coalesce(sum(p.mass_g), 0) AS mass_g, coalesce(sum(l.amount_minor), 0) AS amount_minor,
               count(*) FILTER (WHERE l.mass_g IS DISTINCT FROM p.mass_g) AS apart,
               count(*) FILTER (WHERE p.no > n.parts OR (n.parts = 1) <> (p.cause NOT LIKE '%/%')) AS misnamed
        FROM purchase_order_part p
        CROSS JOIN LATERAL (SELECT count(*) AS parts FROM purchase_order_part q WHERE q.order_id = o.id) n
        LEFT JOIN LATERAL (SELECT sum(i.mass_g) AS mass_g, sum(i.amount_minor) AS amount_minor
                           FROM purchase_order_line i WHERE i.part_id = p.id) l ON true
        WHERE p.order_id = o.id) s
    WHERE o.id = ANY (p_orders)
      AND (s.parts = 0 OR s.mass_g <> o.mass_g OR s.amount_minor <> o.amount_minor OR s.apart > 0 OR s.misnamed > 0)
    LIMIT 1;
    IF v_order IS NOT NULL THEN
        RAISE EXCEPTION 'the parts and lines of order % do not add up to it', v_order
            USING errcode = '23514', constraint = 'purchase_order_adds_up';
    END IF;
END $$;
CREATE FUNCTION orders.check_new_orders() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM orders.check_sums(ARRAY(SELECT added.id FROM added));
    RETURN NULL;
END $$;
CREATE FUNCTION orders.check_new_parts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM orders.check_sums(ARRAY(SELECT DISTINCT added.order_id FROM added));
    RETURN NULL;
END $$;
CREATE FUNCTION orders.check_new_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM orders.check_sums(ARRAY(SELECT DISTINCT p.order_id FROM added JOIN purchase_order_part p ON p.id = added.part_id));
    RETURN NULL;
END $$;
CREATE TRIGGER purchase_order_adds_up AFTER INSERT ON purchase_order
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.check_new_orders();
CREATE TRIGGER purchase_order_part_adds_up AFTER INSERT ON purchase_order_part
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.check_new_parts();
CREATE TRIGGER purchase_order_line_adds_up AFTER INSERT ON purchase_order_line
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION orders.check_new_lines();

REVOKE ALL ON SCHEMA orders FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA orders FROM PUBLIC;
REVOKE UPDATE (beneficiary_name_sealed) ON purchase_order FROM ddt_app;
GRANT SELECT, INSERT ON purchase_order_part, purchase_order_line TO ddt_app;
GRANT UPDATE (beneficiary_name_sealed) ON purchase_order_part TO ddt_app;
GRANT USAGE ON SEQUENCE purchase_order_line_id_seq TO ddt_app;
