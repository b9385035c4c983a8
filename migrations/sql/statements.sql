-- What our bank says came in. Only the functions below write; what the bank said is never changed, and nothing of it pays by itself:
-- a payment by transfer is paid by its receipt, which two people agree to.
CREATE SCHEMA statements;

ALTER TABLE bank_statement
    ADD CONSTRAINT bank_statement_digest_key UNIQUE (account, digest),
    ADD CONSTRAINT bank_statement_digest_check CHECK (length(digest) = 32),
    ADD CONSTRAINT bank_statement_account_check CHECK (account ~ '^[0-9A-Z]{1,40}$'),
    ADD CONSTRAINT bank_statement_state_check CHECK (state IN ('read', 'taken')),
    ADD CONSTRAINT bank_statement_taken_check CHECK (
        (state = 'taken') = (taken_at IS NOT NULL) AND (taken_at IS NULL) = (taken_by_id IS NULL)
        AND (taken_at IS NULL) = (content IS NOT NULL) AND (taken_at IS NULL) = (new IS NULL)),
    ADD CONSTRAINT bank_statement_days_check CHECK (first_day <= last_day),
    ADD CONSTRAINT bank_statement_counts_check CHECK (credits >= 0 AND debits >= 0 AND credits + debits > 0 AND amount_minor >= 0);
CREATE INDEX bank_statement_days_idx ON bank_statement (account, first_day, last_day) WHERE state = 'taken';
CREATE INDEX bank_statement_read_by_idx ON bank_statement (read_by_id);
CREATE INDEX bank_statement_taken_by_idx ON bank_statement (taken_by_id) WHERE taken_by_id IS NOT NULL;

ALTER TABLE bank_statement_row
    ADD CONSTRAINT bank_statement_row_number_key UNIQUE (account, number),
    ADD CONSTRAINT bank_statement_row_number_check CHECK (number ~ '^[0-9A-Z][0-9A-Z-]{3,39}$'),
    ADD CONSTRAINT bank_statement_row_amount_check CHECK (amount_minor > 0),
    ADD CONSTRAINT bank_statement_row_state_check CHECK (state IN ('open', 'proposed', 'paid', 'closed')),
    ADD CONSTRAINT bank_statement_row_paid_check CHECK (state <> 'paid' OR payment_id IS NOT NULL);
