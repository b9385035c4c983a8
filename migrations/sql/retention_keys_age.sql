-- Keys whose person is not there: made for somebody who was never written down. Their ids say since when: the first 48 bits
-- of a UUIDv7 are milliseconds (RFC 9562, 5.7). `uuid_extract_timestamp` says the same, and is not there before PostgreSQL 17.
CREATE OR REPLACE FUNCTION retention.purge_keys(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_from uuid := (SELECT t.reached_id FROM retention_tally t WHERE t.name = 'keys');
    v_reached uuid := v_from;
    v_seen uuid[];
    v_purged bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    FOR v_window IN 1..20 LOOP
        v_seen := ARRAY(SELECT k.person_id FROM person_key k
            WHERE k.person_id > coalesce(v_reached, '00000000-0000-0000-0000-000000000000') ORDER BY k.person_id LIMIT p_limit);
        v_reached := CASE WHEN cardinality(v_seen) = p_limit THEN v_seen[p_limit] END;
        DELETE FROM person_key k WHERE k.person_id = ANY (v_seen)
            AND CASE WHEN substr(k.person_id::text, 15, 1) = '7' THEN to_timestamp(
                ('x' || translate(left(k.person_id::text, 13), '-', ''))::bit(48)::bigint / 1000.0) < v_before ELSE true END
            AND NOT EXISTS (SELECT FROM person p WHERE p.id = k.person_id);
        GET DIAGNOSTICS v_purged = ROW_COUNT;
        EXIT WHEN v_purged > 0 OR v_reached IS NULL;
    END LOOP;
    IF v_purged > 0 OR v_reached IS DISTINCT FROM v_from THEN
        PERFORM retention.walked('keys', v_purged, v_reached);
    END IF;
    RETURN v_purged;
END $$;
