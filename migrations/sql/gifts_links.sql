-- A set of people collect of one campaign. Row i wants p_wanted[i] grams, and takes as few as p_least[i] where the pool ends. In
-- their order each is `collected`, or `already` (then with what they have), `sold_out`, or what the campaign is: `paused`,
-- `ahead`, `over`, `draft`. Where a campaign is for codes or cards, p_codes[i] is the hash of what somebody brought. One lock, one
-- update of the pool, one reservation, one transfer, one event for all of them. Repeated, everybody is `already`.
-- Whoever was linked is one person with whom they were linked to: what one has collected, the other has.
-- Locks: the pool's row, then the ledger's accounts in their order.
CREATE OR REPLACE FUNCTION gifts.collect(
    p_campaign uuid, p_set uuid, p_ids uuid[], p_persons uuid[], p_wanted bigint[], p_least bigint[], p_emissions bigint[],
    p_footprints uuid[], p_languages text[], p_codes bytea[]
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
    v_card gift_card;
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
    IF v_campaign.audience = 'cards' THEN
        IF cardinality(p_ids) <> 1 THEN
            RAISE EXCEPTION 'cards are used one at a time' USING errcode = '22023', constraint = 'gift_card_alone';
        END IF;
        v_fresh := ARRAY[NOT EXISTS (SELECT FROM gift_collection k WHERE k.id = p_ids[1])];
        IF p_codes[1] IS NULL THEN
            SELECT q.* INTO v_card FROM gift_card q
                WHERE q.person_id IN (SELECT identity.persons_of(p_persons[1])) AND q.campaign_id = p_campaign AND q.state IN ('bound', 'part_used') ORDER BY q.bound_at, q.id LIMIT 1;
        ELSE
            SELECT q.* INTO v_card FROM gift_code c JOIN gift_card q ON q.code_id = c.id AND q.campaign_id = p_campaign
            WHERE c.code_hash = p_codes[1] FOR UPDATE OF q;
        END IF;
        v_of_codes[1] := CASE WHEN v_card.id IS NULL AND p_codes[1] IS NULL THEN 'code_needed' WHEN v_card.id IS NULL THEN 'code_unknown'
                              WHEN identity.kept_of(v_card.person_id) <> identity.kept_of(p_persons[1]) THEN 'card_taken'
                              WHEN v_card.state = 'killed' THEN 'card_killed'
                              WHEN v_card.state = 'expired' THEN 'over' WHEN v_card.left_g = 0 THEN 'card_empty' ELSE 'good' END;
    ELSE
        SELECT array_agg(w.turn = 1 AND NOT EXISTS (
                   SELECT FROM gift_collection k WHERE k.campaign_id = p_campaign AND k.card_id IS NULL
                   AND k.person_id IN (SELECT identity.persons_of(w.whose))) ORDER BY w.i) INTO v_fresh
        FROM (SELECT u.i, u.whose, row_number() OVER (PARTITION BY identity.kept_of(u.whose) ORDER BY u.i) AS turn
              FROM unnest(p_persons) WITH ORDINALITY AS u (whose, i)) AS w;
    END IF;

    IF v_campaign.audience = 'codes' THEN
        SELECT array_agg(w.code_id ORDER BY w.i),
               array_agg(CASE WHEN w.hash IS NULL THEN 'code_needed' WHEN w.code_id IS NULL THEN 'code_unknown'
                              WHEN e.kind IS NOT NULL THEN 'code_' || e.kind
                              WHEN w.turn > 1 OR k.id IS NOT NULL THEN 'code_used' ELSE 'good' END ORDER BY w.i)
        INTO v_codes, v_of_codes
        FROM (SELECT u.i, u.hash, c.id AS code_id, row_number() OVER (PARTITION BY u.hash ORDER BY u.i) AS turn
              FROM unnest(p_codes) WITH ORDINALITY AS u (hash, i)
              LEFT JOIN (gift_code c JOIN gift_batch b ON b.id = c.batch_id AND b.campaign_id = p_campaign AND b.voided_at IS NULL)
                   ON c.code_hash = u.hash) AS w
        LEFT JOIN gift_code_end e ON e.code_id = w.code_id
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
            v_take := least(p_wanted[i], v_left, v_card.left_g);  -- without a card the last says nothing
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
                                     card_id, language, collected_at)
        SELECT u.id, p_campaign, p_set, u.whose, v_nos[u.i], v_starts[u.i], v_starts[u.i] + v_given[u.i], u.emission_g,
               u.figure, v_codes[u.i], v_card.id, u.language, v_now
        FROM unnest(p_ids, p_persons, p_emissions, p_footprints, p_languages)
             WITH ORDINALITY AS u (id, whose, emission_g, figure, language, i)
        WHERE v_given[u.i] > 0 ORDER BY u.i;
        IF v_card.id IS NOT NULL THEN
            PERFORM gifts.charge_card(v_card.id, p_persons[1], p_ids[1], v_total, v_now);
        END IF;
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

    IF v_campaign.audience = 'cards' THEN
        RETURN QUERY
        SELECT 1, CASE WHEN v_total > 0 THEN 'collected' WHEN k.id IS NOT NULL THEN 'already'
                       WHEN v_standing <> 'open' THEN v_standing WHEN v_of_codes[1] <> 'good' THEN v_of_codes[1]
                       ELSE 'sold_out' END,
               k.id, k.no, k.stop_g - k.start_g
        FROM (VALUES (p_ids[1])) AS w (id) LEFT JOIN gift_collection k ON k.id = w.id;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT w.i::int, CASE WHEN v_given[w.i] > 0 THEN 'collected' WHEN k.id IS NOT NULL THEN 'already'
                          WHEN v_standing <> 'open' THEN v_standing WHEN v_of_codes[w.i] <> 'good' THEN v_of_codes[w.i]
                          ELSE 'sold_out' END,
           k.id, k.no, k.stop_g - k.start_g
    FROM unnest(p_persons) WITH ORDINALITY AS w (whose, i)
    LEFT JOIN LATERAL (
        SELECT g.id, g.no, g.start_g, g.stop_g FROM gift_collection g WHERE g.campaign_id = p_campaign AND g.card_id IS NULL
        AND g.person_id IN (SELECT identity.persons_of(w.whose)) ORDER BY g.no DESC LIMIT 1) k ON true
    ORDER BY w.i;
