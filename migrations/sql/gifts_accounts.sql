-- A campaign gives grams that are retired at once, or grams that go into the receiver's own account: `delivers`. What is given into an
-- account is collected like any gift, exact, on the pool's line; then the set's reservation is split and delivered, piece by piece.
-- Whoever has it retires it when they like, bit by bit: a use is the next [start_g, stop_g) of its collection, so the parts of the set
-- say which lots give it, and its retirement says who gave them. The account keeps what is not used, whoever takes grams out of it.
ALTER TABLE gift_campaign
    ADD CONSTRAINT gift_campaign_delivers_check CHECK (delivers IN ('retire', 'account') AND (delivers = 'retire' OR audience <> 'cards'));
ALTER TABLE gift_use
    ADD CONSTRAINT gift_use_start_key UNIQUE (collection_id, start_g),
    ADD CONSTRAINT gift_use_run_check CHECK (0 <= start_g AND start_g < stop_g),
    ADD CONSTRAINT gift_use_emission_check CHECK (emission_g >= 0);
CREATE INDEX gift_use_footprint_idx ON gift_use (footprint_id);  -- what retention asks before it deletes
CREATE INDEX gift_use_scenario_idx ON gift_use (scenario_id);
CREATE TRIGGER gift_use_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_use
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();

-- As before; and where its grams go stays once it was opened.
CREATE OR REPLACE FUNCTION gifts.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.id, new.scenario_id, new.sponsor_id, new.account_id, new.made_by_id, new.made_at)
       IS DISTINCT FROM (old.id, old.scenario_id, old.sponsor_id, old.account_id, old.made_by_id, old.made_at)
       OR old.state <> 'draft' AND (new.amount, new.audience, new.delivers) <> (old.amount, old.audience, old.delivers)
       OR (old.state, new.state) NOT IN (('draft', 'draft'), ('draft', 'open'), ('open', 'open'), ('open', 'paused'),
                                         ('open', 'ended'), ('paused', 'paused'), ('paused', 'open'), ('paused', 'ended'),
                                         ('ended', 'ended'))
       OR old.state = 'ended' AND (old.returned_at IS NOT NULL OR new.returned_at IS NULL
                                   OR to_jsonb(new) - 'returned_at' IS DISTINCT FROM to_jsonb(old) - 'returned_at')
    THEN
        RAISE EXCEPTION 'campaign % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_campaign_step_check';
    END IF;
    IF new.state = 'ended' AND old.state <> 'ended' THEN
        new.ended_at := clock_timestamp();
    END IF;
    RETURN new;
END $$;

