-- Before a set is begun that the marker outside does not cover, it is made to: nothing is done and then thrown away.

-- Plan the next marker: where lots and registers stand, and up to where they may be given once it is written outside. Bounds run
-- ahead of what moved since the last one, and cover what was asked for (p_wants: kind, name, upto). NULL: nothing has changed
-- that would need one. Committed before anything is written outside, so that a database which lacks its number is shorter.
-- As before; and what is asked for counts like what has moved: a backlog asks once for its first sets, not once for each.
CREATE OR REPLACE FUNCTION recovery.plan(p_token uuid, p_wants jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_state recovery_state;
    v_head ledger_transfer;
    v_rows bigint;
BEGIN
    SELECT * INTO v_state FROM recovery_state s WHERE s.id = 1 FOR UPDATE;
    IF v_state.case_id IS NOT NULL THEN
        RAISE EXCEPTION 'people must decide first' USING errcode = '53D01', constraint = 'recovery_is_open';
    END IF;
    WITH stands AS (
        SELECT 'lot' AS kind, l.id::text AS name, coalesce(c.next_g, 0) AS position, l.mass_g AS most, 100000::bigint AS least
        FROM credit_lot l LEFT JOIN retirement_cursor c ON c.lot_id = l.id
        UNION ALL SELECT 'register', s.name::text, s.next_no, 9000000000000000000, 100 FROM certificate_series s),
    wanted AS (
        SELECT w.kind, w.name, max(w.upto) AS upto FROM jsonb_to_recordset(p_wants) AS w (kind text, name text, upto bigint)
        GROUP BY w.kind, w.name),
    ahead AS (
        SELECT s.kind, s.name, s.position, least(s.most, greatest(coalesce(w.upto, 0), s.position
                   + greatest(s.least, 4 * (s.position - coalesce(b.seen, s.position)),
                              4 * (coalesce(w.upto, 0) - s.position)))) AS bound
        FROM stands s LEFT JOIN wanted w USING (kind, name) LEFT JOIN recovery_bound b ON b.kind = s.kind AND b.name = s.name
        -- A lot is bounded from its first settling on, a register always.
        WHERE CASE WHEN b.kind IS NULL THEN w.upto IS NOT NULL OR s.kind = 'register' OR s.position BETWEEN 1 AND s.most - 1
                   ELSE coalesce(w.upto, 0) > b.upto OR s.position > b.seen AND b.planned < s.most
                        AND b.planned < s.position + greatest(s.least, 4 * (s.position - b.seen)) / 2 END),
    kept AS (
        INSERT INTO recovery_bound AS b (kind, name, seen, planned) SELECT a.kind, a.name, a.position, a.bound FROM ahead a
        ON CONFLICT (kind, name) DO UPDATE SET seen = excluded.seen, planned = greatest(b.planned, excluded.planned)
        RETURNING 1)
    SELECT count(*) INTO v_rows FROM kept;
    SELECT * INTO v_head FROM ledger_transfer t ORDER BY t.id DESC LIMIT 1;
    IF v_rows = 0 AND v_state.written_no = v_state.planned_no AND v_state.timeline = recovery.timeline()
       AND v_head.id IS NOT DISTINCT FROM (v_state.marker->'head'->>'size')::bigint
       AND recovery.is_followed() = (v_state.marker->>'is_followed')::boolean
       AND v_state.written_at > clock_timestamp() - interval '1 min'
    THEN
        RETURN NULL;
    END IF;
    UPDATE recovery_state s SET planned_no = s.planned_no + 1, planned_at = clock_timestamp() WHERE s.id = 1
    RETURNING s.* INTO v_state;
    INSERT INTO recovery_marker (no, token) VALUES (v_state.planned_no, p_token);
    DELETE FROM recovery_marker m WHERE m.no < v_state.planned_no - 50000;
    RETURN jsonb_build_object(
        'version', 1, 'no', v_state.planned_no, 'token', p_token,
        'at', to_char(v_state.planned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'timeline', recovery.timeline(), 'is_followed', recovery.is_followed(),
        'head', jsonb_build_object('size', v_head.id, 'root', encode(sha256(convert_to(coalesce(v_head.cause, ''), 'UTF8')
                                                                             || coalesce(v_head.content, '')), 'hex')),
        'lots', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', b.name, 'code', l.code, 'next', coalesce(c.next_g, 0), 'bound', b.planned)
                                           ORDER BY l.id), '[]')
                 FROM recovery_bound b JOIN credit_lot l ON l.id = b.name::bigint LEFT JOIN retirement_cursor c ON c.lot_id = l.id
                 WHERE b.kind = 'lot'),
        'registers', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', b.name, 'next', s.next_no, 'bound', b.planned)
                                                ORDER BY b.name), '[]')
                      FROM recovery_bound b JOIN certificate_series s ON s.name = b.name WHERE b.kind = 'register'));
END $$;

-- What is to be given for these messages of the outbox beyond what the marker outside covers, and up to where: grams by lot, and
-- numbers of the register p_register, one for each message. Reads and locks nothing; whatever others give meanwhile, a
-- refusal tells of it. Nothing where no marker was ever written.
CREATE FUNCTION recovery.uncovered(p_messages bigint[], p_register text) RETURNS TABLE (kind text, name text, upto bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off AS $$
    WITH told AS MATERIALIZED (
        SELECT m.kind, m.payload FROM outbox_message m WHERE m.id = ANY (p_messages) AND m.done_at IS NULL AND m.dead_at IS NULL),
    wanted AS (
        SELECT 'lot' AS kind, g.lot_id::text AS name, sum(g.mass_g)::bigint AS more FROM (
            SELECT r.lot_id, r.mass_g FROM told t
            JOIN sale_line l ON l.order_id = substr(t.payload->>'paid_for', 7)::uuid AND l.claim_id IS NOT NULL
            JOIN credit_reservation c ON c.cause = l.cause JOIN credit_reservation_line r ON r.reservation_id = c.id
            WHERE t.kind = 'payment.succeeded' AND t.payload->>'paid_for' LIKE 'order:%'
            UNION ALL
            SELECT r.lot_id, r.mass_g FROM told t JOIN retirement_line r ON r.retirement_id = (t.payload->>'retirement_id')::uuid
            WHERE t.kind = 'retirement.requested') AS g
        GROUP BY g.lot_id
        UNION ALL SELECT 'register', p_register, count(*) FROM told HAVING count(*) > 0),
    stands AS (
        SELECT w.kind, w.name, w.more + coalesce((SELECT c.next_g FROM retirement_cursor c WHERE c.lot_id = w.name::bigint), 0) AS upto
        FROM wanted w WHERE w.kind = 'lot'
        UNION ALL SELECT w.kind, w.name, w.more + s.next_no FROM wanted w JOIN certificate_series s ON s.name = w.name
        WHERE w.kind = 'register')
    SELECT s.kind, s.name, s.upto FROM stands s JOIN recovery_state r ON r.id = 1 AND r.timeline IS NOT NULL
    LEFT JOIN recovery_bound b ON b.kind = s.kind AND b.name = s.name
    WHERE s.upto > coalesce(b.upto, 0);
$$;
REVOKE ALL ON FUNCTION recovery.uncovered(bigint[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recovery.uncovered(bigint[], text) TO ddt_app;
