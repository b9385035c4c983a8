-- Two people who agree to new words in the same moment: neither is refused.

-- Agree to the words of a version. Said again, nothing happens. One at a time for a person: their row is locked. Who is
-- under 14 cannot agree to be shown or told of, here or abroad: that takes a guardian (个人信息保护法, article 31), whom nobody asks here.
CREATE OR REPLACE FUNCTION consents.give(p_person uuid, p_purpose text, p_version int, p_language text, p_digest bytea, p_place text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_last consent;
    v_digest bytea;
    v_under_14 boolean;
BEGIN
    SELECT is_under_14 INTO v_under_14 FROM person WHERE id = p_person AND state = 'active' FOR NO KEY UPDATE;
    IF NOT found OR EXISTS (SELECT FROM person_link l WHERE l.linked_id = p_person) THEN
        RAISE EXCEPTION 'nobody is there to agree' USING errcode = '23503', constraint = 'consent_person_active';
    END IF;
    IF v_under_14 AND p_purpose IN ('wall', 'board', 'sharing', 'abroad') THEN
        RAISE EXCEPTION 'person % is under 14', p_person USING errcode = '23514', constraint = 'consent_of_age';
    END IF;
    SELECT * INTO v_last FROM consent c
        WHERE c.person_id = p_person AND c.purpose = p_purpose ORDER BY c.no DESC LIMIT 1;
    IF v_last.state = 'given' AND v_last.version = p_version THEN
        RETURN;
    END IF;
    INSERT INTO consent_text (purpose, version, language, digest) VALUES (p_purpose, p_version, p_language, p_digest)
        ON CONFLICT DO NOTHING;  -- two keys say that it is there: where only one is named, the other refuses who comes second
    SELECT t.digest INTO v_digest FROM consent_text t
        WHERE (t.purpose, t.version, t.language) = (p_purpose, p_version, p_language);
    IF v_digest <> p_digest THEN
        RAISE EXCEPTION 'version % of % had other words', p_version, p_purpose
            USING errcode = '23514', constraint = 'consent_text_stays';
    END IF;
    INSERT INTO consent (person_id, purpose, no, version, language, digest, state, place)
        VALUES (p_person, p_purpose, coalesce(v_last.no, 0) + 1, p_version, p_language, p_digest, 'given', p_place);
END $$;
