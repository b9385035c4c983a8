-- Keys of organisations. A key is a principal of its own: a row of `person` with roles in `membership`, so that all that asks
-- for power asks a key as it asks a person. It is no party, so it owns nothing, gives no roles and decides nothing.

ALTER TABLE api_key
    ADD CONSTRAINT api_key_name_check CHECK (length(name) BETWEEN 1 AND 60),
    ADD CONSTRAINT api_key_hash_check CHECK (length(secret_hash) = 32),
    ADD CONSTRAINT api_key_roles_check
        CHECK (cardinality(roles) > 0 AND roles::text[] <@ ARRAY['sponsor', 'operator', 'finance', 'auditor']),
    ADD CONSTRAINT api_key_time_check CHECK (expires_at > made_at AND expires_at <= made_at + interval '2 years'),
    ADD CONSTRAINT api_key_end_check CHECK (revoked_by_id IS NULL OR revoked_at IS NOT NULL);
CREATE INDEX api_key_organisation_idx ON api_key (organisation_id, made_at);
CREATE INDEX api_key_maker_idx ON api_key (maker_id);
CREATE INDEX api_key_revoked_by_idx ON api_key (revoked_by_id);

CREATE FUNCTION identity.is_key(p_person uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM api_key k WHERE k.person_id = p_person)
$$;