CREATE INDEX bank_statement_row_statement_idx ON bank_statement_row (statement_id, day, id);
CREATE INDEX bank_statement_row_open_idx ON bank_statement_row (id) WHERE state IN ('open', 'proposed');
CREATE UNIQUE INDEX bank_statement_row_paid_key ON bank_statement_row (payment_id) WHERE state = 'paid';
CREATE INDEX bank_statement_row_payment_idx ON bank_statement_row (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX bank_statement_row_approval_idx ON bank_statement_row (approval_id) WHERE approval_id IS NOT NULL;

ALTER TABLE statement_finding
    ADD CONSTRAINT statement_finding_key UNIQUE (account, number, nature),
    ADD CONSTRAINT statement_finding_nature_check CHECK (nature IN ('no_code', 'unknown', 'several', 'twice', 'less', 'more', 'paid',
        'late', 'early', 'number', 'amount', 'refused', 'fits', 'unseen')),
    ADD CONSTRAINT statement_finding_row_check CHECK ((nature = 'unseen') = (row_id IS NULL)),
    ADD CONSTRAINT statement_finding_state_check CHECK (state IN ('open', 'settled', 'explained')),
    ADD CONSTRAINT statement_finding_closed_check CHECK (
        (state = 'open') = (closed_at IS NULL) AND (state = 'explained') = (closed_by_id IS NOT NULL)
        AND (closed_by_id IS NULL) = (reason IS NULL)),
    ADD CONSTRAINT statement_finding_reason_check CHECK (btrim(reason) <> '');
CREATE INDEX statement_finding_open_idx ON statement_finding (found_at) WHERE state = 'open';
CREATE INDEX statement_finding_row_idx ON statement_finding (row_id) WHERE row_id IS NOT NULL;
CREATE INDEX statement_finding_payment_idx ON statement_finding (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX statement_finding_owner_idx ON statement_finding (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX statement_finding_closed_by_idx ON statement_finding (closed_by_id) WHERE closed_by_id IS NOT NULL;

CREATE FUNCTION statements.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what the bank said stays', tg_op, tg_table_name
        USING errcode = '23514', constraint = tg_name;
END $$;
CREATE TRIGGER bank_statement_stays BEFORE TRUNCATE ON bank_statement
    FOR EACH STATEMENT EXECUTE FUNCTION statements.refuse_change();
CREATE TRIGGER bank_statement_taken_stays BEFORE UPDATE OR DELETE ON bank_statement
    FOR EACH ROW WHEN (old.state = 'taken') EXECUTE FUNCTION statements.refuse_change();
CREATE TRIGGER bank_statement_row_stays BEFORE DELETE OR TRUNCATE ON bank_statement_row
    FOR EACH STATEMENT EXECUTE FUNCTION statements.refuse_change();
CREATE TRIGGER bank_statement_row_as_it_came BEFORE UPDATE ON bank_statement_row
    FOR EACH ROW WHEN ((new.id, new.statement_id, new.account, new.number, new.is_numbered, new.day, new.amount_minor, new.payer_name,
                        new.payer_end, new.remark, new.balance_minor, new.codes, new.is_marked)
                       IS DISTINCT FROM
                       (old.id, old.statement_id, old.account, old.number, old.is_numbered, old.day, old.amount_minor, old.payer_name,
                        old.payer_end, old.remark, old.balance_minor, old.codes, old.is_marked))
    EXECUTE FUNCTION statements.refuse_change();
CREATE TRIGGER bank_statement_row_is_over BEFORE UPDATE ON bank_statement_row
    FOR EACH ROW WHEN (old.state IN ('paid', 'closed')) EXECUTE FUNCTION statements.refuse_change();
CREATE TRIGGER statement_finding_stays BEFORE DELETE OR TRUNCATE ON statement_finding
    FOR EACH STATEMENT EXECUTE FUNCTION statements.refuse_change();
CREATE TRIGGER statement_finding_is_explained BEFORE UPDATE ON statement_finding
    FOR EACH ROW WHEN (old.state = 'explained' OR (new.id, new.account, new.number, new.nature, new.found_at, new.row_id)
                       IS DISTINCT FROM (old.id, old.account, old.number, old.nature, old.found_at, old.row_id))
    EXECUTE FUNCTION statements.refuse_change();

-- Refuse whoever is nobody of the platform's finance, now.
CREATE FUNCTION statements.demand_finance(p_by uuid) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT identity.has_house_role(p_by, '{finance}') THEN
        RAISE EXCEPTION '% is nobody of finance', p_by USING errcode = '42501', constraint = 'bank_statement_finance';
    END IF;
END $$;

-- A file that was read, kept under p_id until somebody takes it; the same file of an account answers the one that is there.
-- What was read a day ago and never taken goes.
CREATE FUNCTION statements.keep(p_id uuid, p_account text, p_digest bytea, p_name text, p_debits integer, p_first date, p_last date,
    p_notes jsonb, p_content jsonb, p_by uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id uuid;
BEGIN
    PERFORM statements.demand_finance(p_by);
    DELETE FROM bank_statement s WHERE s.state = 'read' AND s.read_at < clock_timestamp() - interval '1 day';
    INSERT INTO bank_statement (id, account, digest, file_name, state, credits, debits, amount_minor, first_day, last_day, notes, content,
        read_by_id, read_at)
    SELECT p_id, p_account, p_digest, p_name, 'read', count(*), p_debits, coalesce(sum(c.amount_minor), 0), p_first, p_last, p_notes,
           p_content, p_by, clock_timestamp()
    FROM jsonb_to_recordset(p_content) AS c (amount_minor bigint)
    ON CONFLICT (account, digest) DO NOTHING
    RETURNING id INTO v_id;
    RETURN coalesce(v_id, (SELECT s.id FROM bank_statement s WHERE s.account = p_account AND s.digest = p_digest));
END $$;

-- The rows of a statement that is read and not taken.
CREATE FUNCTION statements.content(p_statement uuid) RETURNS TABLE (no bigint, number text, is_numbered boolean, day date,
    amount_minor bigint, payer_name text, payer_end text, remark text, balance_minor bigint, codes text, is_marked boolean)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT c.no, c.number, c.is_numbered, c.day, c.amount_minor, c.payer_name, c.payer_end, c.remark, c.balance_minor, c.codes, c.is_marked
    FROM bank_statement s CROSS JOIN LATERAL jsonb_to_recordset(s.content) AS c (no bigint, number text, is_numbered boolean, day date,
        amount_minor bigint, payer_name text, payer_end text, remark text, balance_minor bigint, codes text, is_marked boolean)
    WHERE s.id = p_statement
$$;

-- Take the rows of a statement in that are not here yet; answers how many, or NULL where it was taken before. A number that is here
-- with another day or amount refuses all of it.
CREATE FUNCTION statements.take(p_statement uuid, p_by uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_statement bank_statement;
    v_other record;
    v_new integer;
BEGIN
    PERFORM statements.demand_finance(p_by);
    PERFORM pg_advisory_xact_lock(hashtextextended('bank statements', 0));
    SELECT * INTO v_statement FROM bank_statement s WHERE s.id = p_statement FOR UPDATE;
    IF v_statement.id IS NULL THEN
        RAISE EXCEPTION 'there is no statement %', p_statement USING errcode = '23503', constraint = 'bank_statement_known';
    ELSIF v_statement.state = 'taken' THEN
        RETURN NULL;
    END IF;
    SELECT c.no, r.day, r.amount_minor INTO v_other FROM statements.content(p_statement) c
    JOIN bank_statement_row r ON r.account = v_statement.account AND r.number = c.number
    WHERE (r.day, r.amount_minor) IS DISTINCT FROM (c.day, c.amount_minor) ORDER BY c.no LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'row % has a number that is here with another day or amount', v_other.no
            USING errcode = '23514', constraint = 'bank_statement_row_agrees', detail = v_other.no::text;
    END IF;
    INSERT INTO bank_statement_row (statement_id, account, number, is_numbered, day, amount_minor, payer_name, payer_end, remark,
        balance_minor, codes, is_marked, state)
    SELECT p_statement, v_statement.account, c.number, c.is_numbered, c.day, c.amount_minor, c.payer_name, c.payer_end, c.remark,
        c.balance_minor, c.codes, c.is_marked, 'open'
    FROM statements.content(p_statement) c ORDER BY c.no
    ON CONFLICT (account, number) DO NOTHING;
    GET DIAGNOSTICS v_new = ROW_COUNT;
    UPDATE bank_statement SET state = 'taken', taken_by_id = p_by, taken_at = clock_timestamp(), new = v_new, content = NULL
    WHERE id = p_statement;
    RETURN v_new;
END $$;

-- What each row that is not over is to the payments by transfer, as things stand: `state`, and why it is open. With p_statement the rows
-- of one that is only read are judged among the others, as if they were here (their `row_id` is below zero).
CREATE FUNCTION statements.judge(p_statement uuid DEFAULT NULL) RETURNS TABLE (row_id bigint, account text, number text, day date,
    amount_minor bigint, state text, nature text, payment_id uuid, ours_minor bigint, approval_id uuid)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH undone AS MATERIALIZED (
        SELECT r.id, r.account::text AS account, r.number::text AS number, r.is_numbered, r.day, r.amount_minor, r.codes, r.is_marked,
               r.approval_id
        FROM bank_statement_row r WHERE r.state IN ('open', 'proposed')
        UNION ALL
        SELECT -c.no, s.account, c.number, c.is_numbered, c.day, c.amount_minor, c.codes, c.is_marked, NULL
        FROM bank_statement s CROSS JOIN LATERAL statements.content(s.id) c
        WHERE s.id = p_statement AND NOT EXISTS (
            SELECT FROM bank_statement_row r WHERE r.account = s.account AND r.number = c.number)),
    coded AS MATERIALIZED (
        SELECT DISTINCT u.id, p.id AS payment_id
        FROM undone u CROSS JOIN LATERAL unnest(string_to_array(u.codes, ' ')) AS c (code)
        JOIN payment p ON p.channel = 'bank' AND right(p.reference, 8) = c.code),
    named AS (
        SELECT n.id, count(*) AS payments, (array_agg(n.payment_id))[1] AS payment_id FROM coded n GROUP BY n.id),
    waits AS MATERIALIZED (
        SELECT a.id, a.subject, a.payload::jsonb AS said FROM approval a WHERE a.kind = 'bank_receipt' AND a.state = 'proposed'),
    by_number AS (  -- of two that wait under one number the first
        SELECT DISTINCT ON (w.said->>'bank_number') w.said->>'bank_number' AS number, w.id, w.said
        FROM waits w ORDER BY w.said->>'bank_number', w.id),
    met AS (
        SELECT u.*, n.payments, p.id AS named_id, p.amount_minor AS owed_minor, p.state AS payment_state, p.transaction_id, p.expires_at,
               (p.created_at AT TIME ZONE 'Asia/Shanghai')::date AS since,
               b.payment_id AS receipt_of, b.amount_minor AS receipt_minor, b.approval_id AS receipt_approval,
               w.id AS waits_id, (w.said->>'amount_minor')::bigint AS waits_minor, (w.said->>'payment')::uuid AS waits_of,
               q.id AS other_waits_id, (q.said->>'amount_minor')::bigint AS other_waits_minor, (q.said->>'value_day')::date AS other_waits_day,
               o.approval_id AS own_receipt_approval, o.amount_minor AS own_receipt_minor, o.value_day AS own_receipt_day,
               o.bank_number AS own_receipt_number,
               a.state AS last_state,
               row_number() OVER (PARTITION BY p.id ORDER BY b.id IS NOT NULL DESC, w.id IS NOT NULL DESC,
                   u.amount_minor = p.amount_minor DESC, u.day, u.id < 0, abs(u.id)) AS turn,
               EXISTS (SELECT FROM bank_statement_row d WHERE d.payment_id = p.id AND d.state = 'paid') AS is_done
        FROM undone u
        LEFT JOIN named n ON n.id = u.id
        LEFT JOIN payment p ON p.id = n.payment_id AND n.payments = 1
        LEFT JOIN bank_receipt b ON b.bank_number = u.number
        LEFT JOIN bank_receipt o ON o.payment_id = p.id
        LEFT JOIN by_number w ON w.number = u.number
        LEFT JOIN waits q ON q.subject = p.reference
        LEFT JOIN approval a ON a.id = u.approval_id),
    told AS (
        SELECT m.*,
            CASE
                WHEN m.receipt_of IS NOT NULL THEN CASE WHEN m.receipt_minor = m.amount_minor THEN 'is paid' ELSE 'amount' END
                WHEN m.waits_id IS NOT NULL THEN CASE WHEN m.waits_minor = m.amount_minor THEN 'is proposed' ELSE 'amount' END
                WHEN m.payments > 1 THEN 'several'
                WHEN m.named_id IS NULL THEN CASE WHEN m.last_state IS NOT NULL THEN 'refused' WHEN m.is_marked THEN 'unknown' ELSE 'no_code' END
                WHEN m.is_done OR m.turn > 1 THEN 'twice'
                WHEN NOT m.is_numbered AND m.own_receipt_minor = m.amount_minor AND m.own_receipt_day = m.day
                     AND NOT EXISTS (SELECT FROM undone v WHERE v.number = m.own_receipt_number) THEN 'is paid'
                WHEN m.transaction_id IS NOT NULL THEN 'paid'
                WHEN NOT m.is_numbered AND m.other_waits_minor = m.amount_minor AND m.other_waits_day = m.day THEN 'is proposed'
                WHEN m.other_waits_id IS NOT NULL THEN 'number'
                WHEN m.amount_minor < m.owed_minor THEN 'less'
                WHEN m.amount_minor > m.owed_minor THEN 'more'
                WHEN m.last_state IS NOT NULL THEN 'refused'
                WHEN m.day < m.since THEN 'early'
                WHEN m.payment_state NOT IN ('created', 'pending') OR m.expires_at <= clock_timestamp() THEN 'late'
                ELSE 'fits'
            END AS word
        FROM met m)
    SELECT t.id, t.account, t.number, t.day, t.amount_minor,
           CASE t.word WHEN 'is paid' THEN 'paid' WHEN 'is proposed' THEN 'proposed' ELSE 'open' END,
           CASE WHEN t.word NOT IN ('is paid', 'is proposed') THEN t.word END,
           coalesce(t.receipt_of, t.waits_of, t.named_id),
           CASE WHEN t.receipt_of IS NOT NULL THEN t.receipt_minor WHEN t.waits_id IS NOT NULL THEN t.waits_minor ELSE t.owed_minor END,
           CASE t.word WHEN 'is paid' THEN coalesce(t.receipt_approval, t.own_receipt_approval)
                       WHEN 'is proposed' THEN coalesce(t.waits_id, t.other_waits_id) ELSE t.approval_id END
    FROM told t
$$;

-- What people recorded of days that a statement covers, and no statement has: the day on which a statement was made is not over.
CREATE FUNCTION statements.unseen() RETURNS TABLE (account text, number text, day date, ours_minor bigint, payment_id uuid)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH recorded AS (
        SELECT b.bank_number::text AS number, b.value_day AS day, b.amount_minor, b.payment_id FROM bank_receipt b
        UNION ALL
        SELECT w.said->>'bank_number', (w.said->>'value_day')::date, (w.said->>'amount_minor')::bigint, (w.said->>'payment')::uuid
        FROM (SELECT a.payload::jsonb AS said FROM approval a WHERE a.kind = 'bank_receipt' AND a.state = 'proposed') AS w)
    SELECT DISTINCT ON (c.number) s.account::text, c.number, c.day, c.amount_minor, c.payment_id
    FROM recorded c JOIN bank_statement s ON s.state = 'taken'
        AND c.day BETWEEN s.first_day AND least(s.last_day, (s.read_at AT TIME ZONE 'Asia/Shanghai')::date - 1)
    WHERE NOT EXISTS (SELECT FROM bank_statement_row r WHERE r.number = c.number)
      AND NOT EXISTS (SELECT FROM bank_statement_row r WHERE r.payment_id = c.payment_id AND r.state IN ('paid', 'proposed')
                      AND NOT r.is_numbered)
    ORDER BY c.number, s.account
$$;

-- Judge every row that is not over. Findings that are new are written, those that are gone are settled, one that is back is open again;
-- what a person explained stays. Repeated it changes nothing. Answers how many it opened and settled.
CREATE FUNCTION statements.compare() RETURNS TABLE (opened integer, settled integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('bank statements', 0));
    RETURN QUERY
    WITH j AS MATERIALIZED (SELECT * FROM statements.judge()),
    stepped AS (
        UPDATE bank_statement_row r SET state = j.state, payment_id = j.payment_id, approval_id = j.approval_id
        FROM j WHERE r.id = j.row_id AND (r.state, r.payment_id, r.approval_id) IS DISTINCT FROM (j.state, j.payment_id, j.approval_id)
        RETURNING r.id),
    d AS MATERIALIZED (
        SELECT j.account, j.number, j.nature, j.day, j.amount_minor AS theirs_minor, j.ours_minor, j.row_id, j.payment_id
        FROM j WHERE j.nature IS NOT NULL
        UNION ALL
        SELECT u.account, u.number, 'unseen', u.day, NULL, u.ours_minor, NULL, u.payment_id FROM statements.unseen() u),
    stood AS (SELECT x.account, x.number, x.nature FROM statement_finding x WHERE x.state <> 'settled'),
    written AS (
        INSERT INTO statement_finding AS x (id, account, nature, number, state, day, theirs_minor, ours_minor, row_id, payment_id, found_at)
        SELECT gen_random_uuid(), d.account, d.nature, d.number, 'open', d.day, d.theirs_minor, d.ours_minor, d.row_id, d.payment_id,
               clock_timestamp()
        FROM d ORDER BY d.account, d.number, d.nature
        ON CONFLICT (account, number, nature) DO UPDATE
            SET state = 'open', closed_at = NULL, theirs_minor = excluded.theirs_minor, ours_minor = excluded.ours_minor,
                payment_id = excluded.payment_id
            WHERE x.state = 'settled' OR (x.state = 'open' AND (x.theirs_minor, x.ours_minor, x.payment_id)
                IS DISTINCT FROM (excluded.theirs_minor, excluded.ours_minor, excluded.payment_id))),
    gone AS (
        UPDATE statement_finding x SET state = 'settled', closed_at = clock_timestamp()
        WHERE x.state = 'open' AND NOT EXISTS (
            SELECT FROM d WHERE d.account = x.account AND d.number = x.number AND d.nature = x.nature)
        RETURNING 1)
    SELECT (SELECT count(*) FROM d WHERE NOT EXISTS (
                SELECT FROM stood s WHERE s.account = d.account AND s.number = d.number AND s.nature = d.nature))::integer,
           (SELECT count(*) FROM gone)::integer;
END $$;

-- Which approval a row was recorded in.
CREATE FUNCTION statements.note_proposed(p_rows bigint[], p_approvals uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE bank_statement_row r SET approval_id = a.id, payment_id = (a.payload::jsonb->>'payment')::uuid, state = 'proposed'
    FROM unnest(p_rows, p_approvals) AS w (row_id, approval_id)
    JOIN approval a ON a.id = w.approval_id AND a.kind = 'bank_receipt' AND a.state = 'proposed'
    WHERE r.id = w.row_id AND a.payload::jsonb->>'bank_number' = r.number;
END $$;

-- Lock an open finding for somebody of the platform's finance.
CREATE FUNCTION statements.lock_finding(p_finding uuid, p_by uuid) RETURNS statement_finding
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_finding statement_finding;
BEGIN
    PERFORM statements.demand_finance(p_by);
    PERFORM pg_advisory_xact_lock(hashtextextended('bank statements', 0));
    SELECT * INTO v_finding FROM statement_finding x WHERE x.id = p_finding FOR UPDATE;
    IF v_finding.id IS NULL THEN
        RAISE EXCEPTION 'there is no finding %', p_finding USING errcode = '23503', constraint = 'statement_finding_known';
    ELSIF v_finding.state <> 'open' THEN
        RAISE EXCEPTION 'finding % is %', p_finding, v_finding.state USING errcode = '23514', constraint = 'statement_finding_is_open';
    END IF;
    RETURN v_finding;
END $$;

-- Who looks after it; whoever has it may pass it on by another taking it.
CREATE FUNCTION statements.take_finding(p_finding uuid, p_by uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM statements.lock_finding(p_finding, p_by);
    UPDATE statement_finding SET owner_id = p_by WHERE id = p_finding;
END $$;

-- A person says what became of the money, once; its row is over with that.
CREATE FUNCTION statements.close_finding(p_finding uuid, p_by uuid, p_reason text, p_evidence text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_finding statement_finding := statements.lock_finding(p_finding, p_by);
BEGIN
    UPDATE statement_finding SET state = 'explained', closed_at = clock_timestamp(), closed_by_id = p_by, reason = p_reason,
        evidence = nullif(p_evidence, ''), owner_id = coalesce(owner_id, p_by) WHERE id = p_finding;
    UPDATE bank_statement_row SET state = 'closed' WHERE id = v_finding.row_id AND state = 'open';
END $$;

-- Every row that counts as paid has the receipt of its payment with its amount, and no two rows have one.
CREATE FUNCTION statements.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT r.number::text AS name, coalesce(b.amount_minor = r.amount_minor AND (b.bank_number = r.number OR NOT r.is_numbered), false) AS ok
        FROM bank_statement_row r LEFT JOIN bank_receipt b ON b.payment_id = r.payment_id WHERE r.state = 'paid')
    SELECT NULL::bigint, 'statement_rows_paid', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('%s of the bank''s statement counts as paid, and no receipt says so', j.name) ORDER BY j.name)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_statements', 'statements.prove', 2, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 2;

REVOKE ALL ON SCHEMA statements FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA statements FROM PUBLIC;
GRANT USAGE ON SCHEMA statements TO ddt_app;
GRANT SELECT ON bank_statement, bank_statement_row, statement_finding TO ddt_app;
GRANT EXECUTE ON FUNCTION
    statements.keep(uuid, text, bytea, text, integer, date, date, jsonb, jsonb, uuid), statements.content(uuid),
    statements.take(uuid, uuid), statements.judge(uuid), statements.unseen(), statements.compare(),
    statements.note_proposed(bigint[], uuid[]), statements.lock_finding(uuid, uuid), statements.take_finding(uuid, uuid),
    statements.close_finding(uuid, uuid, text, text), statements.prove(bigint)
    TO ddt_app;
