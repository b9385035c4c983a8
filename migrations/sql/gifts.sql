-- Gifts (赠碳): a campaign gives grams of its pool, an account of its sponsor's, to whoever collects. The grams that were collected
-- lie end to end on the pool's own line: a collection is [start_g, stop_g) of it, a set of collections a run, and a run's parts say
-- which lot gave which grams. One row of `gift_pool` is locked by whoever collects and by whoever changes the campaign, so
-- a pause comes before a collection or after it. What is left no row says: it is what the account has, and the ledger's floor.
CREATE SCHEMA gifts;
GRANT USAGE ON SCHEMA gifts TO ddt_app;

ALTER TABLE gift_campaign
    ADD CONSTRAINT gift_campaign_account_key UNIQUE (account_id),
    ADD CONSTRAINT gift_campaign_sponsor_fkey FOREIGN KEY (account_id, sponsor_id) REFERENCES account (id, owner_id) ON DELETE RESTRICT,
    ADD CONSTRAINT gift_campaign_state_check CHECK (state IN ('draft', 'open', 'paused', 'ended')),
    ADD CONSTRAINT gift_campaign_audience_check CHECK (audience IN ('everyone', 'codes')),
    ADD CONSTRAINT gift_campaign_amount_check CHECK (amount IN ('cover', 'fixed')),
    ADD CONSTRAINT gift_campaign_each_check CHECK (each_g BETWEEN 1 AND 1000000000),
    ADD CONSTRAINT gift_campaign_most_check CHECK (most_people > 0),
    ADD CONSTRAINT gift_campaign_window_check CHECK (starts_at < ends_at),
    ADD CONSTRAINT gift_campaign_message_check CHECK (
        (message_zh IS NULL) = (message_en IS NULL) AND length(btrim(message_zh)) > 0 AND length(btrim(message_en)) > 0);
CREATE UNIQUE INDEX gift_campaign_one_of_a_scene_key ON gift_campaign (scenario_id) WHERE state IN ('open', 'paused');
CREATE INDEX gift_campaign_sponsor_idx ON gift_campaign (sponsor_id, id);
CREATE INDEX gift_campaign_ends_idx ON gift_campaign (ends_at) WHERE state IN ('open', 'paused');
ALTER TABLE gift_pool
    ADD CONSTRAINT gift_pool_next_check CHECK (next_g >= 0 AND people >= 0);
ALTER TABLE gift_set
    ADD CONSTRAINT gift_set_start_key UNIQUE (campaign_id, start_g),
    ADD CONSTRAINT gift_set_run_check CHECK (0 <= start_g AND start_g < stop_g),
    ADD CONSTRAINT gift_set_people_check CHECK (people > 0 AND first_no > 0);
ALTER TABLE gift_part
    ADD CONSTRAINT gift_part_start_key UNIQUE (set_id, start_g),
    ADD CONSTRAINT gift_part_run_check CHECK (0 <= start_g AND start_g < stop_g);
ALTER TABLE gift_batch
    ADD CONSTRAINT gift_batch_size_check CHECK (size BETWEEN 1 AND 10000),
    ADD CONSTRAINT gift_batch_label_check CHECK (length(btrim(label)) > 0),
    ADD CONSTRAINT gift_batch_voided_check CHECK ((voided_by_id IS NULL) = (voided_at IS NULL));
CREATE INDEX gift_batch_campaign_idx ON gift_batch (campaign_id);
ALTER TABLE gift_code
    ADD CONSTRAINT gift_code_hash_key UNIQUE (code_hash),
    ADD CONSTRAINT gift_code_no_key UNIQUE (batch_id, no),
    ADD CONSTRAINT gift_code_hash_check CHECK (octet_length(code_hash) = 32);
ALTER TABLE gift_collection
    ADD CONSTRAINT gift_collection_code_key UNIQUE (code_id),
    ADD CONSTRAINT gift_collection_once_key UNIQUE (campaign_id, person_id),
    ADD CONSTRAINT gift_collection_start_key UNIQUE (campaign_id, start_g),
    ADD CONSTRAINT gift_collection_run_check CHECK (0 <= start_g AND start_g < stop_g),
    ADD CONSTRAINT gift_collection_emission_check CHECK (emission_g >= 0),
    ADD CONSTRAINT gift_collection_layer_check CHECK (layer IN ('own', 'additional')),
    ADD CONSTRAINT gift_collection_language_check CHECK (language IN ('zh', 'en')),
    ADD CONSTRAINT gift_collection_name_check CHECK (name_sealed IS NULL OR named_at IS NOT NULL);
