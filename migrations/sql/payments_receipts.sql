-- A bank transfer has no far side that would say so: two people say what came. One number of the bank's is one receipt, ever, one
-- payment has one, and no payment by transfer is paid without.
INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('bank_receipt', '{finance}', '{finance}', true, false, '银行到账', 'Bank receipt');
SELECT approvals.bind_effect('bank_receipt', 'bank_receipt');
ALTER TABLE bank_receipt
    ALTER COLUMN approval_id SET NOT NULL,
    ADD CONSTRAINT bank_receipt_payment_key UNIQUE (payment_id),
    ADD CONSTRAINT bank_receipt_number_key UNIQUE (bank_number),
    ADD CONSTRAINT bank_receipt_number_check CHECK (bank_number ~ '^[0-9A-Z][0-9A-Z-]{3,39}$'),
    ADD CONSTRAINT bank_receipt_amount_check CHECK (amount_minor > 0),
    ADD CONSTRAINT bank_receipt_payer_check CHECK (btrim(payer_name) <> ''),
    ADD CONSTRAINT bank_receipt_day_check CHECK (value_day BETWEEN DATE '2020-01-01' AND DATE '2199-12-31');
CREATE TRIGGER bank_receipt_append_only BEFORE UPDATE OR DELETE ON bank_receipt
    FOR EACH ROW EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER bank_receipt_no_truncate BEFORE TRUNCATE ON bank_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
GRANT SELECT ON bank_receipt TO ddt_app;

-- What a payer writes beside the transfer is the end of our number (`bank.remark_of`): no two payments share one.
CREATE UNIQUE INDEX payment_remark_key ON payment (right(reference, 8)) WHERE channel = 'bank';

-- What two people agreed came in, word for word; only of a payment by transfer, and of its whole amount.
CREATE FUNCTION payments.take_receipt(p_id uuid, p_approval uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(p_approval, 'bank_receipt');
BEGIN
    INSERT INTO bank_receipt (id, payment_id, bank_number, amount_minor, currency, payer_name, value_day, confirmed_at, approval_id)
    SELECT p_id, p.id, v_said->>'bank_number', p.amount_minor, p.currency, v_said->>'payer_name', (v_said->>'value_day')::date,
           clock_timestamp(), p_approval
    FROM payment p
    WHERE p.id = (v_said->>'payment')::uuid AND p.channel = 'bank' AND p.reference = v_said->>'reference'
      AND p.amount_minor = (v_said->>'amount_minor')::bigint AND p.currency = v_said->>'currency';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'approval % is no receipt of a payment by transfer', p_approval
            USING errcode = '23514', constraint = 'bank_receipt_two_people';
    END IF;
END $$;

CREATE FUNCTION payments.demand_receipt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bank_receipt b WHERE b.payment_id = new.id AND b.bank_number = new.transaction_id
                   AND b.amount_minor = new.amount_minor AND b.currency = new.currency) THEN
        RAISE EXCEPTION 'nobody has recorded what came for %', new.reference
            USING errcode = '23514', constraint = 'payment_by_receipt';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER payment_by_receipt BEFORE INSERT OR UPDATE ON payment
    FOR EACH ROW WHEN (new.channel = 'bank' AND new.transaction_id IS NOT NULL) EXECUTE FUNCTION payments.demand_receipt();

