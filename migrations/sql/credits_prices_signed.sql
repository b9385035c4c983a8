-- A price names who set it, begins today or later, and leaves a line of history. A line that has begun only ends: what
-- was asked yesterday stays readable as it was.
DROP FUNCTION credits.set_price(text, text, bigint, date, date);
CREATE FUNCTION credits.set_price(
    p_actor uuid, p_programme text, p_currency text, p_per_tonne bigint, p_from date, p_to date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    was jsonb;
BEGIN
    IF p_from < today THEN
        RAISE EXCEPTION 'a price begins today or later' USING errcode = '23514', constraint = 'credit_price_not_backdated';
    END IF;
    PERFORM pg_advisory_xact_lock(credits.key63('price:' || p_programme || ':' || p_currency));
    SELECT to_jsonb(q) INTO was FROM (
        SELECT per_tonne_minor, valid_from, valid_to FROM credit_price
        WHERE programme = p_programme AND currency = p_currency AND valid_from <= p_from
          AND (valid_to IS NULL OR valid_to >= p_from)) AS q;
    DELETE FROM credit_price WHERE programme = p_programme AND currency = p_currency AND valid_from = p_from;
    UPDATE credit_price SET valid_to = p_from - 1
    WHERE programme = p_programme AND currency = p_currency AND valid_from < p_from
      AND (valid_to IS NULL OR valid_to >= p_from);
    INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from, valid_to)
    VALUES (p_programme, p_currency, p_per_tonne, p_from, coalesce(p_to, (
        SELECT min(valid_from) - 1 FROM credit_price
        WHERE programme = p_programme AND currency = p_currency AND valid_from > p_from)));
    PERFORM audit.record(p_actor, 'price.set', p_programme || ' ' || p_currency, was, (
        SELECT to_jsonb(q) FROM (SELECT per_tonne_minor, valid_from, valid_to FROM credit_price
            WHERE programme = p_programme AND currency = p_currency AND valid_from = p_from) AS q));
END $$;
REVOKE ALL ON FUNCTION credits.set_price(uuid, text, text, bigint, date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credits.set_price(uuid, text, text, bigint, date, date) TO ddt_app;