END $$;
REVOKE ALL ON FUNCTION gifts.collect(uuid, uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.collect(uuid, uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[], bytea[]) TO ddt_app;

-- Use the next grams of what somebody was given into their account, for a figure of a scene: they are set aside for the use's
-- retirement, lot by lot. `used`, also when repeated; `unknown` (none of theirs, or retired at once), `coming` (not there yet),
-- `too_much`, `otherwise` (the id is of another use). Answers what is left of the gift. Locks the collection, then the ledger's accounts.
CREATE OR REPLACE FUNCTION gifts.use_held(
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
    WHERE k.id = p_collection AND k.person_id IN (SELECT identity.persons_of(p_person)) FOR NO KEY UPDATE OF k;
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
        PERFORM holdings.reserve(p_use, 'gift_use:' || p_use, 'person:' || identity.kept_of(p_person), m.one, m.mix, 'infinity',
                                 m.lots, m.grams)
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
REVOKE ALL ON FUNCTION gifts.use_held(uuid, uuid, uuid, bigint, uuid, bigint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.use_held(uuid, uuid, uuid, bigint, uuid, bigint, uuid) TO ddt_app;

-- What may be retired of accounts by gifts: what was used, each its own grams.
CREATE OR REPLACE FUNCTION gifts.used(p_causes text[]) RETURNS TABLE (cause text, account_id uuid, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.cause, a.id, u.stop_g - u.start_g FROM unnest(p_causes) AS w (cause)
    JOIN gift_use u ON u.id = substr(w.cause, 10)::uuid JOIN gift_collection k ON k.id = u.collection_id
    JOIN account a ON a.holder = 'person:' || identity.kept_of(k.person_id)
$$;
REVOKE ALL ON FUNCTION gifts.used(text[]) FROM PUBLIC;

-- What people were given into their accounts and have not used, by lot: of everybody, or of one. What is on its way is not there yet.
-- What a linked person was given is kept by the account of whom they were linked to.
CREATE OR REPLACE FUNCTION gifts.unused(p_person uuid DEFAULT NULL) RETURNS TABLE (person_id uuid, collection_id uuid, lot_id bigint, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(i.kept_id, k.person_id), k.id, q.lot_id, least(k.stop_g, q.stop_g) - greatest(u.next_g, q.start_g)
    FROM gift_campaign c JOIN gift_collection k ON k.campaign_id = c.id LEFT JOIN person_link i ON i.linked_id = k.person_id
    CROSS JOIN LATERAL (SELECT coalesce(max(w.stop_g), k.start_g) AS next_g FROM gift_use w WHERE w.collection_id = k.id) AS u
    JOIN gift_part q ON q.set_id = k.set_id AND q.start_g < k.stop_g AND q.stop_g > u.next_g
    WHERE c.delivers = 'account' AND (p_person IS NULL
        OR k.person_id IN (SELECT identity.persons_of(p_person)) AND coalesce(i.kept_id, k.person_id) = p_person) AND u.next_g < k.stop_g
      AND EXISTS (SELECT FROM holding_transfer t WHERE t.cause = 'gift:' || k.id)
$$;
REVOKE ALL ON FUNCTION gifts.unused(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.unused(uuid) TO ddt_app;

-- Bind a card to whoever brings its code first: `bound`, also when repeated by them; else `code_unknown`, `card_taken`,
-- `card_killed`, `over`. Locks the card alone.
CREATE OR REPLACE FUNCTION gifts.bind_card(p_hash bytea, p_person uuid) RETURNS TABLE (outcome text, card_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_card gift_card;
    v_ends timestamptz;
BEGIN
    SELECT q.* INTO v_card FROM gift_code c JOIN gift_card q ON q.code_id = c.id WHERE c.code_hash = p_hash FOR UPDATE OF q;
    SELECT c.ends_at INTO v_ends FROM gift_campaign c WHERE c.id = v_card.campaign_id;
    IF v_card.person_id IS NULL AND v_card.state = 'issued' AND clock_timestamp() < v_ends THEN
        UPDATE gift_card q SET state = 'bound', person_id = p_person, bound_at = clock_timestamp() WHERE q.id = v_card.id;
        INSERT INTO gift_card_event (card_id, kind, mass_g, at) VALUES (v_card.id, 'bound', 0, clock_timestamp());
        v_card.person_id := p_person;
    END IF;
    RETURN QUERY SELECT CASE WHEN v_card.id IS NULL THEN 'code_unknown'
                             WHEN identity.kept_of(v_card.person_id) = identity.kept_of(p_person) THEN 'bound'
                             WHEN v_card.state = 'killed' THEN 'card_killed' WHEN v_card.person_id IS NOT NULL THEN 'card_taken'
                             ELSE 'over' END, v_card.id;
END $$;
REVOKE ALL ON FUNCTION gifts.bind_card(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.bind_card(bytea, uuid) TO ddt_app;

-- The proof: the line of every pool is whole, from set to set and inside each; what was collected is retired or in its account, or
-- will be; a card is its uses and what it has left, and every pool keeps what its cards have; what was given into accounts is used
-- in turn and retired, and each account keeps the rest.
CREATE OR REPLACE FUNCTION gifts.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
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
        SELECT k.id, CASE c.delivers
            WHEN 'account' THEN coalesce(
                t.mass_g = k.stop_g - k.start_g AND t.source = a.holder AND t.target IN ('person:' || k.person_id, 'person:' || i.kept_id)
                AND r.id IS NULL,
                'gifts:' || k.set_id IN (SELECT w.subject FROM coming w))
            ELSE coalesce(r.mass_g = k.stop_g - k.start_g AND r.state <> 'withdrawn',
                          'gifts:' || k.set_id IN (SELECT w.subject FROM coming w)) END AS ok
        FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id JOIN account a ON a.id = c.account_id
        LEFT JOIN retirement r ON r.cause = 'gift:' || k.id LEFT JOIN person_link i ON i.linked_id = k.person_id
        LEFT JOIN holding_transfer t ON c.delivers = 'account' AND t.cause = 'gift:' || k.id)
    SELECT NULL::bigint, 'gift_retired', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('collection %s was acknowledged, and is neither retired nor in its account', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH used AS (
        SELECT k.card_id, sum(k.stop_g - k.start_g) AS grams FROM gift_collection k WHERE k.card_id IS NOT NULL GROUP BY k.card_id),
    told AS (
        SELECT h.card_id, sum(h.mass_g) FILTER (WHERE h.kind = 'issued') AS issued, sum(h.mass_g) FILTER (WHERE h.kind = 'used') AS used,
               sum(h.mass_g) FILTER (WHERE h.kind IN ('expired', 'killed')) AS given_up FROM gift_card_event h GROUP BY h.card_id),
    judged AS (
        SELECT c.id, coalesce(c.issued_g = c.left_g + coalesce(u.grams, 0) AND t.issued = c.issued_g
                              AND coalesce(t.used, 0) = coalesce(u.grams, 0)
                              AND coalesce(t.given_up, 0) = CASE WHEN c.state IN ('expired', 'killed') THEN c.left_g ELSE 0 END, false) AS ok
        FROM gift_card c LEFT JOIN used u ON u.card_id = c.id LEFT JOIN told t ON t.card_id = c.id)
    SELECT NULL::bigint, 'gift_cards', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('card %s is not its uses and what it has left', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH live AS (
        SELECT c.campaign_id, sum(c.left_g) AS grams FROM gift_card c WHERE c.state IN ('issued', 'bound', 'part_used')
        GROUP BY c.campaign_id),
    judged AS (
        SELECT p.campaign_id, p.promised_g = coalesce(v.grams, 0) AND (p.promised_g = 0 OR p.promised_g <= (
                   SELECT sum(b.balance) FROM credit_lot l JOIN ledger_account b
                   ON b.path = holdings.account(a.holder, l.id) AND b.unit = 'g:' || l.id)) IS TRUE AS ok
        FROM gift_pool p JOIN gift_campaign c ON c.id = p.campaign_id JOIN account a ON a.id = c.account_id
        LEFT JOIN live v ON v.campaign_id = p.campaign_id WHERE c.audience = 'cards' OR p.promised_g <> 0 OR v.grams IS NOT NULL)
    SELECT NULL::bigint, 'gift_promises', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('pool %s does not keep what its cards have', j.campaign_id) ORDER BY j.campaign_id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH runs AS (
        SELECT u.id, u.stop_g - u.start_g AS mass_g, k.person_id, i.kept_id,
               u.start_g = coalesce(lag(u.stop_g) OVER (PARTITION BY u.collection_id ORDER BY u.start_g), k.start_g)
               AND u.stop_g <= k.stop_g AND c.delivers = 'account' AS is_whole
        FROM gift_use u JOIN gift_collection k ON k.id = u.collection_id JOIN gift_campaign c ON c.id = k.campaign_id
        LEFT JOIN person_link i ON i.linked_id = k.person_id),
    judged AS (
        SELECT w.id, w.is_whole AND coalesce(r.mass_g = w.mass_g AND r.state <> 'withdrawn' AND r.holder_id IN (w.person_id, w.kept_id),
                                       false) AS ok
        FROM runs w LEFT JOIN retirement r ON r.cause = 'gift_use:' || w.id)
    SELECT NULL::bigint, 'gift_uses', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('use %s of an account is not the next of its gift, or not retired', j.id) ORDER BY j.id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH kept AS (
        SELECT g.person_id, g.lot_id, sum(g.mass_g) AS grams FROM gifts.unused() AS g GROUP BY g.person_id, g.lot_id),
    judged AS (
        SELECT h.person_id, h.lot_id, h.grams <= coalesce(b.balance, 0) AS ok FROM kept h
        LEFT JOIN ledger_account b ON b.path = holdings.account('person:' || h.person_id, h.lot_id) AND b.unit = 'g:' || h.lot_id)
    SELECT NULL::bigint, 'gift_held', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('the account of %s has less of lot %s than it was given and has not used', j.person_id, j.lot_id)
                      ORDER BY j.person_id, j.lot_id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
REVOKE ALL ON FUNCTION gifts.prove(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.prove(bigint) TO ddt_app;
