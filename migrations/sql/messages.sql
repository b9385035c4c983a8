-- What somebody is told in WeChat: one message for each yes, about one thing once. What may have gone out is never sent again.
CREATE SCHEMA messages;
GRANT USAGE ON SCHEMA messages TO ddt_app;

ALTER TABLE message_answer
    ADD CONSTRAINT message_answer_kind_check CHECK (kind IN ('certificate')),
    ADD CONSTRAINT message_answer_answer_check CHECK (answer IN ('accept', 'reject', 'ban')),
    ADD CONSTRAINT message_answer_used_check CHECK (used_at IS NULL OR answer = 'accept'),
    ADD CONSTRAINT message_answer_intent_key UNIQUE (person_id, intent_key, kind);
CREATE INDEX message_answer_unused_idx ON message_answer (person_id, kind, answered_at) WHERE answer = 'accept' AND used_at IS NULL;

ALTER TABLE phone_message
    ADD CONSTRAINT phone_message_kind_check CHECK (kind IN ('certificate')),
    ADD CONSTRAINT phone_message_state_check CHECK (state IN ('waiting', 'sending', 'sent', 'refused', 'unknown')),
    ADD CONSTRAINT phone_message_ended_check CHECK ((ended_at IS NULL) = (state IN ('waiting', 'sending'))),
    ADD CONSTRAINT phone_message_reason_check CHECK ((reason IS NOT NULL) = (state IN ('refused', 'unknown'))),
    ADD CONSTRAINT phone_message_about_key UNIQUE (kind, about),
    ADD CONSTRAINT phone_message_answer_key UNIQUE (answer_id);
CREATE INDEX phone_message_person_idx ON phone_message (person_id);
CREATE INDEX phone_message_due_idx ON phone_message (due_at) WHERE state IN ('waiting', 'sending');
GRANT SELECT ON message_answer, phone_message TO ddt_app;
GRANT INSERT (id, person_id, kind, template_id, answer, intent_key, answered_at) ON message_answer TO ddt_app;
GRANT UPDATE (state, reason, tries, due_at, ended_at) ON phone_message TO ddt_app;

-- What has ended stays so; what was given to WeChat comes back only as not taken; tries are counted up.
CREATE FUNCTION messages.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.ended_at IS NOT NULL OR new.tries < old.tries
       OR old.state = 'waiting' AND NOT (new.state = 'sending' AND new.tries = old.tries + 1)
       OR old.state = 'sending' AND new.tries <> old.tries
       OR (to_jsonb(new) - ARRAY['state', 'reason', 'tries', 'due_at', 'ended_at'])
          IS DISTINCT FROM (to_jsonb(old) - ARRAY['state', 'reason', 'tries', 'due_at', 'ended_at'])
    THEN
        RAISE EXCEPTION 'message % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'phone_message_step_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION messages.keep() FROM PUBLIC;
CREATE TRIGGER phone_message_goes_on BEFORE UPDATE ON phone_message FOR EACH ROW EXECUTE FUNCTION messages.keep();

-- Line up a message about something for whoever said yes to this template, by their oldest unused yes; false where there is none,
-- or this was lined up before. A person who was linked is one with whom they were linked to. Locks the yes.
CREATE FUNCTION messages.line_up(
    p_id uuid, p_kind text, p_about text, p_person uuid, p_template text, p_page text, p_content jsonb, p_language text, p_now timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_answer message_answer;
BEGIN
    IF EXISTS (SELECT FROM phone_message m WHERE m.kind = p_kind AND m.about = p_about) THEN RETURN false; END IF;
    SELECT * INTO v_answer FROM message_answer a
    WHERE a.person_id IN (SELECT identity.persons_of(p_person)) AND a.kind = p_kind AND a.template_id = p_template
      AND a.answer = 'accept' AND a.used_at IS NULL
    ORDER BY a.answered_at, a.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF v_answer.id IS NULL THEN RETURN false; END IF;
    UPDATE message_answer a SET used_at = p_now WHERE a.id = v_answer.id;
    INSERT INTO phone_message (id, kind, about, person_id, answer_id, page, content, language, state, due_at, made_at)
    VALUES (p_id, p_kind, p_about, v_answer.person_id, v_answer.id, p_page, p_content, p_language, 'waiting', p_now, p_now);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION messages.line_up(uuid, text, text, uuid, text, text, jsonb, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messages.line_up(uuid, text, text, uuid, text, text, jsonb, text, timestamptz) TO ddt_app;

-- Whoever is being forgotten is told nothing any more, and nothing of it is kept.
CREATE FUNCTION messages.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM phone_message m WHERE m.person_id = new.id;
    DELETE FROM message_answer a WHERE a.person_id = new.id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION messages.end_of_person() FROM PUBLIC;
CREATE TRIGGER person_messages_end AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION messages.end_of_person();
