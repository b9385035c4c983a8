-- Avatars (头像): one picture a person, sealed under their key. It goes at once when they take it down, and when they are forgotten.
CREATE SCHEMA avatars;
GRANT USAGE ON SCHEMA avatars TO ddt_app;
ALTER TABLE avatar
    ADD CONSTRAINT avatar_digest_check CHECK (octet_length(digest) = 32);
CREATE INDEX avatar_digest_index ON avatar (digest);
CREATE INDEX avatar_check_index ON avatar (check_id);
GRANT SELECT ON avatar TO ddt_app;

-- Keep a person's picture, in place of the one before.
CREATE FUNCTION avatars.keep(p_person uuid, p_digest bytea, p_sealed bytea, p_check uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM person WHERE id = p_person AND state = 'active' FOR KEY SHARE;
    IF NOT found THEN
        RAISE EXCEPTION 'nobody is there to have a picture' USING errcode = '23503', constraint = 'avatar_person_active';
    END IF;
    INSERT INTO avatar (person_id, digest, sealed, check_id, uploaded_at)
    VALUES (p_person, p_digest, p_sealed, p_check, clock_timestamp())
    ON CONFLICT (person_id) DO UPDATE SET digest = excluded.digest, sealed = excluded.sealed, check_id = excluded.check_id,
        uploaded_at = excluded.uploaded_at;
END $$;

-- Take it down: nothing of it is left.
CREATE FUNCTION avatars.remove(p_person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM avatar WHERE person_id = p_person;
    RETURN found;
END $$;

-- Whoever is being forgotten has no picture any more.
CREATE FUNCTION avatars.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM avatar WHERE person_id = new.id;
    RETURN NULL;
END $$;
CREATE TRIGGER person_avatar_ends AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION avatars.end_of_person();
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA avatars FROM PUBLIC;
GRANT EXECUTE ON FUNCTION avatars.keep(uuid, bytea, bytea, uuid), avatars.remove(uuid) TO ddt_app;
