-- Power comes by its own ways, whoever has the application's password: a verified organisation by two people or the owner's
-- set-up, a role by an accepted invitation, an invitation and a reset by people who may make them now. The application says
-- who acts, and PostgreSQL cannot know better; what it says stays written in the row, and has to be somebody with the power.

-- Whether the connection is the owner's, who founds the exchange; the same inside a function of the owner's.
CREATE FUNCTION identity.is_owner() RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT has_function_privilege(session_user, 'identity.found_exchange(uuid,text,text,text,text)'::regprocedure, 'EXECUTE')
$$;

CREATE FUNCTION identity.refuse_founding() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF identity.is_owner() THEN RETURN new; END IF;
    RAISE EXCEPTION 'an organisation is verified by two people, and the exchange founded by the owner'
        USING errcode = '42501', constraint = 'organisation_is_not_born_verified';
END $$;
CREATE TRIGGER organisation_is_not_born_verified BEFORE INSERT ON organisation
    FOR EACH ROW WHEN (new.is_verified OR new.kind = 'exchange') EXECUTE FUNCTION identity.refuse_founding();

-- Whether somebody may give these roles in a verified organisation at this moment. `givable` in app/foundation/identity/access_rules.py
-- is the same rule; a test compares them.
CREATE FUNCTION identity.may_give(p_person uuid, p_organisation uuid, p_roles text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce((
        SELECT o.is_verified AND CASE
            WHEN o.kind = 'exchange' THEN
                identity.has_house_role(p_person, ARRAY['administrator'])
                AND p_roles <@ ARRAY['operator', 'reviewer', 'finance', 'auditor', 'administrator']
            ELSE (identity.has_house_role(p_person, ARRAY['administrator'])
                  OR EXISTS (SELECT FROM membership m WHERE m.person_id = p_person AND m.organisation_id = o.id
                             AND m.role IN ('sponsor', 'administrator')))
                AND p_roles <@ (ARRAY['sponsor', 'operator', 'finance', 'auditor']
                                || CASE WHEN o.kind IN ('court', 'agency') THEN ARRAY['court'] ELSE '{}' END) END
        FROM organisation o WHERE o.id = p_organisation), false)
$$;

CREATE FUNCTION identity.check_inviting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF identity.is_owner() THEN RETURN new; END IF;
    IF new.inviter_id IS NULL OR num_nonnulls(new.accepted_at, new.acceptor_id, new.revoked_at) > 0
       OR NOT identity.may_give(new.inviter_id, new.organisation_id, new.roles::text[]) THEN
        RAISE EXCEPTION 'whoever invites may not give these roles' USING errcode = '42501', constraint = 'invitation_power';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER invitation_power BEFORE INSERT ON invitation FOR EACH ROW EXECUTE FUNCTION identity.check_inviting();

-- Accepting gives the roles: nothing else does. Whoever invited must still be allowed to; a link ends once, by its trigger.
CREATE FUNCTION identity.give_roles() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.accepted_at >= new.expires_at
       OR NOT EXISTS (SELECT FROM person p WHERE p.id = new.acceptor_id AND p.state = 'active')
       OR (new.inviter_id IS NOT NULL
           AND NOT identity.may_give(new.inviter_id, new.organisation_id, new.roles::text[])) THEN
        RAISE EXCEPTION 'invitation % gives nothing any more', new.id USING errcode = '42501', constraint = 'invitation_power';
    END IF;
    INSERT INTO membership (id, person_id, organisation_id, role, created_at)
    SELECT gen_random_uuid(), new.acceptor_id, new.organisation_id, given.role, new.accepted_at
    FROM unnest(new.roles) AS given (role)
    ON CONFLICT ON CONSTRAINT membership_person_organisation_role_key DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER invitation_gives_roles AFTER UPDATE ON invitation
    FOR EACH ROW WHEN (old.acceptor_id IS NULL AND new.acceptor_id IS NOT NULL) EXECUTE FUNCTION identity.give_roles();
REVOKE INSERT ON membership FROM ddt_app;

-- A reset is made by an administrator and a second person of the platform.
CREATE FUNCTION identity.check_resetting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.used_at IS NOT NULL OR NOT identity.has_house_role(new.maker_id, ARRAY['administrator'])
       OR NOT identity.has_house_role(new.checker_id, ARRAY['administrator', 'operator', 'reviewer', 'finance', 'auditor', 'court', 'sponsor'])
    THEN
        RAISE EXCEPTION 'one of the two has no power' USING errcode = '42501', constraint = 'operator_reset_power';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER operator_reset_power BEFORE INSERT ON operator_reset FOR EACH ROW EXECUTE FUNCTION identity.check_resetting();

-- What takes two people takes two of ours: on the day they propose, and on the day they decide.
CREATE FUNCTION identity.check_house_role() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT identity.has_house_role((to_jsonb(new) ->> tg_argv[0])::uuid, tg_argv[1]::text[]) THEN
        RAISE EXCEPTION '% of % has no role for it at the platform', tg_argv[0], tg_table_name
            USING errcode = '42501', constraint = tg_name;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER credit_proposal_maker_power AFTER INSERT ON credit_proposal
    FOR EACH ROW EXECUTE FUNCTION identity.check_house_role('maker_id', '{operator}');
CREATE TRIGGER credit_proposal_checker_power AFTER UPDATE ON credit_proposal
    FOR EACH ROW WHEN (new.state = 'confirmed') EXECUTE FUNCTION identity.check_house_role('checker_id', '{reviewer}');
CREATE TRIGGER purchase_order_act_power AFTER INSERT ON purchase_order_act
    FOR EACH ROW EXECUTE FUNCTION identity.check_house_role('by_id', '{operator}');
CREATE TRIGGER payment_refund_act_power AFTER INSERT ON payment_refund_act
    FOR EACH ROW EXECUTE FUNCTION identity.check_house_role('by_id', '{finance}');

REVOKE ALL ON FUNCTION identity.is_owner(), identity.refuse_founding(), identity.may_give(uuid, uuid, text[]),
    identity.check_inviting(), identity.give_roles(), identity.check_resetting(), identity.check_house_role() FROM PUBLIC;
