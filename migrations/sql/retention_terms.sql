-- What opens a channel's raw message, when the message is older than such messages are kept: its facts stay beside it. The
-- ids say how old (UUIDv7: the first 48 bits are milliseconds), so the oldest stand first.
CREATE FUNCTION retention.purge_notices(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before uuid;
    v_purged bigint;
BEGIN
    -- 电子商务法, article 31: what tells of a transaction is kept for three years at least.
    PERFORM retention.refuse_short(p_keep, '1095 days');
    v_before := (lpad(to_hex((extract(epoch FROM clock_timestamp() - p_keep) * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid;
    DELETE FROM keys.payment_notice_key k WHERE k.id = ANY (ARRAY(
        SELECT o.id FROM keys.payment_notice_key o WHERE o.id < v_before ORDER BY o.id LIMIT p_limit FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_purged = ROW_COUNT;
    IF v_purged > 0 THEN
        PERFORM retention.tell('notices', v_purged, 0);
    END IF;
    RETURN v_purged;
END $$;
REVOKE ALL ON FUNCTION retention.purge_notices(interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.purge_notices(interval, integer) TO ddt_app;

-- Figures of a day or a year whose person cannot come back: no sign-in is left, and no WeChat or email by which they are
-- known again. Whoever kept one in a browser that forgot them would otherwise be kept for its sake for ever.
CREATE FUNCTION retention.purge_own_figures(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_from uuid := (SELECT t.reached_id FROM retention_tally t WHERE t.name = 'own_figures');
    v_reached uuid := v_from;
    v_seen uuid[];
    v_purged bigint;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    FOR v_window IN 1..20 LOOP
        v_seen := ARRAY(SELECT f.id FROM personal_figure f
            WHERE f.id > coalesce(v_reached, '00000000-0000-0000-0000-000000000000') ORDER BY f.id LIMIT p_limit);
        v_reached := CASE WHEN cardinality(v_seen) = p_limit THEN v_seen[p_limit] END;
        DELETE FROM personal_figure f WHERE f.id = ANY (v_seen) AND f.kept_at < v_before
            AND NOT EXISTS (SELECT FROM identity_session s WHERE s.person_id = f.person_id)
            AND NOT EXISTS (SELECT FROM person_pii d WHERE d.person_id = f.person_id AND d.blind_index IS NOT NULL);
        GET DIAGNOSTICS v_purged = ROW_COUNT;
        EXIT WHEN v_purged > 0 OR v_reached IS NULL;
    END LOOP;
    IF v_purged > 0 OR v_reached IS DISTINCT FROM v_from THEN
        PERFORM retention.walked('own_figures', v_purged, v_reached);
    END IF;
    RETURN v_purged;
END $$;
REVOKE ALL ON FUNCTION retention.purge_own_figures(interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.purge_own_figures(interval, integer) TO ddt_app;

-- What somebody kept of a day or a year of theirs goes with them. A calculation that a claim cites stays, and names nobody;
-- any other is deleted when its time is over.
CREATE FUNCTION retention.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM personal_figure f WHERE f.person_id = new.id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION retention.end_of_person() FROM PUBLIC;
CREATE TRIGGER person_figures_end AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION retention.end_of_person();
DELETE FROM personal_figure f USING person p WHERE p.id = f.person_id AND p.state <> 'active';
