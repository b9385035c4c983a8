-- Gift cards in grams: a card is bound to whoever uses or types it first, and used bit by bit at its scene, each use a collection of
-- the pool's line. What live cards still have is promised, and the pool's account keeps it: no card without its grams.
ALTER TABLE gift_campaign
    DROP CONSTRAINT gift_campaign_audience_check,
    ADD CONSTRAINT gift_campaign_audience_check CHECK (audience IN ('everyone', 'codes', 'cards')),
    ADD CONSTRAINT gift_campaign_cards_check CHECK (audience <> 'cards' OR amount = 'cover' AND most_people IS NULL);
ALTER TABLE gift_pool
    ADD CONSTRAINT gift_pool_promised_check CHECK (promised_g >= 0);
ALTER TABLE gift_batch
    ADD CONSTRAINT gift_batch_card_check CHECK (card_g BETWEEN 1 AND 1000000000);
ALTER TABLE gift_card
    ADD CONSTRAINT gift_card_code_key UNIQUE (code_id),
    ADD CONSTRAINT gift_card_state_check CHECK (state IN ('issued', 'bound', 'part_used', 'used', 'expired', 'killed')),
    ADD CONSTRAINT gift_card_left_check CHECK (0 <= left_g AND left_g <= issued_g AND issued_g > 0),
    ADD CONSTRAINT gift_card_used_check CHECK ((state = 'used') = (left_g = 0)
                                               AND (state NOT IN ('issued', 'bound') OR left_g = issued_g)),
    ADD CONSTRAINT gift_card_bound_check CHECK (
        (person_id IS NULL) = (bound_at IS NULL) AND (state <> 'issued' OR person_id IS NULL)
        AND (state NOT IN ('bound', 'part_used', 'used') OR person_id IS NOT NULL));
CREATE INDEX gift_card_person_idx ON gift_card (person_id, campaign_id);
CREATE INDEX gift_card_live_idx ON gift_card (campaign_id) WHERE state IN ('issued', 'bound', 'part_used');
ALTER TABLE gift_card_event
    ADD CONSTRAINT gift_card_event_kind_check CHECK (kind IN ('issued', 'bound', 'used', 'expired', 'killed')),
    ADD CONSTRAINT gift_card_event_mass_check CHECK (mass_g >= 0 AND (kind = 'bound') = (mass_g = 0)),
    ADD CONSTRAINT gift_card_event_use_check CHECK ((kind = 'used') = (collection_id IS NOT NULL)),
    ADD CONSTRAINT gift_card_event_collection_key UNIQUE (collection_id);
CREATE INDEX gift_card_event_card_idx ON gift_card_event (card_id, id);
CREATE UNIQUE INDEX gift_card_event_once_key ON gift_card_event (card_id, kind) WHERE kind <> 'used';
ALTER TABLE gift_collection
    DROP CONSTRAINT gift_collection_once_key,
    ADD CONSTRAINT gift_collection_card_check CHECK (code_id IS NULL OR card_id IS NULL);
CREATE UNIQUE INDEX gift_collection_once_key ON gift_collection (campaign_id, person_id) WHERE card_id IS NULL;
CREATE INDEX gift_collection_card_idx ON gift_collection (card_id) WHERE card_id IS NOT NULL;

CREATE TRIGGER gift_card_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_card_event
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();
CREATE TRIGGER gift_card_stays BEFORE DELETE OR TRUNCATE ON gift_card
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();

-- A card goes one way, is bound once, and never has more than before.
CREATE FUNCTION gifts.keep_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.id, new.code_id, new.campaign_id, new.issued_g) IS DISTINCT FROM (old.id, old.code_id, old.campaign_id, old.issued_g)
       OR old.state IN ('used', 'expired', 'killed') OR new.left_g > old.left_g
       OR old.person_id IS NOT NULL AND (new.person_id, new.bound_at) IS DISTINCT FROM (old.person_id, old.bound_at)
       OR array_position('{issued,bound,part_used,used,expired,killed}', new.state::text)
          < array_position('{issued,bound,part_used,used,expired,killed}', old.state::text)
    THEN
        RAISE EXCEPTION 'card % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_card_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER gift_card_goes_on BEFORE UPDATE ON gift_card FOR EACH ROW EXECUTE FUNCTION gifts.keep_card();

