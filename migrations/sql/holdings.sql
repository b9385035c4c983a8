-- Holdings: who holds which grams, and what is set aside. Each effect is one function; the ledger moves the grams.

ALTER TABLE credit_reservation
    ADD CONSTRAINT credit_reservation_holder_check CHECK (
        holder ~ '^(platform|(org|person):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|zone:[a-z0-9][a-z0-9-]{0,39})$'),
    ADD CONSTRAINT credit_reservation_mix_check CHECK ((programme IS NULL) = (mix IS NOT NULL));
CREATE INDEX credit_reservation_due_idx ON credit_reservation (expires_at) WHERE state = 'held';
CREATE INDEX credit_reservation_holder_idx ON credit_reservation (holder) WHERE state <> 'released' AND holder <> 'platform';

ALTER TABLE holding_transfer
    ADD CONSTRAINT holding_transfer_cause_key UNIQUE (cause),
    ADD CONSTRAINT holding_transfer_two_holders_check CHECK (source <> target),
    ADD CONSTRAINT holding_transfer_holders_check CHECK (
        source ~ '^(platform|(org|person):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|zone:[a-z0-9][a-z0-9-]{0,39})$'
        AND target ~ '^(platform|(org|person):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|zone:[a-z0-9][a-z0-9-]{0,39})$'),
    ADD CONSTRAINT holding_transfer_mass_check CHECK (mass_g >= 0);
CREATE INDEX holding_transfer_source_idx ON holding_transfer (source, id);
CREATE INDEX holding_transfer_target_idx ON holding_transfer (target, id);

CREATE SCHEMA holdings;

CREATE FUNCTION holdings.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what changed hands stays written', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE TRIGGER holding_transfer_append_only BEFORE UPDATE OR DELETE ON holding_transfer
    FOR EACH ROW EXECUTE FUNCTION holdings.refuse_change();
CREATE TRIGGER holding_transfer_no_truncate BEFORE TRUNCATE ON holding_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION holdings.refuse_change();

