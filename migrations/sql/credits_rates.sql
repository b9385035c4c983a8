-- Exchange rates: what two people read in a source named by them, of one day. The newest on or before a day counts; whoever sells
-- says how old it may be. A row never changes: a correction is another row of the same day, and the later one counts.
INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('exchange_rate', '{operator,finance}', '{finance,reviewer}', true, false, '汇率', 'Exchange rate');
SELECT approvals.bind_effect('exchange_rate', 'exchange_rate');
ALTER TABLE exchange_rate
    ALTER COLUMN approval_id SET NOT NULL,
    ADD CONSTRAINT exchange_rate_currency_key UNIQUE (id, currency),
    ADD CONSTRAINT exchange_rate_pair_check CHECK (base = 'CNY' AND currency = 'USD'),
    ADD CONSTRAINT exchange_rate_ratio_check CHECK (
        currency_minor = 1000000 AND base_minor BETWEEN currency_minor AND 100 * currency_minor::bigint),
    ADD CONSTRAINT exchange_rate_source_check CHECK (btrim(source) <> '' AND url ~ '^https://[^[:space:]]+$'),
    ADD CONSTRAINT exchange_rate_day_check CHECK (day BETWEEN DATE '2020-01-01' AND DATE '2199-12-31');
CREATE INDEX exchange_rate_newest_idx ON exchange_rate (currency, day DESC, id DESC);
CREATE TRIGGER exchange_rate_append_only BEFORE UPDATE OR DELETE ON exchange_rate
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER exchange_rate_no_truncate BEFORE TRUNCATE ON exchange_rate
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();
GRANT SELECT ON exchange_rate TO ddt_app;

-- What two people agreed upon stands in the row, whoever writes it.
CREATE FUNCTION credits.check_rate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'exchange_rate');
BEGIN
    IF (v_said->>'base', v_said->>'currency', (v_said->>'day')::date, (v_said->>'base_minor')::bigint,
        (v_said->>'currency_minor')::bigint, v_said->>'source', v_said->>'url')
       IS DISTINCT FROM (new.base::text, new.currency::text, new.day, new.base_minor, new.currency_minor, new.source::text,
                         new.url::text)
    THEN
        RAISE EXCEPTION 'this rate is not what two people agreed upon'
            USING errcode = '23514', constraint = 'exchange_rate_two_people';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER exchange_rate_two_people BEFORE INSERT ON exchange_rate
    FOR EACH ROW EXECUTE FUNCTION credits.check_rate();

-- Write an approved rate down; no rate is of a day that is still to come.
CREATE FUNCTION credits.set_rate(p_approval uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(p_approval, 'exchange_rate'); was jsonb;
BEGIN
    IF v_said IS NULL THEN
        RAISE EXCEPTION 'nobody approved this rate' USING errcode = '23503', constraint = 'exchange_rate_approval_fkey';
    END IF;
    IF (v_said->>'day')::date > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION 'a rate is of today or earlier' USING errcode = '23514', constraint = 'exchange_rate_not_ahead';
    END IF;
    SELECT to_jsonb(q) INTO was FROM (
        SELECT day, base_minor, currency_minor FROM exchange_rate WHERE currency = v_said->>'currency'
        ORDER BY day DESC, id DESC LIMIT 1) AS q;
    INSERT INTO exchange_rate (base, currency, day, base_minor, currency_minor, source, url, approval_id, confirmed_at)
    VALUES (v_said->>'base', v_said->>'currency', (v_said->>'day')::date, (v_said->>'base_minor')::bigint,
            (v_said->>'currency_minor')::bigint, v_said->>'source', v_said->>'url', p_approval, clock_timestamp());
    PERFORM audit.record((SELECT maker_id FROM approval WHERE id = p_approval), 'rate.set',
        (v_said->>'base') || ' ' || (v_said->>'currency'), was, (
        SELECT to_jsonb(q) FROM (SELECT day, base_minor, currency_minor FROM exchange_rate WHERE approval_id = p_approval) AS q));
END $$;
REVOKE ALL ON FUNCTION credits.check_rate(), credits.set_rate(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits.set_rate(uuid) TO ddt_app;
