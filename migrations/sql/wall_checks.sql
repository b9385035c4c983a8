-- What is decided about a name, a picture or a consent reaches the screens in the transaction that decides it, and wakes whoever
-- tells them. A picture is shown by the second version of the consent; an organiser decides about one in a scene of its own.

ALTER TABLE wall_turn ADD CONSTRAINT wall_turn_name_check_known FOREIGN KEY (name_check_id) REFERENCES content_check (id) ON DELETE RESTRICT;
CREATE INDEX wall_turn_name_check_idx ON wall_turn (name_check_id) WHERE name_check_id IS NOT NULL;
ALTER TABLE wall_event DROP CONSTRAINT wall_event_kind_check;
ALTER TABLE wall_event ADD CONSTRAINT wall_event_kind_check CHECK (kind IN ('placed', 'cleared', 'picture', 'photo'));
ALTER TABLE wall_picture
    ALTER COLUMN decided_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT wall_picture_key UNIQUE (scene_id, person_id, digest),
    ADD CONSTRAINT wall_picture_digest_check CHECK (octet_length(digest) = 32),
    ADD CONSTRAINT wall_picture_state_check CHECK (state IN ('shown', 'hidden'));
CREATE INDEX wall_picture_person_idx ON wall_picture (person_id);
CREATE INDEX wall_picture_decided_by_idx ON wall_picture (decided_by_id);
CREATE TRIGGER wall_picture_stays BEFORE DELETE OR TRUNCATE ON wall_picture
    FOR EACH STATEMENT EXECUTE FUNCTION wall.refuse_change();

-- Turns whose person took their consent back: of those that are on the screen, are about to be, or were among the last, and of
-- those that are next in line. A turn stays by the words it was lined up by; a newer text takes nobody out of the line.
CREATE OR REPLACE FUNCTION wall.unwilling(p_scene int, p_version int) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT v.id FROM (
        (SELECT t.id, t.person_id, t.consent_version FROM public.wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown'
         AND t.show_from IS NOT NULL ORDER BY t.show_from DESC LIMIT 150)
        UNION ALL
        (SELECT t.id, t.person_id, t.consent_version FROM public.wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown'
         AND t.show_from IS NULL ORDER BY t.id LIMIT 150)) v
    WHERE NOT wall.agrees(v.person_id, least(p_version, v.consent_version::int))
$$;

