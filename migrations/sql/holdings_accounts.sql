-- Accounts are rows: what holds grams belongs to a party. A party has one holding; pools, zones and allowances are named, in
-- public. In the ledger an account is `held:<holder>:<lot>`, and no such account is opened without its row. Rows are written by
-- holdings.open_account and never changed. The platform's own stock (`inventory:<lot>`) is no account: it is sold, not held.
ALTER TABLE account
    ADD CONSTRAINT account_kind_check CHECK (kind IN ('holding', 'pool', 'zone', 'allowance')),
    ADD CONSTRAINT account_holder_key UNIQUE (holder),
    ADD CONSTRAINT account_owner_key UNIQUE (id, owner_id),
    ADD CONSTRAINT account_holder_check CHECK (CASE kind
        WHEN 'holding' THEN holder IN ('org:' || owner_id, 'person:' || owner_id)
        ELSE holder ~ '^(pool|zone|allowance):[a-z0-9][a-z0-9-]{0,39}$' AND starts_with(holder, kind || ':') END),
    ADD CONSTRAINT account_name_check CHECK (
        (kind = 'holding') = (name_zh IS NULL) AND (name_zh IS NULL) = (name_en IS NULL)
        AND length(btrim(name_zh)) > 0 AND length(btrim(name_en)) > 0);
CREATE INDEX account_owner_idx ON account (owner_id);
CREATE TRIGGER account_append_only BEFORE UPDATE OR DELETE ON account
    FOR EACH ROW EXECUTE FUNCTION holdings.refuse_change();
CREATE TRIGGER account_no_truncate BEFORE TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION holdings.refuse_change();
GRANT SELECT ON account TO ddt_app;

-- Whoever had grams before has a holding now, counted. Pools had names only, and nobody owned them: where one has grams, its
-- owner must be written down before this.
INSERT INTO account (id, kind, owner_id, holder, opened_at)
SELECT gen_random_uuid(), 'holding', p.id, h.holder, clock_timestamp()
FROM (SELECT r.holder FROM credit_reservation r UNION SELECT t.source FROM holding_transfer t UNION
      SELECT t.target FROM holding_transfer t UNION
      SELECT substring(a.path FROM '^held:(.*):[0-9]+$') FROM ledger_account a WHERE a.path LIKE 'held:%') AS h
JOIN party p ON h.holder = CASE p.kind WHEN 'person' THEN 'person:' ELSE 'org:' END || p.id;
DO $$
DECLARE v_holder text := (
    SELECT h.holder FROM (SELECT r.holder FROM credit_reservation r UNION SELECT t.source FROM holding_transfer t UNION
          SELECT t.target FROM holding_transfer t UNION
          SELECT substring(a.path FROM '^held:(.*):[0-9]+$') FROM ledger_account a WHERE a.path LIKE 'held:%') AS h
    WHERE h.holder <> 'platform' AND NOT EXISTS (SELECT FROM account a WHERE a.holder = h.holder) LIMIT 1);
BEGIN
    IF v_holder IS NOT NULL THEN RAISE EXCEPTION 'nobody owns %, which has grams', v_holder; END IF;
END $$;

-- Open a party's holding, or a named account of a party; who is there already is answered, and one of another owner refused.
CREATE FUNCTION holdings.open_account(p_id uuid, p_kind text, p_owner uuid, p_slug text, p_name_zh text, p_name_en text)
RETURNS SETOF account LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_holder text := CASE p_kind WHEN 'holding' THEN (
    SELECT CASE p.kind WHEN 'person' THEN 'person:' ELSE 'org:' END || p.id FROM party p WHERE p.id = p_owner)
    ELSE p_kind || ':' || p_slug END;
BEGIN
    IF v_holder IS NULL THEN
        RAISE EXCEPTION 'nobody is %', p_owner USING errcode = '23503', constraint = 'account_owner_id_fkey';
    END IF;
    IF NOT EXISTS (SELECT FROM account a WHERE a.holder = v_holder) THEN
        INSERT INTO account (id, kind, owner_id, name_zh, name_en, holder, opened_at)
        VALUES (p_id, p_kind, p_owner, p_name_zh, p_name_en, v_holder, clock_timestamp())
        ON CONFLICT ON CONSTRAINT account_holder_key DO NOTHING;
    END IF;
    RETURN QUERY SELECT a.* FROM account a WHERE a.holder = v_holder AND a.owner_id = p_owner;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % is somebody else''s', v_holder USING errcode = '23505', constraint = 'account_holder_key';
    END IF;
END $$;

-- What reservations and transfers name is an account, or the platform's stock.
ALTER TABLE credit_reservation
    DROP CONSTRAINT credit_reservation_holder_check,
    DROP CONSTRAINT credit_reservation_state_check,
    ADD CONSTRAINT credit_reservation_state_check CHECK (state IN ('held', 'used', 'delivered', 'released')),
    ADD COLUMN account_holder varchar(64) GENERATED ALWAYS AS (nullif(holder, 'platform')) STORED
        CONSTRAINT credit_reservation_account_fkey REFERENCES account (holder) ON DELETE RESTRICT;
