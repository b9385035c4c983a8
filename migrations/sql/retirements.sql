-- Retirements: settling cuts one range of grams per lot and batch, and contiguous slices inside it.
-- Only retirements.settle writes ranges; the application's role can request, never settle by hand.

ALTER TABLE retirement
    ADD CONSTRAINT retirement_cause_key UNIQUE (cause),
    ADD CONSTRAINT retirement_number_key UNIQUE (number),
    ADD CONSTRAINT retirement_state_check CHECK (state IN ('requested', 'settled')),
    ADD CONSTRAINT retirement_settled_check CHECK ((state = 'settled') = (settled_at IS NOT NULL)),
    ADD CONSTRAINT retirement_period_check CHECK (period_from <= period_to),
    ADD CONSTRAINT retirement_mass_check CHECK (mass_g > 0 AND emission_g >= 0);
CREATE INDEX retirement_scenario_idx ON retirement (scenario_id);
ALTER TABLE retirement_line
    ADD CONSTRAINT retirement_line_lot_key UNIQUE (retirement_id, lot_id),
    ADD CONSTRAINT retirement_line_mass_check CHECK (mass_g > 0);
ALTER TABLE retirement_cursor
    ADD CONSTRAINT retirement_cursor_next_check CHECK (next_g >= 0);
ALTER TABLE retirement_allocation
    ADD CONSTRAINT retirement_allocation_batch_lot_key UNIQUE (batch, lot_id),
    ADD CONSTRAINT retirement_allocation_range_check CHECK (start_g >= 0 AND start_g < stop_g),
    ADD CONSTRAINT retirement_allocation_no_overlap EXCLUDE USING gist (
        int8range(lot_id, lot_id, '[]') WITH &&, int8range(start_g, stop_g) WITH &&);
ALTER TABLE retirement_slice
    ADD CONSTRAINT retirement_slice_mass_check CHECK (mass_g > 0 AND mass_g = stop_g - start_g AND start_g >= 0),
    ADD CONSTRAINT retirement_slice_start_key UNIQUE (lot_id, start_g),
    ADD CONSTRAINT retirement_slice_stop_key UNIQUE (lot_id, stop_g);
CREATE INDEX retirement_slice_retirement_idx ON retirement_slice (retirement_id);

CREATE SCHEMA retirements;

CREATE FUNCTION retirements.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: retired is final', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE TRIGGER retirement_slice_append_only BEFORE UPDATE OR DELETE ON retirement_slice
    FOR EACH ROW EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_slice_no_truncate BEFORE TRUNCATE ON retirement_slice
    FOR EACH STATEMENT EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_allocation_append_only BEFORE UPDATE OR DELETE ON retirement_allocation
    FOR EACH ROW EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_allocation_no_truncate BEFORE TRUNCATE ON retirement_allocation
    FOR EACH STATEMENT EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_settled_is_final BEFORE UPDATE OR DELETE ON retirement
    FOR EACH ROW WHEN (old.state = 'settled') EXECUTE FUNCTION retirements.refuse_change();

