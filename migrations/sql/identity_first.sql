-- Somebody is first: invitations, second factors, recovery codes, resets by two; tries counted by place.

ALTER TABLE identity_session
    DROP CONSTRAINT identity_session_kind_check,
    ADD CONSTRAINT identity_session_kind_check CHECK (kind IN ('citizen', 'guest', 'operator', 'pending'));

-- A membership is a person's, whatever they sign in with; the key to `person` stays.
ALTER TABLE membership DROP CONSTRAINT membership_operator_fkey;

-- What identifies an organisation. Both stay empty where it was written down before; then nobody can verify it.
ALTER TABLE organisation
    ADD CONSTRAINT organisation_register_key UNIQUE (country, register_number),
    ADD CONSTRAINT organisation_register_check CHECK (
        (country IS NULL) = (register_number IS NULL) AND country ~ '^[A-Z]{2}$'
        AND register_number ~ '^[0-9A-Z][0-9A-Z./-]*$'
        AND (country <> 'CN' OR register_number ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'));

-- The release before this one writes neither place nor kind.
ALTER TABLE sign_in_attempt
    ALTER COLUMN kind SET DEFAULT 'password', ALTER COLUMN place SET DEFAULT '', ALTER COLUMN is_familiar SET DEFAULT false,
    ADD CONSTRAINT sign_in_attempt_kind_check CHECK (kind IN ('password', 'code'));
ALTER TABLE sign_in_place
    ADD CONSTRAINT sign_in_place_account_place_key UNIQUE (account, place),
    ADD CONSTRAINT sign_in_place_length_check CHECK (octet_length(account) = 32 AND octet_length(place) = 32);

ALTER TABLE operator_factor
    ADD CONSTRAINT operator_factor_step_check CHECK (confirmed_at IS NOT NULL OR last_step IS NULL);
ALTER TABLE recovery_code
    ADD CONSTRAINT recovery_code_hash_key UNIQUE (code_hash),
    ADD CONSTRAINT recovery_code_hash_check CHECK (octet_length(code_hash) = 32);
CREATE INDEX recovery_code_person_idx ON recovery_code (person_id);

ALTER TABLE invitation
    ADD CONSTRAINT invitation_token_hash_key UNIQUE (token_hash),
    ADD CONSTRAINT invitation_token_hash_check CHECK (octet_length(token_hash) = 32),
    ADD CONSTRAINT invitation_roles_check CHECK (
        cardinality(roles) > 0 AND roles <@ ARRAY['sponsor', 'operator', 'reviewer', 'finance', 'auditor', 'court',
                                                  'administrator']::varchar[]),
    ADD CONSTRAINT invitation_expires_check CHECK (expires_at > made_at),
    ADD CONSTRAINT invitation_accepted_check CHECK ((accepted_at IS NULL) = (acceptor_id IS NULL)),
    ADD CONSTRAINT invitation_end_check CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    -- Nobody gives themselves a role.
    ADD CONSTRAINT invitation_two_people_check CHECK (acceptor_id <> inviter_id);
CREATE INDEX invitation_organisation_idx ON invitation (organisation_id, made_at);

ALTER TABLE operator_reset
    ADD CONSTRAINT operator_reset_token_hash_key UNIQUE (token_hash),
    ADD CONSTRAINT operator_reset_token_hash_check CHECK (octet_length(token_hash) = 32),
    ADD CONSTRAINT operator_reset_expires_check CHECK (expires_at > made_at),
    ADD CONSTRAINT operator_reset_two_people_check CHECK (
        maker_id <> checker_id AND person_id <> maker_id AND person_id <> checker_id);
CREATE INDEX operator_reset_person_idx ON operator_reset (person_id);

-- What was used, or taken back, stays so. The arguments name the columns that end a row.
CREATE FUNCTION identity.refuse_again() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_column text;
BEGIN
    FOREACH v_column IN ARRAY tg_argv LOOP
        IF to_jsonb(old) ->> v_column IS NOT NULL THEN
            RAISE EXCEPTION 'this row of % has ended', tg_table_name
                USING ERRCODE = 'check_violation', CONSTRAINT = tg_table_name || '_ends_once';
        END IF;
    END LOOP;
    RETURN new;
END $$;
CREATE TRIGGER invitation_ends_once BEFORE UPDATE ON invitation
    FOR EACH ROW EXECUTE FUNCTION identity.refuse_again('accepted_at', 'revoked_at');
CREATE TRIGGER operator_reset_ends_once BEFORE UPDATE ON operator_reset
    FOR EACH ROW EXECUTE FUNCTION identity.refuse_again('used_at');
CREATE TRIGGER recovery_code_ends_once BEFORE UPDATE ON recovery_code
    FOR EACH ROW EXECUTE FUNCTION identity.refuse_again('used_at');
REVOKE ALL ON FUNCTION identity.refuse_again() FROM PUBLIC;

GRANT SELECT, INSERT ON operator_factor, recovery_code, invitation, operator_reset, sign_in_place TO ddt_app;
GRANT UPDATE (secret_sealed, made_at, confirmed_at, last_step), DELETE ON operator_factor TO ddt_app;
GRANT UPDATE (used_at), DELETE ON recovery_code TO ddt_app;
GRANT UPDATE (accepted_at, acceptor_id, revoked_at) ON invitation TO ddt_app;
GRANT UPDATE (used_at) ON operator_reset TO ddt_app;
GRANT UPDATE (seen_at), DELETE ON sign_in_place TO ddt_app;
GRANT UPDATE (password_hash) ON operator TO ddt_app;
