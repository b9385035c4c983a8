-- A tonne stands once, by the registry that numbered it, its series and its number there; never by our programme or code.
-- `credit_block` holds the numbered tonnes, `credit_name` the texts of serials and certificates: a lot whose serial names no
-- tonnes has its names alone. Both are written by the trigger that follows every lot, whoever opens it.

CREATE TABLE credit_block (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id bigint NOT NULL REFERENCES credit_lot ON DELETE RESTRICT,
    registry text NOT NULL,
    series text NOT NULL,
    series_id bigint NOT NULL CONSTRAINT credit_block_series_check CHECK (series_id = credits.key63(registry || ':' || series)),
    range int8range NOT NULL CONSTRAINT credit_block_range_check CHECK (
        NOT isempty(range) AND lower(range) >= 0 AND NOT upper_inf(range)),
    CONSTRAINT credit_block_once EXCLUDE USING gist (int8range(series_id, series_id, '[]') WITH &&, range WITH &&)
);
CREATE INDEX credit_block_lot_idx ON credit_block (lot_id);

-- What is whole is nobody else's; what is not may be another's too, which has a block of its own (two ranges of a certificate).
CREATE TABLE credit_name (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id bigint NOT NULL REFERENCES credit_lot ON DELETE RESTRICT,
    name text NOT NULL CONSTRAINT credit_name_name_check CHECK (name <> ''),
    name_id bigint NOT NULL CONSTRAINT credit_name_id_check CHECK (name_id = credits.key63(name)),
    is_whole boolean NOT NULL,
    CONSTRAINT credit_name_lot_key UNIQUE (lot_id, name),
    CONSTRAINT credit_name_once EXCLUDE USING gist (
        int8range(name_id, name_id, '[]') WITH &&,
        (CASE WHEN is_whole THEN int8range(NULL, NULL) ELSE int8range(lot_id, lot_id, '[]') END) WITH &&)
);
CREATE INDEX credit_name_name_idx ON credit_name (name);

-- Lots that were in the books before, and hold what an older one holds. Nobody may sell them until two people have decided:
-- `same` keeps it so for ever, `apart` says that they are other tonnes after all.
CREATE TABLE credit_double (
    lot_id bigint PRIMARY KEY REFERENCES credit_lot ON DELETE RESTRICT,
    first_lot_id bigint NOT NULL REFERENCES credit_lot ON DELETE RESTRICT,
    found text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decision text CONSTRAINT credit_double_decision_check CHECK (decision IN ('same', 'apart')),
    proposal_id uuid CONSTRAINT credit_double_proposal_key UNIQUE REFERENCES credit_proposal ON DELETE RESTRICT,
    CONSTRAINT credit_double_two_lots_check CHECK (lot_id <> first_lot_id),
    CONSTRAINT credit_double_decided_check CHECK ((decision IS NULL) = (proposal_id IS NULL))
);

