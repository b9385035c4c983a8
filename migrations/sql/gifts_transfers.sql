-- Grams of a gift in an account, given to another person by a code of one use. Offered, a mass is promised and no gram moves; taken,
-- the next [start_g, stop_g) of the collection's line goes into the taker's account, once, by the ledger. The sponsor stays the giver
-- on every paper. What was taken is used by whoever has it, and goes no further.
ALTER TABLE gift_transfer
    ADD CONSTRAINT gift_transfer_mass_check CHECK (mass_g > 0),
    ADD CONSTRAINT gift_transfer_state_check CHECK (state IN ('offered', 'taken', 'taken_back', 'expired')),
    ADD CONSTRAINT gift_transfer_hash_key UNIQUE (code_hash),
    ADD CONSTRAINT gift_transfer_hash_check CHECK (octet_length(code_hash) = 32),
    ADD CONSTRAINT gift_transfer_time_check CHECK (expires_at > offered_at),
    ADD CONSTRAINT gift_transfer_ended_check CHECK ((ended_at IS NULL) = (state = 'offered')),
    ADD CONSTRAINT gift_transfer_taken_check CHECK (
        (state = 'taken') = (taker_id IS NOT NULL) AND (taker_id IS NULL) = (start_g IS NULL) AND (start_g IS NULL) = (stop_g IS NULL)),
    ADD CONSTRAINT gift_transfer_run_check CHECK (0 <= start_g AND stop_g - start_g = mass_g),
    ADD CONSTRAINT gift_transfer_start_key UNIQUE (collection_id, start_g),
    ADD CONSTRAINT gift_transfer_other_check CHECK (taker_id <> giver_id);
CREATE INDEX gift_transfer_giver_idx ON gift_transfer (giver_id);
CREATE INDEX gift_transfer_taker_idx ON gift_transfer (taker_id) WHERE taker_id IS NOT NULL;
CREATE INDEX gift_transfer_collection_idx ON gift_transfer (collection_id);
CREATE INDEX gift_transfer_due_idx ON gift_transfer (expires_at) WHERE state = 'offered';
CREATE INDEX gift_use_transfer_idx ON gift_use (transfer_id) WHERE transfer_id IS NOT NULL;
GRANT SELECT ON gift_transfer TO ddt_app;

-- An offer ends once, and nothing else of it moves.
CREATE FUNCTION gifts.keep_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state <> 'offered' OR new.state = 'offered'
       OR to_jsonb(new) - ARRAY['state', 'ended_at', 'taker_id', 'start_g', 'stop_g']
          IS DISTINCT FROM to_jsonb(old) - ARRAY['state', 'ended_at', 'taker_id', 'start_g', 'stop_g']
    THEN
        RAISE EXCEPTION 'transfer % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_transfer_step_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION gifts.keep_transfer() FROM PUBLIC;
CREATE TRIGGER gift_transfer_goes_on BEFORE UPDATE ON gift_transfer FOR EACH ROW EXECUTE FUNCTION gifts.keep_transfer();
CREATE TRIGGER gift_transfer_stays BEFORE DELETE OR TRUNCATE ON gift_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();

-- Where the next grams of what somebody holds of a collection begin: of whoever collected it (p_transfer null), or of whoever was
-- given a part of it. Uses and parts that were taken lie end to end.
CREATE FUNCTION gifts.next_g(p_collection uuid, p_transfer uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN p_transfer IS NULL THEN greatest(
        (SELECT k.start_g FROM gift_collection k WHERE k.id = p_collection),
        (SELECT max(u.stop_g) FROM gift_use u WHERE u.collection_id = p_collection AND u.transfer_id IS NULL),
        (SELECT max(t.stop_g) FROM gift_transfer t WHERE t.collection_id = p_collection))
    ELSE greatest(
        (SELECT t.start_g FROM gift_transfer t WHERE t.id = p_transfer),
        (SELECT max(u.stop_g) FROM gift_use u WHERE u.transfer_id = p_transfer)) END
$$;
REVOKE ALL ON FUNCTION gifts.next_g(uuid, uuid) FROM PUBLIC;

-- What a collection's holder has promised to others by codes that still stand.
CREATE FUNCTION gifts.offered_g(p_collection uuid) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(t.mass_g), 0)::bigint FROM gift_transfer t
    WHERE t.collection_id = p_collection AND t.state = 'offered' AND t.expires_at > clock_timestamp()
