-- Claims: who may say what about which emissions. What makes two of them the same is computed here, and every key that
-- hangs on it is a key of the database.

CREATE SCHEMA claims;
-- PostgreSQL calls convert_to stable; from text to UTF-8 it is the same for ever.
CREATE FUNCTION claims.digest(p_text text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$ SELECT sha256(convert_to(p_text, 'UTF8')) $$;

ALTER TABLE party ADD CONSTRAINT party_id_kind_key UNIQUE (id, kind);

-- Two claims are the same where all of this is; of a person the kept figure, too, so that two trips of one day stay two.
-- The group's code has no slash and the subject stands last, so that no two of them read alike.
ALTER TABLE claim
    ADD COLUMN identity bytea NOT NULL GENERATED ALWAYS AS (claims.digest(
        purpose || '/' || layer || '/' || scenario_id::text || '/' || beneficiary_id::text
        || '/' || (period_from - date '2000-01-01')::text || '/' || (period_to - date '2000-01-01')::text
        || '/' || CASE beneficiary_kind WHEN 'person' THEN coalesce(footprint_id::text, '') ELSE '' END
        || '/' || coalesce(group_code, '') || '/' || coalesce(subject, ''))) STORED,
    ADD COLUMN is_root boolean NOT NULL GENERATED ALWAYS AS (supplements_id IS NULL) STORED,
    ADD COLUMN of_root boolean NOT NULL GENERATED ALWAYS AS (true) STORED,  -- what `supplements_id` refers to
    ADD CONSTRAINT claim_cause_key UNIQUE (cause),
    ADD CONSTRAINT claim_identity_key UNIQUE (id, identity, is_root),
    ADD CONSTRAINT claim_purpose_beneficiary_key UNIQUE (id, purpose, beneficiary_id),
    -- A supplement is of a root of its own identity: not of another period or beneficiary, and never of a supplement.
    ADD CONSTRAINT claim_supplements_fkey FOREIGN KEY (supplements_id, identity, of_root)
        REFERENCES claim (id, identity, is_root) ON DELETE RESTRICT,
    ADD CONSTRAINT claim_beneficiary_fkey FOREIGN KEY (beneficiary_id, beneficiary_kind)
        REFERENCES party (id, kind) ON DELETE RESTRICT,
    ADD CONSTRAINT claim_purpose_check CHECK (purpose IN (
        'personal', 'event', 'organisation', 'product', 'site', 'meeting', 'judicial', 'administrative', 'tree_planting')),
    ADD CONSTRAINT claim_layer_check CHECK (layer IN ('own', 'additional')),
    ADD CONSTRAINT claim_group_check CHECK (group_code ~ '^[a-z0-9-]{1,40}$'),
    ADD CONSTRAINT claim_subject_check CHECK (subject <> ''),
    ADD CONSTRAINT claim_period_check CHECK (period_from <= period_to),
    ADD CONSTRAINT claim_emission_check CHECK (emission_g >= 0),
    ADD CONSTRAINT claim_name_check CHECK (name_sealed IS NULL OR beneficiary_kind = 'person'),
    ADD CONSTRAINT claim_language_check CHECK (language IN ('zh', 'en')),
    ADD CONSTRAINT claim_profile_check CHECK (
        profile IS NULL
        OR (profile ~ '^[a-z0-9-]+$' AND purpose IN ('organisation', 'event', 'product', 'site', 'meeting')));
CREATE INDEX claim_identity_idx ON claim (identity, made_at);
CREATE INDEX claim_beneficiary_idx ON claim (beneficiary_id, id DESC);
CREATE INDEX claim_scenario_idx ON claim (scenario_id);
CREATE INDEX claim_footprint_idx ON claim (footprint_id) WHERE footprint_id IS NOT NULL;
CREATE INDEX claim_supplements_idx ON claim (supplements_id) WHERE supplements_id IS NOT NULL;

-- Of an organisation's claims of one identity the first whose grams are settled; a root never becomes a supplement.
ALTER TABLE claim_root
    ADD COLUMN is_root boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    ADD CONSTRAINT claim_root_identity_key UNIQUE (identity),
    ADD CONSTRAINT claim_root_claim_fkey FOREIGN KEY (claim_id, identity, is_root)
        REFERENCES claim (id, identity, is_root) ON DELETE RESTRICT;

-- Actual figures hang on the root. A covered one is final: there is one.
ALTER TABLE claim_figure
    ADD CONSTRAINT claim_figure_root_fkey FOREIGN KEY (claim_id) REFERENCES claim_root (claim_id) ON DELETE RESTRICT,
    ADD CONSTRAINT claim_figure_once_key UNIQUE (claim_id, actual_g, state),
    ADD CONSTRAINT claim_figure_state_check CHECK (state IN ('covered', 'short', 'lapsed')),
    ADD CONSTRAINT claim_figure_missing_check CHECK (
        actual_g >= 0 AND retired_g > 0 AND missing_g >= 0 AND (state <> 'covered' OR actual_g <= retired_g));
CREATE UNIQUE INDEX claim_figure_covered_key ON claim_figure (claim_id) WHERE state = 'covered';
CREATE INDEX claim_figure_entered_by_idx ON claim_figure (entered_by_id);

ALTER TABLE mandate
    ADD CONSTRAINT mandate_parties_key UNIQUE (id, payer_id, beneficiary_id),
    ADD CONSTRAINT mandate_once_key UNIQUE NULLS NOT DISTINCT (payer_id, beneficiary_id, ground, document, document_sha256),
    ADD CONSTRAINT mandate_ground_check CHECK (ground <> ''),
    ADD CONSTRAINT mandate_document_check CHECK (
        (document IS NULL) = (document_sha256 IS NULL)
        AND (document_sha256 IS NULL OR octet_length(document_sha256) = 32));
CREATE INDEX mandate_beneficiary_idx ON mandate (beneficiary_id);
