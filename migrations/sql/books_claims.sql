-- Claims: what was judged as cancelled upstream is, gram by gram, and not by a later day than it was judged by.
CREATE FUNCTION books.prove_claims(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH judged AS (
        SELECT v.id, v.profile::text AS profile, r.number::text AS number, r.mass_g, c.grams,
               c.grams = r.mass_g AND c.cancelled_on <= (v.document::jsonb->>'retired_on')::date AS ok
        FROM retirement_verdict v JOIN retirement r ON r.id = v.retirement_id CROSS JOIN LATERAL (
            SELECT coalesce(sum(k.covered_g), 0) AS grams, max(k.cancelled_on) AS cancelled_on FROM retirement_slice s
            CROSS JOIN LATERAL cancellations.covered(s.lot_id, s.start_g, s.stop_g) AS k WHERE s.retirement_id = r.id) AS c
        WHERE v.stage = 'upstream'
          AND (p_lot IS NULL OR EXISTS (SELECT FROM retirement_slice s WHERE s.retirement_id = r.id AND s.lot_id = p_lot)))
    SELECT p_lot, 'claims_upstream', count(*) FILTER (WHERE j.ok IS NOT TRUE) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('retirement %s of %s g was judged as cancelled upstream by %s, %s g are', j.number, j.mass_g,
                             j.profile, j.grams) ORDER BY j.id) FILTER (WHERE j.ok IS NOT TRUE))[1:20]
    FROM judged j;
END $$;

REVOKE ALL ON FUNCTION books.prove_claims(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_claims(bigint) TO ddt_app;
