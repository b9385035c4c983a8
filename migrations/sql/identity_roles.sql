-- Roles of the platform take two people: one administrator invites, another agrees, and only then does the link open. While
-- nobody but whoever invites has ever been an administrator, there is no second person: PostgreSQL founds the approval.
INSERT INTO approval_kind (code, maker_roles, applicant_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('role', '{administrator}', '{}', '{administrator}', true, false, '平台角色', 'Role at the platform');

SET CONSTRAINTS ALL IMMEDIATE;
SELECT approvals.bind_effect('role', 'invitation');
-- One decision gives several roles, so these rows share it: no unique key.
ALTER TABLE membership
    ADD COLUMN approval_kind varchar(40) NOT NULL DEFAULT 'role',
    ADD COLUMN approval_outcome varchar(10) NOT NULL DEFAULT 'approved',
    ADD CONSTRAINT membership_approval_check CHECK (approval_kind = 'role' AND approval_outcome = 'approved'),
    ADD CONSTRAINT membership_approval_fkey FOREIGN KEY (approval_id, approval_kind, approval_outcome)
        REFERENCES approval (id, kind, outcome) ON DELETE RESTRICT;
CREATE INDEX membership_approval_idx ON membership (approval_id) WHERE approval_id IS NOT NULL;

CREATE FUNCTION identity.is_platform(p_organisation uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM organisation o WHERE o.id = p_organisation AND o.kind = 'exchange')
$$;

-- What two administrators agree upon: which link, which roles, until when. For whom it is stays sealed.
CREATE FUNCTION identity.facts_of_invitation(p_invitation invitation) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'invitation', p_invitation.id, 'organisation', p_invitation.organisation_id,
        'roles', ARRAY(SELECT given.role FROM unnest(p_invitation.roles) AS given (role) ORDER BY given.role),
        'expires_at', to_char(p_invitation.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
$$;

-- The first day: whoever invites is the only one who has, or ever had, the role of an administrator. Taking the other's role
-- away does not bring it back; a link of the owner's does (`diandian setup --links`). Who becomes an administrator at the
-- same moment waits, or is waited for.
CREATE FUNCTION identity.is_first_day(p_inviter uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('identity.administrators'));
    RETURN p_inviter IS NOT NULL
        AND NOT EXISTS (SELECT FROM membership m WHERE m.role = 'administrator' AND m.person_id <> p_inviter
                        AND identity.is_platform(m.organisation_id))
        AND NOT EXISTS (SELECT FROM invitation i WHERE 'administrator' = ANY (i.roles::text[]) AND i.acceptor_id <> p_inviter
                        AND identity.is_platform(i.organisation_id))
        AND NOT EXISTS (SELECT FROM approval a WHERE a.kind = 'role' AND a.is_founding  -- a role that no link gave
                        AND a.payload::jsonb->'roles' ? 'administrator'
                        AND a.payload::jsonb->>'person' <> p_inviter::text);
END $$;

-- What stands already is founded: links that were used or are open, and roles that no link gave.
DO $$
DECLARE v_rows bigint; v_made bigint;
BEGIN
    SELECT count(*) INTO v_rows FROM invitation i
    WHERE identity.is_platform(i.organisation_id) AND i.revoked_at IS NULL;
    ALTER TABLE invitation DISABLE TRIGGER USER;
    UPDATE invitation i SET approval_id = approvals.found('role', i.id::text, identity.facts_of_invitation(i))
    WHERE identity.is_platform(i.organisation_id) AND i.revoked_at IS NULL;
    ALTER TABLE invitation ENABLE TRIGGER USER;
    SELECT count(*) INTO v_made FROM approval a JOIN invitation i ON i.approval_id = a.id WHERE a.kind = 'role' AND a.is_founding;
    IF v_made <> v_rows THEN
        RAISE EXCEPTION '% invitations became % founding approvals', v_rows, v_made;
    END IF;
    UPDATE membership m SET approval_id = coalesce(
        (SELECT i.approval_id FROM invitation i WHERE i.acceptor_id = m.person_id AND i.organisation_id = m.organisation_id
         AND m.role::text = ANY (i.roles::text[]) ORDER BY i.accepted_at DESC LIMIT 1),
        approvals.found('role', m.id::text, jsonb_build_object(
            'person', m.person_id, 'organisation', m.organisation_id, 'roles', ARRAY[m.role])))
    WHERE identity.is_platform(m.organisation_id);
    SELECT count(*) FILTER (WHERE a.id IS NULL), count(*) INTO v_made, v_rows FROM membership m
    LEFT JOIN approval a ON a.id = m.approval_id AND a.kind = 'role' AND a.is_founding
    WHERE identity.is_platform(m.organisation_id);
    IF v_made <> 0 THEN
        RAISE EXCEPTION '% of % roles of the platform have no founding approval', v_made, v_rows;
    END IF;
END $$;

-- As before; and an invitation to the platform is approved when it is made only by the owner or on the first day.
CREATE OR REPLACE FUNCTION identity.check_inviting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_is_owner boolean := identity.is_owner();
BEGIN
    IF NOT v_is_owner AND (
        new.inviter_id IS NULL OR num_nonnulls(new.accepted_at, new.acceptor_id, new.revoked_at, new.approval_id) > 0
        OR NOT identity.may_give(new.inviter_id, new.organisation_id, new.roles::text[]))
    THEN
        RAISE EXCEPTION 'whoever invites may not give these roles' USING errcode = '42501', constraint = 'invitation_power';
    END IF;
    IF new.approval_id IS NULL AND identity.is_platform(new.organisation_id)
       AND (v_is_owner OR identity.is_first_day(new.inviter_id))
    THEN
        new.approval_id := approvals.found('role', new.id::text, identity.facts_of_invitation(new));
    END IF;
    RETURN new;
END $$;

-- What a link gives is what was agreed to. A decision that nobody took is refused by the foreign key.
CREATE FUNCTION identity.check_invitation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'role');
BEGIN
    IF (tg_op = 'UPDATE' AND old.approval_id <> new.approval_id)
       OR (v_said IS NOT NULL AND v_said IS DISTINCT FROM identity.facts_of_invitation(new)) THEN
        RAISE EXCEPTION 'invitation % is not what two people agreed upon', new.id
            USING errcode = '23514', constraint = 'invitation_as_approved';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER invitation_as_approved BEFORE INSERT OR UPDATE ON invitation
    FOR EACH ROW WHEN (new.approval_id IS NOT NULL) EXECUTE FUNCTION identity.check_invitation();

-- The effect of an approved proposal: the link opens from now on, unless it was taken back or has run out by `p_at`.
CREATE FUNCTION identity.open_invitation(p_approval uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE invitation SET approval_id = p_approval
    WHERE id = (approvals.said(p_approval, 'role')->>'invitation')::uuid AND approval_id IS NULL AND accepted_at IS NULL
      AND revoked_at IS NULL AND p_at < expires_at;
    IF NOT found THEN
        RAISE EXCEPTION 'no invitation waits for this' USING errcode = '23514', constraint = 'invitation_waits_check';
    END IF;
END $$;

-- As before; to the platform a link leads only after two people agreed, and neither of them takes it.
CREATE OR REPLACE FUNCTION identity.give_roles() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.accepted_at >= new.expires_at
       OR NOT EXISTS (SELECT FROM person p WHERE p.id = new.acceptor_id AND p.state = 'active')
       OR (new.inviter_id IS NOT NULL
           AND NOT identity.may_give(new.inviter_id, new.organisation_id, new.roles::text[])) THEN
        RAISE EXCEPTION 'invitation % gives nothing any more', new.id USING errcode = '42501', constraint = 'invitation_power';
    END IF;
    IF identity.is_platform(new.organisation_id) THEN
        IF new.approval_id IS NULL THEN
            RAISE EXCEPTION 'invitation % waits for a second person', new.id
                USING errcode = '42501', constraint = 'invitation_waits';
        END IF;
        IF new.acceptor_id = (SELECT a.decider_id FROM approval a WHERE a.id = new.approval_id) THEN
            RAISE EXCEPTION 'who agreed to invitation % does not take it', new.id
                USING errcode = '42501', constraint = 'invitation_decider_apart';
        END IF;
        IF 'administrator' = ANY (new.roles::text[]) THEN
            PERFORM pg_advisory_xact_lock(hashtext('identity.administrators'));
        END IF;
    END IF;
    INSERT INTO membership (id, person_id, organisation_id, role, created_at, approval_id)
    SELECT gen_random_uuid(), new.acceptor_id, new.organisation_id, given.role, new.accepted_at, new.approval_id
    FROM unnest(new.roles) AS given (role)
    ON CONFLICT ON CONSTRAINT membership_person_organisation_role_key DO NOTHING;
    RETURN NULL;
END $$;

-- A role of the platform is one that was agreed to, for whoever took the link; what the owner writes is founded. A decision
-- that nobody took is refused by the foreign key.
CREATE FUNCTION identity.check_role() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb;
BEGIN
    IF NOT identity.is_platform(new.organisation_id) THEN RETURN new; END IF;
    IF new.approval_id IS NULL AND identity.is_owner() THEN
        new.approval_id := approvals.found('role', new.id::text, jsonb_build_object(
            'person', new.person_id, 'organisation', new.organisation_id, 'roles', ARRAY[new.role]));
    END IF;
    v_said := approvals.said(new.approval_id, 'role');
    IF new.approval_id IS NULL OR v_said IS NOT NULL AND (
        v_said->>'organisation' = new.organisation_id::text AND v_said->'roles' ? new.role
        AND (v_said->>'person' = new.person_id::text
             OR EXISTS (SELECT FROM invitation i WHERE i.approval_id = new.approval_id AND i.acceptor_id = new.person_id))
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'nobody agreed that % is % at the platform', new.person_id, new.role
            USING errcode = '23514', constraint = 'membership_as_approved';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER membership_as_approved BEFORE INSERT OR UPDATE ON membership
    FOR EACH ROW EXECUTE FUNCTION identity.check_role();

REVOKE ALL ON FUNCTION identity.is_platform(uuid), identity.facts_of_invitation(invitation), identity.is_first_day(uuid),
    identity.check_invitation(), identity.open_invitation(uuid, timestamptz), identity.check_role() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.open_invitation(uuid, timestamptz) TO ddt_app;
