-- Why somebody took a paid order back are their own words: sealed under their key, and unreadable once they are forgotten.
CREATE INDEX retirement_reason_unsealed_idx ON retirement (id) WHERE withdrawn_reason <> '';

-- Withdraw all of p_ids or none. Each row answered says what stands: `withdrawn` now, `before`, or `settled`, and
-- where one is settled nothing moves; else the grams go back to whose they were. Locks as retirements.settle does:
-- retirements by id, reservations, then the ledger's order;
-- so of the two whoever comes second finds the first one's work done. With p_sealed, which holds it, p_reason is empty.
CREATE FUNCTION retirements.withdraw_sealed(p_batch uuid, p_ids uuid[], p_by uuid, p_reason text, p_sealed bytea)
RETURNS TABLE (id uuid, mass_g bigint, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ids uuid[];
    v_settled uuid[];
    v_before uuid[];
    v_reserved uuid[];
    v_at timestamptz;
BEGIN
    SELECT array_agg(o.id) FILTER (WHERE o.state = 'requested'), array_agg(o.id) FILTER (WHERE o.state = 'settled'),
           array_agg(o.id) FILTER (WHERE o.state = 'withdrawn')
    INTO v_ids, v_settled, v_before
    FROM (SELECT r.id, r.state FROM retirement r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR UPDATE) AS o;
    IF v_settled IS NULL AND v_ids IS NOT NULL THEN
        SELECT array_agg(h.id ORDER BY h.id) INTO v_reserved FROM (
            SELECT v.id FROM credit_reservation v JOIN retirement r ON r.cause = v.cause
            WHERE r.id = ANY (v_ids) AND v.state = 'used' ORDER BY v.id FOR UPDATE OF v) AS h;
        v_at := holdings.give_back('withdraw:' || p_batch, 'withdraw', v_reserved);
        UPDATE retirement r SET state = 'withdrawn', withdrawn_at = v_at, withdrawn_by_id = p_by, withdrawn_reason = p_reason,
            withdrawn_reason_sealed = p_sealed
        WHERE r.id = ANY (v_ids);
    END IF;
    RETURN QUERY
    SELECT r.id, r.mass_g, CASE WHEN r.id = ANY (v_settled) THEN 'settled' WHEN r.id = ANY (v_before) THEN 'before'
                                WHEN v_settled IS NULL THEN 'withdrawn' ELSE 'kept' END
    FROM retirement r WHERE r.id = ANY (p_ids) ORDER BY r.id;
END $$;
REVOKE ALL ON FUNCTION retirements.withdraw_sealed(uuid, uuid[], uuid, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retirements.withdraw_sealed(uuid, uuid[], uuid, text, bytea) TO ddt_app;

-- As retirements.withdraw_sealed, with the reason in clear: for the release before.
CREATE OR REPLACE FUNCTION retirements.withdraw(p_batch uuid, p_ids uuid[], p_by uuid, p_reason text)
RETURNS TABLE (id uuid, mass_g bigint, outcome text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.id, w.mass_g, w.outcome FROM retirements.withdraw_sealed(p_batch, p_ids, p_by, p_reason, NULL) w
$$;

-- Seal reasons that the release before kept in clear; what is sealed stays. Answers how many.
CREATE FUNCTION retirements.seal_reasons(p_ids uuid[], p_sealed bytea[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_done integer;
BEGIN
    PERFORM FROM retirement r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR UPDATE;
    UPDATE retirement r SET withdrawn_reason = '', withdrawn_reason_sealed = s.sealed
    FROM unnest(p_ids, p_sealed) AS s (id, sealed)
    WHERE r.id = s.id AND s.sealed IS NOT NULL AND r.state = 'withdrawn' AND r.withdrawn_reason_sealed IS NULL AND r.withdrawn_reason <> '';
    GET DIAGNOSTICS v_done = ROW_COUNT;
    RETURN v_done;
END $$;
REVOKE ALL ON FUNCTION retirements.seal_reasons(uuid[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retirements.seal_reasons(uuid[], bytea[]) TO ddt_app;

DROP TRIGGER retirement_withdrawn_is_final ON retirement;
CREATE TRIGGER retirement_withdrawn_is_final BEFORE DELETE ON retirement
    FOR EACH ROW WHEN (old.state = 'withdrawn') EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_withdrawn_as_it_is BEFORE UPDATE ON retirement
    FOR EACH ROW WHEN (old.state = 'withdrawn'
                       AND (old.withdrawn_reason_sealed IS NOT NULL OR new.withdrawn_reason_sealed IS NULL OR new.withdrawn_reason <> ''
                            OR to_jsonb(new.*) - ARRAY['withdrawn_reason', 'withdrawn_reason_sealed']
                               IS DISTINCT FROM to_jsonb(old.*) - ARRAY['withdrawn_reason', 'withdrawn_reason_sealed']))
    EXECUTE FUNCTION retirements.refuse_change();
