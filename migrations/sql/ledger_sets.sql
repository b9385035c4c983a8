-- The ledger, set by set: transfers are posted many at a time, and a transfer and its legs are one statement.

-- The key (transfer_id, legs) says all that this one says: one look less for every leg.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_transfer_id_fkey;

-- A transfer has its legs at the end of the statement that writes it, or that statement is refused. One look
-- for a whole set of transfers; until now every transfer was looked at by itself, at COMMIT. That no leg
-- comes later the keys of ledger_entry say, as before.
DROP TRIGGER ledger_transfer_balances ON ledger_transfer;
DROP FUNCTION ledger.check_transfer();

CREATE FUNCTION ledger.check_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_cause text;
BEGIN
    IF (SELECT count(*) FROM added) = (
        SELECT count(*) FROM (
            SELECT FROM (
                SELECT e.transfer_id, e.legs, count(*) AS found, sum(e.amount) AS total
                FROM added t JOIN ledger_entry e ON e.transfer_id = t.id JOIN ledger_account a ON a.id = e.account_id
                GROUP BY e.transfer_id, e.legs, a.unit) AS by_unit
            GROUP BY by_unit.transfer_id, by_unit.legs
            HAVING sum(by_unit.found) = by_unit.legs AND bool_and(by_unit.total = 0)) AS whole)
    THEN
        RETURN NULL;
    END IF;
    SELECT min(t.cause) INTO v_cause FROM added t
    WHERE t.legs <> (SELECT count(*) FROM ledger_entry e WHERE e.transfer_id = t.id)
       OR EXISTS (SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                  WHERE e.transfer_id = t.id GROUP BY a.unit HAVING sum(e.amount) <> 0);
    RAISE EXCEPTION 'transfer % does not balance', v_cause
        USING errcode = '23514', constraint = 'ledger_transfer_balances', detail = v_cause;
END $$;
CREATE TRIGGER ledger_transfer_balances AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger.check_transfers();

-- What a transfer is to move, as its digest: the same for one that is posted alone or in a set.
CREATE FUNCTION ledger.digest(p_kind text, p_paths text, p_units text, p_amounts text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(convert_to(p_kind || chr(10) || p_paths || chr(10) || p_units || chr(10) || p_amounts, 'UTF8'));

-- Post one transfer: leg i moves p_amounts[i] to account (p_paths[i], p_units[i]).
-- The same cause with the same content is the same transfer: nothing moves, is_new is false.
-- The same cause with other content is refused with constraint ledger_transfer_conflict.
-- Accounts are locked by id, pools last, and then the cause; a floor refuses with ledger_account_floor_check.
CREATE OR REPLACE FUNCTION ledger.post(
    p_cause text, p_kind text, p_paths text[], p_units text[], p_amounts bigint[],
    p_actor text DEFAULT NULL, OUT posted_at timestamptz, OUT is_new boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_content bytea := ledger.digest(
        p_kind, array_to_string(p_paths, chr(10)), array_to_string(p_units, chr(10)), array_to_string(p_amounts, chr(10)));
    v_legs int := cardinality(p_amounts);
    v_accounts bigint[];
    v_known bytea;
BEGIN
    SELECT array_agg(locked.id ORDER BY locked.no) INTO v_accounts FROM (
        SELECT a.id, w.no FROM unnest(p_paths, p_units) WITH ORDINALITY AS w (path, unit, no)
        JOIN ledger_account a ON a.path = w.path AND a.unit = w.unit
        ORDER BY a.kind = 'pool', a.id FOR UPDATE OF a) AS locked;

    IF (SELECT count(DISTINCT id) FROM unnest(v_accounts) AS id) = v_legs THEN
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
-- in their order. Known causes with the same content are passed over, as in ledger.post; one that was posted
-- with other content, an account that is not open and a floor crossed on the way refuse the whole set.
-- Locks: accounts by id, pools last; then causes in their order.
CREATE FUNCTION ledger.post_many(
    p_causes text[], p_kinds text[], p_actors text[], p_of int[], p_paths text[], p_units text[], p_amounts bigint[]
) RETURNS TABLE (no bigint, posted_at timestamptz, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
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

REVOKE ALL ON FUNCTION ledger.check_transfers() FROM PUBLIC;
REVOKE ALL ON FUNCTION ledger.digest(text, text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION ledger.post_many(text[], text[], text[], int[], text[], text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.post_many(text[], text[], text[], int[], text[], text[], bigint[]) TO ddt_app;
