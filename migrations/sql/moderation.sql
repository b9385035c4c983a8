-- Content checks (内容审核): a text or picture is looked at once for each purpose, and shown to others only once it passed. What
-- nobody has decided waits; the word list only refuses; whoever decides by hand works for the platform. The application reads
-- these tables and writes them by these functions alone.
CREATE SCHEMA moderation;
GRANT USAGE ON SCHEMA moderation TO ddt_app;
ALTER TABLE content_check
    ADD CONSTRAINT content_check_key UNIQUE (kind, purpose, digest),
    ADD CONSTRAINT content_check_kind_check CHECK (kind IN ('text', 'picture')),
    ADD CONSTRAINT content_check_purpose_check CHECK (purpose ~ '^[a-z]+$'),
    ADD CONSTRAINT content_check_digest_check CHECK (octet_length(digest) = 32),
    ADD CONSTRAINT content_check_state_check CHECK (state IN ('waiting', 'passed', 'refused')),
    ADD CONSTRAINT content_check_waiting_check CHECK ((state = 'waiting') = (waits_for IS NOT NULL)),
    ADD CONSTRAINT content_check_waits_for_check CHECK (waits_for IN ('wechat', 'people')),
    ADD CONSTRAINT content_check_decided_check CHECK ((state = 'waiting') = (decided_by IS NULL) AND (state = 'waiting') = (decided_at IS NULL)),
    ADD CONSTRAINT content_check_decided_by_check CHECK (decided_by IN ('words', 'wechat', 'person')),
    ADD CONSTRAINT content_check_decider_check CHECK (coalesce(decided_by = 'person', false) = (decider_id IS NOT NULL)),
    -- A word list knows what is wrong, never that something is right.
    ADD CONSTRAINT content_check_words_refuse_check CHECK (decided_by <> 'words' OR state = 'refused'),
    ADD CONSTRAINT content_check_reason_check CHECK ((state = 'refused') = (reason IS NOT NULL)),
    ADD CONSTRAINT content_check_due_check CHECK (coalesce(waits_for = 'wechat', false) = (due_at IS NOT NULL));