CREATE INDEX gift_collection_person_idx ON gift_collection (person_id, id DESC);
CREATE INDEX gift_collection_footprint_idx ON gift_collection (footprint_id);  -- what retention asks before it deletes

-- A campaign goes one way and stays what it was opened as; what may change meanwhile is how much, how long, what is said.
CREATE FUNCTION gifts.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.id, new.scenario_id, new.sponsor_id, new.account_id, new.made_by_id, new.made_at)
       IS DISTINCT FROM (old.id, old.scenario_id, old.sponsor_id, old.account_id, old.made_by_id, old.made_at)
       OR old.state <> 'draft' AND (new.amount, new.audience) <> (old.amount, old.audience)
       OR (old.state, new.state) NOT IN (('draft', 'draft'), ('draft', 'open'), ('open', 'open'), ('open', 'paused'),
                                         ('open', 'ended'), ('paused', 'paused'), ('paused', 'open'), ('paused', 'ended'))
    THEN
        RAISE EXCEPTION 'campaign % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_campaign_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER gift_campaign_goes_on BEFORE UPDATE ON gift_campaign FOR EACH ROW EXECUTE FUNCTION gifts.guard();

CREATE FUNCTION gifts.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was given stays written', tg_op, tg_table_name
        USING errcode = '23514', constraint = tg_table_name || '_stays';
END $$;
CREATE TRIGGER gift_campaign_stays BEFORE DELETE OR TRUNCATE ON gift_campaign
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();
CREATE TRIGGER gift_set_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_set
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();
CREATE TRIGGER gift_part_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_part
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();
CREATE TRIGGER gift_code_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_code
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();
CREATE TRIGGER gift_batch_stays BEFORE DELETE OR TRUNCATE ON gift_batch
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();
CREATE TRIGGER gift_collection_stays BEFORE DELETE OR TRUNCATE ON gift_collection
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();

-- A name is given or declined once; nothing else of a collection moves.
CREATE FUNCTION gifts.keep_collection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.named_at IS NOT NULL OR new.named_at IS NULL
       OR to_jsonb(new) - ARRAY['name_sealed', 'named_at'] IS DISTINCT FROM to_jsonb(old) - ARRAY['name_sealed', 'named_at']
    THEN
        RAISE EXCEPTION 'collection % stays as it was made', old.id
            USING errcode = '23514', constraint = 'gift_collection_stays';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER gift_collection_named BEFORE UPDATE ON gift_collection
    FOR EACH ROW EXECUTE FUNCTION gifts.keep_collection();

-- A batch is voided once; nothing else of it moves.
CREATE FUNCTION gifts.keep_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.voided_at IS NOT NULL OR new.voided_at IS NULL
       OR to_jsonb(new) - ARRAY['voided_at', 'voided_by_id'] IS DISTINCT FROM to_jsonb(old) - ARRAY['voided_at', 'voided_by_id']
    THEN
        RAISE EXCEPTION 'batch % stays as it was made', old.id USING errcode = '23514', constraint = 'gift_batch_stays';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER gift_batch_voided BEFORE UPDATE ON gift_batch FOR EACH ROW EXECUTE FUNCTION gifts.keep_batch();

