-- What opens personal data, wrapped: dumps leave the rows of this schema out (`pg_dump --exclude-table-data='keys.*'`), and
-- have short backups of their own. Moving a table there takes a moment: its rows, indexes and grants stay as they are.
CREATE SCHEMA keys;
GRANT USAGE ON SCHEMA keys TO ddt_app;
ALTER TABLE person_key SET SCHEMA keys;
ALTER TABLE payment_notice_key SET SCHEMA keys;

-- For the release before, which names these tables without their schema; nothing of this release does.
CREATE VIEW person_key AS SELECT person_id, wrapped, master_key FROM keys.person_key;
CREATE VIEW payment_notice_key AS SELECT id, wrapped, master_key FROM keys.payment_notice_key;
GRANT SELECT, INSERT, DELETE, UPDATE (wrapped, master_key) ON person_key TO ddt_app;
GRANT SELECT, INSERT, UPDATE (wrapped, master_key) ON payment_notice_key TO ddt_app;

-- As before; it looks for a key where keys lie now.
CREATE OR REPLACE FUNCTION identity.keep_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF old.state = 'erased' OR old.state = 'erasing' AND new.state = 'active' THEN
        RAISE EXCEPTION 'person % stays erased', old.id USING errcode = '23514', constraint = 'person_stays_erased';
    END IF;
    IF new.state = 'erased' AND (EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = new.id)
        OR EXISTS (SELECT FROM person_pii d WHERE d.person_id = new.id)
        OR EXISTS (SELECT FROM identity_session s WHERE s.person_id = new.id AND s.revoked_at IS NULL))
    THEN
        RAISE EXCEPTION 'something of person % is left', old.id USING errcode = '23514', constraint = 'person_erased_whole';
    END IF;
    RETURN new;
END $$;

-- As before, where keys lie now.
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
        v_seen := ARRAY(SELECT k.person_id FROM keys.person_key k
            WHERE k.person_id > coalesce(v_reached, '00000000-0000-0000-0000-000000000000') ORDER BY k.person_id LIMIT p_limit);
        v_reached := CASE WHEN cardinality(v_seen) = p_limit THEN v_seen[p_limit] END;
        DELETE FROM keys.person_key k WHERE k.person_id = ANY (v_seen)
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

-- As before, where keys lie now.
CREATE OR REPLACE FUNCTION retention.delete_person(p_ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_keys bigint;
BEGIN
    DELETE FROM party p WHERE p.id = ANY (p_ids);
    DELETE FROM person p WHERE p.id = ANY (p_ids);
    DELETE FROM keys.person_key k WHERE k.person_id = ANY (p_ids);
    GET DIAGNOSTICS v_keys = ROW_COUNT;
    RETURN v_keys;
END $$;
