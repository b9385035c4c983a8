-- A claim's layer is the scene's and the group's to say, whoever writes the claim: a person of a group that the organiser answers
-- for claims in addition to it, everybody else what is their own. A person of no group is of the scene's default group. What was
-- claimed before stays.
CREATE FUNCTION claims.stand_in_layer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_layers jsonb;
BEGIN
    new.layer := 'own';
    IF new.beneficiary_kind <> 'person' THEN RETURN new; END IF;
    SELECT s.setup -> 'layers' INTO v_layers FROM scenario s WHERE s.id = new.scenario_id;
    IF coalesce(jsonb_typeof(v_layers), 'null') = 'null' THEN
        IF new.group_code IS NOT NULL THEN
            RAISE EXCEPTION 'the scene of claim % has no groups', new.cause
                USING errcode = '23514', constraint = 'claim_group_check';
        END IF;
        RETURN new;
    END IF;
    new.group_code := coalesce(new.group_code, v_layers ->> 'default_group');
    IF NOT jsonb_path_exists(v_layers, '$.groups[*] ? (@.code == $code)', jsonb_build_object('code', new.group_code)) THEN
        RAISE EXCEPTION 'the scene of claim % has no group %', new.cause, new.group_code
            USING errcode = '23514', constraint = 'claim_group_check';
    END IF;
    IF (v_layers -> 'organiser_covers') ? new.group_code THEN new.layer := 'additional'; END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION claims.stand_in_layer() FROM PUBLIC;
CREATE TRIGGER claim_stands_in_layer BEFORE INSERT ON claim FOR EACH ROW EXECUTE FUNCTION claims.stand_in_layer();
