-- The big screen of a scene. A turn is one person's, for one certificate, by their consent; within a slot turns never overlap,
-- each is as long as it says, and what a screen was told of and began stays as it is.

CREATE SCHEMA wall;
GRANT USAGE ON SCHEMA wall TO ddt_app;

ALTER TABLE wall_scene
    ADD CONSTRAINT wall_scene_scenario_key UNIQUE (scenario_id),
    ADD CONSTRAINT wall_scene_turn_check CHECK (turn_s BETWEEN 1 AND 600),
    ADD CONSTRAINT wall_scene_wait_check CHECK (wait_s BETWEEN 1 AND 3600);
ALTER TABLE wall_screen
    ALTER COLUMN made_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT wall_screen_token_key UNIQUE (token_sha256),
    ADD CONSTRAINT wall_screen_token_check CHECK (octet_length(token_sha256) = 32),
    ADD CONSTRAINT wall_screen_label_check CHECK (label = btrim(label) AND label <> ''),
    ADD CONSTRAINT wall_screen_revoked_check CHECK ((revoked_at IS NULL) = (revoked_by_id IS NULL));
CREATE INDEX wall_screen_scene_idx ON wall_screen (scene_id);
CREATE INDEX wall_screen_made_by_idx ON wall_screen (made_by_id);
CREATE INDEX wall_screen_revoked_by_idx ON wall_screen (revoked_by_id) WHERE revoked_by_id IS NOT NULL;
ALTER TABLE wall_turn
    ALTER COLUMN asked_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT wall_turn_cause_key UNIQUE (cause),
    ADD CONSTRAINT wall_turn_no_key UNIQUE (scene_id, no),
    ADD CONSTRAINT wall_turn_moderation_check CHECK (moderation IN ('waiting', 'shown', 'hidden')),
    ADD CONSTRAINT wall_turn_because_check CHECK (hidden_because IN ('withdrawn', 'hidden', 'skipped')),
    ADD CONSTRAINT wall_turn_hidden_check CHECK (
        (moderation = 'hidden') = (hidden_at IS NOT NULL) AND (hidden_at IS NULL) = (hidden_because IS NULL)),
    ADD CONSTRAINT wall_turn_placed_check CHECK (
        (slot IS NULL) = (show_from IS NULL) AND (slots IS NULL) = (show_from IS NULL) AND (show_to IS NULL) = (show_from IS NULL)),
    ADD CONSTRAINT wall_turn_slot_check CHECK (slot BETWEEN 1 AND slots AND slots <= 12),
    ADD CONSTRAINT wall_turn_whole_check CHECK (show_to - show_from = make_interval(secs => turn_s)),
    ADD CONSTRAINT wall_turn_moderated_check CHECK (show_from IS NULL OR moderation <> 'waiting'),
    -- A slot of a scene as one number, so that no extension is needed.
    ADD CONSTRAINT wall_turn_no_overlap EXCLUDE USING gist (
        int8range(scene_id::int8 * 16 + slot, scene_id::int8 * 16 + slot, '[]') WITH &&,
        tstzrange(show_from, show_to) WITH &&) WHERE (show_from IS NOT NULL AND moderation = 'shown');
CREATE INDEX wall_turn_waiting_idx ON wall_turn (scene_id, id) WHERE show_from IS NULL AND moderation = 'shown';
CREATE INDEX wall_turn_placed_idx ON wall_turn (scene_id, show_from) WHERE show_from IS NOT NULL AND moderation = 'shown';
CREATE INDEX wall_turn_moderated_idx ON wall_turn (scene_id, id) WHERE moderation = 'waiting';
CREATE INDEX wall_turn_person_idx ON wall_turn (person_id);
CREATE INDEX wall_turn_certificate_idx ON wall_turn (certificate_id);
ALTER TABLE wall_event
    ALTER COLUMN at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT wall_event_kind_check CHECK (kind IN ('placed', 'cleared'));
CREATE INDEX wall_event_scene_idx ON wall_event (scene_id, id);
CREATE INDEX wall_event_turn_idx ON wall_event (turn_id);

CREATE FUNCTION wall.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was shown stays written in %', tg_table_name
        USING errcode = '23001', constraint = tg_table_name || '_stays';
END $$;
CREATE TRIGGER wall_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON wall_event
    FOR EACH STATEMENT EXECUTE FUNCTION wall.refuse_change();