-- As before; a campaign is for cards from its draft on, or never: its pool is called by that, so that other pools ask nothing.
CREATE OR REPLACE FUNCTION gifts.open_pool() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.state <> 'draft' OR NOT EXISTS (
        SELECT FROM account a WHERE a.id = new.account_id AND a.kind = 'pool'
        AND starts_with(a.holder, 'pool:cards-') = (new.audience = 'cards')) THEN
        RAISE EXCEPTION 'campaign % begins as a draft, with a pool of its own', new.id
            USING errcode = '23514', constraint = 'gift_campaign_begins_check';
    END IF;
    INSERT INTO gift_pool (campaign_id, next_g, people) VALUES (new.id, 0, 0);
    RETURN NULL;
END $$;
CREATE FUNCTION gifts.keep_audience() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'campaign % is for cards from its draft on, or never', old.id
        USING errcode = '23514', constraint = 'gift_campaign_step_check';
END $$;
CREATE TRIGGER gift_campaign_cards_stay BEFORE UPDATE OF audience ON gift_campaign
    FOR EACH ROW WHEN ((new.audience = 'cards') <> (old.audience = 'cards')) EXECUTE FUNCTION gifts.keep_audience();

-- Whatever takes grams out of a pool of cards, its account keeps what they still have: told as the ledger's own floor is. Under the
-- pool's lock, so of two who take grams of different lots the second sees the first.
CREATE FUNCTION gifts.keep_promise() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_holder text := substring(new.path FROM '^held:(.*):[0-9]+$');
    v_promised bigint;
BEGIN
    SELECT p.promised_g INTO v_promised FROM account a JOIN gift_campaign c ON c.account_id = a.id
    JOIN gift_pool p ON p.campaign_id = c.id WHERE a.holder = v_holder FOR UPDATE OF p;
    IF v_promised > (SELECT coalesce(sum(b.balance), 0) FROM credit_lot l JOIN ledger_account b
                     ON b.path = holdings.account(v_holder, l.id) AND b.unit = 'g:' || l.id) THEN
        RAISE EXCEPTION '% keeps % g for its cards', v_holder, v_promised
            USING errcode = '23514', constraint = 'ledger_account_floor_check';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gift_pool_keeps_its_promise AFTER UPDATE OF balance ON ledger_account
    FOR EACH ROW WHEN (new.balance < old.balance AND new.path LIKE 'held:pool:cards-%') EXECUTE FUNCTION gifts.keep_promise();

