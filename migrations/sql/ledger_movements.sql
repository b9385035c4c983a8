-- Which kind of transfer may move between which kinds of account: the table ledger_movement says it, and every transfer is
-- held to it before it is written, alone or in a set. The kind of an account is the first word of its path; the family of a
-- unit is the first word of the unit. A later room adds rows by its own migration.

ALTER TABLE ledger_movement
    ADD CONSTRAINT ledger_movement_once_key UNIQUE (kind, family, source, target),
    ADD CONSTRAINT ledger_movement_words_check CHECK (
        source ~ '^[a-z][a-z0-9_]*$' AND target ~ '^[a-z][a-z0-9_]*$' AND family ~ '^[A-Za-z][A-Za-z0-9]*$'),
    -- Rules by themselves, which no row can loosen: retired grams stay retired, only the opening of a lot draws on its
    -- source, and the platform's stock is filled by that or by what was set aside from it.
    ADD CONSTRAINT ledger_movement_retired_stays_check CHECK (source <> 'retired'),
    ADD CONSTRAINT ledger_movement_source_check CHECK (
        (source = 'source') = (kind = 'open_lot') AND target <> 'source' AND (source <> 'source' OR target = 'inventory')),
    ADD CONSTRAINT ledger_movement_inventory_check CHECK (target <> 'inventory' OR source IN ('source', 'reserved'));

-- The cause is a LIKE pattern: a cause names its kind.
INSERT INTO ledger_movement (kind, cause, family, source, target) VALUES
    ('open_lot', 'open:%', 'g', 'source', 'inventory'),
    ('reserve', 'reserve:%', 'g', 'inventory', 'reserved'),
    ('reserve', 'reserve:%', 'g', 'held', 'reserved'),
    ('release', 'release:%', 'g', 'reserved', 'inventory'),
    ('release', 'release:%', 'g', 'reserved', 'held'),
    ('withdraw', 'withdraw:%', 'g', 'reserved', 'inventory'),
    ('withdraw', 'withdraw:%', 'g', 'reserved', 'held'),
    ('transfer', 'transfer:%', 'g', 'inventory', 'held'),
    ('transfer', 'transfer:%', 'g', 'held', 'held'),
    ('retire', 'settle:%', 'g', 'reserved', 'retired');
INSERT INTO ledger_movement (kind, cause, family, source, target)
SELECT m.kind, m.kind || ':%', c.unit, m.source, m.target
FROM (VALUES ('payment', 'clearing', 'prepaid'), ('refund', 'prepaid', 'clearing'),
             ('fulfil', 'prepaid', 'sales'), ('take_back', 'sales', 'prepaid')) AS m (kind, source, target),
     (VALUES ('CNY'), ('USD')) AS c (unit);
GRANT SELECT ON ledger_movement TO ddt_app;

