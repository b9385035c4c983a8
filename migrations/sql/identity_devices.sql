-- A session names its device by two words of ours, never by what a browser called itself.
ALTER TABLE identity_session
    ADD CONSTRAINT identity_session_device_check CHECK (device ~ '^[a-z]{2,11}\.[a-z]{2,12}$');

-- An account moves to another device by a code, which is kept as a keyed hash, and sealed for whoever shows it.
ALTER TABLE device_move
    ADD CONSTRAINT device_move_kind_check CHECK (kind IN ('guest', 'citizen')),
    ADD CONSTRAINT device_move_hash_check CHECK (octet_length(code_hash) = 32 AND octet_length(taker_hash) = 32),
    ADD CONSTRAINT device_move_device_check CHECK (taker_device ~ '^[a-z]{2,11}\.[a-z]{2,12}$'),
    ADD CONSTRAINT device_move_life_check CHECK (expires_at > made_at AND expires_at <= made_at + interval '10 min'),
    ADD CONSTRAINT device_move_taken_check CHECK (
        (taker_hash IS NULL) = (taken_at IS NULL) AND (number IS NULL) = (taken_at IS NULL)
        AND (taker_device IS NULL OR taken_at IS NOT NULL) AND taken_at < expires_at),
    ADD CONSTRAINT device_move_confirmed_check CHECK (confirmed_at IS NULL OR taken_at IS NOT NULL);
CREATE UNIQUE INDEX device_move_code_key ON device_move (code_hash);
CREATE UNIQUE INDEX device_move_taker_key ON device_move (taker_hash);
CREATE UNIQUE INDEX device_move_person_key ON device_move (person_id) WHERE ended_at IS NULL;
CREATE INDEX device_move_person_idx ON device_move (person_id);
CREATE INDEX device_move_made_idx ON device_move (made_at);

-- One device types the code, once; then the other says yes, once; then it is used, once. What has ended stays as it is.
CREATE FUNCTION identity.keep_device_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(new) - ARRAY['taker_hash', 'taker_device', 'number', 'taken_at', 'confirmed_at', 'ended_at'])
       IS DISTINCT FROM (to_jsonb(old) - ARRAY['taker_hash', 'taker_device', 'number', 'taken_at', 'confirmed_at', 'ended_at'])
       OR old.ended_at IS NOT NULL
       OR old.taken_at IS NOT NULL AND (new.taker_hash, new.taken_at) IS DISTINCT FROM (old.taker_hash, old.taken_at)
       OR old.taken_at IS NULL AND new.confirmed_at IS NOT NULL
       OR old.confirmed_at IS NOT NULL AND new.confirmed_at IS DISTINCT FROM old.confirmed_at
    THEN
        RAISE EXCEPTION 'move % goes one way', old.id USING errcode = '23514', constraint = 'device_move_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER device_move_goes_on BEFORE UPDATE ON device_move FOR EACH ROW EXECUTE FUNCTION identity.keep_device_move();
REVOKE ALL ON FUNCTION identity.keep_device_move() FROM PUBLIC;
GRANT SELECT, DELETE ON device_move TO ddt_app;
GRANT INSERT (id, person_id, kind, code_hash, code_sealed, made_at, expires_at),
    UPDATE (taker_hash, taker_device, number, taken_at, confirmed_at, ended_at) ON device_move TO ddt_app;
GRANT UPDATE (is_under_14) ON person TO ddt_app;

-- Nothing leads back: whoever was erased stays so, and has no key, no datum and no session.
CREATE FUNCTION identity.keep_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF old.state = 'erased' OR old.state = 'erasing' AND new.state = 'active' THEN
        RAISE EXCEPTION 'person % stays erased', old.id USING errcode = '23514', constraint = 'person_stays_erased';
    END IF;
    IF new.state = 'erased' AND (EXISTS (SELECT FROM person_key k WHERE k.person_id = new.id)
        OR EXISTS (SELECT FROM person_pii d WHERE d.person_id = new.id)
        OR EXISTS (SELECT FROM identity_session s WHERE s.person_id = new.id AND s.revoked_at IS NULL))
    THEN
        RAISE EXCEPTION 'something of person % is left', old.id USING errcode = '23514', constraint = 'person_erased_whole';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER person_stays_erased BEFORE UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION identity.keep_erased();
REVOKE ALL ON FUNCTION identity.keep_erased() FROM PUBLIC;
