-- What was retired in a zone's scenes and what was given to it, added up as it happens: a page of a zone with a hundred thousand
-- retirements reads a row for each scene. Rows are written by triggers alone, compared by the proof, and can be written anew.
ALTER TABLE donation_scene_tally
    ADD CONSTRAINT donation_scene_tally_scene_key UNIQUE (scene_id),
    ADD CONSTRAINT donation_scene_tally_scene_fkey FOREIGN KEY (scene_id) REFERENCES zone_scene (scene_id) ON DELETE RESTRICT,
    ADD CONSTRAINT donation_scene_tally_mass_check CHECK (guests_g >= 0 AND organiser_g >= 0);
CREATE INDEX donation_scene_tally_zone_idx ON donation_scene_tally (zone_id);
ALTER TABLE donation_tally
    ADD CONSTRAINT donation_tally_zone_key UNIQUE (zone_id),
    ADD CONSTRAINT donation_tally_mass_check CHECK (donors >= 0 AND donated_g >= retired_g AND retired_g >= 0 AND account_g >= retired_g);
GRANT SELECT ON donation_scene_tally, donation_tally TO ddt_app;

-- What the rows must say: counted from the retirements and donations themselves.
CREATE FUNCTION donations.count_scenes(p_scenes uuid[] DEFAULT NULL)
RETURNS TABLE (scene_id uuid, zone_id uuid, guests_g bigint, organiser_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.scene_id, s.zone_id, coalesce(sum(r.mass_g) FILTER (WHERE c.beneficiary_kind = 'person'), 0)::bigint,
           coalesce(sum(r.mass_g) FILTER (WHERE c.beneficiary_id = z.owner_id AND r.account_id IS DISTINCT FROM z.account_id), 0)::bigint
    FROM zone_scene s JOIN zone z ON z.id = s.zone_id JOIN claim c ON c.scenario_id = s.scene_id
    JOIN retirement r ON r.claim_id = c.id AND r.state = 'settled'
    WHERE p_scenes IS NULL OR s.scene_id = ANY (p_scenes) GROUP BY s.scene_id, s.zone_id
$$;
CREATE FUNCTION donations.count_zones(p_zone uuid DEFAULT NULL)
RETURNS TABLE (zone_id uuid, donors int, donated_g bigint, retired_g bigint, account_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT z.id, coalesce(d.donors, 0), coalesce(d.mass_g, 0)::bigint, coalesce(d.gone_g, 0)::bigint, coalesce((
        SELECT sum(r.mass_g) FROM retirement r WHERE r.account_id = z.account_id AND r.state = 'settled'), 0)::bigint
    FROM zone z LEFT JOIN LATERAL (
        SELECT count(DISTINCT q.donor_id)::int AS donors, sum(q.mass_g) AS mass_g,
               sum(q.mass_g) FILTER (WHERE r.id IS NOT NULL) AS gone_g
        FROM donation q LEFT JOIN LATERAL donations.retired_by(ARRAY[q.id]) AS b ON true
        LEFT JOIN retirement r ON r.id = b.retirement_id AND r.state = 'settled' WHERE q.zone_id = z.id) AS d ON true
    WHERE p_zone IS NULL OR z.id = p_zone
$$;

-- Added at the end of settling, when all other locks are held; scenes in one order. A retirement of the zone's own account is rare
-- and counts the account anew; what is being given meanwhile is taken by a later one.
CREATE FUNCTION donations.add_settled() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO donation_scene_tally AS t (scene_id, zone_id, guests_g, organiser_g)
    SELECT s.scene_id, s.zone_id, coalesce(sum(n.mass_g) FILTER (WHERE c.beneficiary_kind = 'person'), 0),
           coalesce(sum(n.mass_g) FILTER (WHERE c.beneficiary_id = z.owner_id AND n.account_id IS DISTINCT FROM z.account_id), 0)
    FROM after_it n JOIN before_it w ON w.id = n.id AND w.state <> 'settled' JOIN claim c ON c.id = n.claim_id
    JOIN zone_scene s ON s.scene_id = c.scenario_id JOIN zone z ON z.id = s.zone_id
    WHERE n.state = 'settled' GROUP BY s.scene_id, s.zone_id ORDER BY s.scene_id
    ON CONFLICT (scene_id) DO UPDATE
    SET guests_g = t.guests_g + excluded.guests_g, organiser_g = t.organiser_g + excluded.organiser_g;

    INSERT INTO donation_tally AS t (zone_id, donors, donated_g, retired_g, account_g)
    SELECT q.* FROM (SELECT DISTINCT z.id FROM after_it n JOIN zone z ON z.account_id = n.account_id WHERE n.state = 'settled') AS z
    CROSS JOIN LATERAL donations.count_zones(z.id) AS q ORDER BY q.zone_id
    ON CONFLICT (zone_id) DO UPDATE SET retired_g = excluded.retired_g, account_g = excluded.account_g;
    RETURN NULL;
END $$;
CREATE TRIGGER donation_tallies_add_settled AFTER UPDATE ON retirement REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION donations.add_settled();

-- In the line of `donations.lock`, so the first of two donations of a donor is seen by the second.
CREATE FUNCTION donations.add_given() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_new int := (NOT EXISTS (
    SELECT FROM donation d WHERE d.zone_id = new.zone_id AND d.donor_id = new.donor_id AND d.id <> new.id))::int;
BEGIN
    INSERT INTO donation_tally AS t (zone_id, donors, donated_g, retired_g, account_g) VALUES (new.zone_id, v_new, new.mass_g, 0, 0)
    ON CONFLICT (zone_id) DO UPDATE SET donors = t.donors + v_new, donated_g = t.donated_g + new.mass_g;
    RETURN NULL;
END $$;
CREATE TRIGGER donation_tallies_add_given AFTER INSERT ON donation FOR EACH ROW EXECUTE FUNCTION donations.add_given();

-- A scene that comes into a zone brings what was retired there before. Nothing settles meanwhile: who settles later sees the zone.
CREATE FUNCTION donations.add_scenes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM added) THEN RETURN NULL; END IF;
    LOCK TABLE retirement IN SHARE MODE;
    INSERT INTO donation_scene_tally (scene_id, zone_id, guests_g, organiser_g)
    SELECT q.* FROM donations.count_scenes(ARRAY(SELECT a.scene_id FROM added a)) AS q;
    RETURN NULL;
END $$;
CREATE TRIGGER donation_tallies_add_scenes AFTER INSERT ON zone_scene REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION donations.add_scenes();

-- Write a zone's tallies anew; nothing settles and nobody gives meanwhile.
CREATE FUNCTION donations.rebuild_tallies(p_zone uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM donations.lock(z.account_id) FROM zone z WHERE z.id = p_zone;
    LOCK TABLE retirement IN SHARE MODE;
    DELETE FROM donation_scene_tally t WHERE t.zone_id = p_zone;
    INSERT INTO donation_scene_tally (scene_id, zone_id, guests_g, organiser_g)
    SELECT q.* FROM donations.count_scenes(ARRAY(SELECT s.scene_id FROM zone_scene s WHERE s.zone_id = p_zone)) AS q;
    DELETE FROM donation_tally t WHERE t.zone_id = p_zone;
    INSERT INTO donation_tally (zone_id, donors, donated_g, retired_g, account_g) SELECT q.* FROM donations.count_zones(p_zone) AS q;
END $$;

-- What was retired for a zone, by source, and what lies in its account: grams that donors gave, grams that the owner put there or
-- retired in the zone's scenes otherwise, and grams of whoever came. Read from the tallies.
CREATE OR REPLACE FUNCTION donations.figures(p_zone uuid)
RETURNS TABLE (donated_g bigint, donors_g bigint, organiser_g bigint, guests_g bigint, held_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(t.donated_g, 0), coalesce(t.retired_g, 0),
           (coalesce(t.account_g, 0) - coalesce(t.retired_g, 0) + s.organiser_g)::bigint, s.guests_g, donations.balance(z.account_id)
    FROM zone z LEFT JOIN donation_tally t ON t.zone_id = z.id CROSS JOIN LATERAL (
        SELECT coalesce(sum(q.guests_g), 0)::bigint AS guests_g, coalesce(sum(q.organiser_g), 0)::bigint AS organiser_g
        FROM donation_scene_tally q WHERE q.zone_id = z.id) AS s
    WHERE z.id = p_zone
$$;

-- The proof of the tallies, beside that of the donations.
CREATE FUNCTION donations.prove_tallies(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT z.slug, (coalesce(c.guests_g, 0), coalesce(c.organiser_g, 0)) = (coalesce(t.guests_g, 0), coalesce(t.organiser_g, 0)) AS ok
        FROM zone_scene s JOIN zone z ON z.id = s.zone_id LEFT JOIN donations.count_scenes() AS c ON c.scene_id = s.scene_id
        LEFT JOIN donation_scene_tally t ON t.scene_id = s.scene_id
        UNION ALL
        SELECT z.slug, (c.donors, c.donated_g, c.retired_g, c.account_g)
               = (coalesce(t.donors, 0), coalesce(t.donated_g, 0), coalesce(t.retired_g, 0), coalesce(t.account_g, 0))
        FROM zone z JOIN donations.count_zones() AS c ON c.zone_id = z.id LEFT JOIN donation_tally t ON t.zone_id = z.id)
    SELECT NULL::bigint, 'donation_tallies', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(DISTINCT format('a tally of zone %s is not what was given and retired there', j.slug)) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_donation_tallies', 'donations.prove_tallies', 1, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 1;

INSERT INTO donation_scene_tally (scene_id, zone_id, guests_g, organiser_g) SELECT q.* FROM donations.count_scenes() AS q;
INSERT INTO donation_tally (zone_id, donors, donated_g, retired_g, account_g) SELECT q.* FROM donations.count_zones() AS q;

REVOKE ALL ON FUNCTION donations.count_scenes(uuid[]), donations.count_zones(uuid), donations.add_settled(), donations.add_given(),
    donations.add_scenes(), donations.rebuild_tallies(uuid), donations.prove_tallies(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION donations.count_scenes(uuid[]), donations.count_zones(uuid), donations.rebuild_tallies(uuid),
    donations.prove_tallies(bigint) TO ddt_app;
