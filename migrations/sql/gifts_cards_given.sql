-- Grams of a gift card, given to another person by a code of one use, as those of an account are. Offered, a mass of the card is
-- promised and nothing moves; taken, the card has that much less, and a card of the same batch, campaign and end is the taker's. What
-- live cards have in all stays the same, so the pool keeps it as before. A card that was given goes no further.
ALTER TABLE gift_card
    DROP CONSTRAINT gift_card_left_check,
    ADD CONSTRAINT gift_card_left_check CHECK (0 <= left_g AND 0 <= given_g AND left_g + given_g <= issued_g AND issued_g > 0),
    DROP CONSTRAINT gift_card_used_check,
    ADD CONSTRAINT gift_card_used_check CHECK ((state = 'used') = (left_g = 0)
                                               AND (state NOT IN ('issued', 'bound') OR left_g + given_g = issued_g));
ALTER TABLE gift_transfer
    DROP CONSTRAINT gift_transfer_state_check,
    ADD CONSTRAINT gift_transfer_state_check CHECK (
        state IN ('offered', 'taken', 'taken_back', 'expired') OR state = 'killed' AND card_id IS NOT NULL),
    ADD CONSTRAINT gift_transfer_source_check CHECK (num_nonnulls(collection_id, card_id) = 1),
    DROP CONSTRAINT gift_transfer_taken_check,
    ADD CONSTRAINT gift_transfer_taken_check CHECK (
        (state = 'taken') = (taker_id IS NOT NULL)
        AND (taker_id IS NOT NULL AND collection_id IS NOT NULL) = (start_g IS NOT NULL) AND (start_g IS NULL) = (stop_g IS NULL)
        AND (taker_id IS NOT NULL AND card_id IS NOT NULL) = (new_card_id IS NOT NULL)),
    ADD CONSTRAINT gift_transfer_new_card_key UNIQUE (new_card_id);
CREATE INDEX gift_transfer_card_idx ON gift_transfer (card_id) WHERE card_id IS NOT NULL;

-- An offer ends once, and nothing else of it moves.
CREATE OR REPLACE FUNCTION gifts.keep_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state <> 'offered' OR new.state = 'offered'
       OR to_jsonb(new) - ARRAY['state', 'ended_at', 'taker_id', 'start_g', 'stop_g', 'new_card_id']
          IS DISTINCT FROM to_jsonb(old) - ARRAY['state', 'ended_at', 'taker_id', 'start_g', 'stop_g', 'new_card_id']
    THEN
        RAISE EXCEPTION 'transfer % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_transfer_step_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION gifts.keep_transfer() FROM PUBLIC;

-- A card goes one way, is bound once, and never has more than before. What was given of it stays given.
CREATE OR REPLACE FUNCTION gifts.keep_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.id, new.code_id, new.campaign_id, new.issued_g) IS DISTINCT FROM (old.id, old.code_id, old.campaign_id, old.issued_g)
       OR old.state IN ('used', 'expired', 'killed') OR new.left_g > old.left_g OR new.given_g < old.given_g
       OR old.person_id IS NOT NULL AND (new.person_id, new.bound_at) IS DISTINCT FROM (old.person_id, old.bound_at)
       OR array_position('{issued,bound,part_used,used,expired,killed}', new.state::text)
          < array_position('{issued,bound,part_used,used,expired,killed}', old.state::text)
    THEN
        RAISE EXCEPTION 'card % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_card_step_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION gifts.keep_card() FROM PUBLIC;

