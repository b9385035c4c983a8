-- The proof of a day: from a sealed checkpoint on, at the cost of what was written since. A checkpoint says of every account
-- which entry was its last and what it held, of every lot up to which gram it is cut, of every register which number comes
-- next. It is sealed after a look that found nothing, in the snapshot of that look: its digest goes over its rows and over
-- the digest of the one before it, so that none can be changed, left out or put in between without the chain saying so.
--
-- Positions need no lock: entries of one account, slices of one lot and numbers of one register are written under a lock of
-- their own row, so what is behind the last one that a snapshot sees was written later. Transfers are looked at from a
-- quarter of an hour before the seal on, longer than any transaction of ours may take.

ALTER TABLE books_part
    ADD COLUMN of_day varchar(8) NOT NULL DEFAULT 'whole',
    ADD COLUMN because text,
    ADD CONSTRAINT books_part_of_day_check CHECK (
        of_day IN ('since', 'whole', 'never') AND (of_day <> 'never' OR length(because) >= 20));
COMMENT ON COLUMN books_part.of_day IS
    'In the proof of a day: since = what was written since; whole = all of it, since it does not grow with orders; never';
UPDATE books_part SET of_day = 'since' WHERE name IN (
    'prove_grams', 'prove_ledger', 'prove_retirements', 'prove_certificates', 'prove_records');
UPDATE books_part SET of_day = 'never', because = CASE name
    WHEN 'prove_set_aside' THEN 'A reservation is used or given back long after it is made, and its row says nothing of when.'
    WHEN 'prove_orders' THEN 'An order is paid, given back and refunded long after it is placed: a day''s rows are not what a day changed.'
    WHEN 'prove_money' THEN 'Sums over all payments, sales and refunds, each of which may change until its refund is done.'
    WHEN 'prove_claims' THEN 'Judged anew when a registry cancels, months after the claim was made.'
    WHEN 'prove_waiting' THEN 'Compares what is open with every row that could be, so that none is left out.'
    WHEN 'prove_splits' THEN 'A reservation is split long after it is made.'
    WHEN 'prove_gifts' THEN 'A gift is used, passed on or returned long after it is given.'
    WHEN 'prove_donations' THEN 'What was given to a zone is retired by its end, months after.'
    WHEN 'prove_donation_tallies' THEN 'Compares sums that triggers keep with all that they are sums of.'
    ELSE 'A day that was signed may be compared with a bill that comes later.' END
WHERE name IN ('prove_set_aside', 'prove_orders', 'prove_money', 'prove_claims', 'prove_waiting', 'prove_splits', 'prove_gifts',
               'prove_donations', 'prove_donation_tallies', 'prove_bills');

CREATE INDEX books_run_day_idx ON books_run (finished_at) WHERE scope LIKE 'day:%';

CREATE TABLE books_checkpoint (
    id bigint PRIMARY KEY,
    sealed_at timestamptz NOT NULL,
    transfer_id bigint NOT NULL,
    accounts int NOT NULL,
    lots int NOT NULL,
    registers int NOT NULL,
    rows_sha256 bytea NOT NULL,
    previous_sha256 bytea,
    sha256 bytea NOT NULL CONSTRAINT books_checkpoint_sha256_key UNIQUE,
    looked_at timestamptz NOT NULL,
    CONSTRAINT books_checkpoint_first_check CHECK ((id = 1) = (previous_sha256 IS NULL)),
    CONSTRAINT books_checkpoint_id_check CHECK (id > 0)
);
COMMENT ON COLUMN books_checkpoint.looked_at IS 'When the day that ends with it was last added up again; no part of the seal';
-- Rows of what has moved since the one before; of what has not, the newest row before it holds.
CREATE TABLE books_checkpoint_account (
    account_id bigint NOT NULL,
    checkpoint_id bigint NOT NULL REFERENCES books_checkpoint (id) ON DELETE RESTRICT
        DEFERRABLE INITIALLY DEFERRED,
    last_entry_id bigint NOT NULL,
    balance bigint NOT NULL,
    PRIMARY KEY (account_id, checkpoint_id)
);
CREATE INDEX books_checkpoint_account_checkpoint_idx ON books_checkpoint_account (checkpoint_id);
CREATE TABLE books_checkpoint_lot (
    lot_id bigint NOT NULL,
    checkpoint_id bigint NOT NULL REFERENCES books_checkpoint (id) ON DELETE RESTRICT
        DEFERRABLE INITIALLY DEFERRED,
    stop_g bigint NOT NULL,
    PRIMARY KEY (lot_id, checkpoint_id)
);
CREATE TABLE books_checkpoint_register (
    series varchar(16) NOT NULL,
    checkpoint_id bigint NOT NULL REFERENCES books_checkpoint (id) ON DELETE RESTRICT
        DEFERRABLE INITIALLY DEFERRED,
    next_no bigint NOT NULL,
    PRIMARY KEY (series, checkpoint_id)
);
CREATE TRIGGER books_checkpoint_append_only BEFORE DELETE OR UPDATE OF
    id, sealed_at, transfer_id, accounts, lots, registers, rows_sha256, previous_sha256, sha256 ON books_checkpoint
    FOR EACH ROW EXECUTE FUNCTION books.refuse_change();
