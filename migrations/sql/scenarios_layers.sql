-- Layers of a scene: its groups, the one of whoever says none, and those that the organiser answers for. They stand in `setup`,
-- so two people agree to them with the scene, and they stay as that stays. A scene of before has none.

-- What of a scene's setup must be so, whoever writes it; `layers_fault` says the same in words.
CREATE FUNCTION scenarios.check_layers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_layers jsonb := new.setup -> 'layers';
    v_codes jsonb;
    v_fit boolean;
BEGIN
    IF coalesce(jsonb_typeof(v_layers), 'null') = 'null' THEN RETURN new; END IF;
    SELECT jsonb_agg(g.one -> 'code'),
           count(*) BETWEEN 1 AND 12 AND count(DISTINCT g.one ->> 'code') = count(*)
           AND bool_and(coalesce(g.one ->> 'code' ~ '^[a-z][a-z0-9_]{0,19}$', false))
           AND bool_and(coalesce(jsonb_typeof(g.one -> 'emission_g'), 'null') = 'null'
                        OR g.one ->> 'emission_g' ~ '^[1-9][0-9]{0,15}$'
                           AND v_layers -> 'organiser_covers' @> jsonb_build_array(g.one -> 'code'))
    INTO v_codes, v_fit
    FROM jsonb_array_elements(v_layers -> 'groups') AS g (one);
    IF (v_fit AND v_codes @> jsonb_build_array(v_layers -> 'default_group') AND v_codes @> (v_layers -> 'organiser_covers'))
       IS NOT TRUE
    THEN
        RAISE EXCEPTION 'the groups of scene % cannot be so', new.code USING errcode = '23514', constraint = 'scenario_layers_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION scenarios.check_layers() FROM PUBLIC;
CREATE TRIGGER scenario_layers BEFORE INSERT OR UPDATE OF setup ON scenario
    FOR EACH ROW EXECUTE FUNCTION scenarios.check_layers();