-- Refuse a set of transfers of which one moves a unit from one kind of account to another that no row of its kind allows.
-- The plain case of one source and one target is one look by key, others are taken apart.
CREATE FUNCTION ledger.check_movements(
    p_causes text[], p_kinds text[], p_of int[], p_paths text[], p_units text[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_cause text; v_said text;
BEGIN
    IF NOT EXISTS (
        SELECT FROM (
            SELECT l.no, l.unit,
                   min(split_part(l.path, ':', 1)) FILTER (WHERE l.amount < 0) AS source,
                   max(split_part(l.path, ':', 1)) FILTER (WHERE l.amount < 0) AS other_source,
                   min(split_part(l.path, ':', 1)) FILTER (WHERE l.amount > 0) AS target,
                   max(split_part(l.path, ':', 1)) FILTER (WHERE l.amount > 0) AS other_target
            FROM unnest(p_of, p_paths, p_units, p_amounts) AS l (no, path, unit, amount) GROUP BY l.no, l.unit) AS u
        LEFT JOIN ledger_movement m ON m.kind = p_kinds[u.no] AND m.family = split_part(u.unit, ':', 1)
              AND m.source = u.source AND m.target = u.target AND p_causes[u.no] LIKE m.cause
        WHERE m.id IS NULL OR u.other_source <> u.source OR u.other_target <> u.target)
    THEN
        RETURN;
    END IF;
    SELECT p_causes[u.no], format('transfer %s (%s) may not move %s from %s to %s', p_causes[u.no], p_kinds[u.no], u.unit,
                                  s.role, d.role)
    INTO v_cause, v_said
    FROM (
        SELECT l.no, l.unit, array_agg(DISTINCT split_part(l.path, ':', 1)) FILTER (WHERE l.amount < 0) AS sources,
               array_agg(DISTINCT split_part(l.path, ':', 1)) FILTER (WHERE l.amount > 0) AS targets
        FROM unnest(p_of, p_paths, p_units, p_amounts) AS l (no, path, unit, amount) GROUP BY l.no, l.unit) AS u
    CROSS JOIN LATERAL unnest(u.sources) AS s (role) CROSS JOIN LATERAL unnest(u.targets) AS d (role)  -- one-sided: unbalanced
    WHERE NOT EXISTS (
        SELECT FROM ledger_movement m WHERE m.kind = p_kinds[u.no] AND m.family = split_part(u.unit, ':', 1)
        AND m.source = s.role AND m.target = d.role AND p_causes[u.no] LIKE m.cause)
    ORDER BY u.no LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', v_said USING errcode = '23514', constraint = 'ledger_movement_allowed', detail = v_cause;
    END IF;
END $$;

-- What is retired never becomes less, whatever moves it; and an account stays what it was opened as.
CREATE FUNCTION ledger.keep_retired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account % holds % g that are retired for ever', old.path, old.balance
        USING errcode = '23514', constraint = 'ledger_account_retired_stays';
END $$;
CREATE TRIGGER ledger_account_retired_stays BEFORE UPDATE ON ledger_account
    FOR EACH ROW WHEN (new.balance < old.balance AND starts_with(old.path, 'retired:')) EXECUTE FUNCTION ledger.keep_retired();
CREATE FUNCTION ledger.keep_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account % stays what it was opened as', old.path
        USING errcode = '23514', constraint = 'ledger_account_stays';
END $$;
CREATE TRIGGER ledger_account_stays BEFORE UPDATE OF path, unit, kind ON ledger_account
    FOR EACH ROW WHEN ((old.path, old.unit, old.kind) IS DISTINCT FROM (new.path, new.unit, new.kind))
    EXECUTE FUNCTION ledger.keep_account();

-- ---- who may post what ------------------------------------------------------------------------------------------

-- The functions that move are for functions of the owner, who know why, and write it down. The application by itself posts
-- money, and opens lots; all other grams it moves through those functions.

-- Post one transfer: leg i moves p_amounts[i] to account (p_paths[i], p_units[i]).
-- The same cause with the same content is the same transfer: nothing moves, is_new is false.
-- The same cause with other content is refused with constraint ledger_transfer_conflict.
-- Accounts are locked by id, pools last, and then the cause; a floor refuses with ledger_account_floor_check.
CREATE FUNCTION ledger.move(
    p_cause text, p_kind text, p_paths text[], p_units text[], p_amounts bigint[],
    p_actor text DEFAULT NULL, OUT posted_at timestamptz, OUT is_new boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
DECLARE
    v_content bytea := ledger.digest(
        p_kind, array_to_string(p_paths, chr(10)), array_to_string(p_units, chr(10)), array_to_string(p_amounts, chr(10)));
    v_legs int := cardinality(p_amounts);
    v_accounts bigint[];
    v_known bytea;
    v_is_open boolean;
BEGIN
    SELECT array_agg(locked.id ORDER BY locked.no) INTO v_accounts FROM (
        SELECT a.id, w.no FROM unnest(p_paths, p_units) WITH ORDINALITY AS w (path, unit, no)
        JOIN ledger_account a ON a.path = w.path AND a.unit = w.unit
        ORDER BY a.kind = 'pool', a.id FOR UPDATE OF a) AS locked;

    IF v_legs = 2 THEN  -- nearly always: the two looks that a set takes are then two comparisons and one look by key
        v_is_open := cardinality(v_accounts) = 2 AND v_accounts[1] <> v_accounts[2];
        IF v_is_open AND NOT EXISTS (
            SELECT FROM ledger_movement m
            WHERE m.kind = p_kind AND m.family = split_part(p_units[1], ':', 1) AND p_cause LIKE m.cause
              AND m.source = split_part(p_paths[CASE WHEN p_amounts[1] < 0 THEN 1 ELSE 2 END], ':', 1)
              AND m.target = split_part(p_paths[CASE WHEN p_amounts[1] < 0 THEN 2 ELSE 1 END], ':', 1))
        THEN
            PERFORM ledger.check_movements(ARRAY[p_cause], ARRAY[p_kind], ARRAY[1, 1], p_paths, p_units, p_amounts);
        END IF;
    ELSE
        v_is_open := (SELECT count(DISTINCT id) FROM unnest(v_accounts) AS id) = v_legs;
        IF v_is_open THEN
            PERFORM ledger.check_movements(ARRAY[p_cause], ARRAY[p_kind], array_fill(1, ARRAY[v_legs]), p_paths, p_units, p_amounts);
        END IF;
    END IF;
    IF v_is_open THEN
        WITH transfer AS (
                 INSERT INTO ledger_transfer (cause, content, kind, legs, actor, posted_at)
                 VALUES (p_cause, v_content, p_kind, v_legs, p_actor, clock_timestamp())
                 ON CONFLICT ON CONSTRAINT ledger_transfer_cause_key DO NOTHING
                 RETURNING id, ledger_transfer.posted_at),
             moved AS (
                 UPDATE ledger_account a SET balance = a.balance + leg.amount
                 FROM transfer, unnest(v_accounts, p_amounts) WITH ORDINALITY AS leg (account_id, amount, no)
                 WHERE a.id = leg.account_id
                 RETURNING transfer.id AS transfer_id, a.id, leg.no, leg.amount, a.balance),
             entry AS (
                 INSERT INTO ledger_entry (transfer_id, account_id, leg, legs, amount, balance)
                 SELECT transfer_id, id, no, v_legs, amount, balance FROM moved ORDER BY no)
        SELECT transfer.posted_at INTO posted_at FROM transfer;
        is_new := FOUND;
        IF is_new THEN RETURN; END IF;
    END IF;

    SELECT t.content, t.posted_at INTO v_known, posted_at FROM ledger_transfer t WHERE t.cause = p_cause;
    IF v_known IS NULL THEN
        RAISE EXCEPTION 'transfer % names an account that is not open, or one twice', p_cause
            USING errcode = '23503', constraint = 'ledger_account_unknown', detail = p_cause;
    ELSIF v_known <> v_content THEN
        RAISE EXCEPTION 'transfer % was posted with other content', p_cause
            USING errcode = '23505', constraint = 'ledger_transfer_conflict', detail = p_cause;
    END IF;
    is_new := false;
END $$;

-- Post a set of transfers, all of them or none: what posting one after the other in one transaction would
-- leave, with one lock and one update for each account however often it is named. Leg i moves p_amounts[i] to
-- account (p_paths[i], p_units[i]) and belongs to transfer p_of[i]; the legs of a transfer stand together and
-- in their order. Known causes with the same content are passed over, as in ledger.move; one that was posted
-- with other content, an account that is not open and a floor crossed on the way refuse the whole set.
-- Locks: accounts by id, pools last; then causes in their order.
CREATE FUNCTION ledger.move_many(
    p_causes text[], p_kinds text[], p_actors text[], p_of int[], p_paths text[], p_units text[], p_amounts bigint[]
) RETURNS TABLE (no bigint, posted_at timestamptz, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
DECLARE
    v_at timestamptz;
    v_contents bytea[];
    v_legs int[];
    v_starts int[];
    v_firsts boolean[];
    v_accounts bigint[];
    v_balances bigint[];
    v_floors bigint[];
    v_new text[];
    v_low text;
    v_wrong text;
BEGIN
    SELECT array_agg(ledger.digest(i.kind, s.paths, s.units, s.amounts) ORDER BY s.no), array_agg(s.legs ORDER BY s.no),
           array_agg(s.start ORDER BY s.no),
           array_agg(i.is_first ORDER BY s.no)
    INTO v_contents, v_legs, v_starts, v_firsts FROM (
        SELECT l.no, count(*) AS legs, min(l.place) AS start, string_agg(l.path, chr(10) ORDER BY l.place) AS paths,
               string_agg(l.unit, chr(10) ORDER BY l.place) AS units,
               string_agg(l.amount::text, chr(10) ORDER BY l.place) AS amounts
        FROM unnest(p_of, p_paths, p_units, p_amounts) WITH ORDINALITY AS l (no, path, unit, amount, place)
        GROUP BY l.no) AS s
    JOIN (SELECT c.no, c.kind, row_number() OVER (PARTITION BY c.cause ORDER BY c.no) = 1 AS is_first
          FROM unnest(p_causes, p_kinds) WITH ORDINALITY AS c (cause, kind, no)) AS i ON i.no = s.no;

    -- What an account holds is read with its lock, so it is what the last one has left.
    WITH wanted AS (SELECT DISTINCT w.path, w.unit FROM unnest(p_paths, p_units) AS w (path, unit)),
         locked AS MATERIALIZED (
             SELECT a.id, a.path, a.unit, a.balance, CASE WHEN a.kind <> 'external' THEN a.floor END AS floor
             FROM wanted w JOIN ledger_account a ON a.path = w.path AND a.unit = w.unit
             ORDER BY a.kind = 'pool', a.id FOR UPDATE OF a)
    SELECT array_agg(locked.id ORDER BY l.place), array_agg(locked.balance ORDER BY l.place),
           array_agg(locked.floor ORDER BY l.place)
    INTO v_accounts, v_balances, v_floors
    FROM unnest(p_paths, p_units) WITH ORDINALITY AS l (path, unit, place)
    LEFT JOIN locked ON locked.path = l.path AND locked.unit = l.unit;

    v_at := clock_timestamp();
    IF (SELECT count(DISTINCT (l.no, l.account_id)) FROM unnest(p_of, v_accounts) AS l (no, account_id)
        WHERE l.account_id IS NOT NULL) = cardinality(p_amounts)
    THEN
        PERFORM ledger.check_movements(p_causes, p_kinds, p_of, p_paths, p_units, p_amounts);
        WITH transfer AS (
                 INSERT INTO ledger_transfer (cause, content, kind, legs, actor, posted_at)
                 SELECT i.cause, i.content, i.kind, i.legs, i.actor, v_at
                 FROM unnest(p_causes, v_contents, p_kinds, v_legs, p_actors, v_firsts)
                      AS i (cause, content, kind, legs, actor, is_first)
                 WHERE i.is_first ORDER BY i.cause
                 ON CONFLICT ON CONSTRAINT ledger_transfer_cause_key DO NOTHING
                 RETURNING id, cause, legs),
             leg AS MATERIALIZED (
                 SELECT l.place, l.no AS transfer_no, t.id AS transfer_id, t.legs, l.account_id, l.amount, l.floor,
                        l.place - i.start + 1 AS no,
                        l.balance + sum(l.amount) OVER (PARTITION BY l.account_id ORDER BY l.place) AS balance
                 FROM transfer t
                 JOIN unnest(p_causes, v_starts, v_firsts) WITH ORDINALITY AS i (cause, start, is_first, no)
                   ON i.cause = t.cause AND i.is_first
                 JOIN unnest(p_of, v_accounts, v_balances, v_floors, p_amounts) WITH ORDINALITY
                      AS l (no, account_id, balance, floor, amount, place) ON l.no = i.no),
             moved AS (
                 UPDATE ledger_account a SET balance = last.balance
                 FROM (SELECT DISTINCT ON (leg.account_id) leg.account_id, leg.balance FROM leg
                       ORDER BY leg.account_id, leg.place DESC) AS last
                 WHERE a.id = last.account_id),
             entry AS (
                 INSERT INTO ledger_entry (transfer_id, account_id, leg, legs, amount, balance)
                 SELECT leg.transfer_id, leg.account_id, leg.no, leg.legs, leg.amount, leg.balance
                 FROM leg ORDER BY leg.place)
        SELECT (SELECT array_agg(t.cause) FROM transfer t),
               (SELECT p_causes[leg.transfer_no] FROM leg WHERE leg.balance < leg.floor ORDER BY leg.place LIMIT 1)
        INTO v_new, v_low;
        IF v_low IS NOT NULL THEN
            RAISE EXCEPTION 'transfer % takes an account below its floor', v_low
                USING errcode = '23514', constraint = 'ledger_account_floor_check', detail = v_low;
        END IF;
        IF cardinality(v_new) = cardinality(p_causes) THEN
            RETURN QUERY SELECT g.no, v_at, true FROM generate_series(1, cardinality(p_causes)::bigint) AS g (no);
            RETURN;
        END IF;
    END IF;

    -- Something is not new, or its accounts are not there.
    SELECT i.cause INTO v_wrong FROM unnest(p_causes, v_contents) WITH ORDINALITY AS i (cause, content, no)
    JOIN ledger_transfer t ON t.cause = i.cause WHERE t.content <> i.content ORDER BY i.no LIMIT 1;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % was posted with other content', v_wrong
            USING errcode = '23505', constraint = 'ledger_transfer_conflict', detail = v_wrong;
    END IF;
    SELECT p_causes[l.no] INTO v_wrong
    FROM unnest(p_of, v_accounts) WITH ORDINALITY AS l (no, account_id, place)
    GROUP BY l.no HAVING count(DISTINCT l.account_id) < count(*) ORDER BY l.no LIMIT 1;
    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % names an account that is not open, or one twice', v_wrong
            USING errcode = '23503', constraint = 'ledger_account_unknown', detail = v_wrong;
    END IF;
    RETURN QUERY
        SELECT i.no, t.posted_at, i.is_first AND t.cause = ANY (coalesce(v_new, '{}'))
        FROM unnest(p_causes, v_firsts) WITH ORDINALITY AS i (cause, is_first, no)
        JOIN ledger_transfer t ON t.cause = i.cause ORDER BY i.no;
END $$;

-- Post one transfer as the application; of grams only the opening of a lot.
CREATE FUNCTION ledger.post_as_application(
    p_cause text, p_kind text, p_paths text[], p_units text[], p_amounts bigint[],
    p_actor text DEFAULT NULL, OUT posted_at timestamptz, OUT is_new boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_kind IS DISTINCT FROM 'open_lot' AND chr(10) || array_to_string(p_units, chr(10)) LIKE '%' || chr(10) || 'g:%' THEN
        RAISE EXCEPTION 'transfer % (%): the application does not move grams itself', p_cause, p_kind
            USING errcode = '42501', constraint = 'ledger_movement_by_application', detail = p_cause;
    END IF;
    SELECT m.posted_at, m.is_new INTO posted_at, is_new
    FROM ledger.move(p_cause, p_kind, p_paths, p_units, p_amounts, p_actor) AS m;
END $$;
-- The same of a set, of which no transfer is of grams.
CREATE FUNCTION ledger.post_many_as_application(
    p_causes text[], p_kinds text[], p_actors text[], p_of int[], p_paths text[], p_units text[], p_amounts bigint[]
) RETURNS TABLE (no bigint, posted_at timestamptz, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF chr(10) || array_to_string(p_units, chr(10)) LIKE '%' || chr(10) || 'g:%' THEN
        RAISE EXCEPTION 'the application does not move grams itself'
            USING errcode = '42501', constraint = 'ledger_movement_by_application', detail = p_causes[1];
    END IF;
    RETURN QUERY SELECT m.no, m.posted_at, m.is_new
                 FROM ledger.move_many(p_causes, p_kinds, p_actors, p_of, p_paths, p_units, p_amounts) AS m;
END $$;

-- Under the names that were granted before stands who looks who calls: inside one of the owner's functions the owner, and
-- else the application itself. For those functions, and for the release before, which knows no other name.
CREATE OR REPLACE FUNCTION ledger.post(
    p_cause text, p_kind text, p_paths text[], p_units text[], p_amounts bigint[],
    p_actor text DEFAULT NULL, OUT posted_at timestamptz, OUT is_new boolean
) LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    IF pg_catalog.has_function_privilege('ledger.move(text,text,text[],text[],bigint[],text)'::pg_catalog.regprocedure, 'EXECUTE') THEN
        SELECT m.posted_at, m.is_new INTO posted_at, is_new
        FROM ledger.move(p_cause, p_kind, p_paths, p_units, p_amounts, p_actor) AS m;
    ELSE
        SELECT m.posted_at, m.is_new INTO posted_at, is_new
        FROM ledger.post_as_application(p_cause, p_kind, p_paths, p_units, p_amounts, p_actor) AS m;
    END IF;
END $$;
CREATE OR REPLACE FUNCTION ledger.post_many(
    p_causes text[], p_kinds text[], p_actors text[], p_of int[], p_paths text[], p_units text[], p_amounts bigint[]
) RETURNS TABLE (no bigint, posted_at timestamptz, is_new boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    IF pg_catalog.has_function_privilege(
        'ledger.move_many(text[],text[],text[],int[],text[],text[],bigint[])'::pg_catalog.regprocedure, 'EXECUTE')
    THEN
        RETURN QUERY SELECT m.no, m.posted_at, m.is_new
                     FROM ledger.move_many(p_causes, p_kinds, p_actors, p_of, p_paths, p_units, p_amounts) AS m;
    ELSE
        RETURN QUERY SELECT m.no, m.posted_at, m.is_new
                     FROM ledger.post_many_as_application(p_causes, p_kinds, p_actors, p_of, p_paths, p_units, p_amounts) AS m;
    END IF;
END $$;

-- ---- who may open what -------------------------------------------------------------------------------------------

-- Open accounts that a movement knows; those that exist stay as they are. An account of grams is of the lot that its path
-- ends with. Without a floor only a lot's source is opened here, and only for a lot that is written down: what it may give,
-- and once, the trigger below says. A channel's clearing account is opened by the owner (ledger.open_clearing).
CREATE OR REPLACE FUNCTION ledger.open(p_paths text[], p_unit text, p_kinds text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_path text; v_family text := split_part(p_unit, ':', 1);
BEGIN
    SELECT w.path INTO v_path FROM unnest(p_paths, p_kinds) AS w (path, kind)
    WHERE w.path IS NULL OR w.kind IS NULL
       OR NOT EXISTS (SELECT FROM ledger_movement m WHERE m.family = v_family
                      AND split_part(w.path, ':', 1) IN (m.source, m.target))
       OR (v_family = 'g' AND NOT (
               p_unit ~ '^g:[1-9][0-9]{0,17}$' AND w.path LIKE '%:' || substr(p_unit, 3)
               AND (w.path LIKE 'held:%' OR w.path = split_part(w.path, ':', 1) || ':' || substr(p_unit, 3))
               AND EXISTS (SELECT FROM credit_lot l WHERE l.id = substr(p_unit, 3)::bigint)))
       OR (w.kind = 'external') <> (v_family = 'g' AND w.path LIKE 'source:%')
    LIMIT 1;
    IF FOUND THEN
        IF EXISTS (SELECT FROM unnest(p_paths, p_kinds) AS w (path, kind)
                   LEFT JOIN ledger_account a ON a.path = w.path AND a.unit = p_unit WHERE a.id IS NULL) THEN
            RAISE EXCEPTION 'account % of % is not one that is opened here', v_path, p_unit
                USING errcode = '42501', constraint = 'ledger_account_known';
        END IF;
        RETURN;
    END IF;
    INSERT INTO ledger_account (path, unit, kind, floor, balance)
    SELECT w.path, p_unit, w.kind, 0, 0 FROM unnest(p_paths, p_kinds) AS w (path, kind)
    ORDER BY w.path
    ON CONFLICT ON CONSTRAINT ledger_account_path_unit_key DO NOTHING;
END $$;

-- What a payment channel holds for us, and may owe without limit. For the owner, who alone makes a channel known.
CREATE FUNCTION ledger.open_clearing(p_channel text, p_unit text) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO ledger_account (path, unit, kind, floor, balance)
    VALUES ('clearing:' || p_channel, p_unit, 'external', 0, 0)
    ON CONFLICT ON CONSTRAINT ledger_account_path_unit_key DO NOTHING;
$$;

REVOKE ALL ON FUNCTION ledger.keep_retired(), ledger.keep_account(), ledger.open_clearing(text, text),
    ledger.check_movements(text[], text[], int[], text[], text[], bigint[]),
    ledger.move(text, text, text[], text[], bigint[], text),
    ledger.move_many(text[], text[], text[], int[], text[], text[], bigint[]),
    ledger.post_as_application(text, text, text[], text[], bigint[], text),
    ledger.post_many_as_application(text[], text[], text[], int[], text[], text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    ledger.post_as_application(text, text, text[], text[], bigint[], text),
    ledger.post_many_as_application(text[], text[], text[], int[], text[], text[], bigint[]) TO ddt_app;
