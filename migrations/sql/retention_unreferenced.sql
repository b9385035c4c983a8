-- Retention of what no row refers to: guests with their keys, figures. The catalogue of foreign keys says who refers to whom,
-- so that a new table with a foreign key protects what it names without a word here.

-- A delete asks every row that might point to what goes; without an index it would read each table as a whole. Orders have
-- theirs by payer from `identity_acting.sql`.
CREATE INDEX footprint_person_idx ON footprint (person_id);
CREATE INDEX purchase_order_part_beneficiary_idx ON purchase_order_part (beneficiary_id);
CREATE INDEX purchase_order_part_footprint_idx ON purchase_order_part (footprint_id) WHERE footprint_id IS NOT NULL;
CREATE INDEX retirement_payer_idx ON retirement (payer_id);
CREATE INDEX retirement_holder_idx ON retirement (holder_id);
CREATE INDEX retirement_beneficiary_idx ON retirement (beneficiary_id);
CREATE INDEX retirement_footprint_idx ON retirement (footprint_id) WHERE footprint_id IS NOT NULL;
CREATE INDEX retirement_withdrawn_by_idx ON retirement (withdrawn_by_id) WHERE withdrawn_by_id IS NOT NULL;
CREATE INDEX retirement_true_up_entered_by_idx ON retirement_true_up (entered_by_id);

