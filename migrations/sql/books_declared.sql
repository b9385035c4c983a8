-- The parts of the proof are declared by the rooms that own the rows: a table of functions, which the books read and gather.
-- A later room adds a row by its own migration. `hand` is the one of two connections that asks a part, `no` its turn there;
-- `follows_grams` says whether it belongs to the small proof, of grams alone.
CREATE TABLE books_part (
    name text PRIMARY KEY,
    function text NOT NULL,
    hand int NOT NULL,
    no int NOT NULL,
    follows_grams boolean NOT NULL DEFAULT false,
    CONSTRAINT books_part_name_check CHECK (name ~ '^prove_[a-z_]{1,26}$'),
    CONSTRAINT books_part_function_key UNIQUE (function),
    CONSTRAINT books_part_function_check CHECK (function ~ '^[a-z_]+\.[a-z_]+$'),
    CONSTRAINT books_part_turn_key UNIQUE (hand, no),
    CONSTRAINT books_part_hand_check CHECK (hand IN (1, 2))
);
GRANT SELECT ON books_part TO ddt_app;
INSERT INTO books_part (name, function, hand, no, follows_grams) VALUES
    ('prove_grams', 'books.prove_grams', 1, 1, true),
    ('prove_ledger', 'books.prove_ledger', 1, 2, true),
    ('prove_certificates', 'books.prove_certificates', 1, 3, false),
    ('prove_tonnes', 'books.prove_tonnes', 1, 4, false),
    ('prove_retirements', 'books.prove_retirements', 2, 1, true),
    ('prove_orders', 'orders.prove', 2, 2, false),
    ('prove_claims', 'books.prove_claims', 2, 3, false),
    ('prove_set_aside', 'holdings.prove', 2, 4, false),
    ('prove_money', 'payments.prove', 2, 5, false),
    ('prove_records', 'books.prove_records', 2, 6, false);

CREATE OR REPLACE FUNCTION books.parts() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT p.name FROM books_part p ORDER BY 1;
$$;

-- As before; which function a part is the table says.
CREATE OR REPLACE FUNCTION books.look(p_token uuid, p_part text, p_lot bigint DEFAULT NULL, p_since timestamptz DEFAULT NULL)
RETURNS SETOF books.line LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_lines books.line[]; v_function text := (SELECT p.function FROM books_part p WHERE p.name = p_part);
BEGIN
    IF p_part = 'compare_since' THEN
        SELECT array_agg(l) INTO v_lines FROM books.compare_since(p_since) AS l;
    ELSIF p_part = 'compare_tallies' THEN
        SELECT array_agg(l) INTO v_lines FROM books.compare_tallies() AS l;
    ELSIF v_function IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(l) FROM %s($1) AS l', v_function) INTO v_lines USING p_lot;
    ELSE
        RAISE EXCEPTION 'the books have no part %', p_part USING errcode = '23514', constraint = 'books_look_part_check';
    END IF;
    INSERT INTO books_look (token, part, lot_id, since, lines, looked_at)
    VALUES (p_token, p_part, p_lot, p_since, coalesce(to_jsonb(v_lines), '[]'), clock_timestamp());
    RETURN QUERY SELECT (l).* FROM unnest(v_lines) AS l;
END $$;

-- As before; which parts are of the small proof the table says.
CREATE OR REPLACE FUNCTION books.conclude(p_token uuid, p_kind text, p_scope text)
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
        WHEN p_kind = 'proof' AND p_scope = 'grams' THEN ARRAY(SELECT q.name FROM books_part q WHERE q.follows_grams)
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

-- All parts of the proof in one question, for whoever asks by hand.
CREATE OR REPLACE FUNCTION books.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE v_function text;
BEGIN
    FOR v_function IN SELECT p.function FROM books_part p ORDER BY p.no, p.hand LOOP
        RETURN QUERY EXECUTE format('SELECT * FROM %s($1)', v_function) USING p_lot;
    END LOOP;
END $$;

-- Orders and what is set aside are proved by the rooms whose rows they are.
ALTER FUNCTION books.prove_orders(bigint) SET SCHEMA orders;
ALTER FUNCTION orders.prove_orders(bigint) RENAME TO prove;
ALTER FUNCTION books.prove_set_aside(bigint) SET SCHEMA holdings;
ALTER FUNCTION holdings.prove_set_aside(bigint) RENAME TO prove;