-- Every campaign gives from a pool, begins as a draft, and has its row to lock.
CREATE FUNCTION gifts.open_pool() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.state <> 'draft' OR NOT EXISTS (SELECT FROM account a WHERE a.id = new.account_id AND a.kind = 'pool') THEN
        RAISE EXCEPTION 'campaign % begins as a draft, with a pool of its own', new.id
            USING errcode = '23514', constraint = 'gift_campaign_begins_check';
    END IF;
    INSERT INTO gift_pool (campaign_id, next_g, people) VALUES (new.id, 0, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER gift_campaign_pool AFTER INSERT ON gift_campaign FOR EACH ROW EXECUTE FUNCTION gifts.open_pool();

-- Lock a campaign's pool: whoever changes the campaign does, before the change.
CREATE FUNCTION gifts.lock(p_campaign uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT 1 FROM gift_pool p WHERE p.campaign_id = p_campaign FOR UPDATE
$$;

-- A set of people collect of one campaign. Row i wants p_wanted[i] grams, and takes as few as p_least[i] where the pool ends. In
-- their order each is `collected`, or `already` (then with what they have), `sold_out`, or what the campaign is: `paused`,
-- `ahead`, `over`, `draft`. Where a campaign is for codes, p_codes[i] is the hash of what somebody brought: `code_needed`,
-- `code_unknown` (voided is unknown too), `code_used`. One lock, one update of the pool, one reservation, one transfer, one event for all of them. Repeated,
-- everybody is `already`. Locks: the pool's row, then the ledger's accounts in their order.
CREATE FUNCTION gifts.collect(
    p_campaign uuid, p_set uuid, p_ids uuid[], p_persons uuid[], p_wanted bigint[], p_least bigint[], p_emissions bigint[],
    p_footprints uuid[], p_languages text[], p_layers text[], p_codes bytea[]
) RETURNS TABLE (row_no int, outcome text, id uuid, no bigint, mass_g bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_pool gift_pool;
    v_campaign gift_campaign;
    v_holder text;
    v_now timestamptz;
    v_standing text;
    v_lots bigint[];
    v_stock bigint[];
    v_programmes text[];
    v_left bigint := 0;
    v_next bigint;
    v_people bigint;
    v_given bigint[] := array_fill(0::bigint, ARRAY[cardinality(p_ids)]);
    v_starts bigint[] := array_fill(0::bigint, ARRAY[cardinality(p_ids)]);
    v_nos bigint[] := array_fill(0::bigint, ARRAY[cardinality(p_ids)]);
    v_fresh boolean[];
    v_codes bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(p_ids)]);
    v_of_codes text[] := array_fill('good'::text, ARRAY[cardinality(p_ids)]);
    v_take bigint;
    v_total bigint;
    v_parts_lot bigint[] := '{}';
    v_parts_g bigint[] := '{}';
BEGIN
    SELECT * INTO v_pool FROM gift_pool p WHERE p.campaign_id = p_campaign FOR UPDATE;
    SELECT * INTO v_campaign FROM gift_campaign c WHERE c.id = p_campaign;  -- after the lock: as the last change left it
    IF v_campaign.id IS NULL THEN
        RAISE EXCEPTION 'there is no campaign %', p_campaign USING errcode = '23503', constraint = 'gift_campaign_unknown';
    END IF;
    v_now := clock_timestamp();
    v_standing := CASE WHEN v_campaign.state = 'open' AND v_now < v_campaign.starts_at THEN 'ahead'
                       WHEN v_campaign.state = 'ended' OR v_now >= v_campaign.ends_at THEN 'over'
                       ELSE v_campaign.state END;
    SELECT array_agg(w.turn = 1 AND k.id IS NULL ORDER BY w.i) INTO v_fresh
    FROM (SELECT u.i, u.whose, row_number() OVER (PARTITION BY u.whose ORDER BY u.i) AS turn
          FROM unnest(p_persons) WITH ORDINALITY AS u (whose, i)) AS w
    LEFT JOIN gift_collection k ON k.campaign_id = p_campaign AND k.person_id = w.whose;

    IF v_campaign.audience = 'codes' THEN
        SELECT array_agg(w.code_id ORDER BY w.i),
               array_agg(CASE WHEN w.hash IS NULL THEN 'code_needed' WHEN w.code_id IS NULL THEN 'code_unknown'
                              WHEN w.turn > 1 OR k.id IS NOT NULL THEN 'code_used' ELSE 'good' END ORDER BY w.i)
        INTO v_codes, v_of_codes
        FROM (SELECT u.i, u.hash, c.id AS code_id, row_number() OVER (PARTITION BY u.hash ORDER BY u.i) AS turn
              FROM unnest(p_codes) WITH ORDINALITY AS u (hash, i)
              LEFT JOIN (gift_code c JOIN gift_batch b ON b.id = c.batch_id AND b.campaign_id = p_campaign AND b.voided_at IS NULL)
                   ON c.code_hash = u.hash) AS w
        LEFT JOIN gift_collection k ON k.code_id = w.code_id;
    END IF;
    v_next := v_pool.next_g;
    v_people := v_pool.people;
    IF v_standing = 'open' AND true = ANY (v_fresh) THEN
        SELECT a.holder INTO v_holder FROM account a WHERE a.id = v_campaign.account_id;
        PERFORM FROM ledger_account a JOIN credit_standing_lot l
            ON a.unit = 'g:' || l.id::text AND a.path IN (holdings.account(v_holder, l.id), 'reserved:' || l.id::text)
            WHERE EXISTS (SELECT FROM ledger_account h WHERE h.path = holdings.account(v_holder, l.id) AND h.unit = a.unit
                          AND h.balance > 0)
            ORDER BY a.kind = 'pool', a.id FOR UPDATE OF a;
        SELECT array_agg(s.id ORDER BY s.vintage_end, s.id), array_agg(s.balance ORDER BY s.vintage_end, s.id),
               array_agg(s.programme ORDER BY s.vintage_end, s.id), sum(s.balance)
        INTO v_lots, v_stock, v_programmes, v_left
        FROM (SELECT l.id, l.vintage_end, l.programme::text AS programme, a.balance FROM credit_standing_lot l
              JOIN ledger_account a ON a.path = holdings.account(v_holder, l.id) AND a.unit = 'g:' || l.id::text
              WHERE a.balance > 0) AS s;
        v_left := coalesce(v_left, 0);
        FOR i IN 1 .. cardinality(p_ids) LOOP
            CONTINUE WHEN NOT v_fresh[i] OR v_of_codes[i] <> 'good';
            EXIT WHEN v_left = 0 OR v_people >= v_campaign.most_people;
            v_take := least(p_wanted[i], v_left);
            CONTINUE WHEN v_take < p_least[i] OR v_take <= 0;
            v_people := v_people + 1;
            v_given[i] := v_take;
            v_starts[i] := v_next;
            v_nos[i] := v_people;
            v_next := v_next + v_take;
            v_left := v_left - v_take;
        END LOOP;
    END IF;

    v_total := v_next - v_pool.next_g;
    IF v_total > 0 THEN
        v_left := v_total;
        FOR i IN 1 .. cardinality(v_lots) LOOP
            EXIT WHEN v_left = 0;
            v_take := least(v_stock[i], v_left);
            v_parts_lot := v_parts_lot || v_lots[i];
            v_parts_g := v_parts_g || v_take;
            v_left := v_left - v_take;
        END LOOP;
        UPDATE gift_pool p SET next_g = v_next, people = v_people WHERE p.campaign_id = p_campaign;
        INSERT INTO gift_set (id, campaign_id, start_g, stop_g, first_no, people, collected_at)
        VALUES (p_set, p_campaign, v_pool.next_g, v_next, v_pool.people + 1, v_people - v_pool.people, v_now);
        INSERT INTO gift_part (set_id, lot_id, start_g, stop_g)
        SELECT p_set, q.lot, v_pool.next_g + q.upto - q.grams, v_pool.next_g + q.upto
        FROM (SELECT u.lot, u.grams, (sum(u.grams) OVER (ORDER BY u.i))::bigint AS upto
              FROM unnest(v_parts_lot, v_parts_g) WITH ORDINALITY AS u (lot, grams, i)) AS q;
        INSERT INTO gift_collection (id, campaign_id, set_id, person_id, no, start_g, stop_g, emission_g, footprint_id, code_id,
                                     language, layer, collected_at)
        SELECT u.id, p_campaign, p_set, u.whose, v_nos[u.i], v_starts[u.i], v_starts[u.i] + v_given[u.i], u.emission_g,
               u.figure, v_codes[u.i], u.language, u.layer, v_now
        FROM unnest(p_ids, p_persons, p_emissions, p_footprints, p_languages, p_layers)
             WITH ORDINALITY AS u (id, whose, emission_g, figure, language, layer, i)
        WHERE v_given[u.i] > 0 ORDER BY u.i;
        PERFORM holdings.reserve(
            p_set, 'gifts:' || p_set, v_holder, m.one, m.mix, 'infinity', v_parts_lot, v_parts_g)
        FROM (SELECT CASE WHEN count(*) = 1 THEN min(g.programme) END AS one,
                     CASE WHEN count(*) > 1
                          THEN 'mass ' || string_agg(g.programme || '=' || g.grams, ' ' ORDER BY g.programme) END AS mix
              FROM (SELECT v_programmes[array_position(v_lots, u.lot)] AS programme, sum(u.grams)::bigint AS grams
                    FROM unnest(v_parts_lot, v_parts_g) AS u (lot, grams) GROUP BY 1) AS g) AS m;
        PERFORM outbox.record(
            ARRAY['gift.collected'], ARRAY['gifts:' || p_set],
            ARRAY[jsonb_build_object('set_id', p_set, 'people', v_people - v_pool.people, 'mass_g', v_total)]);
    END IF;

    RETURN QUERY
    SELECT w.i::int, CASE WHEN v_given[w.i] > 0 THEN 'collected' WHEN k.id IS NOT NULL THEN 'already'
                          WHEN v_standing <> 'open' THEN v_standing WHEN v_of_codes[w.i] <> 'good' THEN v_of_codes[w.i]
                          ELSE 'sold_out' END,
           k.id, k.no, k.stop_g - k.start_g
    FROM unnest(p_persons) WITH ORDINALITY AS w (whose, i)
    LEFT JOIN gift_collection k ON k.campaign_id = p_campaign AND k.person_id = w.whose
    ORDER BY w.i;
END $$;

-- What may be retired of pools: what was collected, each its own grams.
CREATE FUNCTION gifts.collected(p_causes text[]) RETURNS TABLE (cause text, account_id uuid, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.cause, c.account_id, k.stop_g - k.start_g FROM unnest(p_causes) AS w (cause)
    JOIN gift_collection k ON k.id = substr(w.cause, 6)::uuid JOIN gift_campaign c ON c.id = k.campaign_id
$$;
INSERT INTO retirement_source (kind, function) VALUES ('gift', 'gifts.collected');

-- The proof: the line of every pool is whole, from set to set and inside each, and what was collected is retired, or will be.
CREATE FUNCTION gifts.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH runs AS (
        SELECT s.campaign_id, s.start_g - coalesce(lag(s.stop_g) OVER w, 0) AS gap_g,
               s.first_no - coalesce(lag(s.first_no + s.people) OVER w, 1) AS gap_people, s.stop_g, s.people
        FROM gift_set s WINDOW w AS (PARTITION BY s.campaign_id ORDER BY s.start_g)),
    judged AS (
        SELECT p.campaign_id, coalesce(bool_and(r.gap_g = 0 AND r.gap_people = 0), true)
               AND coalesce(max(r.stop_g), 0) = p.next_g AND coalesce(sum(r.people), 0) = p.people AS ok
        FROM gift_pool p LEFT JOIN runs r ON r.campaign_id = p.campaign_id GROUP BY p.campaign_id, p.next_g, p.people)
    SELECT NULL::bigint, 'gift_line', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('the line of campaign %s has a gap, an overlap or another end', j.campaign_id) ORDER BY j.campaign_id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH inside AS (
        SELECT k.set_id, min(k.start_g) AS start_g, max(k.stop_g) AS stop_g, sum(k.stop_g - k.start_g) AS grams,
               count(*) AS people FROM gift_collection k GROUP BY k.set_id),
    given AS (
        SELECT q.set_id, min(q.start_g) AS start_g, max(q.stop_g) AS stop_g, sum(q.stop_g - q.start_g) AS grams
        FROM gift_part q GROUP BY q.set_id),
    judged AS (
        SELECT s.id, coalesce((i.start_g, i.stop_g, i.grams, i.people) = (s.start_g, s.stop_g, (s.stop_g - s.start_g)::numeric,
                                                                          s.people::bigint)
                              AND (g.start_g, g.stop_g, g.grams) = (s.start_g, s.stop_g, (s.stop_g - s.start_g)::numeric), false) AS ok
        FROM gift_set s LEFT JOIN inside i ON i.set_id = s.id LEFT JOIN given g ON g.set_id = s.id)
    SELECT NULL::bigint, 'gift_sets', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('set %s is not what its collections and its lots add up to', j.id) ORDER BY j.id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH coming AS (
        SELECT m.subject::text AS subject FROM outbox_message m
        WHERE m.job = 'request_gifts' AND m.done_at IS NULL AND m.dead_at IS NULL),
    judged AS (
        SELECT k.id, coalesce(r.mass_g = k.stop_g - k.start_g AND r.state <> 'withdrawn',
                              'gifts:' || k.set_id IN (SELECT w.subject FROM coming w)) AS ok
        FROM gift_collection k LEFT JOIN retirement r ON r.cause = 'gift:' || k.id)
    SELECT NULL::bigint, 'gift_retired', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('collection %s was acknowledged and is not retired', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_gifts', 'gifts.prove', 1, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 1;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gifts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.lock(uuid), gifts.prove(bigint),
    gifts.collect(uuid, uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[], text[], bytea[]) TO ddt_app;
GRANT SELECT ON gift_campaign, gift_pool, gift_set, gift_part, gift_batch, gift_code, gift_collection TO ddt_app;
GRANT INSERT ON gift_campaign, gift_batch, gift_code TO ddt_app;
GRANT USAGE ON SEQUENCE gift_code_id_seq TO ddt_app;
GRANT UPDATE (voided_by_id, voided_at) ON gift_batch TO ddt_app;
GRANT UPDATE (state, audience, each_g, most_people, amount, starts_at, ends_at, message_zh, message_en) ON gift_campaign TO ddt_app;
GRANT UPDATE (name_sealed, named_at) ON gift_collection TO ddt_app;
