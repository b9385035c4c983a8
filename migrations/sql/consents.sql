-- What people agreed to: rows that nobody changes, of a person who is there, to words that keep their digest.

ALTER TABLE consent_text
    ADD CONSTRAINT consent_text_key UNIQUE (purpose, version, language),
    ADD CONSTRAINT consent_text_words_key UNIQUE (purpose, version, language, digest),
    ADD CONSTRAINT consent_text_purpose_check CHECK (purpose ~ '^[a-z]+$'),
    ADD CONSTRAINT consent_text_version_check CHECK (version > 0),
    ADD CONSTRAINT consent_text_language_check CHECK (language IN ('zh', 'en')),
    ADD CONSTRAINT consent_text_digest_check CHECK (octet_length(digest) = 32);

ALTER TABLE consent
    ALTER COLUMN at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT consent_person_fkey FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    ADD CONSTRAINT consent_words_fkey FOREIGN KEY (purpose, version, language, digest)
        REFERENCES consent_text (purpose, version, language, digest) ON DELETE RESTRICT,
    -- Finds the latest word of a person about a purpose by one descent, and lets nobody say two at once.
    ADD CONSTRAINT consent_no_key UNIQUE (person_id, purpose, no),
    ADD CONSTRAINT consent_state_check CHECK (state IN ('given', 'withdrawn')),
    ADD CONSTRAINT consent_place_check CHECK (place IN ('page', 'api', 'erasure')),
    ADD CONSTRAINT consent_first_check CHECK (no > 0 AND (no > 1 OR state = 'given')),
    ADD CONSTRAINT consent_erasure_check CHECK (place <> 'erasure' OR state = 'withdrawn');

CREATE SCHEMA consents;
GRANT USAGE ON SCHEMA consents TO ddt_app;

CREATE FUNCTION consents.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was said about % stays written', tg_table_name
        USING errcode = '23001', constraint = tg_table_name || '_stays';
END $$;
CREATE TRIGGER consent_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON consent
    FOR EACH STATEMENT EXECUTE FUNCTION consents.refuse_change();
CREATE TRIGGER consent_text_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_text
    FOR EACH STATEMENT EXECUTE FUNCTION consents.refuse_change();

-- Each row follows the one before it: the next number, the other state, and when given no older text. Held for the owner too.
CREATE FUNCTION consents.follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_last consent;
BEGIN
    SELECT * INTO v_last FROM consent c
        WHERE c.person_id = new.person_id AND c.purpose = new.purpose ORDER BY c.no DESC LIMIT 1;
    IF new.no <> coalesce(v_last.no, 0) + 1 THEN
        RAISE EXCEPTION 'consent % follows %', new.no, v_last.no USING errcode = '23514', constraint = 'consent_follows';
    END IF;
    IF new.state = 'withdrawn' AND (v_last.state, v_last.version, v_last.language, v_last.digest)
            IS DISTINCT FROM ('given', new.version, new.language, new.digest) THEN
        RAISE EXCEPTION 'only what was given is withdrawn' USING errcode = '23514', constraint = 'consent_withdraws_given';
    END IF;
    IF new.state = 'given' AND (new.version < v_last.version OR v_last.state = 'given' AND new.version = v_last.version) THEN
        RAISE EXCEPTION 'version % is older than %', new.version, v_last.version
            USING errcode = '23514', constraint = 'consent_version_ascends', detail = v_last.version::text;
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER consent_follows BEFORE INSERT ON consent FOR EACH ROW EXECUTE FUNCTION consents.follow();

-- Agree to the words of a version. Said again, nothing happens. One at a time for a person: their row is locked.
CREATE FUNCTION consents.give(p_person uuid, p_purpose text, p_version int, p_language text, p_digest bytea, p_place text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_last consent;
    v_digest bytea;
BEGIN
    PERFORM FROM person WHERE id = p_person AND state = 'active' FOR NO KEY UPDATE;
    IF NOT found THEN
        RAISE EXCEPTION 'nobody is there to agree' USING errcode = '23503', constraint = 'consent_person_active';
    END IF;
    SELECT * INTO v_last FROM consent c
        WHERE c.person_id = p_person AND c.purpose = p_purpose ORDER BY c.no DESC LIMIT 1;
    IF v_last.state = 'given' AND v_last.version = p_version THEN
        RETURN;
    END IF;
    INSERT INTO consent_text (purpose, version, language, digest) VALUES (p_purpose, p_version, p_language, p_digest)
        ON CONFLICT ON CONSTRAINT consent_text_key DO NOTHING;
    SELECT t.digest INTO v_digest FROM consent_text t
        WHERE (t.purpose, t.version, t.language) = (p_purpose, p_version, p_language);
    IF v_digest <> p_digest THEN
        RAISE EXCEPTION 'version % of % had other words', p_version, p_purpose
            USING errcode = '23514', constraint = 'consent_text_stays';
    END IF;
    INSERT INTO consent (person_id, purpose, no, version, language, digest, state, place)
        VALUES (p_person, p_purpose, coalesce(v_last.no, 0) + 1, p_version, p_language, p_digest, 'given', p_place);
END $$;

-- Take back what was agreed to; nothing where nothing was, or no longer.
CREATE FUNCTION consents.withdraw(p_person uuid, p_purpose text, p_place text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM person WHERE id = p_person FOR NO KEY UPDATE;
    INSERT INTO consent (person_id, purpose, no, version, language, digest, state, place)
        SELECT c.person_id, c.purpose, c.no + 1, c.version, c.language, c.digest, 'withdrawn', p_place
        FROM (SELECT * FROM consent l WHERE l.person_id = p_person AND l.purpose = p_purpose ORDER BY l.no DESC LIMIT 1) c
        WHERE c.state = 'given';
END $$;

-- Whoever is being forgotten has agreed to nothing any more.
CREATE FUNCTION consents.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM consents.withdraw(new.id, p.purpose, 'erasure')
        FROM (SELECT DISTINCT c.purpose FROM consent c WHERE c.person_id = new.id) p;
    RETURN NULL;
END $$;
CREATE TRIGGER person_consents_end AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION consents.end_of_person();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA consents FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consents.give(uuid, text, int, text, bytea, text), consents.withdraw(uuid, text, text) TO ddt_app;
GRANT SELECT ON consent, consent_text TO ddt_app;
