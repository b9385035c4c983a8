-- Zones (专区): data from a file. What a zone is stands in its newest edition, which two people agreed to; the slug is its
-- identity. Its account is opened with it and is of the same owner; its scenes are its own for good. Nothing here is changed
-- or deleted: another version is another row.
CREATE SCHEMA zones;
GRANT USAGE ON SCHEMA zones TO ddt_app;

INSERT INTO approval_kind (code, maker_roles, applicant_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('zone_version', '{operator}', '{sponsor}', '{reviewer}', true, false, '专区版本', 'Version of a zone');
SELECT approvals.bind_effect('zone_version', 'zone_edition');

ALTER TABLE zone
    ADD CONSTRAINT zone_slug_key UNIQUE (slug),
    ADD CONSTRAINT zone_account_key UNIQUE (account_id),
    ADD CONSTRAINT zone_owner_key UNIQUE (id, owner_id),
    ADD CONSTRAINT zone_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    ADD CONSTRAINT zone_account_fkey FOREIGN KEY (account_id, owner_id) REFERENCES account (id, owner_id) ON DELETE RESTRICT;
CREATE INDEX zone_owner_idx ON zone (owner_id);
ALTER TABLE zone_edition
    ALTER COLUMN approval_id SET NOT NULL,
    ADD CONSTRAINT zone_edition_version_key UNIQUE (zone_id, version),
    ADD CONSTRAINT zone_edition_version_check CHECK (version > 0),
    ADD CONSTRAINT zone_edition_document_check CHECK (
        jsonb_typeof(document) = 'object' AND document_sha256 = sha256(convert_to(document::text, 'UTF8')));
ALTER TABLE zone_scene
    ADD CONSTRAINT zone_scene_scene_fkey FOREIGN KEY (scene_id) REFERENCES scenario (id) ON DELETE RESTRICT;
CREATE INDEX zone_scene_zone_idx ON zone_scene (zone_id);

CREATE FUNCTION zones.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a zone is never deleted, and another version is another row', tg_op, tg_table_name
        USING errcode = '23514', constraint = tg_table_name || '_stays';
END $$;
CREATE TRIGGER zone_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON zone
    FOR EACH STATEMENT EXECUTE FUNCTION zones.refuse_change();
CREATE TRIGGER zone_edition_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON zone_edition
    FOR EACH STATEMENT EXECUTE FUNCTION zones.refuse_change();
CREATE TRIGGER zone_scene_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON zone_scene
    FOR EACH STATEMENT EXECUTE FUNCTION zones.refuse_change();

-- Its account is called like it.
CREATE FUNCTION zones.check_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM account a WHERE a.id = new.account_id AND a.holder = 'zone:' || new.slug) THEN
        RAISE EXCEPTION 'zone % has an account of its own name', new.slug
            USING errcode = '23514', constraint = 'zone_account_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER zone_account BEFORE INSERT ON zone FOR EACH ROW EXECUTE FUNCTION zones.check_account();

-- What two people agreed upon stands in the row, whoever writes it, one version after the other.
CREATE FUNCTION zones.check_edition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(new.approval_id, 'zone_version');
    v_zone zone;
BEGIN
    SELECT * INTO v_zone FROM zone z WHERE z.id = new.zone_id;
    IF (v_said->>'slug', (v_said->>'applicant')::uuid, (v_said->>'version')::int, v_said->'document')
       IS DISTINCT FROM (v_zone.slug::text, v_zone.owner_id, new.version, new.document)
    THEN
        RAISE EXCEPTION 'this version is not what two people agreed upon'
            USING errcode = '23514', constraint = 'zone_edition_two_people';
    END IF;
    IF new.version <> 1 + (SELECT coalesce(max(e.version), 0) FROM zone_edition e WHERE e.zone_id = new.zone_id) THEN
        RAISE EXCEPTION 'version % is not the next one', new.version
            USING errcode = '23514', constraint = 'zone_edition_in_turn';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER zone_edition_two_people BEFORE INSERT ON zone_edition
    FOR EACH ROW EXECUTE FUNCTION zones.check_edition();

-- Write an approved version down: the zone with its first one, and the scenes that are new in it. A scene that is in a zone
-- stays there, so a version that leaves one out is refused.
CREATE FUNCTION zones.publish(p_approval uuid, p_account uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(p_approval, 'zone_version');
    v_scenes uuid[];
    v_zone zone;
BEGIN
    IF v_said IS NULL THEN
        RAISE EXCEPTION 'nobody approved this version' USING errcode = '23503', constraint = 'zone_edition_approval_fkey';
    END IF;
    v_scenes := ARRAY(SELECT q::uuid FROM jsonb_array_elements_text(v_said->'scenes') AS q);
    INSERT INTO zone (id, slug, owner_id, account_id, created_at)
    SELECT gen_random_uuid(), v_said->>'slug', (v_said->>'applicant')::uuid, p_account, clock_timestamp()
    WHERE NOT EXISTS (SELECT FROM zone z WHERE z.slug = v_said->>'slug');
    SELECT * INTO v_zone FROM zone z WHERE z.slug = v_said->>'slug' FOR UPDATE;
    INSERT INTO zone_edition (id, zone_id, version, document, document_sha256, approval_id, published_at)
    VALUES (gen_random_uuid(), v_zone.id, (v_said->>'version')::int, v_said->'document',
            sha256(convert_to((v_said->'document')::text, 'UTF8')), p_approval, clock_timestamp());
    IF EXISTS (SELECT FROM zone_scene s WHERE s.zone_id = v_zone.id AND s.scene_id <> ALL (v_scenes)) THEN
        RAISE EXCEPTION 'zone % leaves a scene out', v_zone.slug USING errcode = '23514', constraint = 'zone_scene_stays';
    END IF;
    INSERT INTO zone_scene (scene_id, zone_id, added_at)
    SELECT q, v_zone.id, clock_timestamp() FROM unnest(v_scenes) AS q
    WHERE NOT EXISTS (SELECT FROM zone_scene s WHERE s.scene_id = q AND s.zone_id = v_zone.id) ORDER BY q;
    RETURN v_zone.id;
END $$;

REVOKE ALL ON FUNCTION zones.refuse_change(), zones.check_account(), zones.check_edition(), zones.publish(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION zones.publish(uuid, uuid) TO ddt_app;
GRANT SELECT ON zone, zone_edition, zone_scene TO ddt_app;
