-- Scenes: what is open to whoever scans is what two people agreed upon, of whom the second is of the platform and not of the
-- organiser. What was open or over before is founded, counted. A case of the report was never open; it has no approval.
CREATE SCHEMA scenarios;

-- What becomes public with a scene: all that two people agree upon.
CREATE FUNCTION scenarios.facts_of(p_scene scenario) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'applicant', p_scene.organisation_id, 'code', p_scene.code, 'kind', p_scene.kind,
        'title', jsonb_build_object('zh', p_scene.title_zh, 'en', p_scene.title_en),
        'organiser', jsonb_build_object('zh', p_scene.organiser_zh, 'en', p_scene.organiser_en),
        'starts_on', p_scene.starts_on, 'ends_on', p_scene.ends_on, 'setup', p_scene.setup)
$$;

DO $$
DECLARE v_rows bigint; v_made bigint;
BEGIN
    SELECT count(*) INTO v_rows FROM scenario WHERE state <> 'draft' AND reported_no IS NULL;
    UPDATE scenario s SET approval_id = approvals.found('scene', s.code, scenarios.facts_of(s))
    WHERE state <> 'draft' AND reported_no IS NULL;
    SELECT count(*) INTO v_made FROM approval a JOIN scenario s ON s.approval_id = a.id WHERE a.kind = 'scene' AND a.is_founding;
    IF v_made <> v_rows THEN
        RAISE EXCEPTION '% scenes became % founding approvals', v_rows, v_made;
    END IF;
END $$;

SELECT approvals.bind_effect('scene', 'scenario');
ALTER TABLE scenario ADD CONSTRAINT scenario_approved_check CHECK (
    (approval_id IS NOT NULL) = (state <> 'draft' AND reported_no IS NULL));

-- A scene is shown as two people agreed, whoever writes it, and goes one way: draft, published, closed.
CREATE FUNCTION scenarios.check_scene() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb;
BEGIN
    IF tg_op = 'UPDATE' AND (
        (new.id, new.code, new.reported_no) IS DISTINCT FROM (old.id, old.code, old.reported_no)
        OR (old.approval_id IS NOT NULL AND new.approval_id IS DISTINCT FROM old.approval_id)
        OR (old.state <> new.state AND (old.state, new.state) NOT IN (('draft', 'published'), ('published', 'closed'))))
    THEN
        RAISE EXCEPTION 'scene % does not go from % to %', old.code, old.state, new.state
            USING errcode = '23514', constraint = 'scenario_step_check';
    END IF;
    IF new.approval_id IS NOT NULL THEN
        v_said := approvals.said(new.approval_id, 'scene');
        -- Nobody agreed: the foreign key refuses.
        IF v_said IS NOT NULL AND v_said IS DISTINCT FROM scenarios.facts_of(new) THEN
            RAISE EXCEPTION 'scene % is not what two people agreed upon', new.code
                USING errcode = '23514', constraint = 'scenario_two_people';
        END IF;
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER scenario_two_people BEFORE INSERT OR UPDATE ON scenario
    FOR EACH ROW EXECUTE FUNCTION scenarios.check_scene();

REVOKE ALL ON SCHEMA scenarios FROM PUBLIC;
REVOKE ALL ON FUNCTION scenarios.facts_of(scenario), scenarios.check_scene() FROM PUBLIC;
GRANT UPDATE (approval_id) ON scenario TO ddt_app;
-- A draft that was sent back is written again; what is agreed to stays, by the trigger.
GRANT UPDATE (kind, title_zh, title_en, organiser_zh, organiser_en, starts_on, ends_on, setup) ON scenario TO ddt_app;