-- End live cards of a campaign, or of one batch, that are in these states: what they still have is promised no more, and
-- codes by which it was offered to others open nothing. Set-based. Locks the pool, then the cards, then the offers by id, as
-- forgetting their giver does.
CREATE OR REPLACE FUNCTION gifts.close_cards(p_campaign uuid, p_batch uuid, p_state text, p_from text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_grams bigint;
BEGIN
    PERFORM FROM gift_pool p WHERE p.campaign_id = p_campaign FOR UPDATE;
    WITH closed AS (
        UPDATE gift_card c SET state = p_state WHERE c.campaign_id = p_campaign AND c.state = ANY (p_from)
            AND c.state IN ('issued', 'bound', 'part_used')
            AND (p_batch IS NULL OR EXISTS (SELECT FROM gift_code k WHERE k.id = c.code_id AND k.batch_id = p_batch))
        RETURNING c.id, c.left_g),
    told AS (
        INSERT INTO gift_card_event (card_id, kind, mass_g, at) SELECT d.id, p_state, d.left_g, clock_timestamp() FROM closed d),
    withdrawn AS (
        UPDATE gift_transfer t SET state = p_state, ended_at = clock_timestamp() WHERE t.state = 'offered' AND t.id IN (
            SELECT o.id FROM gift_transfer o JOIN closed d ON d.id = o.card_id WHERE o.state = 'offered'
            ORDER BY o.id FOR NO KEY UPDATE OF o))
    SELECT coalesce(sum(d.left_g), 0) INTO v_grams FROM closed d;
    UPDATE gift_pool p SET promised_g = p.promised_g - v_grams WHERE p.campaign_id = p_campaign;
    RETURN v_grams;
END $$;
REVOKE ALL ON FUNCTION gifts.close_cards(uuid, uuid, text, text[]) FROM PUBLIC;

-- Whoever is being forgotten gives nothing any more: their codes open nothing. What was taken is its taker's.
-- As before; in the order of the offers' ids, as whoever ends several cards locks them.
CREATE OR REPLACE FUNCTION gifts.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE gift_transfer t SET state = 'taken_back', ended_at = clock_timestamp() WHERE t.state = 'offered' AND t.id IN (
        SELECT o.id FROM gift_transfer o WHERE o.giver_id = new.id AND o.state = 'offered' ORDER BY o.id FOR NO KEY UPDATE);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION gifts.end_of_person() FROM PUBLIC;

-- What a card's holder has promised to others by codes that still stand; of no card nothing.
CREATE FUNCTION gifts.card_offered_g(p_card uuid) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(t.mass_g), 0)::bigint FROM gift_transfer t
    WHERE t.card_id = p_card AND t.state = 'offered' AND t.expires_at > clock_timestamp()
$$;
REVOKE ALL ON FUNCTION gifts.card_offered_g(uuid) FROM PUBLIC;

