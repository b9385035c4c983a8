-- A gift keeps the id of the request that collected it, through the set that it is collected in.

-- A set of people collect of one campaign. Row i wants p_wanted[i] grams, and takes as few as p_least[i] where the pool ends. In
-- their order each is `collected`, or `already` (then with what they have), `sold_out`, or what the campaign is: `paused`,
-- `ahead`, `over`, `draft`. Where a campaign is for codes or cards, p_codes[i] is the hash of what somebody brought. One lock, one
-- update of the pool, one reservation, one transfer, one event for all of them. Repeated, everybody is `already`.
-- p_requests[i] is the id of the request by which row i came, or nothing: the event keeps them, by collection where they are
-- several.
-- Whoever was linked is one person with whom they were linked to: what one has collected, the other has.
-- Locks: the pool's row, then the ledger's accounts in their order.
CREATE FUNCTION gifts.collect(
    p_campaign uuid, p_set uuid, p_ids uuid[], p_persons uuid[], p_wanted bigint[], p_least bigint[], p_emissions bigint[],
    p_footprints uuid[], p_languages text[], p_codes bytea[], p_requests text[]
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
    v_request text;
    v_requests jsonb;
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
        SELECT CASE WHEN count(DISTINCT u.request) = 1 AND count(u.request) = count(*) THEN min(u.request) END,
               CASE WHEN count(*) > 1 THEN jsonb_object_agg(u.id, u.request) FILTER (WHERE u.request IS NOT NULL) END
        INTO v_request, v_requests
        FROM unnest(p_ids, p_requests) WITH ORDINALITY AS u (id, request, i) WHERE v_given[u.i] > 0;
        PERFORM outbox.record(
            ARRAY['gift.collected'], ARRAY['gifts:' || p_set],
            ARRAY[jsonb_build_object('set_id', p_set, 'people', v_people - v_pool.people, 'mass_g', v_total)
                  || CASE WHEN v_requests IS NULL THEN '{}' ELSE jsonb_build_object('requests', v_requests) END],
            ARRAY[v_request]);
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
REVOKE ALL ON FUNCTION gifts.collect(uuid, uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[], bytea[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.collect(uuid, uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[], bytea[], text[]) TO ddt_app;

-- The same of nobody's requests, as the release before asks.
CREATE OR REPLACE FUNCTION gifts.collect(
    p_campaign uuid, p_set uuid, p_ids uuid[], p_persons uuid[], p_wanted bigint[], p_least bigint[], p_emissions bigint[],
    p_footprints uuid[], p_languages text[], p_codes bytea[]
) RETURNS TABLE (row_no int, outcome text, id uuid, no bigint, mass_g bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM gifts.collect(p_campaign, p_set, p_ids, p_persons, p_wanted, p_least, p_emissions, p_footprints, p_languages,
                                p_codes, NULL::text[]);
$$;
