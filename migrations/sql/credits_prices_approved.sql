-- Prices: a line of a price list is what two people agreed upon. A line that another with the same first day replaces stays
-- readable; it holds no more.
UPDATE credit_price c SET approval_id = approvals.found('credit_price', c.programme || ' ' || c.currency, jsonb_build_object(
    'programme', c.programme, 'currency', c.currency, 'per_tonne_minor', c.per_tonne_minor, 'valid_from', c.valid_from,
    'valid_to', c.valid_to));
SELECT approvals.bind_effect('credit_price', 'credit_price');
ALTER TABLE credit_price
    DROP CONSTRAINT credit_price_programme_currency_from_key,
    DROP CONSTRAINT credit_price_one_a_day,
    ADD CONSTRAINT credit_price_one_a_day EXCLUDE USING gist (
        int8range(credits.key63(programme || ':' || currency), credits.key63(programme || ':' || currency), '[]') WITH &&,
        daterange(valid_from, valid_to, '[]') WITH &&) WHERE (replaced_at IS NULL);

-- What two people agreed upon stands in the row, whoever writes it; the end may come earlier, by the next line.
CREATE FUNCTION credits.check_price() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'credit_price');
BEGIN
    IF (v_said->>'programme', v_said->>'currency', (v_said->>'per_tonne_minor')::bigint, (v_said->>'valid_from')::date)
       IS DISTINCT FROM (new.programme::text, new.currency::text, new.per_tonne_minor, new.valid_from)
       OR coalesce(new.valid_to > (v_said->>'valid_to')::date, false)
    THEN
        RAISE EXCEPTION 'this price is not what two people agreed upon'
            USING errcode = '23514', constraint = 'credit_price_two_people';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_price_two_people BEFORE INSERT OR UPDATE OF approval_id, programme, currency, per_tonne_minor ON credit_price
    FOR EACH ROW EXECUTE FUNCTION credits.check_price();

-- Put an approved line into its price list: the line before it ends the day before, one with the same first day is replaced.
-- Reaching with its own end into a later line is refused by credit_price_one_a_day.
DROP FUNCTION credits.set_price(uuid, text, text, bigint, date, date);
CREATE FUNCTION credits.set_price(p_approval uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(p_approval, 'credit_price');
    v_programme text := v_said->>'programme';
    v_currency text := v_said->>'currency';
    v_from date := (v_said->>'valid_from')::date;
    was jsonb;
BEGIN
    IF v_said IS NULL THEN
        RAISE EXCEPTION 'nobody approved this price' USING errcode = '23503', constraint = 'credit_price_approval_fkey';
    END IF;
    IF v_from < (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION 'a price begins today or later' USING errcode = '23514', constraint = 'credit_price_not_backdated';
    END IF;
    PERFORM pg_advisory_xact_lock(credits.key63('price:' || v_programme || ':' || v_currency));
    SELECT to_jsonb(q) INTO was FROM (
        SELECT per_tonne_minor, valid_from, valid_to FROM credit_price
        WHERE programme = v_programme AND currency = v_currency AND replaced_at IS NULL AND valid_from <= v_from
          AND (valid_to IS NULL OR valid_to >= v_from)) AS q;
    UPDATE credit_price SET replaced_at = clock_timestamp()
    WHERE programme = v_programme AND currency = v_currency AND replaced_at IS NULL AND valid_from = v_from;
    UPDATE credit_price SET valid_to = v_from - 1
    WHERE programme = v_programme AND currency = v_currency AND replaced_at IS NULL AND valid_from < v_from
      AND (valid_to IS NULL OR valid_to >= v_from);
    INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from, valid_to, approval_id)
    VALUES (v_programme, v_currency, (v_said->>'per_tonne_minor')::bigint, v_from, coalesce((v_said->>'valid_to')::date, (
        SELECT min(valid_from) - 1 FROM credit_price
        WHERE programme = v_programme AND currency = v_currency AND replaced_at IS NULL AND valid_from > v_from)), p_approval);
    PERFORM audit.record((SELECT maker_id FROM approval WHERE id = p_approval), 'price.set', v_programme || ' ' || v_currency, was, (
        SELECT to_jsonb(q) FROM (SELECT per_tonne_minor, valid_from, valid_to FROM credit_price
            WHERE approval_id = p_approval) AS q));
END $$;
REVOKE ALL ON FUNCTION credits.check_price(), credits.set_price(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits.set_price(uuid) TO ddt_app;
