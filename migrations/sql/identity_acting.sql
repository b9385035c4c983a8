-- Who acts for whom, asked when it is used: a person for themselves, a member for their organisation while they are one.
-- Without roles any membership counts. Plain SQL that the planner may read into a statement; other rooms ask by it.
CREATE FUNCTION identity.acts_for(p_person uuid, p_party uuid, p_roles text[] DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_person = p_party OR EXISTS (
        SELECT FROM public.membership m WHERE m.person_id = p_person AND m.organisation_id = p_party
        AND (p_roles IS NULL OR m.role = ANY (p_roles)))
$$;

-- The person, and every organisation of which they are a member now.
CREATE FUNCTION identity.parties_of(p_person uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT p_person UNION SELECT m.organisation_id FROM public.membership m WHERE m.person_id = p_person
$$;

REVOKE ALL ON FUNCTION identity.acts_for(uuid, uuid, text[]), identity.parties_of(uuid) FROM PUBLIC;
GRANT USAGE ON SCHEMA identity TO ddt_app;
GRANT EXECUTE ON FUNCTION identity.acts_for(uuid, uuid, text[]), identity.parties_of(uuid) TO ddt_app;

-- What an organisation ordered is found by the organisation.
CREATE INDEX purchase_order_payer_idx ON purchase_order (payer_id, id DESC);