-- By which account a refund's money left: its channel's where the channel gave it back, ours where a person did; a transfer back
-- leaves the very account that the first one came to.
CREATE FUNCTION payments.refunded_by(p_state text, p_channel text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'clearing:' || CASE WHEN p_state = 'done' OR p_channel = 'bank' THEN p_channel ELSE 'hand' END
$$;

-- As before, by that account.
CREATE OR REPLACE FUNCTION payments.check_posting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id uuid := CASE WHEN split_part(new.cause, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                      THEN split_part(new.cause, ':', 2)::uuid END;
    v_amount bigint;
    v_clearing text;
    v_currency text;
BEGIN
    IF new.kind = 'payment' THEN
        SELECT p.amount_minor, 'clearing:' || p.channel, p.currency INTO v_amount, v_clearing, v_currency
        FROM payment p WHERE p.id = v_id AND p.transaction_id IS NOT NULL AND new.cause = 'payment:' || p.id;
    ELSE
        SELECT -r.amount_minor, payments.refunded_by(r.state, p.channel), p.currency
        INTO v_amount, v_clearing, v_currency
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id
        WHERE r.id = v_id AND r.state IN ('done', 'settled') AND new.cause = 'refund:' || r.id;
    END IF;
    IF v_amount IS NULL OR EXISTS (
        SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transfer_id = new.id
          AND (a.unit, a.path, e.amount) NOT IN ((v_currency, 'prepaid', v_amount), (v_currency, v_clearing, -v_amount)))
    THEN
        RAISE EXCEPTION 'transfer % is not what its payment or refund says', new.cause
            USING errcode = '23514', constraint = 'payment_posted_as_it_is', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;

-- As before, by that account.
CREATE OR REPLACE FUNCTION payments.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;

    -- By account: what channels owe us, what was sold, what waits.
    RETURN QUERY
    WITH back AS (
        SELECT r.payment_id, sum(r.amount_minor) FILTER (WHERE r.reverses_sale) AS reversed
        FROM payment_refund r GROUP BY r.payment_id),
    kept AS (
        SELECT m.path, m.unit, sum(m.amount) AS amount FROM (
            SELECT 'clearing:' || p.channel AS path, p.currency::text AS unit, -p.amount_minor AS amount
            FROM payment p WHERE p.transaction_id IS NOT NULL
            UNION ALL
            SELECT payments.refunded_by(r.state, p.channel), p.currency::text, r.amount_minor FROM payment_refund r
            JOIN payment p ON p.id = r.payment_id WHERE r.state IN ('done', 'settled')) AS m
        GROUP BY m.path, m.unit),
    sold AS (
        SELECT 'sales' AS path, m.unit, sum(m.amount) AS amount FROM (
            SELECT s.currency AS unit, s.amount_minor AS amount FROM payments.sold() s
            UNION ALL
            SELECT p.currency::text, -b.reversed FROM back b JOIN payment p ON p.id = b.payment_id WHERE b.reversed > 0) AS m
        GROUP BY m.unit),
    told AS (
        SELECT * FROM kept UNION ALL SELECT * FROM sold UNION ALL
        SELECT 'prepaid', m.unit, -sum(m.amount) FROM (SELECT * FROM kept UNION ALL SELECT * FROM sold) AS m GROUP BY m.unit),
    judged AS (
        SELECT coalesce(t.path, a.path) AS path, coalesce(t.unit, a.unit) AS unit, coalesce(t.amount, 0) AS wanted,
               coalesce(a.balance, 0) AS found
        FROM told t FULL JOIN (SELECT q.path::text AS path, q.unit::text AS unit, q.balance FROM ledger_account q
                               WHERE q.unit NOT LIKE 'g:%') AS a ON a.path = t.path AND a.unit = t.unit)
    SELECT NULL::bigint, 'money_is_paid', count(*) FILTER (WHERE j.wanted <> j.found) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found)::numeric,
           (array_agg(format('%s has %s %s, payments and sales make %s', j.path, j.found, j.unit, j.wanted) ORDER BY j.path)
               FILTER (WHERE j.wanted <> j.found))[1:20]
    FROM judged j;

    -- By kind of subject: what the ledger earned and what waits, told apart by the causes of its postings.
    RETURN QUERY
    WITH moved AS (
        SELECT CASE t.kind WHEN 'sale' THEN split_part(t.cause, ':', 2) WHEN 'fulfil' THEN 'order' WHEN 'take_back' THEN 'order'
                           WHEN 'payment' THEN paid.subject_kind ELSE gone.subject_kind END AS kind,
               a.unit::text AS unit, a.path::text AS path, e.amount
        FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_transfer t ON t.id = e.transfer_id
        LEFT JOIN payment paid ON paid.id = CASE WHEN t.kind = 'payment' THEN substr(t.cause, 9)::uuid END
        LEFT JOIN payment_refund r
            ON r.id = CASE WHEN t.kind IN ('refund', 'reversal') THEN split_part(t.cause, ':', 2)::uuid END
        LEFT JOIN payment gone ON gone.id = r.payment_id
        WHERE a.path IN ('sales', 'prepaid')),
    found AS (SELECT m.kind, m.unit, m.path, sum(m.amount) AS amount FROM moved m GROUP BY m.kind, m.unit, m.path),
    rows AS (
        SELECT p.subject_kind AS kind, p.currency::text AS unit, sum(p.amount_minor) AS paid, 0::numeric AS sold, 0::numeric AS back
        FROM payment p WHERE p.transaction_id IS NOT NULL GROUP BY p.subject_kind, p.currency
        UNION ALL
        SELECT s.kind, s.currency, 0, sum(s.amount_minor), 0 FROM payments.sold() s GROUP BY s.kind, s.currency
        UNION ALL
        SELECT p.subject_kind, p.currency::text, 0, -coalesce(sum(r.amount_minor) FILTER (WHERE r.reverses_sale), 0),
               coalesce(sum(r.amount_minor) FILTER (WHERE r.state IN ('done', 'settled')), 0)
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id GROUP BY p.subject_kind, p.currency),
    told AS (
        SELECT r.kind, r.unit, w.path, CASE w.path WHEN 'sales' THEN sum(r.sold) ELSE sum(r.paid - r.sold - r.back) END AS amount
        FROM rows r CROSS JOIN (VALUES ('sales'), ('prepaid')) AS w (path) GROUP BY r.kind, r.unit, w.path),
    judged AS (
        SELECT coalesce(t.kind, f.kind, 'nothing') AS kind, coalesce(t.unit, f.unit) AS unit, coalesce(t.path, f.path) AS path,
               coalesce(t.amount, 0) AS wanted, coalesce(f.amount, 0) AS found
        FROM told t FULL JOIN found f ON f.kind = t.kind AND f.unit = t.unit AND f.path = t.path)
    SELECT NULL::bigint, 'money_by_kind', count(*) FILTER (WHERE j.wanted <> j.found OR j.found < 0) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found AND j.found >= 0)::numeric,
           (array_agg(format('%s of kind %s: the ledger has %s %s, the rows make %s', j.path, j.kind, j.found, j.unit, j.wanted)
                      ORDER BY j.kind, j.path) FILTER (WHERE j.wanted <> j.found OR j.found < 0))[1:20]
    FROM judged j;

    -- One by one: every sale and every reversal is posted as it is.
    RETURN QUERY
    WITH wanted AS (
        SELECT s.cause, s.currency AS unit, sum(s.amount_minor) AS amount FROM payments.sold() s GROUP BY s.cause, s.currency
        UNION ALL
        SELECT CASE r.cause WHEN 'taken_back' THEN 'reversals' ELSE 'reversal:' || r.id END, p.currency::text, -sum(r.amount_minor)
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id WHERE r.reverses_sale GROUP BY 1, p.currency),
    posted AS (
        SELECT CASE WHEN t.kind = 'fulfil' THEN 'fulfil' WHEN t.kind = 'take_back' OR r.cause = 'taken_back' THEN 'reversals'
                    ELSE t.cause END AS cause, a.unit::text AS unit, sum(e.amount) AS amount
        FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_transfer t ON t.id = e.transfer_id
        LEFT JOIN payment_refund r ON r.id = CASE WHEN t.kind = 'reversal' THEN split_part(t.cause, ':', 2)::uuid END
        WHERE a.path = 'sales' GROUP BY 1, a.unit),
    judged AS (
        SELECT coalesce(w.cause, p.cause) AS cause, coalesce(w.unit, p.unit) AS unit, w.amount AS wanted, p.amount AS found
        FROM wanted w FULL JOIN posted p ON p.cause = w.cause AND p.unit = w.unit)
    SELECT NULL::bigint, 'sales_posted', count(*) FILTER (WHERE j.wanted IS DISTINCT FROM j.found) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.wanted = j.found)::numeric,
           (array_agg(format('%s: the row says %s %s, the ledger %s', j.cause, coalesce(j.wanted, 0), j.unit, coalesce(j.found, 0))
                      ORDER BY j.cause) FILTER (WHERE j.wanted IS DISTINCT FROM j.found))[1:20]
    FROM judged j;

    -- What is sold has a payment that stays: one of which nothing went back as never earned.
    RETURN QUERY
    WITH stays AS (
        SELECT DISTINCT p.subject FROM payment p WHERE p.transaction_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM payment_refund r WHERE r.payment_id = p.id AND r.state <> 'refused' AND NOT r.reverses_sale)),
    judged AS (
        SELECT s.kind || ':' || s.subject_id AS subject, y.subject IS NOT NULL AS ok
        FROM payments.sold() s LEFT JOIN stays y ON y.subject = s.kind || ':' || s.subject_id)
    SELECT NULL::bigint, 'orders_paid', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('%s is sold, and no payment of it stays', j.subject) ORDER BY j.subject) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;

