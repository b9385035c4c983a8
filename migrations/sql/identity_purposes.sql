-- What an applicant wants here is written by a stranger, who may name somebody in it: sealed under the applicant's key. In its place
-- stands a dash, since the release before wants a text there.
CREATE INDEX organisation_application_unsealed_idx ON organisation_application (organisation_id) WHERE purpose <> '—';

-- Seal a purpose that stands in clear, just sent or of the release before. False where it is sealed.
CREATE FUNCTION identity.seal_purpose(p_organisation uuid, p_purpose text, p_sealed bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE organisation_application a SET purpose = '—', purpose_sealed = p_sealed
    WHERE a.organisation_id = p_organisation AND a.purpose = p_purpose AND p_purpose <> '—' AND p_sealed IS NOT NULL;
    RETURN found;
END $$;
REVOKE ALL ON FUNCTION identity.seal_purpose(uuid, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.seal_purpose(uuid, text, bytea) TO ddt_app;