CREATE TRIGGER books_checkpoint_account_append_only BEFORE UPDATE OR DELETE ON books_checkpoint_account
    FOR EACH ROW EXECUTE FUNCTION books.refuse_change();
CREATE TRIGGER books_checkpoint_lot_append_only BEFORE UPDATE OR DELETE ON books_checkpoint_lot
    FOR EACH ROW EXECUTE FUNCTION books.refuse_change();
CREATE TRIGGER books_checkpoint_register_append_only BEFORE UPDATE OR DELETE ON books_checkpoint_register
    FOR EACH ROW EXECUTE FUNCTION books.refuse_change();
CREATE TRIGGER books_checkpoint_no_truncate BEFORE TRUNCATE ON books_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change();
CREATE TRIGGER books_checkpoint_account_no_truncate BEFORE TRUNCATE ON books_checkpoint_account
    FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change();
CREATE TRIGGER books_checkpoint_lot_no_truncate BEFORE TRUNCATE ON books_checkpoint_lot
    FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change();
CREATE TRIGGER books_checkpoint_register_no_truncate BEFORE TRUNCATE ON books_checkpoint_register
    FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change();
GRANT SELECT ON books_checkpoint, books_checkpoint_account, books_checkpoint_lot, books_checkpoint_register TO ddt_app;

-- The digest of a checkpoint's rows, in one spelling.
CREATE FUNCTION books.checkpoint_rows(p_id bigint) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(coalesce(string_agg(r.said, chr(10) ORDER BY r.said COLLATE "C"), ''), 'UTF8')) FROM (
        SELECT format('account %s %s %s', a.account_id, a.last_entry_id, a.balance) AS said
        FROM books_checkpoint_account a WHERE a.checkpoint_id = p_id
        UNION ALL SELECT format('lot %s %s', l.lot_id, l.stop_g) FROM books_checkpoint_lot l WHERE l.checkpoint_id = p_id
        UNION ALL SELECT format('register %s %s', s.series, s.next_no)
        FROM books_checkpoint_register s WHERE s.checkpoint_id = p_id) AS r
$$;
REVOKE ALL ON FUNCTION books.checkpoint_rows(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.checkpoint_rows(bigint) TO ddt_app;

CREATE FUNCTION books.checkpoint_seal(c books_checkpoint) RETURNS bytea LANGUAGE sql IMMUTABLE
SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(format('%s %s %s %s %s %s %s %s', c.id,
        to_char(c.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), c.transfer_id, c.accounts, c.lots, c.registers,
        encode(c.rows_sha256, 'hex'), coalesce(encode(c.previous_sha256, 'hex'), '')), 'UTF8'))
$$;
REVOKE ALL ON FUNCTION books.checkpoint_seal(books_checkpoint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.checkpoint_seal(books_checkpoint) TO ddt_app;

-- The chain of checkpoints, and the rows of each: from p_from on, or all.
CREATE FUNCTION books.prove_checkpoints(p_lot bigint DEFAULT NULL, p_from bigint DEFAULT 1) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT c.id, c.sha256 = books.checkpoint_seal(c) AND c.rows_sha256 = books.checkpoint_rows(c.id)
                     AND (c.id = 1 OR c.previous_sha256 IS NOT DISTINCT FROM (
                         SELECT b.sha256 FROM books_checkpoint b WHERE b.id = c.id - 1)) AS ok
        FROM books_checkpoint c WHERE c.id >= p_from)
    SELECT NULL::bigint, 'checkpoints_chained', count(*) FILTER (WHERE j.ok IS NOT TRUE) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('checkpoint %s is not as it was sealed', j.id) ORDER BY j.id) FILTER (WHERE j.ok IS NOT TRUE))[1:20]
    FROM judged j;
END $$;
REVOKE ALL ON FUNCTION books.prove_checkpoints(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION books.prove_checkpoints(bigint, bigint) TO ddt_app;
INSERT INTO books_part (name, function, connection_no, no, follows_grams, of_day)
SELECT 'prove_checkpoints', 'books.prove_checkpoints', 2, max(p.no) + 1, false, 'since' FROM books_part p WHERE p.connection_no = 2;
