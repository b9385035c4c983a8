-- The photo moment: somebody who stands before the screen is shown once more, in a slot of its own, so that nobody else's turn
-- moves. One at a time in a scene; each as long as the turn it repeats.

ALTER TABLE wall_photo
    ALTER COLUMN asked_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT wall_photo_event_key UNIQUE (event_id),
    ADD CONSTRAINT wall_photo_whole_check CHECK (show_to - show_from BETWEEN interval '1 s' AND interval '600 s'),
    ADD CONSTRAINT wall_photo_no_overlap EXCLUDE USING gist (
        int8range(scene_id::int8, scene_id::int8, '[]') WITH &&, tstzrange(show_from, show_to) WITH &&);
CREATE INDEX wall_photo_turn_idx ON wall_photo (turn_id);
CREATE INDEX wall_photo_scene_idx ON wall_photo (scene_id, show_to);
CREATE TRIGGER wall_photo_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON wall_photo
    FOR EACH STATEMENT EXECUTE FUNCTION wall.refuse_change();

-- A photo moment repeats a turn of its scene that is shown and over, of somebody who agrees, for as long as that turn; held for
-- the owner too.
CREATE FUNCTION wall.check_photo() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
            SELECT FROM wall_turn t WHERE t.id = new.turn_id AND t.scene_id = new.scene_id AND t.moderation = 'shown'
            AND t.show_to <= clock_timestamp() AND t.show_to - t.show_from = new.show_to - new.show_from
            AND wall.agrees(t.person_id, t.consent_version)) THEN
        RAISE EXCEPTION 'turn % is not shown once more', new.turn_id USING errcode = '23514', constraint = 'wall_photo_of_its_turn';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION wall.check_photo() FROM PUBLIC;
CREATE TRIGGER wall_photo_is_of_its_turn BEFORE INSERT ON wall_photo FOR EACH ROW EXECUTE FUNCTION wall.check_photo();

-- Photo moments that this person had in a scene within a day, and those to come. One that no screen was told of, they did not have.
CREATE FUNCTION wall.photos_of(p_scene int, p_person uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM public.wall_photo p JOIN public.wall_turn t ON t.id = p.turn_id JOIN public.wall_scene w ON w.id = p.scene_id
    WHERE p.scene_id = p_scene AND t.person_id = p_person AND p.asked_at > clock_timestamp() - interval '1 day'
      AND (p.event_id <= w.told_id OR p.show_from > clock_timestamp())
$$;
REVOKE ALL ON FUNCTION wall.photos_of(int, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.photos_of(int, uuid) TO ddt_app;

-- Show the turn of a cause once more, in the photo slot; `told` says whether, or why not. Asked again while one is to come or on,
-- it is the same. Its place is known at once, and nothing moves it.
CREATE FUNCTION wall.take_photo(p_cause text, p_person uuid, p_most int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c_lead CONSTANT interval := '2 s';     -- what every screen needs to be told
    c_wait CONSTANT interval := '120 s';   -- who stands before a screen is not asked to stand longer
    t wall_turn;
    s wall_scene;
    v_now timestamptz;
    v_from timestamptz;
    v_event bigint;
BEGIN
    SELECT * INTO t FROM wall_turn w WHERE w.cause = p_cause AND w.person_id = p_person;
    IF NOT found THEN
        RETURN 'unknown';
    END IF;
    SELECT * INTO s FROM wall_scene w WHERE w.id = t.scene_id FOR UPDATE;
    SELECT * INTO t FROM wall_turn w WHERE w.id = t.id;
    v_now := clock_timestamp();
    IF t.moderation <> 'shown' OR t.show_to IS NULL OR t.show_to > v_now OR NOT wall.agrees(t.person_id, t.consent_version) THEN
        RETURN 'not_yet';
    END IF;
    IF EXISTS (SELECT FROM wall_photo p JOIN wall_turn o ON o.id = p.turn_id
               WHERE p.scene_id = s.id AND o.person_id = p_person AND p.show_to > v_now) THEN
        RETURN 'placed';
    END IF;
    IF NOT s.is_open OR s.seen_at IS NULL OR s.seen_at < v_now - interval '30 s' THEN
        RETURN 'off';
    END IF;
    IF wall.photos_of(s.id, p_person) >= p_most THEN
        RETURN 'enough';
    END IF;
    v_from := greatest(v_now + c_lead, (SELECT max(p.show_to) FROM wall_photo p WHERE p.scene_id = s.id));
    IF v_from > v_now + c_wait THEN
        RETURN 'busy';
    END IF;
    INSERT INTO wall_event (scene_id, kind, turn_id) VALUES (s.id, 'photo', t.id) RETURNING id INTO v_event;
    INSERT INTO wall_photo (scene_id, turn_id, event_id, show_from, show_to)
        VALUES (s.id, t.id, v_event, v_from, v_from + (t.show_to - t.show_from));
    PERFORM wall.wake();
    RETURN 'placed';
END $$;
REVOKE ALL ON FUNCTION wall.take_photo(text, uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.take_photo(text, uuid, int) TO ddt_app;
GRANT SELECT ON wall_photo TO ddt_app;

-- As before, and whoever is in the photo slot: their turn may be long over.
CREATE OR REPLACE FUNCTION wall.unwilling(p_scene int, p_version int) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT v.id FROM (
        (SELECT t.id, t.person_id, t.consent_version FROM public.wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown'
         AND t.show_from IS NOT NULL ORDER BY t.show_from DESC LIMIT 150)
        UNION ALL
        (SELECT t.id, t.person_id, t.consent_version FROM public.wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown'
         AND t.show_from IS NULL ORDER BY t.id LIMIT 150)
        UNION ALL
        (SELECT t.id, t.person_id, t.consent_version FROM public.wall_photo p JOIN public.wall_turn t ON t.id = p.turn_id
         AND t.moderation = 'shown' WHERE p.scene_id = p_scene AND p.show_to > clock_timestamp())) v
    WHERE NOT wall.agrees(v.person_id, least(p_version, v.consent_version::int))
$$;