ALTER TABLE holding_transfer
    DROP CONSTRAINT holding_transfer_holders_check,
    ADD COLUMN source_account varchar(64) GENERATED ALWAYS AS (nullif(source, 'platform')) STORED
        CONSTRAINT holding_transfer_source_fkey REFERENCES account (holder) ON DELETE RESTRICT,
    ADD COLUMN target_account varchar(64) GENERATED ALWAYS AS (nullif(target, 'platform')) STORED
        CONSTRAINT holding_transfer_target_fkey REFERENCES account (holder) ON DELETE RESTRICT;
CREATE FUNCTION holdings.check_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM account a WHERE a.holder = substring(new.path FROM '^held:(.*):[0-9]+$')) THEN
        RAISE EXCEPTION 'account % of the ledger has no row', new.path
            USING errcode = '23503', constraint = 'ledger_account_of_an_account';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER ledger_account_of_an_account BEFORE INSERT ON ledger_account
    FOR EACH ROW WHEN (starts_with(new.path, 'held:')) EXECUTE FUNCTION holdings.check_account();

-- What is set aside for a sale goes into the account it was bought for: delivered. Held, then used, delivered or released.
CREATE OR REPLACE FUNCTION holdings.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.state, new.state) NOT IN (('held', 'used'), ('held', 'delivered'), ('held', 'released'), ('used', 'released'))
       OR new.purpose <> (CASE new.state WHEN 'released' THEN old.purpose || '#' || old.id ELSE old.purpose END)
    THEN
        RAISE EXCEPTION 'reservation % cannot go from % to %', old.purpose, old.state, new.state
            USING errcode = '23514', constraint = 'credit_reservation_step_check';
    END IF;
    IF new.state = 'delivered' AND NOT EXISTS (
        SELECT FROM holding_transfer t WHERE t.cause = new.purpose AND t.source = new.holder AND t.mass_g = new.mass_g)
    THEN
        RAISE EXCEPTION 'reservation % went into no account', new.purpose
            USING errcode = '23514', constraint = 'credit_reservation_delivered_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_reservation_goes_on BEFORE UPDATE ON credit_reservation
    FOR EACH ROW WHEN ((old.state, old.purpose) IS DISTINCT FROM (new.state, new.purpose)) EXECUTE FUNCTION holdings.guard();
INSERT INTO ledger_movement (kind, cause, family, source, target) VALUES ('transfer', 'transfer:%', 'g', 'reserved', 'held');

