-- Limits of what must never go unlimited: misses of codes, sign-ins, money, new guests. One function counts and decides
-- under a row's lock, by this server's clock, so every process of every machine sees one count, with Valkey or without.

-- UNLOGGED: a count lives for minutes. Writing one then needs no flush of the log, so a limit costs no disk; what a crash
-- or a failover forgets is a window's tries, as it was when Valkey was emptied. There is no index by time: it would make
-- every count a new entry in it, and expired rows are few.
CREATE UNLOGGED TABLE limit_count (
    key text COLLATE "C" NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT limit_count_pkey PRIMARY KEY (key),
    CONSTRAINT limit_count_key_check CHECK (length(key) BETWEEN 1 AND 200)
) WITH (fillfactor = 50);
COMMENT ON TABLE limit_count IS 'When the tries so far would be used up, by action and account (GCRA)';

CREATE SCHEMA limits;

-- Count one try under every key, or under none: seconds to wait for each, all 0 where it was counted. At most p_counts
-- tries in any p_windows_s seconds.
CREATE FUNCTION limits.take(p_keys text[], p_counts int[], p_windows_s int[]) RETURNS double precision[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_order int[] := ARRAY(SELECT n FROM generate_subscripts(p_keys, 1) AS n ORDER BY p_keys[n] COLLATE "C");
    v_due timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(p_keys)]);
    v_waits double precision[] := array_fill(0::double precision, ARRAY[cardinality(p_keys)]);
    v_found timestamptz;
    v_now timestamptz;
    v_window interval;
    n int;
BEGIN
    -- By the order of the keys, so that two who share some of them never wait for each other.
    FOREACH n IN ARRAY v_order LOOP
        LOOP
            SELECT c.due_at INTO v_found FROM limit_count c WHERE c.key = p_keys[n] FOR UPDATE;
            EXIT WHEN FOUND;
            INSERT INTO limit_count (key, due_at) VALUES (p_keys[n], '-infinity') ON CONFLICT DO NOTHING;
        END LOOP;
        v_due[n] := v_found;
    END LOOP;
    v_now := clock_timestamp();
    FOREACH n IN ARRAY v_order LOOP
        v_window := make_interval(secs => p_windows_s[n]);
        -- A clock that went back must not leave anybody waiting for longer than the window.
        v_due[n] := least(greatest(v_due[n], v_now), v_now + v_window) + v_window / p_counts[n];
        v_waits[n] := greatest(extract(epoch FROM v_due[n] - v_window - v_now), 0);
    END LOOP;
    IF 0 = ALL (v_waits) THEN
        FOREACH n IN ARRAY v_order LOOP
            UPDATE limit_count SET due_at = v_due[n] WHERE key = p_keys[n];
        END LOOP;
    END IF;
    RETURN v_waits;
END $$;

-- A row whose time has come says the same as none.
CREATE FUNCTION limits.purge(p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_purged bigint;
BEGIN
    DELETE FROM limit_count c WHERE c.key = ANY (ARRAY(
        SELECT o.key FROM limit_count o WHERE o.due_at < clock_timestamp() LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_purged = ROW_COUNT;
    RETURN v_purged;
END $$;

REVOKE ALL ON limit_count FROM PUBLIC;
REVOKE ALL ON SCHEMA limits FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA limits FROM PUBLIC;
GRANT USAGE ON SCHEMA limits TO ddt_app;
GRANT EXECUTE ON FUNCTION limits.take(text[], int[], int[]), limits.purge(int) TO ddt_app;
