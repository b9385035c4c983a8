-- The ledger: PostgreSQL refuses what must not be. Only ledger.post and ledger.open write here.

ALTER TABLE ledger_account
    ADD CONSTRAINT ledger_account_path_unit_key UNIQUE (path, unit),
    ADD CONSTRAINT ledger_account_kind_check CHECK (kind IN ('external', 'ordinary', 'pool')),
    ADD CONSTRAINT ledger_account_floor_check CHECK (kind = 'external' OR balance >= floor);

ALTER TABLE ledger_transfer
    ADD CONSTRAINT ledger_transfer_cause_key UNIQUE (cause),
    ADD CONSTRAINT ledger_transfer_id_legs_key UNIQUE (id, legs),
    ADD CONSTRAINT ledger_transfer_legs_check CHECK (legs BETWEEN 2 AND 10000),
    ADD CONSTRAINT ledger_transfer_two_people_check CHECK (checker IS NULL OR (maker IS NOT NULL AND maker <> checker));

-- A leg number is taken once and never exceeds what its transfer declared, so a balanced pair cannot be
-- added to a finished transfer: the declaration alone refuses it, at a constant cost per leg.
ALTER TABLE ledger_entry
    ADD CONSTRAINT ledger_entry_transfer_leg_key UNIQUE (transfer_id, leg),
    ADD CONSTRAINT ledger_entry_transfer_legs_fkey
        FOREIGN KEY (transfer_id, legs) REFERENCES ledger_transfer (id, legs) ON DELETE RESTRICT,
    ADD CONSTRAINT ledger_entry_leg_check CHECK (leg BETWEEN 1 AND legs),
    ADD CONSTRAINT ledger_entry_amount_check CHECK (amount <> 0);
CREATE INDEX ledger_entry_account_idx ON ledger_entry (account_id, id);

CREATE SCHEMA ledger;

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the books are append-only', tg_op, tg_table_name USING errcode = '23514';
END $$;

CREATE FUNCTION ledger.check_transfer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM ledger_entry WHERE transfer_id = new.id) <> new.legs
       OR EXISTS (SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                  WHERE e.transfer_id = new.id GROUP BY a.unit HAVING sum(e.amount) <> 0)
    THEN
        RAISE EXCEPTION 'transfer % (%) does not balance', new.id, new.cause
            USING errcode = '23514', constraint = 'ledger_transfer_balances';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_transfer_balances AFTER INSERT ON ledger_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.check_transfer();
CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE OR DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER ledger_transfer_no_truncate BEFORE TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Open accounts; those that exist stay as they are.
CREATE FUNCTION ledger.open(p_paths text[], p_unit text, p_kinds text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO ledger_account (path, unit, kind, floor, balance)
    SELECT path, p_unit, kind, 0, 0 FROM unnest(p_paths, p_kinds) AS wanted (path, kind)
    ORDER BY path
    ON CONFLICT ON CONSTRAINT ledger_account_path_unit_key DO NOTHING;
$$;

-- Post one transfer: leg i moves p_amounts[i] to account (p_paths[i], p_units[i]).
-- The same cause with the same content is the same transfer: nothing moves, is_new is false.
-- The same cause with other content is refused with constraint ledger_transfer_conflict.
-- Accounts are locked by id, pools last; a floor refuses with ledger_account_floor_check.
CREATE FUNCTION ledger.post(
    p_cause text, p_kind text, p_paths text[], p_units text[], p_amounts bigint[],
    p_actor text DEFAULT NULL, OUT posted_at timestamptz, OUT is_new boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_content bytea := sha256(convert_to(
        p_kind || chr(10) || array_to_string(p_paths, chr(10)) || chr(10) || array_to_string(p_units, chr(10))
        || chr(10) || array_to_string(p_amounts, chr(10)), 'UTF8'));
    v_legs int := cardinality(p_amounts);
    v_id bigint;
    v_known bytea;
    v_locked int;
BEGIN
    INSERT INTO ledger_transfer (cause, content, kind, legs, actor, posted_at)
    VALUES (p_cause, v_content, p_kind, v_legs, p_actor, clock_timestamp())
    ON CONFLICT ON CONSTRAINT ledger_transfer_cause_key DO NOTHING
    RETURNING id, ledger_transfer.posted_at INTO v_id, posted_at;
    IF v_id IS NULL THEN
        SELECT t.content, t.posted_at INTO v_known, posted_at FROM ledger_transfer t WHERE t.cause = p_cause;
        IF v_known <> v_content THEN
            RAISE EXCEPTION 'transfer % was posted with other content', p_cause
                USING errcode = '23505', constraint = 'ledger_transfer_conflict';
        END IF;
        is_new := false;
        RETURN;
    END IF;

    WITH wanted AS (SELECT path, unit FROM unnest(p_paths, p_units) AS w (path, unit)),
         locked AS (
             SELECT a.id FROM ledger_account a JOIN wanted USING (path, unit)
             ORDER BY a.kind = 'pool', a.id FOR UPDATE OF a)
    SELECT count(DISTINCT id) INTO v_locked FROM locked;
    IF v_locked <> v_legs THEN
        RAISE EXCEPTION 'transfer % names an account that is not open, or one twice', p_cause
            USING errcode = '23503', constraint = 'ledger_account_unknown';
    END IF;

    WITH leg AS (
             SELECT ordinality::int AS no, path, unit, amount
             FROM unnest(p_paths, p_units, p_amounts) WITH ORDINALITY AS l (path, unit, amount, ordinality)),
         moved AS (
             UPDATE ledger_account a SET balance = a.balance + leg.amount
             FROM leg WHERE a.path = leg.path AND a.unit = leg.unit
             RETURNING a.id, leg.no, leg.amount, a.balance)
    INSERT INTO ledger_entry (transfer_id, account_id, leg, legs, amount, balance)
    SELECT v_id, moved.id, moved.no, v_legs, moved.amount, moved.balance FROM moved;
    is_new := true;
END $$;

REVOKE ALL ON SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO ddt_app;
GRANT EXECUTE ON FUNCTION ledger.post(text, text, text[], text[], bigint[], text) TO ddt_app;
GRANT EXECUTE ON FUNCTION ledger.open(text[], text, text[]) TO ddt_app;
GRANT SELECT ON ledger_account, ledger_transfer, ledger_entry TO ddt_app;
