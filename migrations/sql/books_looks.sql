-- What a look at the books found is written by the functions that look: the application cannot write a proof by hand.
-- A look has a token; each part of it is asked on whichever connection, and kept as it was found; concluding makes the run
-- of what was kept, demands that no part of its scope is missing, and forgets the parts.

ALTER TABLE books_look
    ADD CONSTRAINT books_look_part_key UNIQUE NULLS NOT DISTINCT (token, part, lot_id),
    ADD CONSTRAINT books_look_lines_check CHECK (jsonb_typeof(lines) = 'array');
CREATE INDEX books_look_looked_at_idx ON books_look (looked_at);

-- The parts of a whole proof: every function that proves.
CREATE FUNCTION books.parts() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT p.proname::text FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'books'::regnamespace AND starts_with(p.proname, 'prove_') ORDER BY 1;
$$;

CREATE FUNCTION books.begin(p_token uuid) RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO books_look (token, part, lines, looked_at) VALUES (p_token, 'begin', '[]', clock_timestamp()) RETURNING looked_at;
$$;

-- Ask one part, keep what it found and tell it.
CREATE FUNCTION books.look(p_token uuid, p_part text, p_lot bigint DEFAULT NULL, p_since timestamptz DEFAULT NULL)
RETURNS SETOF books.line LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_lines books.line[];
BEGIN
    IF p_part = 'compare_since' THEN
        SELECT array_agg(l) INTO v_lines FROM books.compare_since(p_since) AS l;
    ELSIF p_part = 'compare_tallies' THEN
        SELECT array_agg(l) INTO v_lines FROM books.compare_tallies() AS l;
    ELSIF p_part IN (SELECT books.parts()) THEN
        EXECUTE format('SELECT array_agg(l) FROM books.%I($1) AS l', p_part) INTO v_lines USING p_lot;
    ELSE
        RAISE EXCEPTION 'the books have no part %', p_part USING errcode = '23514', constraint = 'books_look_part_check';
    END IF;
    INSERT INTO books_look (token, part, lot_id, since, lines, looked_at)
    VALUES (p_token, p_part, p_lot, p_since, coalesce(to_jsonb(v_lines), '[]'), clock_timestamp());
    RETURN QUERY SELECT (l).* FROM unnest(v_lines) AS l;
END $$;

-- Make the run of a look. `all` of a proof is every part of every lot, `lot:7` of that lot; `all` of a reconciliation is the
-- comparison of the tallies, after a whole proof that was begun since.
CREATE FUNCTION books.conclude(p_token uuid, p_kind text, p_scope text)
RETURNS TABLE (started_at timestamptz, finished_at timestamptz, checked jsonb, differences jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_started timestamptz;
    v_lot bigint := CASE WHEN p_scope ~ '^lot:[0-9]{1,18}$' THEN substr(p_scope, 5)::bigint END;
    v_wanted text[];
    v_missing text;
    v_lines jsonb;
    v_proof jsonb := '[]';
BEGIN
    SELECT min(l.looked_at) INTO v_started FROM books_look l WHERE l.token = p_token;
    v_wanted := CASE
        WHEN p_kind = 'proof' AND (p_scope = 'all' OR v_lot IS NOT NULL) THEN ARRAY(SELECT books.parts())
        WHEN p_kind = 'proof' AND p_scope = 'grams' THEN ARRAY['prove_grams', 'prove_ledger', 'prove_retirements']
        WHEN p_kind = 'reconciliation' AND p_scope = 'all' THEN ARRAY['compare_tallies']
        WHEN p_kind = 'reconciliation' AND starts_with(p_scope, 'since:') THEN ARRAY['compare_since'] END;
    SELECT w.part INTO v_missing FROM unnest(coalesce(v_wanted, ARRAY['begin'])) AS w (part)
    WHERE NOT EXISTS (SELECT FROM books_look l WHERE l.token = p_token AND l.part = w.part AND l.lot_id IS NOT DISTINCT FROM v_lot
                      AND (w.part <> 'compare_since'
                           OR p_scope = 'since:' || to_char(l.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
    LIMIT 1;
    IF v_wanted IS NULL OR v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'a % of % has not looked at %', p_kind, p_scope, coalesce(v_missing, 'anything')
            USING errcode = '23514', constraint = 'books_run_looked_at';
    END IF;
    IF p_kind = 'reconciliation' AND p_scope = 'all' THEN
        SELECT r.differences INTO v_proof FROM books_run r
        WHERE r.kind = 'proof' AND r.scope = 'all' AND r.started_at >= v_started ORDER BY r.id DESC LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a reconciliation of all goes with a proof of all'
                USING errcode = '23514', constraint = 'books_run_looked_at';
        END IF;
    END IF;
    SELECT coalesce(jsonb_agg(said.line ORDER BY said.no), '[]') INTO v_lines FROM (
        SELECT p.line, p.no - 1000000 AS no FROM jsonb_array_elements(v_proof) WITH ORDINALITY AS p (line, no)
        UNION ALL
        SELECT jsonb_build_object('check', e.line->'check', 'lot_id', e.line->'lot_id', 'is_ok', e.line->'ok',
                                  'expected', trunc((e.line->>'expected')::numeric), 'found', trunc((e.line->>'found')::numeric),
                                  'detail', coalesce(nullif(e.line->'detail', 'null'), '[]')),
               row_number() OVER (ORDER BY l.id, e.no)
        FROM books_look l CROSS JOIN LATERAL jsonb_array_elements(l.lines) WITH ORDINALITY AS e (line, no)
        WHERE l.token = p_token AND l.part = ANY (v_wanted)) AS said;
    DELETE FROM books_look l WHERE l.token = p_token OR l.looked_at < clock_timestamp() - interval '2 days';
    RETURN QUERY
    INSERT INTO books_run AS r (kind, scope, started_at, finished_at, checked, differences)
    SELECT p_kind, p_scope, v_started, clock_timestamp(),
           (SELECT coalesce(jsonb_agg(c.one), '[]') FROM (
               SELECT jsonb_build_object(
                   'check', l.line->>'check', 'is_ok', bool_and((l.line->>'is_ok')::boolean),
                   'expected', sum((l.line->>'expected')::numeric),
                   -- A lot whose last tonne is cancelled ahead does not make up for the gap of another.
                   'found', sum(CASE WHEN l.line->>'check' = 'upstream'
                                     THEN least((l.line->>'found')::numeric, (l.line->>'expected')::numeric)
                                     ELSE (l.line->>'found')::numeric END),
                   'lots', count(l.line->>'lot_id')) AS one
               FROM jsonb_array_elements(v_lines) AS l (line) GROUP BY l.line->>'check') AS c),
           (SELECT coalesce(jsonb_agg(l.line), '[]') FROM jsonb_array_elements(v_lines) AS l (line)
            WHERE NOT (l.line->>'is_ok')::boolean)
    RETURNING r.started_at, r.finished_at, r.checked, r.differences;
END $$;

REVOKE ALL ON FUNCTION books.parts(), books.begin(uuid), books.look(uuid, text, bigint, timestamptz),
    books.conclude(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.begin(uuid), books.look(uuid, text, bigint, timestamptz),
    books.conclude(uuid, text, text) TO ddt_app;
REVOKE INSERT ON books_run FROM ddt_app;
REVOKE USAGE ON SEQUENCE books_run_id_seq FROM ddt_app;
-- Trigger functions are nobody's to call.
REVOKE ALL ON FUNCTION books.refuse_change() FROM ddt_app;
