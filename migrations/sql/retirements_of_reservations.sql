-- Retirements are of grams that were set aside for them, and of no others: whoever writes one, its lines are the lines of
-- the used reservation of the same cause. So nobody retires what is set aside for somebody else.
CREATE OR REPLACE FUNCTION retirements.check_new_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM retirement r JOIN retirement_line l ON l.retirement_id = r.id
               WHERE r.id IN (SELECT added.retirement_id FROM added) GROUP BY r.id HAVING sum(l.mass_g) <> r.mass_g) THEN
        RAISE EXCEPTION 'the lines of a retirement do not add up to its mass'
            USING errcode = '23514', constraint = 'retirement_lines_add_up';
    END IF;
    IF EXISTS (SELECT FROM added a JOIN retirement r ON r.id = a.retirement_id
               WHERE NOT EXISTS (
                   SELECT FROM credit_reservation v JOIN credit_reservation_line l ON l.reservation_id = v.id
                   WHERE v.purpose = r.cause AND v.state = 'used' AND v.mass_g = r.mass_g
                     AND l.lot_id = a.lot_id AND l.mass_g = a.mass_g)) THEN
        RAISE EXCEPTION 'the lines of a retirement are not what was set aside for it'
            USING errcode = '23514', constraint = 'retirement_of_its_reservation';
    END IF;
    RETURN NULL;
END $$;

-- Reservations are written by holdings.reserve, which moves the grams; the first releases wrote them by hand.
REVOKE INSERT ON credit_reservation, credit_reservation_line FROM ddt_app;
REVOKE USAGE ON SEQUENCE credit_reservation_line_id_seq FROM ddt_app;

-- As before; and what goes over is a mass of each lot, so that nobody pulls grams the other way.
CREATE OR REPLACE FUNCTION holdings.transfer(
    p_cause text, p_content bytea, p_source text, p_target text, p_reason text, p_actor text,
    p_lots bigint[], p_grams bigint[]
) RETURNS TABLE (mass_g bigint, at timestamptz, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_units text[] := (SELECT array_agg('g:' || lot::text ORDER BY lot) FROM unnest(p_lots) AS lot);
BEGIN
    IF EXISTS (SELECT FROM unnest(p_lots, p_grams) AS t (lot, grams) WHERE (t.lot > 0 AND t.grams > 0) IS NOT TRUE) THEN
        RAISE EXCEPTION 'transfer % names a lot without a mass, or a mass without a lot', p_cause
            USING errcode = '23514', constraint = 'holding_transfer_portions_check';
    END IF;
    INSERT INTO holding_transfer (cause, content, source, target, mass_g, reason, actor, transferred_at)
    VALUES (p_cause, p_content, p_source, p_target, coalesce((SELECT sum(grams) FROM unnest(p_grams) AS grams), 0),
            p_reason, p_actor, clock_timestamp())
    ON CONFLICT ON CONSTRAINT holding_transfer_cause_key DO NOTHING;
    IF NOT FOUND THEN
        RETURN QUERY SELECT s.mass_g, s.at, false FROM holdings.standing(p_cause, p_content) s;
        RETURN;
    END IF;
    IF cardinality(p_lots) > 0 THEN
        PERFORM holdings.open(p_source, p_lots);  -- who never had any is refused by the floor, as who has too little
        PERFORM holdings.open(p_target, p_lots);
        PERFORM ledger.post(
            'transfer:' || p_cause, 'transfer',
            (SELECT array_agg(holdings.account(p_source, lot) ORDER BY lot)
                    || array_agg(holdings.account(p_target, lot) ORDER BY lot) FROM unnest(p_lots) AS lot),
            v_units || v_units,
            (SELECT array_agg(-grams ORDER BY lot) || array_agg(grams ORDER BY lot)
             FROM unnest(p_lots, p_grams) AS t (lot, grams)),
            p_actor);
    END IF;
    RETURN QUERY SELECT s.mass_g, s.at, true FROM holdings.standing(p_cause, p_content) s;
END $$;

-- A verdict is about a settled retirement, and its columns say what its document says.
CREATE FUNCTION retirements.check_verdicts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added a LEFT JOIN retirement r ON r.id = a.retirement_id AND r.state = 'settled'
               WHERE r.id IS NULL
                  OR (a.document::jsonb->>'profile', a.document::jsonb->>'version') IS DISTINCT FROM (a.profile::text, a.version::text))
    THEN
        RAISE EXCEPTION 'a verdict is about nothing that is settled, or says something else than its document'
            USING errcode = '23514', constraint = 'retirement_verdict_true';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER retirement_verdict_true AFTER INSERT ON retirement_verdict
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION retirements.check_verdicts();

-- A certificate is of a settled retirement, its beneficiary's, and tells its numbers and every range that was cut for it.
-- Read as text, as books.prove_records does.
CREATE FUNCTION certificates.check_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_number text;
BEGIN
    SELECT a.number INTO v_number FROM added a
    LEFT JOIN retirement r ON r.id = a.retirement_id AND r.state = 'settled' AND r.beneficiary_id = a.holder_id
         AND r.scenario_id = a.scenario_id
    WHERE r.id IS NULL
       OR strpos(a.record, format('"number":"%s"', a.number)) = 0
       OR strpos(a.record, format('"retirement_number":"%s"', r.number)) = 0
       OR EXISTS (SELECT FROM retirement_slice s WHERE s.retirement_id = r.id
                  AND strpos(a.record, format('"start_g":%s,"stop_g":%s,', s.start_g, s.stop_g)) = 0)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'certificate % is not of a settled retirement, or does not say what was cut for it', v_number
            USING errcode = '23514', constraint = 'certificate_of_its_retirement';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_of_its_retirement AFTER INSERT ON certificate
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION certificates.check_new();
REVOKE ALL ON FUNCTION retirements.check_verdicts(), certificates.check_new() FROM PUBLIC;
