-- Two persons who are one: a guest of a browser, and whoever is known by an app. Both have said yes (device_move), once and for
-- good. The known one is kept; the guest's rows stay as they are, and whoever reads asks persons_of. Never changed or deleted.
ALTER TABLE person_link
    ADD CONSTRAINT person_link_two_check CHECK (linked_id <> kept_id),
    ADD CONSTRAINT person_link_linked_key UNIQUE (linked_id);
CREATE INDEX person_link_kept_idx ON person_link (kept_id);
GRANT SELECT ON person_link TO ddt_app;

-- A code may link instead of moving a device: then a person types it, who is known by their session.
ALTER TABLE device_move
    ADD CONSTRAINT device_move_purpose_check CHECK (purpose IN ('move', 'link') AND (purpose = 'move' OR kind = 'guest')),
    ADD CONSTRAINT device_move_taker_check CHECK (CASE purpose WHEN 'link' THEN taker_hash IS NULL ELSE taker_id IS NULL END),
    ADD CONSTRAINT device_move_other_check CHECK (taker_id <> person_id),
    DROP CONSTRAINT device_move_taken_check,
    ADD CONSTRAINT device_move_taken_check CHECK (
        (num_nonnulls(taker_hash, taker_id) = 0) = (taken_at IS NULL) AND (number IS NULL) = (taken_at IS NULL)
        AND (taker_device IS NULL OR taken_at IS NOT NULL) AND taken_at < expires_at);
CREATE INDEX device_move_taker_idx ON device_move (taker_id);
GRANT INSERT (purpose), UPDATE (taker_id) ON device_move TO ddt_app;

-- One device or person types the code, once; then the other says yes, once; then it is used, once. What has ended stays as it is.
CREATE OR REPLACE FUNCTION identity.keep_device_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(new) - ARRAY['taker_hash', 'taker_id', 'taker_device', 'number', 'taken_at', 'confirmed_at', 'ended_at'])
       IS DISTINCT FROM (to_jsonb(old) - ARRAY['taker_hash', 'taker_id', 'taker_device', 'number', 'taken_at', 'confirmed_at', 'ended_at'])
       OR old.ended_at IS NOT NULL
       OR old.taken_at IS NOT NULL
          AND (new.taker_hash, new.taker_id, new.taken_at) IS DISTINCT FROM (old.taker_hash, old.taker_id, old.taken_at)
       OR old.taken_at IS NULL AND new.confirmed_at IS NOT NULL
       OR old.confirmed_at IS NOT NULL AND new.confirmed_at IS DISTINCT FROM old.confirmed_at
    THEN
        RAISE EXCEPTION 'move % goes one way', old.id USING errcode = '23514', constraint = 'device_move_step_check';
    END IF;
    RETURN new;
END $$;

-- Who somebody is now: themselves, or whom they were linked to.
CREATE FUNCTION identity.kept_of(p_person uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT l.kept_id FROM public.person_link l WHERE l.linked_id = p_person), p_person)
$$;
REVOKE ALL ON FUNCTION identity.kept_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.kept_of(uuid) TO ddt_app;