-- Who stands behind an act: whoever made the key that acted, else the person themselves.
CREATE FUNCTION identity.behind(p_person uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce((SELECT k.maker_id FROM api_key k WHERE k.person_id = p_person), p_person)
$$;

-- Make a key, by a member who may give roles in a verified organisation and for no more than their own roles there. Their
-- memberships stay locked: whoever takes one away meanwhile waits, and then ends this key as well.
CREATE FUNCTION identity.make_key(
    p_id uuid, p_organisation uuid, p_maker uuid, p_name text, p_roles text[], p_secret_hash bytea, p_made_at timestamptz,
    p_expires_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_own text[];
BEGIN
    PERFORM FROM organisation o WHERE o.id = p_organisation FOR NO KEY UPDATE;
    SELECT coalesce(array_agg(q.role), '{}') INTO v_own FROM (
        SELECT m.role::text FROM membership m WHERE m.person_id = p_maker AND m.organisation_id = p_organisation
        ORDER BY m.id FOR KEY SHARE) AS q (role);
    IF identity.is_key(p_maker) OR NOT v_own && ARRAY['sponsor', 'administrator'] OR NOT p_roles <@ v_own
       OR NOT EXISTS (SELECT FROM organisation o WHERE o.id = p_organisation AND o.is_verified AND o.kind <> 'exchange')
       OR NOT EXISTS (SELECT FROM person p JOIN operator w ON w.person_id = p.id
                      WHERE p.id = p_maker AND p.state = 'active' AND w.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'whoever makes this key may not give it these roles' USING errcode = '42501', constraint = 'api_key_power';
    END IF;
    IF (SELECT count(*) FROM api_key k
        WHERE k.organisation_id = p_organisation AND k.revoked_at IS NULL AND k.expires_at > p_made_at) >= 50 THEN
        RAISE EXCEPTION 'it has fifty keys' USING errcode = '23514', constraint = 'api_key_count_check';
    END IF;
    INSERT INTO person (id, language, state, created_at)
    SELECT p_id, p.language, 'active', p_made_at FROM person p WHERE p.id = p_maker;
    DELETE FROM party WHERE id = p_id;
    INSERT INTO api_key (person_id, organisation_id, maker_id, name, roles, secret_hash, made_at, expires_at)
    VALUES (p_id, p_organisation, p_maker, p_name, p_roles, p_secret_hash, p_made_at, p_expires_at);
    INSERT INTO membership (id, person_id, organisation_id, role, created_at)
    SELECT gen_random_uuid(), p_id, p_organisation, given.role, p_made_at FROM unnest(p_roles) AS given (role);
END $$;

-- End a key, by whoever may give roles there now. False: it has ended already, or is none of that organisation's.
CREATE FUNCTION identity.end_key(p_id uuid, p_organisation uuid, p_by uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT identity.may_give(p_by, p_organisation, ARRAY['auditor']) THEN
        RAISE EXCEPTION 'whoever ends this key may not' USING errcode = '42501', constraint = 'api_key_power';
    END IF;
    UPDATE api_key SET revoked_at = clock_timestamp(), revoked_by_id = p_by
    WHERE person_id = p_id AND organisation_id = p_organisation AND revoked_at IS NULL;
    RETURN found;
END $$;

-- What has ended acts for nobody, for good.
CREATE FUNCTION identity.drop_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM membership WHERE person_id = new.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER api_key_ends AFTER UPDATE ON api_key
    FOR EACH ROW WHEN (old.revoked_at IS NULL AND new.revoked_at IS NOT NULL) EXECUTE FUNCTION identity.drop_key();

-- A key ends with its maker's power: with a role that it has, or the one it was made by.
CREATE FUNCTION identity.end_keys_with_role() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE api_key SET revoked_at = clock_timestamp()
    WHERE maker_id = old.person_id AND organisation_id = old.organisation_id AND revoked_at IS NULL
      AND (old.role = ANY (roles) OR old.role IN ('sponsor', 'administrator'));
    RETURN NULL;
END $$;
CREATE TRIGGER membership_ends_keys AFTER DELETE ON membership
    FOR EACH ROW EXECUTE FUNCTION identity.end_keys_with_role();

-- And with whoever made it: shut out, or being forgotten. The argument names the column that says who.
CREATE FUNCTION identity.end_keys_with_maker() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE api_key SET revoked_at = clock_timestamp()
    WHERE maker_id = (to_jsonb(new) ->> tg_argv[0])::uuid AND revoked_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER operator_ends_keys AFTER UPDATE ON operator
    FOR EACH ROW WHEN (old.disabled_at IS NULL AND new.disabled_at IS NOT NULL)
    EXECUTE FUNCTION identity.end_keys_with_maker('person_id');
CREATE TRIGGER person_ends_keys AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION identity.end_keys_with_maker('id');

-- As before; and a key gives nobody roles.
CREATE OR REPLACE FUNCTION identity.may_give(p_person uuid, p_organisation uuid, p_roles text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce((
        SELECT o.is_verified AND CASE
            WHEN o.kind = 'exchange' THEN
                identity.has_house_role(p_person, ARRAY['administrator'])
                AND p_roles <@ ARRAY['operator', 'reviewer', 'finance', 'auditor', 'administrator']
            ELSE (identity.has_house_role(p_person, ARRAY['administrator'])
                  OR EXISTS (SELECT FROM membership m WHERE m.person_id = p_person AND m.organisation_id = o.id
                             AND m.role IN ('sponsor', 'administrator')))
                AND NOT identity.is_key(p_person)
                AND p_roles <@ (ARRAY['sponsor', 'operator', 'finance', 'auditor']
                                || CASE WHEN o.kind IN ('court', 'agency') THEN ARRAY['court'] ELSE '{}' END) END
        FROM organisation o WHERE o.id = p_organisation), false)
$$;

-- As before; two people means people: a key decides nothing, and whoever made it does not agree to what it proposed.
CREATE OR REPLACE FUNCTION approvals.refusal(p_approval approval, p_person uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE
        WHEN identity.behind(p_person) = identity.behind(p_approval.maker_id) THEN 'approval_two_people_check'
        WHEN identity.is_key(p_person) OR NOT approvals.has_role(p_person, k.decider_roles::text[], p_approval.party_id)
            THEN 'approval_decider_role'
        WHEN array_remove(p_approval.interested::uuid[], p_approval.party_id) && approvals.sides_of(p_person)
            THEN 'approval_decider_interested'
    END FROM approval_kind k WHERE k.code = p_approval.kind
$$;

CREATE OR REPLACE FUNCTION approvals.waiting_for(p_person uuid, p_most int DEFAULT NULL) RETURNS SETOF approval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH role AS MATERIALIZED (
        SELECT m.organisation_id, m.role::text AS name, o.kind = 'exchange' AS is_house
        FROM membership m JOIN organisation o ON o.id = m.organisation_id
        WHERE m.person_id = p_person AND o.is_verified AND NOT identity.is_key(p_person)),
    able AS MATERIALIZED (
        SELECT k.code, r.organisation_id AS party_id FROM approval_kind k
        JOIN role r ON r.name = ANY (k.decider_roles::text[]) WHERE k.is_of_party
        UNION SELECT k.code, NULL FROM approval_kind k
        JOIN role r ON r.name = ANY (k.decider_roles::text[]) WHERE NOT k.is_of_party AND r.is_house)
    SELECT a.* FROM approval a
    WHERE a.state = 'proposed' AND a.maker_id <> p_person
      AND NOT EXISTS (SELECT FROM api_key y WHERE y.person_id = a.maker_id AND y.maker_id = p_person)
      AND EXISTS (SELECT FROM able b WHERE b.code = a.kind AND b.party_id IS NOT DISTINCT FROM a.party_id)
      AND NOT array_remove(a.interested::uuid[], a.party_id) && (SELECT approvals.sides_of(p_person))
    ORDER BY a.proposed_at, a.id LIMIT p_most
$$;

REVOKE ALL ON FUNCTION identity.is_key(uuid), identity.behind(uuid), identity.end_key(uuid, uuid, uuid), identity.drop_key(),
    identity.make_key(uuid, uuid, uuid, text, text[], bytea, timestamptz, timestamptz), identity.end_keys_with_role(),
    identity.end_keys_with_maker() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.make_key(uuid, uuid, uuid, text, text[], bytea, timestamptz, timestamptz),
    identity.end_key(uuid, uuid, uuid) TO ddt_app;
GRANT SELECT ON api_key TO ddt_app;
GRANT UPDATE (last_used_on) ON api_key TO ddt_app;
