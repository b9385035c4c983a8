-- A zone stands above scenes, orders and papers; what it says of a scene lies beside the scene, where those read it: the
-- ways to pay that the cashier offers, the words and marks that papers bear. It follows the zone's newest edition, and nobody
-- writes it but the publishing of one.
ALTER TABLE scenario_zone
    ADD CONSTRAINT scenario_zone_scenario_fkey FOREIGN KEY (scenario_id) REFERENCES scenario (id) ON DELETE RESTRICT,
    ADD CONSTRAINT scenario_zone_said_check CHECK (
        said ?& ARRAY['slug', 'version', 'name', 'payment_methods', 'certificate']);

CREATE FUNCTION scenarios.set_zone(p_scenes uuid[], p_said jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO scenario_zone (scenario_id, said) SELECT q, p_said FROM unnest(p_scenes) AS q ORDER BY q
    ON CONFLICT (scenario_id) DO UPDATE SET said = excluded.said
$$;
REVOKE ALL ON FUNCTION scenarios.set_zone(uuid[], jsonb) FROM PUBLIC;
GRANT SELECT ON scenario_zone TO ddt_app;

-- As before; and what the version says of its scenes is told to them.
CREATE OR REPLACE FUNCTION zones.publish(p_approval uuid, p_account uuid) RETURNS uuid
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
    PERFORM scenarios.set_zone(v_scenes, jsonb_build_object(
        'slug', v_zone.slug, 'version', (v_said->>'version')::int, 'name', v_said->'document'->'name',
        'payment_methods', v_said->'document'->'payment_methods', 'certificate', v_said->'document'->'certificate'));
    RETURN v_zone.id;
END $$;