-- Every id that is the same person as this one, whichever of them was asked for.
CREATE FUNCTION identity.persons_of(p_person uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT identity.kept_of(p_person)
    UNION ALL SELECT l.linked_id FROM public.person_link l WHERE l.kept_id = identity.kept_of(p_person)
$$;
REVOKE ALL ON FUNCTION identity.persons_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.persons_of(uuid) TO ddt_app;

-- What may be linked: both are there, neither is under 14, and neither acts for an organisation. No chain and no ring: who was
-- linked keeps nobody, and who keeps somebody is not linked. The kept one is known within an app in which the other is not.
CREATE FUNCTION identity.check_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_fact text;
BEGIN
    PERFORM FROM person p WHERE p.id IN (new.linked_id, new.kept_id) ORDER BY p.id FOR UPDATE;
    -- Statements of their own: what was committed while this waited for the locks is seen.
    SELECT CASE
        WHEN EXISTS (SELECT FROM person p WHERE p.id IN (new.linked_id, new.kept_id) AND p.state <> 'active') THEN 'active'
        WHEN EXISTS (SELECT FROM person p WHERE p.id IN (new.linked_id, new.kept_id) AND p.is_under_14) THEN 'of_age'
        WHEN EXISTS (SELECT FROM person_link l WHERE new.linked_id IN (l.linked_id, l.kept_id) OR new.kept_id = l.linked_id) THEN 'chain'
        WHEN (SELECT count(*) FROM person_link l WHERE l.kept_id = new.kept_id) >= 8 THEN 'many'
        WHEN EXISTS (SELECT FROM membership m WHERE m.person_id IN (new.linked_id, new.kept_id))
          OR EXISTS (SELECT FROM operator o WHERE o.person_id IN (new.linked_id, new.kept_id))
          OR EXISTS (SELECT FROM api_key k WHERE k.person_id IN (new.linked_id, new.kept_id)) THEN 'staff'
        WHEN NOT EXISTS (SELECT FROM person_pii d WHERE d.person_id = new.kept_id AND d.kind = 'openid')
          OR EXISTS (SELECT FROM person_pii d JOIN person_pii e ON (e.kind, e.scope) = (d.kind, d.scope)
                     WHERE d.kind IN ('openid', 'unionid')
                       AND d.person_id = new.kept_id AND e.person_id = new.linked_id) THEN 'apps' END INTO v_fact;
    IF v_fact IS NOT NULL THEN
        RAISE EXCEPTION '% is not linked to %', new.linked_id, new.kept_id
            USING errcode = '23514', constraint = 'person_link_' || v_fact || '_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION identity.check_link() FROM PUBLIC;
CREATE TRIGGER person_link_fits BEFORE INSERT ON person_link FOR EACH ROW EXECUTE FUNCTION identity.check_link();

CREATE FUNCTION identity.keep_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a link of two persons stays' USING errcode = '23001', constraint = 'person_link_stays';
END $$;
REVOKE ALL ON FUNCTION identity.keep_link() FROM PUBLIC;
CREATE TRIGGER person_link_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON person_link
    FOR EACH STATEMENT EXECUTE FUNCTION identity.keep_link();

-- Link whoever showed a code to the person who typed it, after the first has said yes; false where there is no such code now.
-- The guest's sessions become the kept one's, so that their browser goes on without a new cookie.
CREATE FUNCTION identity.link_persons(p_move uuid, p_taker uuid, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_guest uuid;
BEGIN
    UPDATE device_move m SET ended_at = p_now
    WHERE m.id = p_move AND m.purpose = 'link' AND m.taker_id = p_taker AND m.confirmed_at IS NOT NULL AND m.ended_at IS NULL
      AND m.expires_at > p_now RETURNING m.person_id INTO v_guest;
    IF v_guest IS NULL THEN RETURN false; END IF;
    INSERT INTO person_link (id, linked_id, kept_id, linked_at) VALUES (p_move, v_guest, p_taker, p_now);
    DELETE FROM device_move m WHERE m.person_id = v_guest AND m.id <> p_move;
    UPDATE identity_session s SET person_id = p_taker WHERE s.person_id = v_guest AND s.revoked_at IS NULL;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION identity.link_persons(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.link_persons(uuid, uuid, timestamptz) TO ddt_app;

-- Who acts for whom, asked when it is used: a person for themselves, a member for their organisation while they are one.
-- As before, and a person for whoever was linked to them. Without roles any membership counts. Plain SQL that the planner may
-- read into a statement; other rooms ask by it.
CREATE OR REPLACE FUNCTION identity.acts_for(p_person uuid, p_party uuid, p_roles text[] DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_person = p_party OR EXISTS (
        SELECT FROM public.membership m WHERE m.person_id = p_person AND m.organisation_id = p_party
        AND (p_roles IS NULL OR m.role = ANY (p_roles)))
        OR EXISTS (SELECT FROM public.person_link l WHERE l.kept_id = p_person AND l.linked_id = p_party)
$$;
REVOKE ALL ON FUNCTION identity.acts_for(uuid, uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.acts_for(uuid, uuid, text[]) TO ddt_app;

-- The person, also as they were called before they were linked, and every organisation of which they are a member now.
CREATE OR REPLACE FUNCTION identity.parties_of(p_person uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT identity.persons_of(p_person) UNION SELECT m.organisation_id FROM public.membership m WHERE m.person_id = p_person
$$;
REVOKE ALL ON FUNCTION identity.parties_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.parties_of(uuid) TO ddt_app;
