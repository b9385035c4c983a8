-- Organisations that sign themselves up: written down unverified, with a first sponsor, who prepares and waits for two of ours.

ALTER TABLE organisation_application
    ADD CONSTRAINT organisation_application_purpose_check CHECK (length(purpose) BETWEEN 1 AND 300),
    ADD CONSTRAINT organisation_application_return_check
        CHECK (num_nonnulls(returned_at, returned_by_id, reason) IN (0, 3) AND (reason IS NULL OR length(reason) BETWEEN 1 AND 400));
CREATE INDEX organisation_application_applicant_idx ON organisation_application (applicant_id);
CREATE INDEX organisation_application_returned_by_idx ON organisation_application (returned_by_id);
CREATE INDEX organisation_application_sent_idx ON organisation_application (sent_at);

-- An organisation that nobody knows, and whoever signs it up as its only member. A thousand may wait.
CREATE FUNCTION identity.apply(
    p_organisation uuid, p_name_zh text, p_name_en text, p_kind text, p_country text, p_register_number text, p_person uuid,
    p_purpose text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('identity.applications'));
    IF (SELECT count(*) FROM organisation_application a JOIN organisation o ON o.id = a.organisation_id
        WHERE NOT o.is_verified AND a.returned_at IS NULL) >= 1000 THEN
        RAISE EXCEPTION 'a thousand applications wait' USING errcode = '23514', constraint = 'organisation_application_count_check';
    END IF;
    IF p_kind = 'exchange' OR NOT EXISTS (
        SELECT FROM person p JOIN operator w ON w.person_id = p.id
        WHERE p.id = p_person AND p.state = 'active' AND w.disabled_at IS NULL)
       OR EXISTS (SELECT FROM membership m WHERE m.person_id = p_person)
    THEN
        RAISE EXCEPTION 'whoever applies acts for nobody yet' USING errcode = '42501', constraint = 'organisation_application_power';
    END IF;
    INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at, country, register_number)
    VALUES (p_organisation, p_name_zh, p_name_en, p_kind, false, p_at, p_country, p_register_number);
    INSERT INTO organisation_application (organisation_id, applicant_id, purpose, sent_at)
    VALUES (p_organisation, p_person, p_purpose, p_at);
    INSERT INTO membership (id, person_id, organisation_id, role, created_at)
    VALUES (gen_random_uuid(), p_person, p_organisation, 'sponsor', p_at);
END $$;

-- Send it again, mended, after it was sent back; by a sponsor of it. False: nobody sent it back.
CREATE FUNCTION identity.apply_again(
    p_organisation uuid, p_name_zh text, p_name_en text, p_kind text, p_country text, p_register_number text, p_person uuid,
    p_purpose text, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT identity.acts_for(p_person, p_organisation, ARRAY['sponsor']) OR p_kind = 'exchange' THEN
        RAISE EXCEPTION 'not theirs' USING errcode = '42501', constraint = 'organisation_application_power';
    END IF;
    UPDATE organisation_application a SET purpose = p_purpose, sent_at = p_at, returned_at = NULL, returned_by_id = NULL, reason = NULL
    FROM organisation o
    WHERE a.organisation_id = p_organisation AND o.id = a.organisation_id AND NOT o.is_verified AND a.returned_at IS NOT NULL;
    IF NOT found THEN RETURN false; END IF;
    UPDATE organisation SET name_zh = p_name_zh, name_en = p_name_en, kind = p_kind, country = p_country,
        register_number = p_register_number WHERE id = p_organisation;
    RETURN true;
END $$;

-- One of ours sends it back, and says why; nothing where it does not wait.
CREATE FUNCTION identity.return_application(p_organisation uuid, p_by uuid, p_reason text, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT identity.has_house_role(p_by, ARRAY['administrator', 'operator', 'reviewer']) THEN
        RAISE EXCEPTION 'no role for it' USING errcode = '42501', constraint = 'organisation_application_power';
    END IF;
    UPDATE organisation_application a SET returned_at = p_at, returned_by_id = p_by, reason = p_reason FROM organisation o
    WHERE a.organisation_id = p_organisation AND o.id = a.organisation_id AND NOT o.is_verified AND a.returned_at IS NULL;
    RETURN found;
END $$;

-- Whoever signed themselves up buys nothing before two of ours have seen who they are.
CREATE FUNCTION identity.refuse_applicant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM organisation_application a JOIN organisation o ON o.id = a.organisation_id
               WHERE a.organisation_id = (to_jsonb(new) ->> tg_argv[0])::uuid AND NOT o.is_verified) THEN
        RAISE EXCEPTION 'nobody has verified this organisation' USING errcode = '42501', constraint = tg_name;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER purchase_order_payer_verified AFTER INSERT ON purchase_order
    FOR EACH ROW EXECUTE FUNCTION identity.refuse_applicant('payer_id');

REVOKE ALL ON FUNCTION identity.apply(uuid, text, text, text, text, text, uuid, text, timestamptz),
    identity.apply_again(uuid, text, text, text, text, text, uuid, text, timestamptz),
    identity.return_application(uuid, uuid, text, timestamptz), identity.refuse_applicant() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.apply(uuid, text, text, text, text, text, uuid, text, timestamptz),
    identity.apply_again(uuid, text, text, text, text, text, uuid, text, timestamptz),
    identity.return_application(uuid, uuid, text, timestamptz) TO ddt_app;
GRANT SELECT ON organisation_application TO ddt_app;