-- Promise grams of a card to whoever brings the code with this hash. `offered`, also when repeated; `unknown` (no card of theirs),
-- `given` (it came from another person and goes no further), `card_killed`, `over`, `too_much`, `otherwise` (the id is of another
-- offer), `minor`, `too_many` offers at once, those out of accounts counted with them. Nothing moves; the code stands no longer than
-- its campaign. Locks the person, then the pool, then the card: whoever uses the card comes before this or after it.
CREATE FUNCTION gifts.offer_card(
    p_id uuid, p_card uuid, p_person uuid, p_mass bigint, p_hash bytea, p_key text, p_lasts interval, p_most int
) RETURNS TABLE (outcome text, left_g bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_person person;
    v_card gift_card;
    v_campaign gift_campaign;
    v_known gift_transfer;
    v_left bigint;
    v_now timestamptz;
    v_said text := 'offered';
BEGIN
    SELECT * INTO v_person FROM person p WHERE p.id = p_person FOR NO KEY UPDATE;
    PERFORM FROM gift_pool p JOIN gift_card q ON q.campaign_id = p.campaign_id
    WHERE q.id = p_card AND q.person_id IN (SELECT identity.persons_of(p_person)) FOR UPDATE OF p;
    SELECT q.* INTO v_card FROM gift_card q
    WHERE q.id = p_card AND q.person_id IN (SELECT identity.persons_of(p_person)) FOR UPDATE;
    SELECT * INTO v_campaign FROM gift_campaign c WHERE c.id = v_card.campaign_id;
    SELECT t.* INTO v_known FROM gift_transfer t WHERE t.id = p_id;
    v_left := v_card.left_g - gifts.card_offered_g(v_card.id);
    v_now := clock_timestamp();
    IF v_card.id IS NULL OR v_person.state IS DISTINCT FROM 'active' THEN
        v_said := 'unknown';
    ELSIF v_known.id IS NOT NULL THEN
        IF (v_known.card_id, v_known.giver_id, v_known.mass_g, v_known.code_hash)
           IS DISTINCT FROM (v_card.id, p_person, p_mass, p_hash) THEN v_said := 'otherwise'; END IF;
    ELSIF v_person.is_under_14 THEN
        v_said := 'minor';
    ELSIF EXISTS (SELECT FROM gift_transfer t WHERE t.new_card_id = v_card.id) THEN
        v_said := 'given';
    ELSIF v_card.state = 'killed' THEN
        v_said := 'card_killed';
    ELSIF v_card.state = 'expired' OR v_campaign.state = 'ended' OR v_campaign.ends_at <= v_now THEN
        v_said := 'over';
    ELSIF p_mass > v_left THEN
        v_said := 'too_much';
    ELSIF (SELECT count(*) FROM gift_transfer t WHERE t.giver_id = p_person AND t.state = 'offered'
           AND t.expires_at > clock_timestamp()) >= p_most THEN
        v_said := 'too_many';
    ELSE
        INSERT INTO gift_transfer (id, card_id, giver_id, mass_g, code_hash, key_id, state, offered_at, expires_at)
        VALUES (p_id, v_card.id, p_person, p_mass, p_hash, p_key, 'offered', v_now, least(v_now + p_lasts, v_campaign.ends_at));
        v_left := v_left - p_mass;
    END IF;
    RETURN QUERY SELECT v_said, coalesce(v_left, 0);
END $$;
REVOKE ALL ON FUNCTION gifts.offer_card(uuid, uuid, uuid, bigint, bytea, text, interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.offer_card(uuid, uuid, uuid, bigint, bytea, text, interval, int) TO ddt_app;

-- Take what is offered of a card under the code with this hash: a new card with its grams is this person's, and the first has that
-- much less; in all the pool's cards have what they had. `bound`, also when repeated by whoever took it; `code_unknown`, `card_taken`
-- (somebody else took it), `taken_back`, `card_killed`, `offer_over`, `own`. The new card's code is the offer's, its number the next
-- of its batch. Locks the pool, then the card, then the offer.
CREATE FUNCTION gifts.take_card(p_hash bytea, p_person uuid) RETURNS TABLE (outcome text, card_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_offer gift_transfer;
    v_card gift_card;
    v_campaign gift_campaign;
    v_code bigint;
    v_new uuid := gen_random_uuid();
    v_now timestamptz;
    v_said text;
BEGIN
    SELECT t.* INTO v_offer FROM gift_transfer t WHERE t.code_hash = p_hash AND t.card_id IS NOT NULL;
    IF v_offer.id IS NULL OR NOT EXISTS (SELECT FROM person p WHERE p.id = p_person AND p.state = 'active' FOR KEY SHARE) THEN
        RETURN QUERY SELECT 'code_unknown', NULL::uuid;
        RETURN;
    END IF;
    PERFORM FROM gift_pool p JOIN gift_card q ON q.campaign_id = p.campaign_id WHERE q.id = v_offer.card_id FOR UPDATE OF p;
    SELECT q.* INTO v_card FROM gift_card q WHERE q.id = v_offer.card_id FOR UPDATE;
    SELECT t.* INTO v_offer FROM gift_transfer t WHERE t.id = v_offer.id FOR UPDATE;
    SELECT * INTO v_campaign FROM gift_campaign c WHERE c.id = v_card.campaign_id;
    v_now := clock_timestamp();
    v_said := CASE WHEN v_offer.state = 'taken' THEN
                        CASE WHEN identity.kept_of(v_offer.taker_id) = identity.kept_of(p_person) THEN 'bound' ELSE 'card_taken' END
                   WHEN v_offer.state = 'taken_back' THEN 'taken_back'
                   WHEN v_offer.state = 'killed' THEN 'card_killed'
                   WHEN v_offer.state = 'expired' OR v_offer.expires_at <= v_now OR v_campaign.state = 'ended'
                        OR v_campaign.ends_at <= v_now THEN 'offer_over'
                   WHEN identity.kept_of(v_offer.giver_id) = identity.kept_of(p_person) THEN 'own' END;
    IF v_said IS NOT NULL THEN
        RETURN QUERY SELECT v_said, v_offer.new_card_id;
        RETURN;
    END IF;
    INSERT INTO gift_code (batch_id, no, code_hash)
    SELECT c.batch_id, (SELECT max(m.no) + 1 FROM gift_code m WHERE m.batch_id = c.batch_id), p_hash FROM gift_code c
    WHERE c.id = v_card.code_id RETURNING id INTO v_code;
    INSERT INTO gift_card (id, code_id, campaign_id, issued_g, left_g, state, person_id, bound_at)
    VALUES (v_new, v_code, v_card.campaign_id, v_offer.mass_g, v_offer.mass_g, 'bound', p_person, v_now);
    INSERT INTO gift_card_event (card_id, kind, mass_g, at)
    VALUES (v_new, 'issued', v_offer.mass_g, v_now), (v_new, 'bound', 0, v_now);
    UPDATE gift_card q SET left_g = q.left_g - v_offer.mass_g, given_g = q.given_g + v_offer.mass_g,
                           state = CASE WHEN q.left_g = v_offer.mass_g THEN 'used' ELSE q.state END
    WHERE q.id = v_card.id;
    UPDATE gift_transfer t SET state = 'taken', taker_id = p_person, ended_at = v_now, new_card_id = v_new WHERE t.id = v_offer.id;
    RETURN QUERY SELECT 'bound', v_new;
END $$;
REVOKE ALL ON FUNCTION gifts.take_card(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.take_card(bytea, uuid) TO ddt_app;

-- Take what is offered under the code with this hash: the grams go from account to account under the transfer's own cause, once.
-- `taken`, also when repeated by whoever took it; `code_unknown`, `code_used` (somebody else took it), `taken_back`, `over`, `own`
-- (one does not give to oneself). What is offered of a card is taken by `gifts.take_card`. Locks the collection, then the offer, then the ledger's accounts.
CREATE OR REPLACE FUNCTION gifts.take(p_hash bytea, p_person uuid) RETURNS TABLE (outcome text, transfer_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_offer gift_transfer;
    v_source text;
    v_target text;
    v_start bigint;
BEGIN
    SELECT t.* INTO v_offer FROM gift_transfer t WHERE t.code_hash = p_hash AND t.collection_id IS NOT NULL;
    IF v_offer.id IS NULL OR NOT EXISTS (SELECT FROM person p WHERE p.id = p_person AND p.state = 'active' FOR KEY SHARE) THEN
        RETURN QUERY SELECT 'code_unknown', NULL::uuid;
        RETURN;
    END IF;
    PERFORM FROM gift_collection k WHERE k.id = v_offer.collection_id FOR NO KEY UPDATE;
    SELECT t.* INTO v_offer FROM gift_transfer t WHERE t.id = v_offer.id FOR UPDATE;
    IF v_offer.state = 'taken' THEN
        RETURN QUERY SELECT CASE WHEN identity.kept_of(v_offer.taker_id) = identity.kept_of(p_person) THEN 'taken' ELSE 'code_used' END,
                            v_offer.id;
        RETURN;
    ELSIF v_offer.state = 'taken_back' THEN
        RETURN QUERY SELECT 'taken_back', v_offer.id;
        RETURN;
    ELSIF v_offer.state = 'expired' OR v_offer.expires_at <= clock_timestamp() THEN
        RETURN QUERY SELECT 'over', v_offer.id;
        RETURN;
    ELSIF identity.kept_of(v_offer.giver_id) = identity.kept_of(p_person) THEN
        RETURN QUERY SELECT 'own', v_offer.id;
        RETURN;
    END IF;
    PERFORM holdings.open_account(gen_random_uuid(), 'holding', p_person, NULL, NULL, NULL);
    v_source := 'person:' || identity.kept_of(v_offer.giver_id);
    v_target := 'person:' || identity.kept_of(p_person);
    v_start := gifts.next_g(v_offer.collection_id, NULL);
    UPDATE gift_transfer t SET state = 'taken', taker_id = p_person, ended_at = clock_timestamp(), start_g = v_start,
                               stop_g = v_start + v_offer.mass_g
    WHERE t.id = v_offer.id;
    PERFORM holdings.transfer(
        'gift_transfer:' || v_offer.id,
        sha256(convert_to(concat_ws(chr(10), 'transfer', v_source, v_target, v_offer.mass_g), 'UTF8')),
        v_source, v_target, 'gift', v_target, array_agg(n.lot_id ORDER BY n.lot_id), array_agg(n.mass_g ORDER BY n.lot_id))
    FROM gifts.cut_run(v_offer.collection_id, v_start, v_start + v_offer.mass_g) AS n;
    RETURN QUERY SELECT 'taken', v_offer.id;
END $$;
REVOKE ALL ON FUNCTION gifts.take(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.take(bytea, uuid) TO ddt_app;

-- A set of people collect of one campaign. Row i wants p_wanted[i] grams, and takes as few as p_least[i] where the pool ends. In
-- their order each is `collected`, or `already` (then with what they have), `sold_out`, or what the campaign is: `paused`,
-- `ahead`, `over`, `draft`. Where a campaign is for codes or cards, p_codes[i] is the hash of what somebody brought. One lock, one
-- update of the pool, one reservation, one transfer, one event for all of them. Repeated, everybody is `already`.
-- p_requests[i] is the id of the request by which row i came, or nothing: the event keeps them, by collection where they are
-- several.
-- Whoever was linked is one person with whom they were linked to: what one has collected, the other has.
-- Of a card nobody uses what its holder has promised to others by codes that stand.
-- Locks: the pool's row, then the ledger's accounts in their order.
CREATE OR REPLACE FUNCTION gifts.collect(
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
                WHERE q.person_id IN (SELECT identity.persons_of(p_persons[1])) AND q.campaign_id = p_campaign
                  AND q.state IN ('bound', 'part_used') AND q.left_g > gifts.card_offered_g(q.id) ORDER BY q.bound_at, q.id LIMIT 1;
        ELSE
            SELECT q.* INTO v_card FROM gift_code c JOIN gift_card q ON q.code_id = c.id AND q.campaign_id = p_campaign
            WHERE c.code_hash = p_codes[1] FOR UPDATE OF q;
        END IF;
        v_card.left_g := v_card.left_g - gifts.card_offered_g(v_card.id);
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