CREATE FUNCTION credits.without_zeros(p_text text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(p_text, '(?<![0-9])0+(?=[0-9])', '', 'g')
$$;

-- The texts by which a serial or a certificate is found again whatever stands between its letters and digits, and the batch it
-- begins with where it is one of ours. `names_of` in app/registry/credits/serials/serial_rules.py is the same function; a test compares them.
CREATE FUNCTION credits.names_of(VARIADIC p_keys text[]) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT regexp_replace(spelling, '[^0-9A-Z\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]', '', 'g')
    FROM (SELECT upper(normalize(key, NFKC)) AS key FROM unnest(p_keys) AS k (key) WHERE key IS NOT NULL) AS given
    CROSS JOIN LATERAL (VALUES (key), ((regexp_match(
        key, '(?<![A-Z])(?:CCER|CDCER|CQCER|SCLC)[^0-9A-Z]*[12][0-9]{3}[^0-9A-Z]+[0-9A-Z]+'))[1])) AS part (text)
    CROSS JOIN LATERAL (VALUES (text), (credits.without_zeros(text))) AS spelt (spelling)
    WHERE spelling ~ '[0-9A-Z\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]'
$$;

-- The registry and series of a lot's `series`. Since this release that is `REGISTRY:series`; older lots have our programme
-- there and the serial's own beginning behind it, in which the letters of a registry count, and no programme.
CREATE FUNCTION credits.block_of(p_series text, OUT registry text, OUT series text)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_first text := split_part(p_series, ':', 1);
    v_rest text := substr(p_series, strpos(p_series, ':') + 1);
    v_ours text[];
BEGIN
    series := credits.without_zeros(btrim(regexp_replace(v_rest, '[^0-9A-Z]+', '-', 'g'), '-'));
    v_ours := regexp_match(series, '^(CCER|CDCER|CQCER|SCLC)-(.+)$');
    IF v_ours IS NOT NULL THEN
        registry := v_ours[1];
        series := v_ours[2];
    ELSIF v_first = 'VCU' THEN
        registry := 'VERRA';
    ELSIF v_first IN ('VERRA', 'GS', 'ACR', 'CAR') THEN
        registry := v_first;
    ELSIF series ~ '^[12][0-9]{3}-' AND v_first IN ('CCER', 'CDCER', 'CQCER', 'SCLC', 'FORESTRY') THEN
        registry := CASE v_first WHEN 'FORESTRY' THEN 'SCLC' ELSE v_first END;
    ELSE
        registry := 'UNKNOWN';  -- numbered by the rule of an older release; whose it is nobody can tell
        series := coalesce(nullif(series, ''), '-');
    END IF;
END $$;

-- Write what a lot stands for. Everybody who opens lots stands in one line here, so that two of them never wait for each other.
CREATE FUNCTION credits.stand_in_line() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(credits.key63('import of lots'));
    RETURN NULL;
END $$;
CREATE FUNCTION credits.write_tonnes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT new.is_raw_only THEN
        INSERT INTO credit_block (lot_id, registry, series, series_id, range)
        SELECT new.id, b.registry, b.series, credits.key63(b.registry || ':' || b.series), int8range(new.block_start, new.block_stop)
        FROM credits.block_of(new.series) AS b;
    END IF;
    INSERT INTO credit_name (lot_id, name, name_id, is_whole)
    SELECT new.id, n, credits.key63(n), new.is_raw_only
    FROM credits.names_of(new.serial_key, new.certificate_key) AS n;
    RETURN NULL;
END $$;

-- Older lots, oldest first. What is free of a lot is written for it; what an older one has makes it a double. Counted.
DO $$
DECLARE
    v_lot record; v_other bigint; v_found text; v_before bigint; v_tonnes numeric; v_stand bigint;
BEGIN
    SELECT count(*), coalesce(sum(block_stop - block_start) FILTER (WHERE NOT is_raw_only), 0) INTO v_before, v_tonnes FROM credit_lot;
    FOR v_lot IN SELECT l.*, b.registry, b.series AS within, credits.key63(b.registry || ':' || b.series) AS within_id,
                        int8range(l.block_start, l.block_stop) AS tonnes
                 FROM credit_lot l CROSS JOIN LATERAL credits.block_of(l.series) AS b ORDER BY l.opened_at, l.id LOOP
        v_other := NULL;
        IF NOT v_lot.is_raw_only THEN
            SELECT o.lot_id, format('%s %s %s', o.registry, o.series, o.range * v_lot.tonnes) INTO v_other, v_found
            FROM credit_block o
            WHERE int8range(o.series_id, o.series_id, '[]') && int8range(v_lot.within_id, v_lot.within_id, '[]')
              AND o.range && v_lot.tonnes
            ORDER BY o.id LIMIT 1;
            INSERT INTO credit_block (lot_id, registry, series, series_id, range)
            SELECT v_lot.id, v_lot.registry, v_lot.within, v_lot.within_id, free FROM unnest(
                int8multirange(v_lot.tonnes) - coalesce((
                    SELECT range_agg(o.range) FROM credit_block o WHERE o.series_id = v_lot.within_id), '{}')) AS free;
        END IF;
        IF v_other IS NULL THEN
            SELECT o.lot_id, o.name INTO v_other, v_found FROM credits.names_of(v_lot.serial_key, v_lot.certificate_key) AS n
            JOIN credit_name o ON o.name = n AND (o.is_whole OR v_lot.is_raw_only) ORDER BY o.id LIMIT 1;
        END IF;
        INSERT INTO credit_name (lot_id, name, name_id, is_whole)
        SELECT v_lot.id, n, credits.key63(n), v_lot.is_raw_only
        FROM credits.names_of(v_lot.serial_key, v_lot.certificate_key) AS n
        WHERE NOT EXISTS (SELECT FROM credit_name o WHERE o.name = n AND (o.is_whole OR v_lot.is_raw_only));
        IF v_other IS NOT NULL THEN
            INSERT INTO credit_double (lot_id, first_lot_id, found) VALUES (v_lot.id, v_other, v_found);
        END IF;
    END LOOP;
    SELECT count(*) INTO v_stand FROM credit_lot l
    WHERE EXISTS (SELECT FROM credit_double d WHERE d.lot_id = l.id)
       OR (l.is_raw_only OR (SELECT sum(upper(b.range) - lower(b.range)) FROM credit_block b WHERE b.lot_id = l.id)
                            = l.block_stop - l.block_start)
          AND (SELECT count(*) FROM credit_name n WHERE n.lot_id = l.id)
              = (SELECT count(*) FROM credits.names_of(l.serial_key, l.certificate_key));
    IF v_stand <> v_before
       OR (SELECT coalesce(sum(upper(range) - lower(range)), 0) FROM credit_block) > v_tonnes
       OR (SELECT count(*) FROM credit_double) = 0
          AND (SELECT coalesce(sum(upper(range) - lower(range)), 0) FROM credit_block) <> v_tonnes THEN
        RAISE EXCEPTION '% lots of % numbered t, % of them stand', v_before, v_tonnes, v_stand;
    END IF;
END $$;

CREATE TRIGGER credit_lot_in_line BEFORE INSERT ON credit_lot
    FOR EACH STATEMENT EXECUTE FUNCTION credits.stand_in_line();
CREATE TRIGGER credit_lot_stands_once AFTER INSERT ON credit_lot
    FOR EACH ROW EXECUTE FUNCTION credits.write_tonnes();
CREATE TRIGGER credit_block_append_only BEFORE UPDATE OR DELETE ON credit_block
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_block_no_truncate BEFORE TRUNCATE ON credit_block
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_name_append_only BEFORE UPDATE OR DELETE ON credit_name
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_name_no_truncate BEFORE TRUNCATE ON credit_name
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();