-- The cards of a batch whose codes were just made, each with its grams, where the pool has what all live cards of it then have.
CREATE FUNCTION gifts.issue_cards(p_batch uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_batch gift_batch;
    v_campaign gift_campaign;
    v_promised bigint;
BEGIN
    SELECT * INTO v_batch FROM gift_batch b WHERE b.id = p_batch;
    PERFORM FROM gift_pool p WHERE p.campaign_id = v_batch.campaign_id FOR UPDATE;
    SELECT * INTO v_campaign FROM gift_campaign c WHERE c.id = v_batch.campaign_id;
    IF (v_campaign.audience = 'cards' AND v_campaign.state <> 'ended' AND v_batch.card_g > 0 AND v_batch.voided_at IS NULL) IS NOT TRUE THEN
        RAISE EXCEPTION 'batch % is none of cards', p_batch USING errcode = '23514', constraint = 'gift_card_batch_check';
    END IF;
    WITH made AS (
        INSERT INTO gift_card (id, code_id, campaign_id, issued_g, left_g, state)
        SELECT gen_random_uuid(), c.id, v_campaign.id, v_batch.card_g, v_batch.card_g, 'issued' FROM gift_code c
        WHERE c.batch_id = p_batch RETURNING id)
    INSERT INTO gift_card_event (card_id, kind, mass_g, at)
    SELECT m.id, 'issued', v_batch.card_g, clock_timestamp() FROM made m;
    UPDATE gift_pool p SET promised_g = p.promised_g + v_batch.size * v_batch.card_g
    WHERE p.campaign_id = v_campaign.id RETURNING p.promised_g INTO v_promised;
    IF v_promised > (SELECT coalesce(sum(b.balance), 0) FROM account a CROSS JOIN credit_standing_lot l JOIN ledger_account b
                     ON b.path = holdings.account(a.holder, l.id) AND b.unit = 'g:' || l.id WHERE a.id = v_campaign.account_id) THEN
        RAISE EXCEPTION 'the pool has less than % g, which its cards would have', v_promised
            USING errcode = '23514', constraint = 'gift_card_backed_check';
    END IF;
END $$;

-- Bind a card to whoever brings its code first: `bound`, also when repeated by them; else `code_unknown`, `card_taken`,
-- `card_killed`, `over`. Locks the card alone.
CREATE FUNCTION gifts.bind_card(p_hash bytea, p_person uuid) RETURNS TABLE (outcome text, card_id uuid)
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
    RETURN QUERY SELECT CASE WHEN v_card.id IS NULL THEN 'code_unknown' WHEN v_card.person_id = p_person THEN 'bound'
                             WHEN v_card.state = 'killed' THEN 'card_killed' WHEN v_card.person_id IS NOT NULL THEN 'card_taken'
                             ELSE 'over' END, v_card.id;
END $$;

-- Take grams of a card for a collection that was just written, by whoever holds it, or is the first; under the pool's lock.
CREATE FUNCTION gifts.charge_card(p_card uuid, p_person uuid, p_collection uuid, p_grams bigint, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO gift_card_event (card_id, kind, mass_g, at)
    SELECT c.id, 'bound', 0, p_at FROM gift_card c WHERE c.id = p_card AND c.person_id IS NULL;
    UPDATE gift_card c SET left_g = c.left_g - p_grams, state = CASE WHEN c.left_g = p_grams THEN 'used' ELSE 'part_used' END,
                           person_id = coalesce(c.person_id, p_person), bound_at = coalesce(c.bound_at, p_at)
    WHERE c.id = p_card;
    INSERT INTO gift_card_event (card_id, kind, mass_g, collection_id, at) VALUES (p_card, 'used', p_grams, p_collection, p_at);
    UPDATE gift_pool p SET promised_g = p.promised_g - p_grams FROM gift_card c WHERE c.id = p_card AND p.campaign_id = c.campaign_id;
END $$;

-- End live cards of a campaign, or of one batch, that are in these states: what they still have is promised no more. Set-based.
CREATE FUNCTION gifts.close_cards(p_campaign uuid, p_batch uuid, p_state text, p_from text[]) RETURNS bigint
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
        INSERT INTO gift_card_event (card_id, kind, mass_g, at) SELECT d.id, p_state, d.left_g, clock_timestamp() FROM closed d)
    SELECT coalesce(sum(d.left_g), 0) INTO v_grams FROM closed d;
    UPDATE gift_pool p SET promised_g = p.promised_g - v_grams WHERE p.campaign_id = p_campaign;
    RETURN v_grams;
END $$;

-- Kill every live card of a campaign, what is left of those that were used in part as well; answers the grams that are free by it.
CREATE FUNCTION gifts.kill_cards(p_campaign uuid) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT gifts.close_cards(p_campaign, NULL, 'killed', '{issued,bound,part_used}')
$$;

-- A batch that is voided takes its unused cards with it; what was used in part its holder keeps.
CREATE FUNCTION gifts.void_cards() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM gifts.close_cards(new.campaign_id, new.id, 'killed', '{issued,bound}');
    RETURN NULL;
END $$;
CREATE TRIGGER gift_batch_cards_voided AFTER UPDATE OF voided_at ON gift_batch
    FOR EACH ROW WHEN (new.card_g IS NOT NULL AND new.voided_at IS NOT NULL) EXECUTE FUNCTION gifts.void_cards();

-- With its campaign a card expires.
CREATE FUNCTION gifts.expire_cards() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM gifts.close_cards(new.id, NULL, 'expired', '{issued,bound,part_used}');
    RETURN NULL;
END $$;
CREATE TRIGGER gift_campaign_cards_expire AFTER UPDATE OF state ON gift_campaign
    FOR EACH ROW WHEN (new.audience = 'cards' AND new.state = 'ended' AND old.state <> 'ended') EXECUTE FUNCTION gifts.expire_cards();

REVOKE ALL ON FUNCTION gifts.keep_card(), gifts.keep_audience(), gifts.keep_promise(), gifts.issue_cards(uuid),
    gifts.bind_card(bytea, uuid), gifts.charge_card(uuid, uuid, uuid, bigint, timestamptz),
    gifts.close_cards(uuid, uuid, text, text[]), gifts.kill_cards(uuid), gifts.void_cards(), gifts.expire_cards() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.issue_cards(uuid), gifts.bind_card(bytea, uuid), gifts.kill_cards(uuid) TO ddt_app;
GRANT SELECT ON gift_card, gift_card_event TO ddt_app;
