-- An organisation that may claim a retirement says whether it agrees to be named with it: an act of one of its members, kept
-- as a row and never changed; a later one takes its place. Written by the function alone, which asks for the role as it is now.

CREATE INDEX retirement_naming_retirement_idx ON retirement_naming (retirement_id, id DESC);
CREATE TRIGGER retirement_naming_append_only BEFORE UPDATE OR DELETE ON retirement_naming
    FOR EACH ROW EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_naming_no_truncate BEFORE TRUNCATE ON retirement_naming
    FOR EACH STATEMENT EXECUTE FUNCTION retirements.refuse_change();

CREATE FUNCTION retirements.say_naming(p_retirement uuid, p_person uuid, p_agrees boolean) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_organisation uuid;
    v_at timestamptz;
BEGIN
    -- One after the other of one retirement, so that the newest row is what was said last.
    SELECT o.id INTO v_organisation FROM retirement r JOIN organisation o ON o.id = r.beneficiary_id
    WHERE r.id = p_retirement AND r.state <> 'withdrawn' FOR UPDATE OF r;
    IF v_organisation IS NULL OR NOT EXISTS (
        SELECT FROM membership m LEFT JOIN operator p ON p.person_id = m.person_id
        WHERE m.person_id = p_person AND m.organisation_id = v_organisation AND p.disabled_at IS NULL
          AND m.role IN ('sponsor', 'operator', 'administrator'))
    THEN
        RAISE EXCEPTION 'only a member of its beneficiary says how a retirement names it'
            USING errcode = '42501', constraint = 'retirement_naming_power';
    END IF;
    SELECT n.said_at INTO v_at FROM (
        SELECT * FROM retirement_naming q WHERE q.retirement_id = p_retirement ORDER BY q.id DESC LIMIT 1) AS n
    WHERE n.agrees = p_agrees;
    IF v_at IS NULL THEN
        INSERT INTO retirement_naming (retirement_id, organisation_id, person_id, agrees, said_at)
        VALUES (p_retirement, v_organisation, p_person, p_agrees, clock_timestamp()) RETURNING said_at INTO v_at;
    END IF;
    RETURN v_at;
END $$;
REVOKE ALL ON FUNCTION retirements.say_naming(uuid, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retirements.say_naming(uuid, uuid, boolean) TO ddt_app;
GRANT SELECT ON retirement_naming TO ddt_app;