-- Every receipt is a paid payment's, every payment by transfer has its receipt, and the account holds what came less what went back.
CREATE FUNCTION payments.prove_receipts(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT coalesce(p.reference::text, b.bank_number::text) AS name,
               coalesce(p.transaction_id = b.bank_number AND p.amount_minor = b.amount_minor AND p.currency = b.currency, false) AS ok
        FROM (SELECT q.* FROM payment q WHERE q.channel = 'bank' AND q.transaction_id IS NOT NULL) AS p
        FULL JOIN bank_receipt b ON b.payment_id = p.id)
    SELECT NULL::bigint, 'receipts_paid', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('%s has no receipt, or no payment, of its own', j.name) ORDER BY j.name) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH came AS (SELECT coalesce(sum(b.amount_minor), 0) AS amount FROM bank_receipt b WHERE b.currency = 'CNY'),
    back AS (
        SELECT coalesce(sum(r.amount_minor), 0) AS amount FROM payment_refund r JOIN payment p ON p.id = r.payment_id
        WHERE p.channel = 'bank' AND p.currency = 'CNY' AND r.state IN ('done', 'settled')),
    held AS (
        SELECT -coalesce(sum(a.balance), 0) AS amount FROM ledger_account a WHERE a.path = 'clearing:bank' AND a.unit = 'CNY')
    SELECT NULL::bigint, 'bank_money', came.amount - back.amount = held.amount, (came.amount - back.amount)::numeric,
           held.amount::numeric,
           CASE WHEN came.amount - back.amount <> held.amount THEN
               ARRAY[format('receipts less refunds make %s, clearing:bank holds %s', came.amount - back.amount, held.amount)] END
    FROM came, back, held;
END $$;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_receipts', 'payments.prove_receipts', 2, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 2;

REVOKE ALL ON FUNCTION payments.take_receipt(uuid, uuid), payments.demand_receipt(), payments.refunded_by(text, text),
    payments.prove_receipts(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.take_receipt(uuid, uuid), payments.refunded_by(text, text), payments.prove_receipts(bigint)
    TO ddt_app;
