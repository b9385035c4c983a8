-- True-up: after the claimed period the actual figure is entered; what follows from it is kept and never changed.

ALTER TABLE retirement_true_up
    ADD CONSTRAINT retirement_true_up_once_key UNIQUE (retirement_id, actual_g, state),
    ADD CONSTRAINT retirement_true_up_state_check CHECK (state IN ('covered', 'short', 'lapsed')),
    ADD CONSTRAINT retirement_true_up_missing_check CHECK (
        actual_g >= 0 AND retired_g > 0 AND missing_g >= 0 AND (state <> 'covered' OR actual_g <= retired_g));
-- A covered figure is final: there is one.
CREATE UNIQUE INDEX retirement_true_up_covered_key ON retirement_true_up (retirement_id) WHERE state = 'covered';
CREATE TRIGGER retirement_true_up_append_only BEFORE UPDATE OR DELETE ON retirement_true_up
    FOR EACH ROW EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_true_up_no_truncate BEFORE TRUNCATE ON retirement_true_up
    FOR EACH STATEMENT EXECUTE FUNCTION retirements.refuse_change();
GRANT SELECT, INSERT ON retirement_true_up TO ddt_app;
GRANT USAGE ON SEQUENCE retirement_true_up_id_seq TO ddt_app;

-- Supersede certificates: each row names the version it makes, which must be the very next. One that is there already
-- is passed over. Numbers come from the series' counter as in certificates.issue, without a gap.
CREATE FUNCTION certificates.supersede(p_series text, p_rows jsonb) RETURNS TABLE (id uuid, retirement_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_first bigint; v_count bigint; v_fresh jsonb;
BEGIN
    SELECT s.next_no INTO v_first FROM certificate_series s WHERE s.name = p_series FOR UPDATE;
    IF v_first IS NULL THEN
        RAISE EXCEPTION 'certificate series % is not open', p_series USING errcode = '23503';
    END IF;
    SELECT count(*), coalesce(jsonb_agg(r.item ORDER BY r.no), '[]') INTO v_count, v_fresh
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r (item, no)
    WHERE (r.item->>'version')::int = 1 + (SELECT max(c.version) FROM certificate c
                                           WHERE c.retirement_id = (r.item->>'retirement_id')::uuid);
    UPDATE certificate_series SET next_no = next_no + v_count WHERE name = p_series;
    RETURN QUERY
    INSERT INTO certificate (id, retirement_id, holder_id, scenario_id, series, register_no, number, verify_code,
                             version, record, record_sha256, name_sealed, language, issued_at)
    SELECT (f.item->>'id')::uuid, (f.item->>'retirement_id')::uuid, (f.item->>'holder_id')::uuid,
           (f.item->>'scenario_id')::uuid, p_series, v_first + f.no - 1, f.item->>'number', f.item->>'verify_code',
           (f.item->>'version')::int, f.item->>'record', sha256(convert_to(f.item->>'record', 'UTF8')),
           decode(f.item->>'name_sealed', 'hex'), f.item->>'language', (f.item->>'issued_at')::timestamptz
    FROM jsonb_array_elements(v_fresh) WITH ORDINALITY AS f (item, no)
    RETURNING certificate.id, certificate.retirement_id;
END $$;
REVOKE ALL ON FUNCTION certificates.supersede(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION certificates.supersede(text, jsonb) TO ddt_app;