-- Of these ids of a table, those that no row of any table refers to. A table that the owner may not read answers by
-- refusing the delete; where it would not refuse but follow, nothing is free to go.
CREATE FUNCTION retention.unreferenced(p_table regclass, p_ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_ids uuid[] := p_ids;
    v_key record;
BEGIN
    FOR v_key IN
        SELECT c.conrelid::regclass AS source, a.attname AS "column", c.confdeltype AS on_delete, b.attname = 'id' AS by_id,
               has_table_privilege(c.conrelid, 'SELECT') AS is_readable
        FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS pair (source, target)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = pair.source
        JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = pair.target
        WHERE c.contype = 'f' AND c.confrelid = p_table AND c.conparentid = 0 ORDER BY 1, 2
    LOOP
        EXIT WHEN v_ids = '{}';
        IF NOT v_key.is_readable OR NOT v_key.by_id THEN
            IF v_key.on_delete NOT IN ('r', 'a') THEN RETURN '{}'; END IF;
            CONTINUE;
        END IF;
        EXECUTE format('SELECT coalesce(array_agg(t.id), ''{}'') FROM unnest($1) AS t (id)'
                       ' WHERE NOT EXISTS (SELECT FROM %s AS r WHERE r.%I = t.id)', v_key.source, v_key."column")
            INTO v_ids USING v_ids;
    END LOOP;
    RETURN v_ids;
END $$;

-- Persons who are known by nothing, named by nothing, and hold no grams. What is held stands under a name in a text
-- (`person:<id>`), which no foreign key can follow; whoever ever held some was given them by a transfer.
CREATE FUNCTION retention.unknown_persons(p_ids uuid[]) RETURNS uuid[]
LANGUAGE sql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    SELECT coalesce(array_agg(t.id), '{}')
    FROM unnest(retention.unreferenced('party', retention.unreferenced('person', p_ids))) AS t (id)
    WHERE NOT EXISTS (SELECT FROM holding_transfer h WHERE h.target = 'person:' || t.id)
      AND NOT EXISTS (SELECT FROM holding_transfer h WHERE h.source = 'person:' || t.id)
$$;

CREATE FUNCTION retention.delete_person(p_ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_keys bigint;
BEGIN
    DELETE FROM party p WHERE p.id = ANY (p_ids);
    DELETE FROM person p WHERE p.id = ANY (p_ids);
    DELETE FROM person_key k WHERE k.person_id = ANY (p_ids);
    GET DIAGNOSTICS v_keys = ROW_COUNT;
    RETURN v_keys;
END $$;

-- Keep where a walk has come to: ids, in windows, begun anew at the end.
CREATE FUNCTION retention.walked(p_name text, p_purged bigint, p_reached uuid) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO retention_tally (name, purged, reached, reached_id, last_at)
    VALUES (p_name, p_purged, 0, p_reached, clock_timestamp())
    ON CONFLICT (name) DO UPDATE
    SET purged = retention_tally.purged + excluded.purged, reached_id = excluded.reached_id, last_at = excluded.last_at;
$$;

-- Guests: active persons whom nothing refers to any more, their sessions included. Looked at without a lock, then locked and
-- looked at again: a row that is just being written for one of them holds the person's row, and is waited for by nobody.
CREATE FUNCTION retention.purge_guests(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_from uuid := (SELECT t.reached_id FROM retention_tally t WHERE t.name = 'guests');
    v_reached uuid := v_from;
    v_seen uuid[];
    v_ids uuid[];
    v_id uuid;
    v_purged bigint := 0;
    v_keys bigint := 0;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    FOR v_window IN 1..20 LOOP
        SELECT array_agg(w.id), coalesce(array_agg(w.id) FILTER (WHERE w.state = 'active' AND w.created_at < v_before), '{}')
        INTO v_seen, v_ids FROM (
            SELECT p.id, p.state, p.created_at FROM person p
            WHERE p.id > coalesce(v_reached, '00000000-0000-0000-0000-000000000000') ORDER BY p.id LIMIT p_limit) AS w;
        v_reached := CASE WHEN cardinality(v_seen) = p_limit THEN v_seen[p_limit] END;
        v_ids := retention.unknown_persons(v_ids);
        IF v_ids <> '{}' THEN
            v_ids := ARRAY(SELECT p.id FROM person p JOIN party q ON q.id = p.id WHERE p.id = ANY (v_ids)
                           FOR UPDATE SKIP LOCKED);
            v_ids := retention.unknown_persons(v_ids);
            BEGIN
                v_keys := v_keys + retention.delete_person(v_ids);
                v_purged := v_purged + cardinality(v_ids);
            EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN  -- of a table that only refuses
                FOREACH v_id IN ARRAY v_ids LOOP
                    BEGIN
                        v_keys := v_keys + retention.delete_person(ARRAY[v_id]);
                        v_purged := v_purged + 1;
                    EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN NULL;
                    END;
                END LOOP;
            END;
        END IF;
        EXIT WHEN v_purged > 0 OR v_reached IS NULL;
    END LOOP;
    IF v_purged > 0 OR v_reached IS DISTINCT FROM v_from THEN
        PERFORM retention.walked('guests', v_purged, v_reached);
    END IF;
    IF v_keys > 0 THEN
        PERFORM retention.tell('keys', v_keys, 0);
    END IF;
    RETURN v_purged;
END $$;

-- Keys whose person is not there: made for somebody who was never written down. Their ids say since when.
CREATE FUNCTION retention.purge_keys(p_keep interval, p_limit int) RETURNS bigint
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
            AND coalesce(uuid_extract_timestamp(k.person_id) < v_before, true)
            AND NOT EXISTS (SELECT FROM person p WHERE p.id = k.person_id);
        GET DIAGNOSTICS v_purged = ROW_COUNT;
        EXIT WHEN v_purged > 0 OR v_reached IS NULL;
    END LOOP;
    IF v_purged > 0 OR v_reached IS DISTINCT FROM v_from THEN
        PERFORM retention.walked('keys', v_purged, v_reached);
    END IF;
    RETURN v_purged;
END $$;

-- Figures by which nobody ordered.
CREATE FUNCTION retention.purge_figures(p_keep interval, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_sort = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_before timestamptz := clock_timestamp() - p_keep;
    v_from uuid := (SELECT t.reached_id FROM retention_tally t WHERE t.name = 'figures');
    v_reached uuid := v_from;
    v_seen uuid[];
    v_ids uuid[];
    v_id uuid;
    v_purged bigint := 0;
BEGIN
    PERFORM retention.refuse_short(p_keep, '1 day');
    FOR v_window IN 1..20 LOOP
        SELECT array_agg(w.id), coalesce(array_agg(w.id) FILTER (WHERE w.computed_at < v_before), '{}')
        INTO v_seen, v_ids FROM (
            SELECT f.id, f.computed_at FROM footprint f
            WHERE f.id > coalesce(v_reached, '00000000-0000-0000-0000-000000000000') ORDER BY f.id LIMIT p_limit) AS w;
        v_reached := CASE WHEN cardinality(v_seen) = p_limit THEN v_seen[p_limit] END;
        v_ids := retention.unreferenced('footprint', v_ids);
        IF v_ids <> '{}' THEN
            v_ids := ARRAY(SELECT f.id FROM footprint f WHERE f.id = ANY (v_ids) FOR UPDATE SKIP LOCKED);
            v_ids := retention.unreferenced('footprint', v_ids);
            BEGIN
                DELETE FROM footprint f WHERE f.id = ANY (v_ids);
                v_purged := v_purged + cardinality(v_ids);
            EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN
                FOREACH v_id IN ARRAY v_ids LOOP
                    BEGIN
                        DELETE FROM footprint f WHERE f.id = v_id;
                        v_purged := v_purged + 1;
                    EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN NULL;
                    END;
                END LOOP;
            END;
        END IF;
        EXIT WHEN v_purged > 0 OR v_reached IS NULL;
    END LOOP;
    IF v_purged > 0 OR v_reached IS DISTINCT FROM v_from THEN
        PERFORM retention.walked('figures', v_purged, v_reached);
    END IF;
    RETURN v_purged;
END $$;

REVOKE ALL ON FUNCTION retention.unreferenced(regclass, uuid[]), retention.unknown_persons(uuid[]),
    retention.delete_person(uuid[]), retention.walked(text, bigint, uuid), retention.purge_guests(interval, int),
    retention.purge_keys(interval, int), retention.purge_figures(interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.purge_guests(interval, int), retention.purge_keys(interval, int),
    retention.purge_figures(interval, int) TO ddt_app;
