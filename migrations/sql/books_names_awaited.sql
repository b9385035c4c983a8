-- As before; and a paper waits as long as the name for it does.
CREATE OR REPLACE FUNCTION books.prove_certificates(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH ours AS (
        SELECT r.id, r.number::text AS number, r.state::text AS state,
               c.name_until > clock_timestamp() - interval '10 min' AS is_awaited
        FROM retirement r JOIN claim c ON c.id = r.claim_id
        WHERE p_lot IS NULL OR r.id IN (SELECT s.retirement_id FROM retirement_slice s WHERE s.lot_id = p_lot)),
    certified AS (
        SELECT c.retirement_id, count(*) AS firsts FROM certificate c WHERE c.version = 1 AND c.paper_id = 'neutrality'
        GROUP BY c.retirement_id),
    coming AS (
        SELECT m.subject::text AS subject FROM outbox_message m
        WHERE m.job = 'issue_certificates' AND m.done_at IS NULL AND m.dead_at IS NULL),
    judged AS (
        SELECT o.id, o.number, o.state, coalesce(c.firsts, 0) AS firsts,
               coalesce(c.firsts, 0) = (o.state = 'settled')::int
               OR c.firsts IS NULL AND (coalesce(o.is_awaited, false)
                                        OR 'retirement:' || o.id IN (SELECT w.subject FROM coming w)) AS ok
        FROM ours o LEFT JOIN certified c ON c.retirement_id = o.id)
    SELECT p_lot, 'certified', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('retirement %s (%s) is %s and has %s certificates', j.number, j.id, j.state, j.firsts)
                      ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT c.number::text AS number, c.record_sha256 = sha256(convert_to(c.record, 'UTF8')) AS ok FROM certificate c
        WHERE p_lot IS NULL OR c.retirement_id IN (SELECT s.retirement_id FROM retirement_slice s WHERE s.lot_id = p_lot))
    SELECT p_lot, 'records_unchanged', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('certificate %s was changed after it was issued', j.number) ORDER BY j.number)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    IF p_lot IS NULL THEN
        RETURN QUERY
        SELECT NULL::bigint, 'register_counts', count(c.id) = s.next_no - 1 AND coalesce(min(c.register_no), 1) = 1
                   AND coalesce(max(c.register_no), 0) = s.next_no - 1,
               (s.next_no - 1)::numeric, count(c.id)::numeric,
               CASE WHEN count(c.id) <> s.next_no - 1 OR coalesce(min(c.register_no), 1) <> 1
                        OR coalesce(max(c.register_no), 0) <> s.next_no - 1 THEN ARRAY[format(
                   'register %s has %s certificates, numbers %s to %s, and gives %s next', s.name, count(c.id),
                   min(c.register_no), max(c.register_no), s.next_no)] END
        FROM certificate_series s LEFT JOIN certificate c ON c.series = s.name GROUP BY s.name, s.next_no;
    END IF;
END $$;
REVOKE ALL ON FUNCTION books.prove_certificates(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_certificates(bigint) TO ddt_app;
