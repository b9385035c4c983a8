-- What was set aside for a set is set aside for each of its members: a reservation is split, lot by lot and to the gram. No
-- gram moves in the ledger. One that is split is at its end; its pieces are held, and go on like any other.
ALTER TABLE credit_reservation
    DROP CONSTRAINT credit_reservation_state_check,
    ADD CONSTRAINT credit_reservation_state_check CHECK (state IN ('held', 'used', 'delivered', 'released', 'split')),
    ADD CONSTRAINT credit_reservation_split_fkey FOREIGN KEY (split_of_id) REFERENCES credit_reservation (id) ON DELETE RESTRICT;
CREATE INDEX credit_reservation_split_idx ON credit_reservation (split_of_id) WHERE split_of_id IS NOT NULL;

-- Lots and grams of one that is split, where its pieces together have more or less of a lot.
CREATE FUNCTION holdings.split_unevenly(p_id uuid) RETURNS TABLE (lot_id bigint, whole_g bigint, pieces_g bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(w.lot_id, q.lot_id), w.mass_g, q.mass_g
    FROM (SELECT l.lot_id, sum(l.mass_g)::bigint AS mass_g FROM credit_reservation_line l
          WHERE l.reservation_id = p_id GROUP BY l.lot_id) AS w
    FULL JOIN (SELECT l.lot_id, sum(l.mass_g)::bigint AS mass_g FROM credit_reservation r
               JOIN credit_reservation_line l ON l.reservation_id = r.id WHERE r.split_of_id = p_id GROUP BY l.lot_id) AS q
         ON q.lot_id = w.lot_id
    WHERE w.mass_g IS DISTINCT FROM q.mass_g
$$;

CREATE OR REPLACE FUNCTION holdings.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.state, new.state) NOT IN (('held', 'used'), ('held', 'delivered'), ('held', 'released'), ('held', 'split'),
                                      ('used', 'released'))
       OR new.cause <> (CASE new.state WHEN 'released' THEN old.cause || '#' || old.id ELSE old.cause END)
    THEN
        RAISE EXCEPTION 'reservation % cannot go from % to %', old.cause, old.state, new.state
            USING errcode = '23514', constraint = 'credit_reservation_step_check';
    END IF;
    IF new.state = 'delivered' AND NOT EXISTS (
        SELECT FROM holding_transfer t WHERE t.cause = new.cause AND t.source = new.holder AND t.mass_g = new.mass_g)
    THEN
        RAISE EXCEPTION 'reservation % went into no account', new.cause
            USING errcode = '23514', constraint = 'credit_reservation_delivered_check';
    END IF;
    IF new.state = 'split' AND EXISTS (SELECT FROM holdings.split_unevenly(new.id)) THEN
        RAISE EXCEPTION 'the pieces of reservation % are not all of it', new.cause
            USING errcode = '23514', constraint = 'credit_reservation_split_check';
    END IF;
    RETURN new;
END $$;

-- Split what is held for each of these wholes: piece i, of p_wholes[i], is held for p_causes[i] under p_ids[i], and line k gives
-- it, p_of[k] being i, p_grams[k] grams of lot p_lots[k]. Answers the causes of the pieces; those whose whole is not held any
-- more are passed over. Locks the wholes by id.
CREATE FUNCTION holdings.split(
    p_wholes text[], p_ids uuid[], p_causes text[], p_of int[], p_lots bigint[], p_grams bigint[]
) RETURNS TABLE (cause text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_held uuid[];
BEGIN
    SELECT array_agg(h.id) INTO v_held FROM (
        SELECT r.id FROM credit_reservation r WHERE r.cause = ANY (p_wholes) AND r.state = 'held' ORDER BY r.id FOR UPDATE) AS h;
    IF v_held IS NULL THEN RETURN; END IF;
    INSERT INTO credit_reservation (id, cause, programme, mass_g, state, held_at, expires_at, holder, mix, split_of_id)
    SELECT p.id, p.cause, CASE WHEN n.programmes = 1 THEN n.first END, n.mass_g, 'held', clock_timestamp(), w.expires_at, w.holder,
           CASE WHEN n.programmes > 1 THEN n.mix END, w.id
    FROM unnest(p_wholes, p_ids, p_causes) WITH ORDINALITY AS p (whole, id, cause, no)
    JOIN credit_reservation w ON w.cause = p.whole AND w.id = ANY (v_held)
    CROSS JOIN LATERAL (
        SELECT count(*) AS programmes, min(g.programme) AS first, sum(g.mass_g)::bigint AS mass_g,
               'mass ' || string_agg(g.programme || '=' || g.mass_g, ' ' ORDER BY g.programme) AS mix
        FROM (SELECT l.programme::text AS programme, sum(q.grams)::bigint AS mass_g
              FROM unnest(p_of, p_lots, p_grams) AS q (piece, lot, grams) JOIN credit_lot l ON l.id = q.lot
              WHERE q.piece = p.no GROUP BY l.programme) AS g) AS n
    ORDER BY p.no;
    INSERT INTO credit_reservation_line (reservation_id, lot_id, mass_g)
    SELECT p_ids[q.piece], q.lot, q.grams FROM unnest(p_of, p_lots, p_grams) AS q (piece, lot, grams)
    JOIN credit_reservation r ON r.id = p_ids[q.piece] AND r.split_of_id = ANY (v_held) ORDER BY q.piece, q.lot;
    UPDATE credit_reservation r SET state = 'split' WHERE r.id = ANY (v_held);
    RETURN QUERY SELECT r.cause::text FROM credit_reservation r WHERE r.split_of_id = ANY (v_held) ORDER BY r.id;
END $$;
REVOKE ALL ON FUNCTION holdings.split_unevenly(uuid), holdings.split(text[], uuid[], text[], int[], bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.split_unevenly(uuid), holdings.split(text[], uuid[], text[], int[], bigint[], bigint[]) TO ddt_app;

-- The proof that a split lost nothing and made nothing.
CREATE FUNCTION holdings.prove_splits(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH whole AS (
        SELECT r.id, r.cause::text AS cause, l.lot_id, sum(l.mass_g) AS grams FROM credit_reservation r
        JOIN credit_reservation_line l ON l.reservation_id = r.id WHERE r.state = 'split' GROUP BY r.id, r.cause, l.lot_id),
    piece AS (
        SELECT r.split_of_id AS id, l.lot_id, sum(l.mass_g) AS grams FROM credit_reservation r
        JOIN credit_reservation_line l ON l.reservation_id = r.id WHERE r.split_of_id IS NOT NULL GROUP BY r.split_of_id, l.lot_id),
    judged AS (
        SELECT coalesce(w.cause, p.id::text) AS cause, coalesce(w.lot_id, p.lot_id) AS lot, coalesce(w.grams, 0) AS whole_g,
               coalesce(p.grams, 0) AS pieces_g
        FROM whole w FULL JOIN piece p ON p.id = w.id AND p.lot_id = w.lot_id)
    SELECT NULL::bigint, 'split_whole', count(*) FILTER (WHERE j.whole_g <> j.pieces_g) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.whole_g = j.pieces_g)::numeric,
           (array_agg(format('for %s %s g of lot %s were set aside, its pieces have %s g', j.cause, j.whole_g, j.lot, j.pieces_g)
                      ORDER BY j.cause, j.lot) FILTER (WHERE j.whole_g <> j.pieces_g))[1:20]
    FROM judged j;
END $$;
REVOKE ALL ON FUNCTION holdings.prove_splits(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.prove_splits(bigint) TO ddt_app;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_splits', 'holdings.prove_splits', 2, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 2;
