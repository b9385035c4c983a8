-- Identity: one person per openid, one session per token; the application may change only what ever changes.

ALTER TABLE person
    ADD CONSTRAINT person_state_check CHECK (state IN ('active', 'erasing', 'erased')),
    ADD CONSTRAINT person_language_check CHECK (language IN ('zh', 'en'));

-- No foreign key from person_key on purpose: it shall be able to move to a database of its own.
CREATE INDEX person_key_master_key_idx ON person_key (master_key);

ALTER TABLE person_pii
    ADD CONSTRAINT person_pii_blind_index_key UNIQUE (blind_index),
    ADD CONSTRAINT person_pii_person_kind_scope_key UNIQUE (person_id, kind, scope),
    ADD CONSTRAINT person_pii_kind_check CHECK (kind IN ('openid', 'unionid', 'email', 'name')),
    ADD CONSTRAINT person_pii_blind_index_check CHECK (
        CASE WHEN kind = 'name' THEN blind_index IS NULL
             ELSE blind_index IS NOT NULL AND octet_length(blind_index) = 32 END),
    ADD CONSTRAINT person_pii_scope_check CHECK ((kind = 'openid') = (scope <> ''));

ALTER TABLE identity_session
    ADD CONSTRAINT identity_session_token_hash_key UNIQUE (token_hash),
    ADD CONSTRAINT identity_session_token_hash_check CHECK (octet_length(token_hash) = 32),
    ADD CONSTRAINT identity_session_kind_check CHECK (kind IN ('citizen', 'guest', 'operator')),
    ADD CONSTRAINT identity_session_end_check CHECK (expires_at > created_at);
CREATE INDEX identity_session_person_idx ON identity_session (person_id);
CREATE INDEX identity_session_expires_at_idx ON identity_session (expires_at);

ALTER TABLE organisation
    ADD CONSTRAINT organisation_kind_check CHECK (kind IN ('company', 'agency', 'court', 'association', 'exchange'));
ALTER TABLE operator
    ADD CONSTRAINT operator_person_key UNIQUE (person_id);
ALTER TABLE membership
    ADD CONSTRAINT membership_person_organisation_role_key UNIQUE (person_id, organisation_id, role),
    ADD CONSTRAINT membership_operator_fkey
        FOREIGN KEY (person_id) REFERENCES operator (person_id) ON DELETE RESTRICT,
    ADD CONSTRAINT membership_role_check CHECK (
        role IN ('sponsor', 'operator', 'reviewer', 'finance', 'auditor', 'court', 'administrator'));
CREATE INDEX sign_in_attempt_account_idx ON sign_in_attempt (account, attempted_at);

GRANT SELECT, INSERT ON person, person_key, person_pii, identity_session, organisation, operator, membership,
    sign_in_attempt TO ddt_app;
GRANT UPDATE (language, state) ON person TO ddt_app;
GRANT UPDATE (wrapped, master_key), DELETE ON person_key TO ddt_app;
GRANT UPDATE (sealed), DELETE ON person_pii TO ddt_app;
GRANT UPDATE (expires_at, revoked_at) ON identity_session TO ddt_app;
GRANT UPDATE (disabled_at) ON operator TO ddt_app;
GRANT DELETE ON membership, sign_in_attempt TO ddt_app;
