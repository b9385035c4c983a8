-- An organisation is verified by two people of the platform, both with the power today; the first of all by its owner.

ALTER TABLE organisation_verification
    ADD CONSTRAINT organisation_verification_state_check CHECK (
        state IN ('proposed', 'verified', 'returned', 'withdrawn')),
    ADD CONSTRAINT organisation_verification_two_people_check CHECK (checker_id <> maker_id),
    ADD CONSTRAINT organisation_verification_decided_check CHECK (
        (state = 'proposed') = (decided_at IS NULL) AND (state IN ('verified', 'returned')) = (checker_id IS NOT NULL)),
    ADD CONSTRAINT organisation_verification_papers_check CHECK (papers <> ''),
    ADD CONSTRAINT organisation_verification_sha256_check CHECK (octet_length(sha256) = 32);
CREATE UNIQUE INDEX organisation_verification_open_key ON organisation_verification (organisation_id)
    WHERE state = 'proposed';
CREATE INDEX organisation_verification_organisation_idx ON organisation_verification (organisation_id);

-- What two people agree on: who it is in law.
CREATE FUNCTION identity.organisation_digest(p_organisation uuid) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(jsonb_build_object('id', o.id, 'kind', o.kind, 'name_zh', o.name_zh, 'name_en', o.name_en,
                                                'country', o.country, 'register_number', o.register_number)::text, 'UTF8'))
    FROM organisation o WHERE o.id = p_organisation;
$$;

-- Whether somebody has one of these roles in the organisation that runs the platform.
CREATE FUNCTION identity.has_house_role(p_person uuid, p_roles text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM membership m JOIN organisation o ON o.id = m.organisation_id
                   WHERE m.person_id = p_person AND m.role = ANY (p_roles) AND o.kind = 'exchange' AND o.is_verified);
$$;

CREATE FUNCTION identity.propose_verification(p_id uuid, p_organisation uuid, p_papers text, p_maker uuid) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_digest bytea := identity.organisation_digest(p_organisation);
BEGIN
    IF NOT identity.has_house_role(p_maker, ARRAY['administrator', 'operator']) THEN
        RAISE EXCEPTION 'the maker has no power' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'organisation_verification_power';
    END IF;
    INSERT INTO organisation_verification (id, organisation_id, papers, sha256, maker_id, proposed_at, state)
    SELECT p_id, o.id, p_papers, v_digest, p_maker, clock_timestamp(), 'proposed' FROM organisation o
    WHERE o.id = p_organisation AND o.register_number IS NOT NULL AND NOT o.is_verified;
    IF NOT found THEN
        RAISE EXCEPTION 'it cannot be verified' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'organisation_verification_subject';
    END IF;
    RETURN v_digest;
END $$;

-- `p_seen` is what the second person was shown.
CREATE FUNCTION identity.verify_organisation(p_id uuid, p_checker uuid, p_seen bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v organisation_verification;
BEGIN
    SELECT * INTO v FROM organisation_verification WHERE id = p_id FOR UPDATE;
    IF NOT found OR v.state <> 'proposed' THEN
        RAISE EXCEPTION 'nothing waits' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'organisation_verification_waits';
    END IF;
    IF p_seen IS DISTINCT FROM v.sha256 OR v.sha256 IS DISTINCT FROM identity.organisation_digest(v.organisation_id) THEN
        RAISE EXCEPTION 'not what was shown' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'organisation_verification_seen';
    END IF;
    IF NOT identity.has_house_role(p_checker, ARRAY['administrator', 'reviewer'])
       OR NOT identity.has_house_role(v.maker_id, ARRAY['administrator', 'operator']) THEN
        RAISE EXCEPTION 'one of the two has no power' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'organisation_verification_power';
    END IF;
    UPDATE organisation_verification SET state = 'verified', checker_id = p_checker, decided_at = clock_timestamp()
    WHERE id = p_id;
    UPDATE organisation SET is_verified = true WHERE id = v.organisation_id;
END $$;

-- Sent back by a second person, or withdrawn by the maker.
CREATE FUNCTION identity.end_verification(p_id uuid, p_by uuid, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v organisation_verification;
BEGIN
    SELECT * INTO v FROM organisation_verification WHERE id = p_id FOR UPDATE;
    IF NOT found OR v.state <> 'proposed' THEN
        RAISE EXCEPTION 'nothing waits' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'organisation_verification_waits';
    END IF;
    IF p_by <> v.maker_id AND NOT identity.has_house_role(p_by, ARRAY['administrator', 'reviewer']) THEN
        RAISE EXCEPTION 'no power' USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_verification_power';
    END IF;
    UPDATE organisation_verification SET decided_at = clock_timestamp(), reason = p_reason,
        state = CASE WHEN p_by = v.maker_id THEN 'withdrawn' ELSE 'returned' END,
        checker_id = CASE WHEN p_by = v.maker_id THEN NULL ELSE p_by END
    WHERE id = p_id;
    RETURN CASE WHEN p_by = v.maker_id THEN 'withdrawn' ELSE 'returned' END;
END $$;

-- The organisation that runs the platform: once, and by the owner of the tables alone.
CREATE FUNCTION identity.found_exchange(
    p_id uuid, p_name_zh text, p_name_en text, p_country text, p_register_number text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('identity.found_exchange'));
    IF EXISTS (SELECT FROM organisation WHERE kind = 'exchange') THEN
        RAISE EXCEPTION 'there is an exchange' USING ERRCODE = 'unique_violation', CONSTRAINT = 'organisation_one_exchange';
    END IF;
    INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at, country, register_number)
    VALUES (p_id, p_name_zh, p_name_en, 'exchange', true, clock_timestamp(), p_country, p_register_number);
END $$;

REVOKE ALL ON FUNCTION identity.organisation_digest(uuid), identity.has_house_role(uuid, text[]),
    identity.propose_verification(uuid, uuid, text, uuid), identity.verify_organisation(uuid, uuid, bytea),
    identity.end_verification(uuid, uuid, text), identity.found_exchange(uuid, text, text, text, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA identity TO ddt_app;
GRANT EXECUTE ON FUNCTION identity.propose_verification(uuid, uuid, text, uuid),
    identity.verify_organisation(uuid, uuid, bytea), identity.end_verification(uuid, uuid, text) TO ddt_app;
GRANT SELECT ON organisation_verification TO ddt_app;