-- What people were given into their accounts and have not used, by lot: of everybody, or of one. What is on its way is not there yet.
CREATE FUNCTION gifts.unused(p_person uuid DEFAULT NULL) RETURNS TABLE (person_id uuid, collection_id uuid, lot_id bigint, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.person_id, k.id, q.lot_id, least(k.stop_g, q.stop_g) - greatest(u.next_g, q.start_g)
    FROM gift_campaign c JOIN gift_collection k ON k.campaign_id = c.id
    CROSS JOIN LATERAL (SELECT coalesce(max(w.stop_g), k.start_g) AS next_g FROM gift_use w WHERE w.collection_id = k.id) AS u
    JOIN gift_part q ON q.set_id = k.set_id AND q.start_g < k.stop_g AND q.stop_g > u.next_g
    WHERE c.delivers = 'account' AND (p_person IS NULL OR k.person_id = p_person) AND u.next_g < k.stop_g
      AND EXISTS (SELECT FROM holding_transfer t WHERE t.cause = 'gift:' || k.id)
$$;

-- Whatever takes grams out of a person's account, it keeps what it was given of that lot and has not used: told as the ledger's own
-- floor is. So a gift is retired under its giver's name, or by nobody.
CREATE FUNCTION gifts.keep_given() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_person uuid := substring(new.path FROM '^held:person:(.*):[0-9]+$');
    v_kept bigint;
BEGIN
    SELECT sum(g.mass_g) INTO v_kept FROM gifts.unused(v_person) AS g
    WHERE g.lot_id = substring(new.path FROM '[0-9]+$')::bigint;
    IF v_kept > new.balance THEN
        RAISE EXCEPTION '% keeps % g that it was given', new.path, v_kept
            USING errcode = '23514', constraint = 'ledger_account_floor_check';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gift_account_keeps_what_was_given AFTER UPDATE OF balance ON ledger_account
    FOR EACH ROW WHEN (new.balance < old.balance AND new.path LIKE 'held:person:%') EXECUTE FUNCTION gifts.keep_given();

-- Use the next grams of what somebody was given into their account, for a figure of a scene: they are set aside for the use's
-- retirement, lot by lot. `used`, also when repeated; `unknown` (none of theirs, or retired at once), `coming` (not there yet),
-- `too_much`, `otherwise` (the id is of another use). Answers what is left of the gift. Locks the collection, then the ledger's accounts.
CREATE FUNCTION gifts.use_held(
    p_use uuid, p_collection uuid, p_person uuid, p_mass bigint, p_scenario uuid, p_emission bigint, p_footprint uuid
) RETURNS TABLE (outcome text, left_g bigint, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_given gift_collection;
    v_known gift_use;
    v_next bigint;
    v_said text := 'used';
BEGIN
    SELECT k.* INTO v_given FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id AND c.delivers = 'account'
    WHERE k.id = p_collection AND k.person_id = p_person FOR NO KEY UPDATE OF k;
    SELECT u.* INTO v_known FROM gift_use u WHERE u.id = p_use;
    SELECT coalesce(max(u.stop_g), v_given.start_g) INTO v_next FROM gift_use u WHERE u.collection_id = v_given.id;
    IF v_given.id IS NULL THEN
        v_said := 'unknown';
    ELSIF v_known.id IS NOT NULL THEN
        IF (v_known.collection_id, v_known.stop_g - v_known.start_g, v_known.scenario_id, v_known.emission_g)
           IS DISTINCT FROM (v_given.id, p_mass, p_scenario, p_emission) THEN v_said := 'otherwise'; END IF;
    ELSIF NOT EXISTS (SELECT FROM holding_transfer t WHERE t.cause = 'gift:' || v_given.id) THEN
        v_said := 'coming';
    ELSIF p_mass > v_given.stop_g - v_next THEN
        v_said := 'too_much';
    ELSE
        INSERT INTO gift_use (id, collection_id, start_g, stop_g, scenario_id, emission_g, footprint_id, used_at)
        VALUES (p_use, v_given.id, v_next, v_next + p_mass, p_scenario, p_emission, p_footprint, clock_timestamp());
        PERFORM holdings.reserve(p_use, 'gift_use:' || p_use, 'person:' || p_person, m.one, m.mix, 'infinity', m.lots, m.grams)
        FROM (SELECT CASE WHEN count(*) = 1 THEN min(g.programme) END AS one,
                     CASE WHEN count(*) > 1
                          THEN 'mass ' || string_agg(g.programme || '=' || g.mass_g, ' ' ORDER BY g.programme) END AS mix,
                     (SELECT array_agg(n.lot_id ORDER BY n.lot_id) FROM gifts.cut(p_use) AS n) AS lots,
                     (SELECT array_agg(n.mass_g ORDER BY n.lot_id) FROM gifts.cut(p_use) AS n) AS grams
              FROM (SELECT l.programme::text AS programme, sum(n.mass_g)::bigint AS mass_g FROM gifts.cut(p_use) AS n
                    JOIN credit_lot l ON l.id = n.lot_id GROUP BY l.programme) AS g) AS m;
        v_next := v_next + p_mass;
    END IF;
    RETURN QUERY SELECT v_said, coalesce(v_given.stop_g - v_next, 0), v_said = 'used' AND v_known.id IS NULL;
END $$;

-- Which lots give a use its grams: where its run of the pool's line meets the parts of its set.
CREATE FUNCTION gifts.cut(p_use uuid) RETURNS TABLE (lot_id bigint, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT q.lot_id, sum(least(u.stop_g, q.stop_g) - greatest(u.start_g, q.start_g))::bigint
    FROM gift_use u JOIN gift_collection k ON k.id = u.collection_id
    JOIN gift_part q ON q.set_id = k.set_id AND q.start_g < u.stop_g AND u.start_g < q.stop_g
    WHERE u.id = p_use GROUP BY q.lot_id
$$;

-- What may be retired of accounts by gifts: what was used, each its own grams.
CREATE FUNCTION gifts.used(p_causes text[]) RETURNS TABLE (cause text, account_id uuid, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.cause, a.id, u.stop_g - u.start_g FROM unnest(p_causes) AS w (cause)
    JOIN gift_use u ON u.id = substr(w.cause, 10)::uuid JOIN gift_collection k ON k.id = u.collection_id
    JOIN account a ON a.holder = 'person:' || k.person_id
$$;
INSERT INTO retirement_source (kind, function) VALUES ('gift_use', 'gifts.used');

-- As before, but of a campaign that retires at once.
CREATE OR REPLACE FUNCTION gifts.collected(p_causes text[]) RETURNS TABLE (cause text, account_id uuid, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.cause, c.account_id, k.stop_g - k.start_g FROM unnest(p_causes) AS w (cause)
    JOIN gift_collection k ON k.id = substr(w.cause, 6)::uuid JOIN gift_campaign c ON c.id = k.campaign_id AND c.delivers = 'retire'
$$;

-- The holdings of these people, opened where they have none yet; in the order of their ids.
CREATE FUNCTION holdings.open_holdings(p_owners uuid[]) RETURNS SETOF account
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.* FROM (SELECT DISTINCT o.id FROM unnest(p_owners) AS o (id) ORDER BY o.id) AS w
    CROSS JOIN LATERAL holdings.open_account(gen_random_uuid(), 'holding', w.id, NULL, NULL, NULL) AS a
$$;

REVOKE ALL ON FUNCTION gifts.unused(uuid), gifts.keep_given(), gifts.cut(uuid), gifts.used(text[]),
    gifts.use_held(uuid, uuid, uuid, bigint, uuid, bigint, uuid), holdings.open_holdings(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.unused(uuid), gifts.use_held(uuid, uuid, uuid, bigint, uuid, bigint, uuid), holdings.open_holdings(uuid[]) TO ddt_app;
GRANT SELECT ON gift_use TO ddt_app;
GRANT UPDATE (delivers) ON gift_campaign TO ddt_app;
