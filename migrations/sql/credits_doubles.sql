-- What a lot is that holds tonnes of an older one: not sold and not reserved, from anybody, until two people have decided.

ALTER TABLE credit_proposal DROP CONSTRAINT credit_proposal_kind_check;
ALTER TABLE credit_proposal
    ADD CONSTRAINT credit_proposal_kind_check CHECK (kind IN ('raw_lot', 'correction', 'double'));

-- The lots whose tonnes nobody doubts.
CREATE VIEW credit_standing_lot AS
SELECT l.id, l.programme, l.vintage_end FROM credit_lot l
WHERE NOT EXISTS (SELECT FROM credit_double d WHERE d.lot_id = l.id AND d.decision IS DISTINCT FROM 'apart');

CREATE OR REPLACE VIEW credit_sellable_lot AS
SELECT l.id, l.programme, l.vintage_end
FROM credit_lot l
JOIN credit_project p ON p.id = l.project_id
JOIN credit_methodology m ON m.programme = p.programme AND m.code = p.methodology
WHERE (m.suspended_from IS NULL OR m.suspended_from > (now() AT TIME ZONE 'Asia/Shanghai')::date)
  AND NOT EXISTS (SELECT FROM credit_double d WHERE d.lot_id = l.id AND d.decision IS DISTINCT FROM 'apart');

CREATE FUNCTION credits.refuse_double() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM credit_double d WHERE d.lot_id = new.lot_id AND d.decision IS DISTINCT FROM 'apart') THEN
        RAISE EXCEPTION 'lot % holds tonnes of another', new.lot_id
            USING errcode = '23514', constraint = 'credit_lot_is_double';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_reservation_line_no_double BEFORE INSERT ON credit_reservation_line
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_double();

-- A decision is what two people agreed upon, once.
CREATE FUNCTION credits.check_double() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF old.decision IS NOT NULL
       OR (new.lot_id, new.first_lot_id, new.found, new.found_at)
          IS DISTINCT FROM (old.lot_id, old.first_lot_id, old.found, old.found_at)
       OR NOT EXISTS (
            SELECT FROM credit_proposal p
            WHERE p.id = new.proposal_id AND p.kind = 'double' AND p.state = 'confirmed'
              AND (p.payload::jsonb->>'lot_id')::bigint = new.lot_id AND p.payload::jsonb->>'decision' = new.decision)
    THEN
        RAISE EXCEPTION 'what becomes of lot % is not what two people agreed upon', new.lot_id
            USING errcode = '23514', constraint = 'credit_double_two_people';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_double_two_people BEFORE UPDATE ON credit_double
    FOR EACH ROW EXECUTE FUNCTION credits.check_double();
CREATE TRIGGER credit_double_no_delete BEFORE DELETE ON credit_double
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_double_no_truncate BEFORE TRUNCATE ON credit_double
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();

-- Tonnes: every lot has its own, as its row says, and no other has them; compared from the rows, not from the constraints.
-- A double that two people decided about is named no more.
CREATE FUNCTION books.prove_tonnes(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH lot AS (
        SELECT l.id, l.code::text AS code, l.serial_raw, l.certificate_number, l.is_raw_only, b.registry, b.series,
               int8range(l.block_start, l.block_stop) AS tonnes, l.serial_key, l.certificate_key,
               d.lot_id IS NOT NULL AS is_double, d.first_lot_id, d.found, d.decision
        FROM credit_lot l CROSS JOIN LATERAL credits.block_of(l.series) AS b LEFT JOIN credit_double d ON d.lot_id = l.id),
    twice AS (  -- the lots whose numbered tonnes begin within those of another; doubles have been judged
        SELECT m.id, (SELECT min(o.id) FROM lot o
                      WHERE o.id <> m.id AND NOT o.is_raw_only AND NOT o.is_double
                        AND o.registry = m.registry AND o.series = m.series AND o.tonnes && m.tonnes) AS before
        FROM (SELECT o.id, o.registry, o.series, o.tonnes, max(upper(o.tonnes)) OVER (
                  PARTITION BY o.registry, o.series ORDER BY lower(o.tonnes), o.id
                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS upto
              FROM lot o WHERE NOT o.is_raw_only AND NOT o.is_double) AS m
        WHERE lower(m.tonnes) < m.upto),
    stood AS (
        SELECT b.lot_id, range_agg(b.range) AS ranges, count(DISTINCT (b.registry, b.series)) AS series,
               min(b.registry) AS registry, min(b.series) AS within
        FROM credit_block b GROUP BY b.lot_id),
    named AS (SELECT n.lot_id, array_agg(n.name ORDER BY n.name COLLATE "C") AS names FROM credit_name n GROUP BY n.lot_id),
    judged AS (
        SELECT t.id, t.code, t.serial_raw, t.decision, t.is_double, t.first_lot_id, t.found, w.before, f.code AS first_code,
               t.is_double OR (
                   coalesce(t.is_raw_only OR (s.ranges = int8multirange(t.tonnes) AND s.series = 1
                                              AND s.registry = t.registry AND s.within = t.series), false)
                   AND coalesce(n.names, '{}') = ARRAY(
                       SELECT k FROM credits.names_of(t.serial_key, t.certificate_key) AS k ORDER BY k COLLATE "C")) AS stands
        FROM (SELECT * FROM lot WHERE p_lot IS NULL OR id = p_lot) AS t
        LEFT JOIN stood s ON s.lot_id = t.id LEFT JOIN named n ON n.lot_id = t.id LEFT JOIN twice w ON w.id = t.id
        LEFT JOIN (SELECT l.id, l.code::text AS code FROM credit_lot l) AS f ON f.id = t.first_lot_id)
    SELECT p_lot, 'tonnes_once', sums.sound = sums.lots, sums.lots, sums.sound, sums.named FROM (
        SELECT count(*)::numeric AS lots,
               count(*) FILTER (WHERE j.stands AND j.before IS NULL AND (NOT j.is_double OR j.decision IS NOT NULL))::numeric AS sound,
               (array_agg(CASE
                    WHEN j.is_double THEN format('lot %s (%s) of %s holds %s of lot %s (%s), and nobody has decided', j.id, j.code,
                                                 j.serial_raw, j.found, j.first_lot_id, j.first_code)
                    WHEN j.before IS NOT NULL THEN format('lot %s (%s) of %s holds tonnes of lot %s', j.id, j.code, j.serial_raw,
                                                          j.before)
                    ELSE format('lot %s (%s) of %s: its tonnes or names stand otherwise', j.id, j.code, j.serial_raw) END
                    ORDER BY j.id)
                   FILTER (WHERE NOT j.stands OR j.before IS NOT NULL OR (j.is_double AND j.decision IS NULL)))[1:20] AS named
        FROM judged j) AS sums;
END $$;

REVOKE ALL ON FUNCTION
    credits.without_zeros(text), credits.names_of(text[]), credits.block_of(text), credits.stand_in_line(),
    credits.write_tonnes(), credits.refuse_double(), credits.check_double(), books.prove_tonnes(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    credits.without_zeros(text), credits.names_of(text[]), credits.block_of(text), books.prove_tonnes(bigint) TO ddt_app;
GRANT SELECT ON credit_block, credit_name, credit_double, credit_standing_lot TO ddt_app;
GRANT UPDATE (decision, proposal_id) ON credit_double TO ddt_app;