-- Settle every retirement of p_ids that is still requested: one range per lot, slices in the order of the
-- ids, one transfer reserved -> retired for the batch, all at one instant of the database's clock.
-- Already settled ones are passed over. Locks: retirements by id, cursors by lot, then the ledger's own order.
CREATE FUNCTION retirements.settle(p_batch uuid, p_ids uuid[]) RETURNS TABLE (id uuid, mass_g bigint, settled_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ids uuid[];
    v_lots bigint[];
    v_sums bigint[];
    v_at timestamptz;
BEGIN
    SELECT array_agg(r.id ORDER BY r.id) INTO v_ids FROM (
        SELECT o.id FROM retirement o WHERE o.id = ANY (p_ids) AND o.state = 'requested' ORDER BY o.id FOR UPDATE) AS r;
    IF v_ids IS NULL THEN RETURN; END IF;

    SELECT array_agg(s.lot_id ORDER BY s.lot_id), array_agg(s.taken ORDER BY s.lot_id) INTO v_lots, v_sums FROM (
        SELECT l.lot_id, sum(l.mass_g)::bigint AS taken FROM retirement_line l
        WHERE l.retirement_id = ANY (v_ids) GROUP BY l.lot_id) AS s;
    INSERT INTO retirement_cursor (lot_id, next_g) SELECT lot, 0 FROM unnest(v_lots) AS lot ORDER BY lot
        ON CONFLICT (lot_id) DO NOTHING;
    PERFORM FROM retirement_cursor c WHERE c.lot_id = ANY (v_lots) ORDER BY c.lot_id FOR UPDATE;

    WITH taken AS (SELECT lot_id, grams FROM unnest(v_lots, v_sums) AS t (lot_id, grams)),
         run AS (
             UPDATE retirement_cursor c SET next_g = c.next_g + t.grams FROM taken t
             WHERE c.lot_id = t.lot_id RETURNING c.lot_id, c.next_g - t.grams AS start_g, c.next_g AS stop_g),
         allocation AS (
             INSERT INTO retirement_allocation (batch, lot_id, start_g, stop_g, allocated_at)
             SELECT p_batch, run.lot_id, run.start_g, run.stop_g, clock_timestamp() FROM run
             RETURNING retirement_allocation.id, retirement_allocation.lot_id, retirement_allocation.start_g),
         line AS (
             SELECT l.retirement_id, l.lot_id, l.mass_g,
                    sum(l.mass_g) OVER (PARTITION BY l.lot_id ORDER BY l.retirement_id)::bigint AS upto
             FROM retirement_line l WHERE l.retirement_id = ANY (v_ids))
    INSERT INTO retirement_slice (allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g)
    SELECT a.id, line.retirement_id, line.lot_id, a.start_g + line.upto - line.mass_g, a.start_g + line.upto, line.mass_g
    FROM line JOIN allocation a USING (lot_id) ORDER BY line.lot_id, line.upto;

    SELECT p.posted_at INTO v_at FROM ledger.post(
        'settle:' || p_batch, 'retire',
        (SELECT array_agg('reserved:' || lot ORDER BY lot) || array_agg('retired:' || lot ORDER BY lot) FROM unnest(v_lots) AS lot),
        (SELECT array_agg('g:' || lot ORDER BY lot) || array_agg('g:' || lot ORDER BY lot) FROM unnest(v_lots) AS lot),
        (SELECT array_agg(-grams ORDER BY lot) || array_agg(grams ORDER BY lot) FROM unnest(v_lots, v_sums) AS t (lot, grams))
    ) AS p;

    RETURN QUERY UPDATE retirement r SET state = 'settled', settled_at = v_at
        WHERE r.id = ANY (v_ids) RETURNING r.id, r.mass_g, r.settled_at;
END $$;

-- A retirement's lines add up to its mass, or its transaction does not commit.
CREATE FUNCTION retirements.check_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT coalesce(sum(l.mass_g), 0) FROM retirement_line l WHERE l.retirement_id = new.id) <> new.mass_g THEN
        RAISE EXCEPTION 'the lines of retirement % do not add up to its mass', new.id
            USING errcode = '23514', constraint = 'retirement_lines_add_up';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER retirement_lines_add_up AFTER INSERT ON retirement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION retirements.check_lines();

-- Nor is a line added later: a set of new lines is checked at once, so that it costs one look for any number.
CREATE FUNCTION retirements.check_new_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM retirement r JOIN retirement_line l ON l.retirement_id = r.id
               WHERE r.id IN (SELECT added.retirement_id FROM added) GROUP BY r.id HAVING sum(l.mass_g) <> r.mass_g) THEN
        RAISE EXCEPTION 'the lines of a retirement do not add up to its mass'
            USING errcode = '23514', constraint = 'retirement_lines_add_up';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER retirement_line_adds_up AFTER INSERT ON retirement_line
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION retirements.check_new_lines();

REVOKE ALL ON SCHEMA retirements FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA retirements FROM PUBLIC;
GRANT USAGE ON SCHEMA retirements TO ddt_app;
GRANT EXECUTE ON FUNCTION retirements.settle(uuid, uuid[]) TO ddt_app;
GRANT SELECT ON retirement, retirement_allocation, retirement_slice, retirement_cursor TO ddt_app;
GRANT INSERT (id, cause, number, purpose, payer, holder_id, beneficiary_id, beneficiary_name_sealed, scenario_id,
              footprint_id, period_from, period_to, emission_g, mass_g, language, state, requested_at)
    ON retirement TO ddt_app;  -- not settled_at, without which nothing is settled
GRANT SELECT, INSERT ON retirement_line TO ddt_app;
GRANT USAGE ON SEQUENCE retirement_line_id_seq TO ddt_app;
