-- Drafts of scenes: saved once for every revision, written into one scene of the same organiser, never taken over by another.
ALTER TABLE scene_draft
    ADD CONSTRAINT scene_draft_revision_check CHECK (revision > 0 AND proposed_revision BETWEEN 1 AND revision),
    ADD CONSTRAINT scene_draft_proposed_check CHECK ((scenario_id IS NULL) = (proposed_revision IS NULL)),
    ADD CONSTRAINT scene_draft_content_check CHECK (jsonb_typeof(content) = 'object' AND octet_length(content::text) <= 65536),
    ADD CONSTRAINT scene_draft_scenario_key UNIQUE (scenario_id),
    ADD CONSTRAINT scene_draft_gift_key UNIQUE (gift_id);
CREATE INDEX scene_draft_organisation_idx ON scene_draft (organisation_id, changed_at DESC);

-- Two people who save at once are told so: a revision is the one before it and one, and its content stays.
CREATE FUNCTION scenarios.check_draft() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF tg_op = 'UPDATE' AND (
        (new.id, new.organisation_id, new.gift_id, new.made_at)
            IS DISTINCT FROM (old.id, old.organisation_id, old.gift_id, old.made_at)
        OR (old.scenario_id IS NOT NULL AND new.scenario_id IS DISTINCT FROM old.scenario_id)
        OR new.revision <> old.revision + (new.content IS DISTINCT FROM old.content)::int)
    THEN
        RAISE EXCEPTION 'draft % does not go from revision % to %', old.id, old.revision, new.revision
            USING errcode = '23514', constraint = 'scene_draft_step_check';
    END IF;
    IF new.scenario_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM scenario s WHERE s.id = new.scenario_id AND s.organisation_id = new.organisation_id)
    THEN
        RAISE EXCEPTION 'scene % is not of the organiser of draft %', new.scenario_id, new.id
            USING errcode = '23514', constraint = 'scene_draft_own_scene';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION scenarios.check_draft() FROM PUBLIC;
CREATE TRIGGER scene_draft_goes_on BEFORE INSERT OR UPDATE ON scene_draft
    FOR EACH ROW EXECUTE FUNCTION scenarios.check_draft();

GRANT SELECT, INSERT ON scene_draft TO ddt_app;
GRANT UPDATE (content, revision, scenario_id, proposed_revision, changed_at, discarded_at) ON scene_draft TO ddt_app;
