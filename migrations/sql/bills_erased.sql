-- A file of a channel holds who paid, as the channel writes it. Its bytes are kept as long as the law keeps accounting material of its
-- kind: ten whole years, counted from the end of the year in which it came. Lines, sums and digest stay.
ALTER TABLE channel_bill_erasure ADD CONSTRAINT channel_bill_erasure_file_key UNIQUE (file_id);
CREATE INDEX channel_bill_file_fetched_idx ON channel_bill_file (fetched_at);
CREATE TRIGGER channel_bill_erasure_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON channel_bill_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION bills.refuse_change();

-- What came before this is to be erased.
CREATE FUNCTION bills.kept_since() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT (date_trunc('year', clock_timestamp() AT TIME ZONE 'Asia/Shanghai') - interval '10 years') AT TIME ZONE 'Asia/Shanghai'
$$;

-- The files whose time is over and whose bytes are there, the oldest first.
CREATE FUNCTION bills.take_erasures(p_limit integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT f.id FROM channel_bill_file f
    WHERE f.fetched_at < bills.kept_since() AND NOT EXISTS (SELECT FROM channel_bill_erasure e WHERE e.file_id = f.id)
    ORDER BY f.fetched_at LIMIT p_limit
$$;

-- The bytes of a file are gone; once, and not before their time.
CREATE FUNCTION bills.erase(p_file uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM channel_bill_file f WHERE f.id = p_file AND f.fetched_at < bills.kept_since()) THEN
        RAISE EXCEPTION 'file % is kept for ten years', p_file USING errcode = '23514', constraint = 'channel_bill_file_is_kept';
    END IF;
    INSERT INTO channel_bill_erasure (file_id, erased_at) VALUES (p_file, clock_timestamp()) ON CONFLICT (file_id) DO NOTHING;
END $$;

REVOKE ALL ON FUNCTION bills.kept_since(), bills.take_erasures(integer), bills.erase(uuid) FROM PUBLIC;
GRANT SELECT ON channel_bill_erasure TO ddt_app;
GRANT EXECUTE ON FUNCTION bills.kept_since(), bills.take_erasures(integer), bills.erase(uuid) TO ddt_app;