-- The ledger's path for what a holder has of a lot. Immutable, so that it is found by index.
CREATE FUNCTION holdings.account(p_holder text, p_lot bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_holder WHEN 'platform' THEN 'inventory:' || p_lot::text ELSE 'held:' || p_holder || ':' || p_lot::text END
$$;

-- Open a holder's accounts of these lots where they are missing. A person's is ordinary; on the others many draw.
CREATE FUNCTION holdings.open(p_holder text, p_lots bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_kind text := CASE WHEN p_holder LIKE 'person:%' THEN 'ordinary' ELSE 'pool' END;
    v_lot bigint;
BEGIN
    FOR v_lot IN SELECT lot FROM unnest(p_lots) AS t (lot) WHERE NOT EXISTS (
        SELECT FROM ledger_account a WHERE a.path = holdings.account(p_holder, lot) AND a.unit = 'g:' || lot::text) ORDER BY lot
    LOOP
        PERFORM ledger.open(ARRAY[holdings.account(p_holder, v_lot)], 'g:' || v_lot::text, ARRAY[v_kind]);
    END LOOP;
END $$;

-- Set grams of these lots aside for one purpose and answer what stands: the new reservation, or one that was there.
CREATE FUNCTION holdings.reserve(
    p_id uuid, p_purpose text, p_holder text, p_programme text, p_mix text, p_expires_at timestamptz,
    p_lots bigint[], p_grams bigint[]
) RETURNS TABLE (known uuid, state text, holder text, one text, mix text, mass_g bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_units text[] := (SELECT array_agg('g:' || lot::text ORDER BY no) FROM unnest(p_lots) WITH ORDINALITY AS t (lot, no));
BEGIN
    INSERT INTO credit_reservation AS r (id, purpose, programme, mass_g, state, held_at, expires_at, holder, mix)
    VALUES (p_id, p_purpose, p_programme, (SELECT sum(grams) FROM unnest(p_grams) AS grams), 'held', clock_timestamp(),
            p_expires_at, p_holder, p_mix)
    ON CONFLICT ON CONSTRAINT credit_reservation_purpose_key DO NOTHING;
    IF FOUND THEN
        INSERT INTO credit_reservation_line (reservation_id, lot_id, mass_g)
        SELECT p_id, lot, grams FROM unnest(p_lots, p_grams) AS t (lot, grams);
        PERFORM ledger.post(
            'reserve:' || p_id, 'reserve',
            (SELECT array_agg(holdings.account(p_holder, lot) ORDER BY no) || array_agg('reserved:' || lot::text ORDER BY no)
             FROM unnest(p_lots) WITH ORDINALITY AS t (lot, no)),
            v_units || v_units,
            (SELECT array_agg(-grams ORDER BY no) || array_agg(grams ORDER BY no)
             FROM unnest(p_grams) WITH ORDINALITY AS t (grams, no)));
    END IF;
    RETURN QUERY SELECT r.id, r.state::text, r.holder::text, r.programme::text, r.mix::text, r.mass_g
                 FROM credit_reservation r WHERE r.purpose = p_purpose;
END $$;

-- Give the grams of these reservations back to their holders, in one transfer of this cause; each purpose is renamed,
-- so that it is free again. For functions that have locked the rows and know that nobody has retired the grams.
CREATE FUNCTION holdings.give_back(p_cause text, p_kind text, p_ids uuid[]) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_at timestamptz;
BEGIN
    SELECT (ledger.post(p_cause, p_kind, array_agg(leg.path), array_agg(leg.unit), array_agg(leg.grams))).posted_at INTO v_at
    FROM (
        SELECT back.path, back.unit, sum(back.grams)::bigint AS grams FROM (
            SELECT 'reserved:' || l.lot_id::text AS path, 'g:' || l.lot_id::text AS unit, -l.mass_g AS grams
            FROM credit_reservation_line l WHERE l.reservation_id = ANY (p_ids)
            UNION ALL
            SELECT holdings.account(r.holder, l.lot_id), 'g:' || l.lot_id::text, l.mass_g
            FROM credit_reservation_line l JOIN credit_reservation r ON r.id = l.reservation_id
            WHERE r.id = ANY (p_ids)) AS back
        GROUP BY back.path, back.unit ORDER BY back.path, back.unit) AS leg;
    UPDATE credit_reservation r SET state = 'released', purpose = r.purpose || '#' || r.id WHERE r.id = ANY (p_ids);
    RETURN v_at;
END $$;

-- Give what is held for these purposes back. Answers the purposes that were held.
CREATE FUNCTION holdings.release(p_batch uuid, p_purposes text[]) RETURNS TABLE (purpose text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_ids uuid[];
    v_purposes text[];
BEGIN
    SELECT array_agg(r.id ORDER BY r.id), array_agg(r.purpose::text ORDER BY r.id) INTO v_ids, v_purposes FROM (
        SELECT o.id, o.purpose FROM credit_reservation o WHERE o.purpose = ANY (p_purposes) AND o.state = 'held'
        ORDER BY o.id FOR UPDATE) AS r;
    IF v_ids IS NULL THEN RETURN; END IF;
    PERFORM holdings.give_back('release:' || p_batch, 'release', v_ids);
    RETURN QUERY SELECT unnest(v_purposes);
END $$;

-- Refuse a cause that is known with other content; answer what stands where it is the same, no row where it is new.
CREATE FUNCTION holdings.standing(p_cause text, p_content bytea) RETURNS TABLE (mass_g bigint, at timestamptz)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF EXISTS (SELECT FROM holding_transfer t WHERE t.cause = p_cause AND t.content <> p_content) THEN
        RAISE EXCEPTION 'cause % transferred something else', p_cause
            USING errcode = '23505', constraint = 'holding_transfer_conflict';
    END IF;
    RETURN QUERY SELECT t.mass_g, t.transferred_at FROM holding_transfer t WHERE t.cause = p_cause;
END $$;

-- Write one transfer down and move its grams; the same cause with the same content moves nothing again.
CREATE FUNCTION holdings.transfer(
    p_cause text, p_content bytea, p_source text, p_target text, p_reason text, p_actor text,
    p_lots bigint[], p_grams bigint[]
) RETURNS TABLE (mass_g bigint, at timestamptz, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_units text[] := (SELECT array_agg('g:' || lot::text ORDER BY lot) FROM unnest(p_lots) AS lot);
BEGIN
    INSERT INTO holding_transfer (cause, content, source, target, mass_g, reason, actor, transferred_at)
    VALUES (p_cause, p_content, p_source, p_target, coalesce((SELECT sum(grams) FROM unnest(p_grams) AS grams), 0),
            p_reason, p_actor, clock_timestamp())
    ON CONFLICT ON CONSTRAINT holding_transfer_cause_key DO NOTHING;
    IF NOT FOUND THEN
        RETURN QUERY SELECT s.mass_g, s.at, false FROM holdings.standing(p_cause, p_content) s;
        RETURN;
    END IF;
    IF cardinality(p_lots) > 0 THEN
        PERFORM holdings.open(p_source, p_lots);  -- who never had any is refused by the floor, as who has too little
        PERFORM holdings.open(p_target, p_lots);
        PERFORM ledger.post(
            'transfer:' || p_cause, 'transfer',
            (SELECT array_agg(holdings.account(p_source, lot) ORDER BY lot)
                    || array_agg(holdings.account(p_target, lot) ORDER BY lot) FROM unnest(p_lots) AS lot),
            v_units || v_units,
            (SELECT array_agg(-grams ORDER BY lot) || array_agg(grams ORDER BY lot)
             FROM unnest(p_lots, p_grams) AS t (lot, grams)),
            p_actor);
    END IF;
    RETURN QUERY SELECT s.mass_g, s.at, true FROM holdings.standing(p_cause, p_content) s;
END $$;

-- Move all that one holder has to another; what is reserved for it would go back to the other from now on.
-- Locks: reservations by id, then the accounts of both in the ledger's own order, then reads what is there.
CREATE FUNCTION holdings.merge(
    p_cause text, p_content bytea, p_source text, p_target text, p_reason text, p_actor text
) RETURNS TABLE (mass_g bigint, at timestamptz, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_lots bigint[];
    v_grams bigint[];
BEGIN
    IF p_source = 'platform' OR p_target = 'platform' THEN
        RAISE EXCEPTION 'the platform''s stock is sold, not merged' USING errcode = '23514';
    END IF;
    IF EXISTS (SELECT FROM holdings.standing(p_cause, p_content)) THEN
        RETURN QUERY SELECT s.mass_g, s.at, false FROM holdings.standing(p_cause, p_content) s;
        RETURN;
    END IF;
    PERFORM FROM credit_reservation r WHERE r.holder = p_source AND r.state <> 'released' ORDER BY r.id FOR UPDATE;
    PERFORM FROM ledger_account a JOIN credit_lot l
        ON a.unit = 'g:' || l.id::text AND a.path IN (holdings.account(p_source, l.id), holdings.account(p_target, l.id))
        ORDER BY a.kind = 'pool', a.id FOR UPDATE OF a;
    SELECT array_agg(l.id ORDER BY l.id), array_agg(a.balance ORDER BY l.id) INTO v_lots, v_grams
    FROM credit_lot l JOIN ledger_account a ON a.path = holdings.account(p_source, l.id) AND a.unit = 'g:' || l.id::text
    WHERE a.balance > 0;
    -- A reservation goes back to an account that must be open, also for a lot of which nothing is free.
    PERFORM holdings.open(p_target, (
        SELECT array_agg(DISTINCT n.lot_id) FROM credit_reservation r JOIN credit_reservation_line n ON n.reservation_id = r.id
        WHERE r.holder = p_source AND r.state <> 'released'));
    UPDATE credit_reservation r SET holder = p_target WHERE r.holder = p_source AND r.state <> 'released';
    RETURN QUERY SELECT t.mass_g, t.at, t.is_new
                 FROM holdings.transfer(p_cause, p_content, p_source, p_target, p_reason, p_actor,
                                        coalesce(v_lots, '{}'), coalesce(v_grams, '{}')) t;
END $$;

REVOKE ALL ON SCHEMA holdings FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA holdings FROM PUBLIC;
GRANT USAGE ON SCHEMA holdings TO ddt_app;
GRANT EXECUTE ON FUNCTION
    holdings.account(text, bigint),
    holdings.reserve(uuid, text, text, text, text, timestamptz, bigint[], bigint[]),
    holdings.release(uuid, text[]),
    holdings.transfer(text, bytea, text, text, text, text, bigint[], bigint[]),
    holdings.merge(text, bytea, text, text, text, text) TO ddt_app;
GRANT SELECT ON holding_transfer TO ddt_app;
