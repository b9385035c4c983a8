-- A claim is said once and kept: only the name moves, until grams are settled for it, and of an organisation's claim the
-- root that it supplements is decided once, when they are.
CREATE FUNCTION claims.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was claimed stays', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE FUNCTION claims.check_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_moving text[] := ARRAY['name_sealed', 'supplements_id', 'identity', 'is_root', 'of_root'];
BEGIN
    IF to_jsonb(new) - v_moving IS DISTINCT FROM to_jsonb(old) - v_moving THEN
        RAISE EXCEPTION 'claim % stays as it was made', old.id USING errcode = '23514', constraint = 'claim_stays';
    END IF;
    IF new.supplements_id IS DISTINCT FROM old.supplements_id AND (
        old.supplements_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM claim_root o WHERE o.identity = old.identity AND o.claim_id = new.supplements_id))
    THEN
        RAISE EXCEPTION 'the root of claim % is decided when it is settled, once', old.id
            USING errcode = '23514', constraint = 'claim_root_stays';
    END IF;
    IF new.name_sealed IS DISTINCT FROM old.name_sealed THEN
        -- Who settles it now comes before or after.
        PERFORM FROM retirement r WHERE r.claim_id = old.id AND r.state <> 'withdrawn' FOR SHARE;
        IF EXISTS (SELECT FROM retirement r WHERE r.claim_id = old.id AND r.state = 'settled') THEN
            RAISE EXCEPTION 'the grams of claim % are settled: its name stays', old.id
                USING errcode = '23514', constraint = 'claim_name_stays';
        END IF;
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER claim_stays BEFORE UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION claims.check_change();
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim FOR EACH ROW EXECUTE FUNCTION claims.refuse_change();
CREATE TRIGGER claim_no_truncate BEFORE TRUNCATE ON claim FOR EACH STATEMENT EXECUTE FUNCTION claims.refuse_change();

-- An organisation's claim supplements nothing when it is made: of two that nobody has paid, either may come first.
CREATE FUNCTION claims.check_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added a WHERE a.supplements_id IS NOT NULL AND a.beneficiary_kind = 'organisation') THEN
        RAISE EXCEPTION 'the root of an organisation''s claim is decided when its grams are settled'
            USING errcode = '23514', constraint = 'claim_root_is_decided';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER claim_root_is_decided AFTER INSERT ON claim
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION claims.check_new();

CREATE TRIGGER claim_root_append_only BEFORE UPDATE OR DELETE ON claim_root
    FOR EACH ROW EXECUTE FUNCTION claims.refuse_change();
CREATE TRIGGER claim_root_no_truncate BEFORE TRUNCATE ON claim_root
    FOR EACH STATEMENT EXECUTE FUNCTION claims.refuse_change();
CREATE TRIGGER claim_figure_append_only BEFORE UPDATE OR DELETE ON claim_figure
    FOR EACH ROW EXECUTE FUNCTION claims.refuse_change();
CREATE TRIGGER claim_figure_no_truncate BEFORE TRUNCATE ON claim_figure
    FOR EACH STATEMENT EXECUTE FUNCTION claims.refuse_change();
CREATE TRIGGER mandate_append_only BEFORE UPDATE OR DELETE ON mandate
    FOR EACH ROW EXECUTE FUNCTION claims.refuse_change();
CREATE TRIGGER mandate_no_truncate BEFORE TRUNCATE ON mandate
    FOR EACH STATEMENT EXECUTE FUNCTION claims.refuse_change();

-- Decide the roots of what these retirements settle: of each identity the first, by the retirement's id, unless there is
-- one already. Who settles the same identity at the same time waits, and supplements. Called by retirements.settle, last.
CREATE FUNCTION claims.decide_roots(p_retirements uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_claims uuid[];
BEGIN
    SELECT array_agg(c.id ORDER BY r.id) INTO v_claims FROM retirement r JOIN claim c ON c.id = r.claim_id
    WHERE r.id = ANY (p_retirements) AND c.beneficiary_kind = 'organisation';
    IF v_claims IS NULL THEN RETURN; END IF;
    INSERT INTO claim_root (identity, claim_id)
    SELECT DISTINCT ON (c.identity) c.identity, c.id
    FROM unnest(v_claims) WITH ORDINALITY AS v (id, at) JOIN claim c ON c.id = v.id ORDER BY c.identity, v.at
    ON CONFLICT (identity) DO NOTHING;
    UPDATE claim c SET supplements_id = o.claim_id FROM claim_root o
    WHERE c.id = ANY (v_claims) AND o.identity = c.identity AND o.claim_id <> c.id AND c.supplements_id IS NULL;
END $$;

REVOKE ALL ON SCHEMA claims FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA claims FROM PUBLIC;
GRANT USAGE ON SCHEMA claims TO ddt_app;
GRANT EXECUTE ON FUNCTION claims.digest(text) TO ddt_app;  -- whoever writes a claim computes its identity
GRANT SELECT, INSERT ON claim, mandate, claim_figure TO ddt_app;
GRANT SELECT ON claim_root TO ddt_app;
GRANT UPDATE (name_sealed) ON claim TO ddt_app;  -- without a right to update none could lock a root
GRANT USAGE ON SEQUENCE claim_figure_id_seq TO ddt_app;