CREATE UNIQUE INDEX content_check_reference_key ON content_check (reference) WHERE reference IS NOT NULL;
CREATE INDEX content_check_due_index ON content_check (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX content_check_asked_index ON content_check (asked_at, id);
CREATE INDEX content_check_people_index ON content_check (asked_at, id) WHERE waits_for = 'people';
CREATE INDEX content_check_decider_index ON content_check (decider_id);
ALTER TABLE content_showing
    ADD CONSTRAINT content_showing_key UNIQUE (check_id, person_id);
CREATE INDEX content_showing_person_index ON content_showing (person_id);
ALTER TABLE content_decision
    ADD CONSTRAINT content_decision_state_check CHECK (state IN ('passed', 'refused'));
CREATE INDEX content_decision_check_index ON content_decision (check_id, id);
CREATE INDEX content_decision_decider_index ON content_decision (decider_id);
GRANT SELECT ON content_check, content_showing, content_decision TO ddt_app;

CREATE FUNCTION moderation.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was asked and decided about content stays written' USING errcode = '23001', constraint = tg_table_name || '_stays';
END $$;
CREATE TRIGGER content_decision_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON content_decision
    FOR EACH STATEMENT EXECUTE FUNCTION moderation.refuse_change();
CREATE TRIGGER content_showing_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON content_showing
    FOR EACH STATEMENT EXECUTE FUNCTION moderation.refuse_change();
CREATE TRIGGER content_check_stays BEFORE DELETE OR TRUNCATE ON content_check
    FOR EACH STATEMENT EXECUTE FUNCTION moderation.refuse_change();

-- Ask whether something may be shown. Whoever asks for the same meets the same check, and is written down beside the others.
CREATE FUNCTION moderation.ask(p_id uuid, p_kind text, p_purpose text, p_digest bytea, p_person uuid, p_sealed bytea, p_waits_for text)
RETURNS TABLE (check_id uuid, check_state text, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_new boolean;
BEGIN
    INSERT INTO content_check (id, kind, purpose, digest, state, waits_for, tries, asked_at, due_at)
    VALUES (p_id, p_kind, p_purpose, p_digest, 'waiting', p_waits_for, 0, clock_timestamp(),
            CASE WHEN p_waits_for = 'wechat' THEN clock_timestamp() END)
    ON CONFLICT ON CONSTRAINT content_check_key DO NOTHING;
    v_new := found;
    SELECT c.id, c.state INTO check_id, check_state FROM content_check c
    WHERE (c.kind, c.purpose, c.digest) = (p_kind, p_purpose, p_digest);
    is_new := v_new;
    INSERT INTO content_showing (check_id, person_id, sealed, asked_at)
    VALUES (ask.check_id, p_person, p_sealed, clock_timestamp())
    ON CONFLICT ON CONSTRAINT content_showing_key DO NOTHING;
    RETURN NEXT;
END $$;

-- Those that WeChat is to be asked about now, or about which its word was due; each is put off, so that two who look at once
-- do not ask twice.
CREATE FUNCTION moderation.take_due(p_again interval, p_limit int)
RETURNS TABLE (id uuid, kind text, purpose text, tries int, reference text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE content_check c SET tries = c.tries + 1, due_at = clock_timestamp() + p_again
    FROM (SELECT d.id FROM content_check d WHERE d.due_at <= clock_timestamp() ORDER BY d.due_at LIMIT p_limit
          FOR UPDATE SKIP LOCKED) AS due
    WHERE c.id = due.id
    RETURNING c.id, c.kind::text, c.purpose::text, c.tries::int, c.reference::text
$$;

-- WeChat looks at a picture: under this name it will tell what it saw.
CREATE FUNCTION moderation.note_sent(p_check uuid, p_reference text, p_wait interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE content_check SET reference = p_reference, due_at = clock_timestamp() + p_wait
    WHERE id = p_check AND waits_for = 'wechat'
$$;

-- WeChat said nothing that counts: people decide.
CREATE FUNCTION moderation.hand_over(p_check uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE content_check SET waits_for = 'people', due_at = NULL WHERE id = p_check AND waits_for = 'wechat';
    RETURN found;
END $$;

-- Decide. A word list or WeChat decides only what waits; a person of the platform also what was decided, as long as it is still
-- as they saw it. Whether anything changed; null where it is otherwise than it was seen.
CREATE FUNCTION moderation.decide(p_check uuid, p_state text, p_by text, p_decider uuid, p_reason text, p_seen text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_state text;
BEGIN
    IF p_by = 'person' AND NOT coalesce(identity.has_house_role(p_decider, '{operator,reviewer}'), false) THEN
        RAISE EXCEPTION 'only the platform''s own people decide what is shown' USING errcode = '42501', constraint = 'content_check_power';
    END IF;
    SELECT c.state INTO v_state FROM content_check c WHERE c.id = p_check FOR NO KEY UPDATE;
    IF v_state IS NULL THEN
        RAISE EXCEPTION 'there is no check %', p_check USING errcode = '23503', constraint = 'content_check_known';
    END IF;
    IF p_by <> 'person' AND v_state <> 'waiting' THEN
        RETURN false;
    END IF;
    IF p_by = 'person' AND v_state = p_state THEN
        RETURN false;
    END IF;
    IF p_by = 'person' AND v_state IS DISTINCT FROM p_seen THEN
        RETURN NULL;
    END IF;
    UPDATE content_check SET state = p_state, waits_for = NULL, due_at = NULL, decided_by = p_by,
        decider_id = CASE WHEN p_by = 'person' THEN p_decider END, reason = p_reason, decided_at = clock_timestamp()
    WHERE id = p_check;
    INSERT INTO content_decision (check_id, state, decided_by, decider_id, reason, at)
    VALUES (p_check, p_state, p_by, CASE WHEN p_by = 'person' THEN p_decider END, p_reason, clock_timestamp());
    RETURN true;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA moderation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION moderation.ask(uuid, text, text, bytea, uuid, bytea, text), moderation.take_due(interval, int),
    moderation.note_sent(uuid, text, interval), moderation.hand_over(uuid),
    moderation.decide(uuid, text, text, uuid, text, text) TO ddt_app;
