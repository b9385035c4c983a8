-- Methodologies: taking one off sale, and back, is what two people agreed upon. Each decision is a row of its own; the
-- methodology shows the last.
CREATE TABLE credit_methodology_decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme varchar(16) NOT NULL,
    code varchar(64) NOT NULL,
    suspended_from date,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT approvals.bind_effect('methodology', 'credit_methodology_decision');
ALTER TABLE credit_methodology_decision ALTER COLUMN approval_id SET NOT NULL;
INSERT INTO credit_methodology_decision (programme, code, suspended_from, approval_id)
SELECT m.programme, m.code, m.suspended_from, approvals.found('methodology', m.programme || ' ' || m.code, jsonb_build_object(
    'programme', m.programme, 'code', m.code, 'suspended_from', m.suspended_from, 'note_zh', m.note_zh, 'note_en', m.note_en,
    'source', m.source, 'name_zh', '', 'name_en', ''))
FROM credit_methodology m WHERE m.suspended_from IS NOT NULL ORDER BY m.programme, m.code;
CREATE TRIGGER credit_methodology_decision_append_only BEFORE UPDATE OR DELETE ON credit_methodology_decision
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_methodology_decision_no_truncate BEFORE TRUNCATE ON credit_methodology_decision
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();

-- A decision is what its approval says; a methodology is as the last decision about it says.
CREATE FUNCTION credits.check_methodology_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'methodology');
BEGIN
    IF (v_said->>'programme', v_said->>'code', (v_said->>'suspended_from')::date)
       IS DISTINCT FROM (new.programme::text, new.code::text, new.suspended_from) THEN
        RAISE EXCEPTION 'this is not what two people agreed upon about %', new.code
            USING errcode = '23514', constraint = 'credit_methodology_two_people';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_methodology_decision_two_people BEFORE INSERT ON credit_methodology_decision
    FOR EACH ROW EXECUTE FUNCTION credits.check_methodology_decision();
CREATE FUNCTION credits.check_methodology() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.suspended_from IS DISTINCT FROM (
        SELECT d.suspended_from FROM credit_methodology_decision d
        WHERE d.programme = new.programme AND d.code = new.code ORDER BY d.id DESC LIMIT 1)
    THEN
        RAISE EXCEPTION 'whether % is sold is what two people agreed upon', new.code
            USING errcode = '23514', constraint = 'credit_methodology_two_people';
    END IF;
    RETURN new;
END $$;
CREATE INDEX credit_methodology_decision_code_idx ON credit_methodology_decision (programme, code, id);
CREATE TRIGGER credit_methodology_two_people AFTER INSERT OR UPDATE ON credit_methodology
    FOR EACH ROW EXECUTE FUNCTION credits.check_methodology();

-- Write an approved decision down and let the methodology show it; whether anything changed.
CREATE FUNCTION credits.decide_methodology(p_approval uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v jsonb := approvals.said(p_approval, 'methodology');
BEGIN
    INSERT INTO credit_methodology_decision (programme, code, suspended_from, approval_id)
    VALUES (v->>'programme', v->>'code', (v->>'suspended_from')::date, p_approval);
    INSERT INTO credit_methodology AS m (id, programme, code, name_zh, name_en, suspended_from, note_zh, note_en, source)
    VALUES (gen_random_uuid(), v->>'programme', v->>'code', coalesce(nullif(v->>'name_zh', ''), v->>'code'),
            coalesce(nullif(v->>'name_en', ''), v->>'code'), (v->>'suspended_from')::date, v->>'note_zh', v->>'note_en', v->>'source')
    ON CONFLICT ON CONSTRAINT credit_methodology_programme_code_key DO UPDATE SET
        name_zh = coalesce(nullif(v->>'name_zh', ''), m.name_zh), name_en = coalesce(nullif(v->>'name_en', ''), m.name_en),
        suspended_from = excluded.suspended_from, note_zh = excluded.note_zh, note_en = excluded.note_en, source = excluded.source
    WHERE (m.suspended_from, m.note_zh, m.note_en, m.source)
          IS DISTINCT FROM (excluded.suspended_from, excluded.note_zh, excluded.note_en, excluded.source);
    RETURN found;
END $$;
REVOKE UPDATE (name_zh, name_en, suspended_from, note_zh, note_en, source) ON credit_methodology FROM ddt_app;
REVOKE ALL ON FUNCTION credits.check_methodology(), credits.check_methodology_decision(), credits.decide_methodology(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits.decide_methodology(uuid) TO ddt_app;
GRANT SELECT ON credit_methodology_decision TO ddt_app;