CREATE TRIGGER wall_turn_stays BEFORE DELETE OR TRUNCATE ON wall_turn
    FOR EACH STATEMENT EXECUTE FUNCTION wall.refuse_change();
CREATE TRIGGER wall_screen_stays BEFORE DELETE OR TRUNCATE ON wall_screen
    FOR EACH STATEMENT EXECUTE FUNCTION wall.refuse_change();

CREATE FUNCTION wall.keep_screen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.revoked_at IS NOT NULL OR (new.id, new.scene_id, new.label, new.token_sha256, new.made_by_id, new.made_at)
            IS DISTINCT FROM (old.id, old.scene_id, old.label, old.token_sha256, old.made_by_id, old.made_at) THEN
        RAISE EXCEPTION 'screen % is revoked once, and nothing else', old.id
            USING errcode = '23514', constraint = 'wall_screen_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER wall_screen_goes_on BEFORE UPDATE ON wall_screen FOR EACH ROW EXECUTE FUNCTION wall.keep_screen();

-- Whether a person agrees now to be shown, to the words of this version or later ones.
CREATE FUNCTION wall.agrees(p_person uuid, p_version int) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT c.state = 'given' AND c.version >= p_version FROM public.consent c
                     WHERE c.person_id = p_person AND c.purpose = 'wall' ORDER BY c.no DESC LIMIT 1), false)
$$;
REVOKE ALL ON FUNCTION wall.agrees(uuid, integer) FROM PUBLIC;

-- Of a certificate: whether it may ever be shown. It is a person's own, and nothing a court or an agency ordered.
CREATE FUNCTION wall.may_be_shown(p_certificate uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM public.certificate c JOIN public.claim k ON k.id = c.claim_id JOIN public.scenario z ON z.id = c.scenario_id
        JOIN public.party p ON p.id = c.holder_id AND p.kind = 'person'
        WHERE c.id = p_certificate AND c.paper_id = 'neutrality' AND k.purpose NOT IN ('judicial', 'administrative')
          AND z.kind <> 'restoration')
$$;
REVOKE ALL ON FUNCTION wall.may_be_shown(uuid) FROM PUBLIC;

-- A turn is of a certificate of its scene and by the consent of its holder; held for the owner too.
CREATE FUNCTION wall.check_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT wall.agrees(new.person_id, new.consent_version) THEN
        RAISE EXCEPTION 'a turn without consent' USING errcode = '23514', constraint = 'wall_turn_consent';
    END IF;
    IF NOT wall.may_be_shown(new.certificate_id) OR NOT EXISTS (
            SELECT FROM certificate c JOIN wall_scene w ON w.scenario_id = c.scenario_id
            WHERE c.id = new.certificate_id AND w.id = new.scene_id AND c.cause = new.cause AND c.holder_id = new.person_id) THEN
        RAISE EXCEPTION 'certificate % is not shown there', new.certificate_id
            USING errcode = '23514', constraint = 'wall_turn_certificate';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION wall.check_new() FROM PUBLIC;
CREATE TRIGGER wall_turn_is_of_its_certificate BEFORE INSERT ON wall_turn FOR EACH ROW EXECUTE FUNCTION wall.check_new();

-- What is hidden stays hidden; a turn that screens were told of and that has begun is not moved.
CREATE FUNCTION wall.keep_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF old.moderation = 'hidden' OR new.moderation = 'waiting' AND old.moderation <> 'waiting'
       OR (new.id, new.scene_id, new.cause, new.certificate_id, new.person_id, new.consent_version, new.no, new.asked_at)
          IS DISTINCT FROM (old.id, old.scene_id, old.cause, old.certificate_id, old.person_id, old.consent_version, old.no, old.asked_at)
       OR (new.slot, new.slots, new.show_from, new.show_to, new.turn_s)
          IS DISTINCT FROM (old.slot, old.slots, old.show_from, old.show_to, old.turn_s)
          AND old.show_from <= clock_timestamp()
          AND EXISTS (SELECT FROM wall_event e JOIN wall_scene w ON w.id = e.scene_id
                      WHERE e.turn_id = old.id AND e.kind = 'placed' AND e.id <= w.told_id) THEN
        RAISE EXCEPTION 'turn % stays as it is', old.id USING errcode = '23514', constraint = 'wall_turn_step_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION wall.keep_turn() FROM PUBLIC;