$$;
REVOKE ALL ON FUNCTION gifts.offered_g(uuid) FROM PUBLIC;

-- Promise grams of a gift in somebody's account to whoever brings the code with this hash. `offered`, also when repeated; `unknown`
-- (none of theirs, or retired at once), `coming`, `too_much`, `otherwise` (the id is of another offer), `minor` (giving away takes a
-- guardian's consent: 民法典, article 19), `too_many` offers at once. No gram moves. Locks the person, then the collection.
CREATE FUNCTION gifts.offer(
    p_id uuid, p_collection uuid, p_person uuid, p_mass bigint, p_hash bytea, p_key text, p_lasts interval, p_most int
) RETURNS TABLE (outcome text, left_g bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_given gift_collection;
    v_known gift_transfer;
    v_person person;
    v_left bigint;
    v_said text := 'offered';
BEGIN
    SELECT * INTO v_person FROM person p WHERE p.id = p_person FOR NO KEY UPDATE;
    SELECT k.* INTO v_given FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id AND c.delivers = 'account'
    WHERE k.id = p_collection AND k.person_id IN (SELECT identity.persons_of(p_person)) FOR NO KEY UPDATE OF k;
    SELECT t.* INTO v_known FROM gift_transfer t WHERE t.id = p_id;
    v_left := v_given.stop_g - gifts.next_g(v_given.id, NULL) - gifts.offered_g(v_given.id);
    IF v_given.id IS NULL OR v_person.state IS DISTINCT FROM 'active' THEN
        v_said := 'unknown';
    ELSIF v_known.id IS NOT NULL THEN
        IF (v_known.collection_id, v_known.giver_id, v_known.mass_g, v_known.code_hash)
           IS DISTINCT FROM (v_given.id, p_person, p_mass, p_hash) THEN v_said := 'otherwise'; END IF;
    ELSIF v_person.is_under_14 THEN
        v_said := 'minor';
    ELSIF NOT EXISTS (SELECT FROM holding_transfer h WHERE h.cause = 'gift:' || v_given.id) THEN
        v_said := 'coming';
    ELSIF p_mass > v_left THEN
        v_said := 'too_much';
    ELSIF (SELECT count(*) FROM gift_transfer t WHERE t.giver_id = p_person AND t.state = 'offered'
           AND t.expires_at > clock_timestamp()) >= p_most THEN
        v_said := 'too_many';
    ELSE
        INSERT INTO gift_transfer (id, collection_id, giver_id, mass_g, code_hash, key_id, state, offered_at, expires_at)
        VALUES (p_id, v_given.id, p_person, p_mass, p_hash, p_key, 'offered', clock_timestamp(), clock_timestamp() + p_lasts);
        v_left := v_left - p_mass;
    END IF;
    RETURN QUERY SELECT v_said, coalesce(v_left, 0);
END $$;
REVOKE ALL ON FUNCTION gifts.offer(uuid, uuid, uuid, bigint, bytea, text, interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.offer(uuid, uuid, uuid, bigint, bytea, text, interval, int) TO ddt_app;

-- Which lots give a run of a collection its grams.
CREATE FUNCTION gifts.cut_run(p_collection uuid, p_start bigint, p_stop bigint) RETURNS TABLE (lot_id bigint, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT q.lot_id, sum(least(p_stop, q.stop_g) - greatest(p_start, q.start_g))::bigint
    FROM gift_collection k JOIN gift_part q ON q.set_id = k.set_id AND q.start_g < p_stop AND p_start < q.stop_g
    WHERE k.id = p_collection GROUP BY q.lot_id
$$;
REVOKE ALL ON FUNCTION gifts.cut_run(uuid, bigint, bigint) FROM PUBLIC;

-- Take what is offered under the code with this hash: the grams go from account to account under the transfer's own cause, once.
-- `taken`, also when repeated by whoever took it; `code_unknown`, `code_used` (somebody else took it), `taken_back`, `over`, `own`
-- (one does not give to oneself). Locks the collection, then the offer, then the ledger's accounts.
CREATE FUNCTION gifts.take(p_hash bytea, p_person uuid) RETURNS TABLE (outcome text, transfer_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_offer gift_transfer;
    v_source text;
    v_target text;
    v_start bigint;
BEGIN
    SELECT t.* INTO v_offer FROM gift_transfer t WHERE t.code_hash = p_hash;
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

-- The giver takes an offer back before anybody took it. `taken_back`, also when repeated; `taken`, `over`, `unknown`. Locks the offer.
CREATE FUNCTION gifts.take_back(p_id uuid, p_person uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_offer gift_transfer;
BEGIN
    SELECT t.* INTO v_offer FROM gift_transfer t
    WHERE t.id = p_id AND t.giver_id IN (SELECT identity.persons_of(p_person)) FOR UPDATE;
    IF v_offer.id IS NULL THEN RETURN 'unknown'; END IF;
    IF v_offer.state = 'expired' THEN RETURN 'over'; END IF;
    IF v_offer.state <> 'offered' THEN RETURN v_offer.state; END IF;
    UPDATE gift_transfer t SET state = 'taken_back', ended_at = clock_timestamp() WHERE t.id = p_id;
    RETURN 'taken_back';
END $$;
REVOKE ALL ON FUNCTION gifts.take_back(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.take_back(uuid, uuid) TO ddt_app;

-- Write down which offers nobody took in time; their grams never left. Answers how many.
CREATE FUNCTION gifts.expire_transfers(p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_expired bigint;
BEGIN
    UPDATE gift_transfer t SET state = 'expired', ended_at = clock_timestamp() WHERE t.id = ANY (ARRAY(
        SELECT w.id FROM gift_transfer w WHERE w.state = 'offered' AND w.expires_at <= clock_timestamp()
        ORDER BY w.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_expired = ROW_COUNT;
    RETURN v_expired;
END $$;
REVOKE ALL ON FUNCTION gifts.expire_transfers(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.expire_transfers(int) TO ddt_app;

-- Whoever is being forgotten gives nothing any more: their codes open nothing. What was taken is its taker's.
CREATE FUNCTION gifts.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE gift_transfer t SET state = 'taken_back', ended_at = clock_timestamp() WHERE t.giver_id = new.id AND t.state = 'offered';
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION gifts.end_of_person() FROM PUBLIC;
CREATE TRIGGER person_gifts_end AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION gifts.end_of_person();

-- Use the next grams of what somebody was given into their account, for a figure of a scene: they are set aside for the use's
-- retirement, lot by lot. `used`, also when repeated; `unknown` (none of theirs, or retired at once), `coming` (not there yet),
-- `too_much`, `otherwise` (the id is of another use). Answers what is left of the gift. Locks the collection, then the ledger's
-- accounts. `p_collection` names a gift that they collected, or the transfer by which somebody gave them a part of theirs; what is
-- promised to others is not left.
CREATE OR REPLACE FUNCTION gifts.use_held(
    p_use uuid, p_collection uuid, p_person uuid, p_mass bigint, p_scenario uuid, p_emission bigint, p_footprint uuid
) RETURNS TABLE (outcome text, left_g bigint, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_given gift_collection;
    v_part gift_transfer;
    v_known gift_use;
    v_next bigint;
    v_left bigint;
    v_said text := 'used';
BEGIN
    SELECT t.* INTO v_part FROM gift_transfer t
    WHERE t.id = p_collection AND t.state = 'taken' AND t.taker_id IN (SELECT identity.persons_of(p_person));
    SELECT k.* INTO v_given FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id AND c.delivers = 'account'
    WHERE k.id = coalesce(v_part.collection_id, p_collection)
      AND (v_part.id IS NOT NULL OR k.person_id IN (SELECT identity.persons_of(p_person))) FOR NO KEY UPDATE OF k;
    SELECT u.* INTO v_known FROM gift_use u WHERE u.id = p_use;
    v_next := gifts.next_g(v_given.id, v_part.id);
    v_left := CASE WHEN v_part.id IS NULL THEN v_given.stop_g - v_next - gifts.offered_g(v_given.id) ELSE v_part.stop_g - v_next END;
    IF v_given.id IS NULL THEN
        v_said := 'unknown';
    ELSIF v_known.id IS NOT NULL THEN
        IF (v_known.collection_id, v_known.transfer_id, v_known.stop_g - v_known.start_g, v_known.scenario_id, v_known.emission_g)
           IS DISTINCT FROM (v_given.id, v_part.id, p_mass, p_scenario, p_emission) THEN v_said := 'otherwise'; END IF;
    ELSIF NOT EXISTS (SELECT FROM holding_transfer t WHERE t.cause = 'gift:' || v_given.id) THEN
        v_said := 'coming';
    ELSIF p_mass > v_left THEN
        v_said := 'too_much';
    ELSE
        INSERT INTO gift_use (id, collection_id, start_g, stop_g, scenario_id, emission_g, footprint_id, used_at, transfer_id)
        VALUES (p_use, v_given.id, v_next, v_next + p_mass, p_scenario, p_emission, p_footprint, clock_timestamp(), v_part.id);
        PERFORM holdings.reserve(p_use, 'gift_use:' || p_use, 'person:' || identity.kept_of(p_person), m.one, m.mix, 'infinity',
                                 m.lots, m.grams)
        FROM (SELECT CASE WHEN count(*) = 1 THEN min(g.programme) END AS one,
                     CASE WHEN count(*) > 1
                          THEN 'mass ' || string_agg(g.programme || '=' || g.mass_g, ' ' ORDER BY g.programme) END AS mix,
                     (SELECT array_agg(n.lot_id ORDER BY n.lot_id) FROM gifts.cut(p_use) AS n) AS lots,
                     (SELECT array_agg(n.mass_g ORDER BY n.lot_id) FROM gifts.cut(p_use) AS n) AS grams
              FROM (SELECT l.programme::text AS programme, sum(n.mass_g)::bigint AS mass_g FROM gifts.cut(p_use) AS n
                    JOIN credit_lot l ON l.id = n.lot_id GROUP BY l.programme) AS g) AS m;
        v_left := v_left - p_mass;
    END IF;
    RETURN QUERY SELECT v_said, coalesce(v_left, 0), v_said = 'used' AND v_known.id IS NULL;
END $$;

-- What people were given into their accounts and have not used, by lot: of everybody, or of one. What is on its way is not there yet.
-- What a linked person was given is kept by the account of whom they were linked to. What was given on is kept by whoever took it.
CREATE OR REPLACE FUNCTION gifts.unused(p_person uuid DEFAULT NULL) RETURNS TABLE (person_id uuid, collection_id uuid, lot_id bigint, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH pieces AS (
        SELECT k.person_id, k.id, k.set_id, NULL::uuid AS transfer_id, k.stop_g
        FROM gift_campaign c JOIN gift_collection k ON k.campaign_id = c.id
        WHERE c.delivers = 'account' AND (p_person IS NULL OR k.person_id IN (SELECT identity.persons_of(p_person)))
          AND EXISTS (SELECT FROM holding_transfer t WHERE t.cause = 'gift:' || k.id)
        UNION ALL
        SELECT t.taker_id, k.id, k.set_id, t.id, t.stop_g FROM gift_transfer t JOIN gift_collection k ON k.id = t.collection_id
        WHERE t.taker_id IS NOT NULL AND (p_person IS NULL OR t.taker_id IN (SELECT identity.persons_of(p_person))))
    SELECT coalesce(i.kept_id, p.person_id), p.id, q.lot_id, least(p.stop_g, q.stop_g) - greatest(u.next_g, q.start_g)
    FROM pieces p LEFT JOIN person_link i ON i.linked_id = p.person_id
    CROSS JOIN LATERAL (SELECT gifts.next_g(p.id, p.transfer_id) AS next_g) AS u
    JOIN gift_part q ON q.set_id = p.set_id AND q.start_g < p.stop_g AND q.stop_g > u.next_g
    WHERE u.next_g < p.stop_g AND (p_person IS NULL OR coalesce(i.kept_id, p.person_id) = p_person)
$$;

-- What may be retired of accounts by gifts: what was used, each its own grams, of whoever has them.
CREATE OR REPLACE FUNCTION gifts.used(p_causes text[]) RETURNS TABLE (cause text, account_id uuid, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.cause, a.id, u.stop_g - u.start_g FROM unnest(p_causes) AS w (cause)
    JOIN gift_use u ON u.id = substr(w.cause, 10)::uuid JOIN gift_collection k ON k.id = u.collection_id
    LEFT JOIN gift_transfer t ON t.id = u.transfer_id
    JOIN account a ON a.holder = 'person:' || identity.kept_of(coalesce(t.taker_id, k.person_id))
$$;