-- Which checks are of the names of these turns, pairwise; from then on what is decided there is done to them.
CREATE FUNCTION wall.note_checks(p_causes text[], p_checks uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE wall_turn t SET name_check_id = a.check_id FROM unnest(p_causes, p_checks) a (cause, check_id)
    WHERE t.cause = a.cause AND t.moderation <> 'hidden' AND t.name_check_id IS DISTINCT FROM a.check_id
$$;
REVOKE ALL ON FUNCTION wall.note_checks(text[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.note_checks(text[], uuid[]) TO ddt_app;

-- Wake whoever tells screens, once this transaction is committed.
CREATE FUNCTION wall.wake() RETURNS void LANGUAGE sql AS $$ SELECT pg_notify('wall', '') $$;
REVOKE ALL ON FUNCTION wall.wake() FROM PUBLIC;

-- The screens draw the pictures of this person anew: of their last turns that were placed, wherever they are.
CREATE FUNCTION wall.redraw(p_person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_turns bigint[] := ARRAY(SELECT t.id FROM wall_turn t WHERE t.person_id = p_person AND t.moderation = 'shown'
                                  AND t.show_from IS NOT NULL ORDER BY t.id DESC LIMIT 20);
BEGIN
    IF cardinality(v_turns) = 0 THEN
        RETURN;
    END IF;
    -- Events are numbered under the lock of their scene.
    PERFORM FROM wall_scene w WHERE w.id IN (SELECT t.scene_id FROM wall_turn t WHERE t.id = ANY (v_turns)) ORDER BY w.id FOR UPDATE;
    INSERT INTO wall_event (scene_id, kind, turn_id) SELECT t.scene_id, 'picture', t.id FROM wall_turn t
        WHERE t.id = ANY (v_turns) AND t.moderation = 'shown' ORDER BY t.id;
    PERFORM wall.wake();
END $$;
REVOKE ALL ON FUNCTION wall.redraw(uuid) FROM PUBLIC;

-- A check was decided: a refused name leaves every screen and line, a passed one stops waiting; a picture is drawn anew.
CREATE FUNCTION wall.follow_check() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.kind = 'picture' THEN
        PERFORM wall.redraw(a.person_id) FROM avatar a WHERE a.check_id = new.id ORDER BY a.person_id;
        RETURN NULL;
    END IF;
    PERFORM FROM wall_scene w WHERE w.id IN (
        SELECT t.scene_id FROM wall_turn t WHERE t.name_check_id = new.id AND t.moderation <> 'hidden') ORDER BY w.id FOR UPDATE;
    IF NOT found THEN
        RETURN NULL;
    END IF;
    IF new.state = 'passed' THEN
        UPDATE wall_turn t SET moderation = 'shown' WHERE t.name_check_id = new.id AND t.moderation = 'waiting';
    ELSIF new.state = 'refused' THEN
        WITH gone AS (
            UPDATE wall_turn t SET moderation = 'hidden', hidden_at = clock_timestamp(), hidden_because = 'hidden'
            WHERE t.name_check_id = new.id AND t.moderation <> 'hidden' RETURNING t.id, t.scene_id, t.show_from)
        INSERT INTO wall_event (scene_id, kind, turn_id)
            SELECT g.scene_id, 'cleared', g.id FROM gone g WHERE g.show_from IS NOT NULL ORDER BY g.id;
    END IF;
    PERFORM wall.wake();
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION wall.follow_check() FROM PUBLIC;
CREATE TRIGGER content_check_reaches_screens AFTER UPDATE OF state ON content_check
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION wall.follow_check();

-- A picture was taken, changed or removed.
CREATE FUNCTION wall.follow_picture() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM wall.redraw(coalesce(new.person_id, old.person_id));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION wall.follow_picture() FROM PUBLIC;
CREATE TRIGGER avatar_reaches_screens AFTER INSERT OR UPDATE OR DELETE ON avatar
    FOR EACH ROW EXECUTE FUNCTION wall.follow_picture();

-- Somebody agreed to be shown, perhaps with their picture now, or took it back: whoever took it back is cleared at once.
CREATE FUNCTION wall.follow_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_scenes int[];
BEGIN
    IF new.state = 'given' THEN
        PERFORM wall.redraw(new.person_id);
        RETURN NULL;
    END IF;
    v_scenes := ARRAY(SELECT DISTINCT t.scene_id FROM wall_turn t WHERE t.person_id = new.person_id AND t.moderation <> 'hidden');
    IF cardinality(v_scenes) = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM FROM wall_scene w WHERE w.id = ANY (v_scenes) ORDER BY w.id FOR UPDATE;
    WITH gone AS (
        UPDATE wall_turn t SET moderation = 'hidden', hidden_at = clock_timestamp(), hidden_because = 'withdrawn'
        WHERE t.person_id = new.person_id AND t.moderation <> 'hidden' RETURNING t.id, t.scene_id, t.show_from)
    INSERT INTO wall_event (scene_id, kind, turn_id)
        SELECT g.scene_id, 'cleared', g.id FROM gone g WHERE g.show_from IS NOT NULL ORDER BY g.id;
    PERFORM wall.wake();
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION wall.follow_consent() FROM PUBLIC;
CREATE TRIGGER consent_reaches_screens AFTER INSERT ON consent
    FOR EACH ROW WHEN (new.purpose = 'wall') EXECUTE FUNCTION wall.follow_consent();

-- What whoever looks after a scene decides about a picture there; the last word counts. False: it was so.
CREATE FUNCTION wall.decide_picture(p_scene int, p_person uuid, p_digest bytea, p_state text, p_by uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO wall_picture AS w (scene_id, person_id, digest, state, decided_by_id) VALUES (p_scene, p_person, p_digest, p_state, p_by)
        ON CONFLICT ON CONSTRAINT wall_picture_key DO UPDATE SET state = excluded.state, decided_by_id = excluded.decided_by_id,
            decided_at = clock_timestamp() WHERE w.state <> excluded.state;
    IF NOT found THEN
        RETURN false;
    END IF;
    PERFORM wall.redraw(p_person);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION wall.decide_picture(int, uuid, bytea, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.decide_picture(int, uuid, bytea, text, uuid) TO ddt_app;
GRANT SELECT ON wall_picture TO ddt_app;
GRANT EXECUTE ON FUNCTION wall.agrees(uuid, int) TO ddt_app;