CREATE TRIGGER wall_turn_goes_on BEFORE UPDATE ON wall_turn FOR EACH ROW EXECUTE FUNCTION wall.keep_turn();

-- How many people are shown at once: so many that whoever comes now waits `p_wait_s` at most; app/programmes/wall/rules.py.
CREATE FUNCTION wall.slots(p_queue bigint, p_turn_s int, p_wait_s int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT least(12, greatest(1, (p_queue * p_turn_s + p_wait_s - 1) / p_wait_s))::int
$$;
REVOKE ALL ON FUNCTION wall.slots(bigint, integer, integer) FROM PUBLIC;

-- How many people of a scene are shown at once now: so many that everybody who waits begins within the scene's longest wait,
-- by their place in line and by how long they have waited. The queue alone would give fewer as it becomes short, and the
-- last of a crowd would wait twice as long as was said. Eight seconds are what screens are told ahead. Whoever waited twice
-- the longest wait, since no screen was on, counts as if they had just come.
CREATE FUNCTION wall.slots_now(p_scene int) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(max(wall.slots(q.rank, q.turn_s, greatest(q.turn_s, CASE
        WHEN q.age_s > 2 * q.wait_s THEN q.wait_s ELSE least(q.wait_s, q.wait_s + 8 - q.age_s) END))), 1)
    FROM (SELECT row_number() OVER (ORDER BY t.id) AS rank, w.turn_s::int AS turn_s, w.wait_s::int AS wait_s,
                 extract(epoch FROM clock_timestamp() - t.asked_at)::int AS age_s
          FROM wall_turn t JOIN wall_scene w ON w.id = t.scene_id
          WHERE t.scene_id = p_scene AND t.moderation = 'shown' AND t.show_from IS NULL) AS q
$$;
REVOKE ALL ON FUNCTION wall.slots_now(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.slots_now(integer) TO ddt_app;

-- Line up the holders of these certificates who agree, each cause once, in the order in which the certificates were issued;
-- answers the certificates that have a turn now and had none.
CREATE FUNCTION wall.line_up(p_certificates uuid[], p_version int) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    s wall_scene;
    v_lined uuid[];
BEGIN
    FOR s IN SELECT w.* FROM wall_scene w WHERE w.is_open AND w.scenario_id IN (
            SELECT c.scenario_id FROM certificate c WHERE c.id = ANY (p_certificates)) ORDER BY w.id FOR UPDATE LOOP
        WITH fit AS (
            SELECT DISTINCT ON (c.cause) c.id, c.cause, c.holder_id, c.issued_at FROM certificate c
            WHERE c.id = ANY (p_certificates) AND c.scenario_id = s.scenario_id AND wall.may_be_shown(c.id)
              AND wall.agrees(c.holder_id, p_version) AND NOT EXISTS (SELECT FROM wall_turn t WHERE t.cause = c.cause)
            ORDER BY c.cause, c.version),
        made AS (
            INSERT INTO wall_turn (scene_id, cause, certificate_id, person_id, consent_version, no, turn_s, moderation)
            SELECT s.id, f.cause, f.id, f.holder_id, p_version, s.last_no + row_number() OVER (ORDER BY f.issued_at, f.id), s.turn_s,
                   CASE WHEN s.is_premoderated THEN 'waiting' ELSE 'shown' END
            FROM fit f ORDER BY f.issued_at, f.id RETURNING certificate_id)
        SELECT array_agg(m.certificate_id) INTO v_lined FROM made m;
        UPDATE wall_scene w SET last_no = w.last_no + coalesce(cardinality(v_lined), 0) WHERE w.id = s.id AND v_lined IS NOT NULL;
        RETURN QUERY SELECT unnest(v_lined);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION wall.line_up(uuid[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.line_up(uuid[], integer) TO ddt_app;

-- Give the waiting turns of a scene their slots and times, as far ahead as screens should know; under the scene's lock, from
-- rows alone, so that it does not matter which process does it, or when it began.
--
-- First whoever took their consent back is cleared. Then turns that no screen was told of in time wait again: a process that
-- died between placing and telling loses nobody. The others keep their places. What waits is placed in the order in which it
-- came, each in the slot that is free first; nobody begins before whoever came earlier.
CREATE FUNCTION wall.place(p_scene int, p_version int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c_lead CONSTANT interval := '2 s';   -- from placing to beginning, at least: what every screen needs to be told
    c_ahead CONSTANT interval := '8 s';  -- screens know this much, and go on by themselves while we are away
    s wall_scene;
    v_now timestamptz := clock_timestamp();
    v_queue bigint;
    v_slots int;
    v_floor timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown' AND t.show_from IS NULL)
       AND NOT EXISTS (SELECT FROM wall.unwilling(p_scene, p_version))
       AND NOT EXISTS (SELECT FROM wall.late(p_scene)) THEN
        RETURN;
    END IF;
    SELECT * INTO s FROM wall_scene w WHERE w.id = p_scene FOR UPDATE;
    v_now := clock_timestamp();
    WITH gone AS (
        UPDATE wall_turn t SET moderation = 'hidden', hidden_at = v_now, hidden_because = 'withdrawn'
        WHERE t.id IN (SELECT wall.unwilling(p_scene, p_version)) RETURNING t.id, t.show_from)
    INSERT INTO wall_event (scene_id, kind, turn_id) SELECT p_scene, 'cleared', g.id FROM gone g WHERE g.show_from IS NOT NULL ORDER BY g.id;
    UPDATE wall_turn t SET slot = NULL, slots = NULL, show_from = NULL, show_to = NULL WHERE t.id IN (SELECT wall.late(p_scene));
    SELECT count(*) INTO v_queue FROM wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown' AND t.show_from IS NULL;
    IF v_queue = 0 OR NOT s.is_open THEN
        RETURN;
    END IF;
    v_slots := wall.slots_now(p_scene);
    v_floor := greatest(v_now + c_lead, (SELECT max(t.show_from) FROM wall_turn t
        WHERE t.scene_id = p_scene AND t.moderation = 'shown' AND t.show_from IS NOT NULL));
    WITH free AS (
        SELECT n AS slot, greatest(v_floor, (
            SELECT max(t.show_to) FROM wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown'
            AND t.show_from > v_now - interval '11 min' AND t.slot = n)) AS at
        FROM generate_series(1, v_slots) n),
    starts AS (
        SELECT f.slot, f.at + k * make_interval(secs => s.turn_s) AS at,
               row_number() OVER (ORDER BY f.at + k * make_interval(secs => s.turn_s), f.slot) AS rank
        FROM free f, generate_series(0, ceil(extract(epoch FROM c_ahead) / s.turn_s)::int) k
        WHERE f.at + k * make_interval(secs => s.turn_s) <= v_now + c_ahead),
    waiting AS (
        SELECT w.id, row_number() OVER (ORDER BY w.id) AS rank FROM (
            SELECT t.id FROM wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown' AND t.show_from IS NULL
            ORDER BY t.id LIMIT (SELECT count(*) FROM starts)) w),
    placed AS (
        UPDATE wall_turn t SET slot = b.slot, slots = v_slots, turn_s = s.turn_s, show_from = b.at,
               show_to = b.at + make_interval(secs => s.turn_s)
        FROM starts b JOIN waiting w USING (rank) WHERE t.id = w.id RETURNING t.id, t.show_from, t.slot)
    INSERT INTO wall_event (scene_id, kind, turn_id) SELECT p_scene, 'placed', p.id FROM placed p ORDER BY p.show_from, p.slot;
END $$;

-- Turns whose person took their consent back: of those that are on the screen, are about to be, or were among the last, and of
-- those that are next in line.
CREATE FUNCTION wall.unwilling(p_scene int, p_version int) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT v.id FROM (
        (SELECT t.id, t.person_id FROM public.wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown'
         AND t.show_from IS NOT NULL ORDER BY t.show_from DESC LIMIT 150)
        UNION ALL
        (SELECT t.id, t.person_id FROM public.wall_turn t WHERE t.scene_id = p_scene AND t.moderation = 'shown'
         AND t.show_from IS NULL ORDER BY t.id LIMIT 150)) v
    WHERE NOT wall.agrees(v.person_id, p_version)
$$;
REVOKE ALL ON FUNCTION wall.place(integer, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION wall.unwilling(integer, integer) FROM PUBLIC;

-- Turns that no screen was told of, once one of them begins within half a second or has begun: all of them, so that their order
-- stays.
CREATE FUNCTION wall.late(p_scene int) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH untold AS (
        SELECT t.id, t.show_from FROM public.wall_scene w JOIN public.wall_event e ON e.scene_id = w.id AND e.id > w.told_id
        JOIN public.wall_turn t ON t.id = e.turn_id AND t.moderation = 'shown' AND t.show_from IS NOT NULL
        WHERE w.id = p_scene AND e.kind = 'placed')
    SELECT DISTINCT u.id FROM untold u WHERE (SELECT min(f.show_from) FROM untold f) < clock_timestamp() + interval '0.5 s'
$$;
REVOKE ALL ON FUNCTION wall.late(integer) FROM PUBLIC;

-- Place what waits in these scenes, then tell what happened in each after the given number. Numbers of one scene become visible
-- in their order, since each is written under the scene's lock.
CREATE FUNCTION wall.follow(p_scenes int[], p_after bigint[], p_version int)
RETURNS TABLE (event_id bigint, scene_id int, kind text, turn_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM wall.place(a.scene, p_version) FROM (SELECT unnest(p_scenes) AS scene ORDER BY 1) a;
    RETURN QUERY SELECT e.id, e.scene_id, e.kind::text, e.turn_id FROM unnest(p_scenes, p_after) a (scene, after)
        CROSS JOIN LATERAL (SELECT * FROM wall_event w WHERE w.scene_id = a.scene AND w.id > a.after ORDER BY w.id LIMIT 500) e
        ORDER BY e.id;
END $$;
REVOKE ALL ON FUNCTION wall.follow(integer[], bigint[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.follow(integer[], bigint[], integer) TO ddt_app;

-- The screens of a scene were told up to this number, and are there. Never back, and not beyond what there is.
CREATE FUNCTION wall.note_told(p_scene int, p_event bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_last bigint;
BEGIN
    SELECT coalesce(max(e.id), 0) INTO v_last FROM wall_event e WHERE e.scene_id = p_scene;
    UPDATE wall_scene w SET told_id = greatest(w.told_id, least(p_event, v_last)), seen_at = clock_timestamp()
    WHERE w.id = p_scene AND (w.told_id < least(p_event, v_last) OR w.seen_at IS NULL OR w.seen_at < clock_timestamp() - interval '10 s');
END $$;
REVOKE ALL ON FUNCTION wall.note_told(integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.note_told(integer, bigint) TO ddt_app;

-- Take a turn off the screen, or out of the line, for good; whether this did it. Repeated: nothing happens.
CREATE FUNCTION wall.hide(p_cause text, p_because text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t wall_turn;
BEGIN
    SELECT * INTO t FROM wall_turn w WHERE w.cause = p_cause;
    PERFORM FROM wall_scene w WHERE w.id = t.scene_id FOR UPDATE;
    UPDATE wall_turn w SET moderation = 'hidden', hidden_at = clock_timestamp(), hidden_because = p_because
        WHERE w.id = t.id AND w.moderation <> 'hidden' RETURNING * INTO t;
    IF NOT found THEN
        RETURN false;
    END IF;
    IF t.show_from IS NOT NULL THEN
        INSERT INTO wall_event (scene_id, kind, turn_id) VALUES (t.scene_id, 'cleared', t.id);
    END IF;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION wall.hide(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.hide(text, text) TO ddt_app;

-- These turns may be shown: whoever looks at names and pictures says so. What is hidden stays hidden.
CREATE FUNCTION wall.release(p_causes text[]) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE wall_turn t SET moderation = 'shown' WHERE t.cause = ANY (p_causes) AND t.moderation = 'waiting' RETURNING t.cause::text
$$;
REVOKE ALL ON FUNCTION wall.release(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wall.release(text[]) TO ddt_app;

GRANT SELECT ON wall_scene, wall_screen, wall_turn, wall_event TO ddt_app;
GRANT INSERT (scenario_id, is_premoderated, turn_s, wait_s) ON wall_scene TO ddt_app;
GRANT UPDATE (is_open, is_premoderated, turn_s, wait_s) ON wall_scene TO ddt_app;
GRANT USAGE ON SEQUENCE wall_scene_id_seq TO ddt_app;
GRANT INSERT (id, scene_id, label, token_sha256, made_by_id) ON wall_screen TO ddt_app;
GRANT UPDATE (revoked_by_id, revoked_at) ON wall_screen TO ddt_app;