-- Deliver what is held for these purposes into these accounts, each once: a journal line and a transfer under the purpose, all of
-- the set in one round trip. Answers the purposes that were held. Locks: reservations by id, then the ledger's own order.
CREATE FUNCTION holdings.deliver(p_purposes text[], p_holders text[], p_reason text, p_actor text) RETURNS TABLE (purpose text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_ids uuid[];
    v_purposes text[];
    v_holders text[];
    v_open record;
BEGIN
    SELECT array_agg(h.id ORDER BY h.id), array_agg(h.purpose ORDER BY h.id), array_agg(h.target ORDER BY h.id)
    INTO v_ids, v_purposes, v_holders FROM (
        SELECT r.id, r.purpose::text AS purpose, w.target FROM unnest(p_purposes, p_holders) AS w (purpose, target)
        JOIN credit_reservation r ON r.purpose = w.purpose AND r.state = 'held' ORDER BY r.id FOR UPDATE OF r) AS h;
    IF v_ids IS NULL THEN RETURN; END IF;
    FOR v_open IN
        SELECT w.target, array_agg(DISTINCT l.lot_id ORDER BY l.lot_id) AS lots FROM unnest(v_ids, v_holders) AS w (id, target)
        JOIN credit_reservation_line l ON l.reservation_id = w.id GROUP BY w.target ORDER BY w.target
    LOOP
        PERFORM holdings.open(v_open.target, v_open.lots);
    END LOOP;
    INSERT INTO holding_transfer (cause, content, source, target, mass_g, reason, actor, transferred_at)
    SELECT r.purpose, sha256(convert_to(concat_ws(chr(10), 'deliver', r.purpose, w.target, r.mass_g), 'UTF8')), r.holder, w.target,
           r.mass_g, p_reason, p_actor, clock_timestamp()
    FROM unnest(v_ids, v_holders) AS w (id, target) JOIN credit_reservation r ON r.id = w.id ORDER BY r.id;
    PERFORM ledger.move_many(
        ARRAY(SELECT 'transfer:' || p FROM unnest(v_purposes) AS p), array_fill('transfer'::text, ARRAY[cardinality(v_ids)]),
        array_fill(p_actor, ARRAY[cardinality(v_ids)]), legs.nos, legs.paths, legs.units, legs.grams)
    FROM (
        SELECT array_agg(leg.no ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS nos,
               array_agg(leg.path ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS paths,
               array_agg('g:' || leg.lot_id ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS units,
               array_agg(leg.grams ORDER BY leg.no, leg.grams > 0, leg.lot_id) AS grams
        FROM (SELECT w.no::int AS no, l.lot_id, side.path, side.grams
              FROM unnest(v_ids, v_holders) WITH ORDINALITY AS w (id, target, no)
              JOIN credit_reservation_line l ON l.reservation_id = w.id
              CROSS JOIN LATERAL (VALUES ('reserved:' || l.lot_id, -l.mass_g),
                                         (holdings.account(w.target, l.lot_id), l.mass_g)) AS side (path, grams)) AS leg) AS legs;
    UPDATE credit_reservation r SET state = 'delivered' WHERE r.id = ANY (v_ids);
    RETURN QUERY SELECT unnest(v_purposes);
END $$;

REVOKE ALL ON FUNCTION holdings.check_account(), holdings.open_account(uuid, text, uuid, text, text, text),
    holdings.deliver(text[], text[], text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.open_account(uuid, text, uuid, text, text, text),
    holdings.deliver(text[], text[], text, text) TO ddt_app;

-- As before; what was delivered is in its account, and grams lie in no account that has no row.
CREATE OR REPLACE FUNCTION holdings.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    RETURN QUERY
    WITH kept AS (
        SELECT l.lot_id, sum(l.mass_g) AS grams FROM credit_reservation_line l
        JOIN credit_reservation r ON r.id = l.reservation_id
        WHERE r.state IN ('held', 'used') AND (p_lot IS NULL OR l.lot_id = p_lot) GROUP BY l.lot_id),
    judged AS (
        SELECT coalesce(t.id, k.lot_id) AS id, coalesce(k.grams, 0) - coalesce(gone.balance, 0) AS wanted,
               coalesce(aside.balance, 0) AS found
        FROM (SELECT q.id FROM credit_lot q WHERE p_lot IS NULL OR q.id = p_lot) AS t FULL JOIN kept k ON k.lot_id = t.id
        LEFT JOIN ledger_account aside ON aside.path = 'reserved:' || coalesce(t.id, k.lot_id)
            AND aside.unit = 'g:' || coalesce(t.id, k.lot_id)
        LEFT JOIN ledger_account gone ON gone.path = 'retired:' || coalesce(t.id, k.lot_id)
            AND gone.unit = 'g:' || coalesce(t.id, k.lot_id))
    SELECT j.id, 'reserved_for_somebody', j.wanted = j.found, j.wanted, j.found::numeric,
           CASE WHEN j.wanted <> j.found THEN ARRAY[format(
               'lot %s: %s g are set aside and not retired, reserved:%s in the ledger has %s g', j.id, j.wanted, j.id, j.found)] END
    FROM judged j ORDER BY j.id;

    RETURN QUERY
    WITH placed AS (
        SELECT books.lot_of(a.unit) AS lot, a.path, a.kind, a.balance, (a.kind = 'external') = (a.path = 'source:' || n.lot)
                   AND (a.balance = 0 OR a.path IN ('source:' || n.lot, 'inventory:' || n.lot, 'reserved:' || n.lot,
                                                    'retired:' || n.lot) OR q.id IS NOT NULL) AS ok
        FROM ledger_account a CROSS JOIN LATERAL (SELECT substr(a.unit, 3) AS lot) AS n
        LEFT JOIN account q ON a.path = 'held:' || q.holder || ':' || n.lot
             AND q.holder = substring(a.path FROM '^held:(.*):[0-9]+$')
        WHERE CASE WHEN p_lot IS NULL THEN a.unit LIKE 'g:%' ELSE a.unit = 'g:' || p_lot END)
    SELECT p_lot, 'grams_at_home', count(*) FILTER (WHERE NOT p.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE p.ok)::numeric,
           (array_agg(format('%s g of lot %s lie in %s (%s)', p.balance, p.lot, p.path, p.kind) ORDER BY p.lot, p.path)
               FILTER (WHERE NOT p.ok))[1:20]
    FROM placed p;

    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT coalesce(v.purpose, r.cause)::text AS cause, v.mass_g AS set_aside, r.mass_g AS retired,
               coalesce(v.mass_g = r.mass_g, false) AS ok
        FROM (SELECT q.purpose, q.mass_g FROM credit_reservation q WHERE q.state = 'used') AS v
        FULL JOIN (SELECT q.cause, q.mass_g FROM retirement q WHERE q.state <> 'withdrawn') AS r ON r.cause = v.purpose)
    SELECT NULL::bigint, 'used_is_retired', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('for %s %s g were set aside and used, %s g are retired', j.cause, coalesce(j.set_aside, 0),
                             coalesce(j.retired, 0)) ORDER BY j.cause) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT r.id, r.number, EXISTS (SELECT FROM outbox_message m WHERE m.subject = 'retirement:' || r.id
                                       AND m.job = 'settle_retirements' AND m.done_at IS NULL AND m.dead_at IS NULL) AS ok
        FROM retirement r WHERE r.state = 'requested')
    SELECT NULL::bigint, 'requested_is_coming', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('retirement %s (%s) is requested and nothing will settle it', j.number, j.id) ORDER BY j.id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

