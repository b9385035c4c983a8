-- Reservations go one way: held, then used or released; used, then released by who withdraws; released is the end. The
-- application marks one used; giving back and renaming is left to the functions that move the grams with it.

CREATE FUNCTION holdings.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.state, new.state) NOT IN (('held', 'used'), ('held', 'released'), ('used', 'released'))
       OR new.purpose <> (CASE new.state WHEN 'released' THEN old.purpose || '#' || old.id ELSE old.purpose END)
    THEN
        RAISE EXCEPTION 'reservation % cannot go from % to %', old.purpose, old.state, new.state
            USING errcode = '23514', constraint = 'credit_reservation_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_reservation_goes_on BEFORE UPDATE ON credit_reservation
    FOR EACH ROW WHEN ((old.state, old.purpose) IS DISTINCT FROM (new.state, new.purpose)) EXECUTE FUNCTION holdings.guard();
REVOKE UPDATE (purpose) ON credit_reservation FROM ddt_app;

-- As before; and where the transfer of this cause was posted before, nothing is given back under it again.
CREATE OR REPLACE FUNCTION holdings.give_back(p_cause text, p_kind text, p_ids uuid[]) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_at timestamptz; v_new boolean;
BEGIN
    SELECT posted.posted_at, posted.is_new INTO v_at, v_new FROM (
        SELECT array_agg(back.path) AS paths, array_agg(back.unit) AS units, array_agg(back.grams) AS grams FROM (
            SELECT one.path, one.unit, sum(one.grams)::bigint AS grams FROM (
                SELECT 'reserved:' || l.lot_id::text AS path, 'g:' || l.lot_id::text AS unit, -l.mass_g AS grams
                FROM credit_reservation_line l WHERE l.reservation_id = ANY (p_ids)
                UNION ALL
                SELECT holdings.account(r.holder, l.lot_id), 'g:' || l.lot_id::text, l.mass_g
                FROM credit_reservation_line l JOIN credit_reservation r ON r.id = l.reservation_id
                WHERE r.id = ANY (p_ids)) AS one
            GROUP BY one.path, one.unit ORDER BY one.path, one.unit) AS back) AS leg
    CROSS JOIN LATERAL ledger.post(p_cause, p_kind, leg.paths, leg.units, leg.grams) AS posted;
    IF NOT v_new THEN
        RAISE EXCEPTION '% gave something back before', p_cause
            USING errcode = '23505', constraint = 'holdings_given_back_once';
    END IF;
    UPDATE credit_reservation r SET state = 'released', purpose = r.purpose || '#' || r.id WHERE r.id = ANY (p_ids);
    RETURN v_at;
END $$;

-- Lock what a holder has of these programmes, and what is reserved of them, in the ledger's own order: for transactions
-- that reserve more than once, which would else wait for each other in a ring.
CREATE FUNCTION holdings.line_up(p_holder text, p_programmes text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM credit_lot l JOIN ledger_account a
        ON a.unit = 'g:' || l.id::text AND a.path IN (holdings.account(p_holder, l.id), 'reserved:' || l.id::text)
        WHERE l.programme = ANY (p_programmes) ORDER BY a.kind = 'pool', a.id FOR UPDATE OF a;
END $$;
REVOKE ALL ON FUNCTION holdings.guard(), holdings.line_up(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.line_up(text, text[]) TO ddt_app;
