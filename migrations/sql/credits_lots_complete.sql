-- Credits, complete: methodologies that may be suspended, lots with every fact and never changed, price lists
-- whose lines never share a day, and proposals that take two people.

CREATE SCHEMA credits;

-- 63 bits of a text's SHA-256, as the application computes it too: exclusion constraints need a number, and
-- PostgreSQL alone brings no operator class for text there. Immutable: UTF-8 is the database's own encoding.
CREATE FUNCTION credits.key63(p_text text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (('x' || encode(substr(sha256(convert_to(p_text, 'UTF8')), 1, 8), 'hex'))::bit(64) >> 1)::bigint
$$;

CREATE FUNCTION credits.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a correction is a new fact', tg_op, tg_table_name USING errcode = '23514';
END $$;

-- Methodologies: what projects say today becomes rows, counted.
ALTER TABLE credit_methodology
    ADD CONSTRAINT credit_methodology_programme_code_key UNIQUE (programme, code),
    ADD CONSTRAINT credit_methodology_code_check CHECK (btrim(code) <> ''),
    ADD CONSTRAINT credit_methodology_note_check CHECK (
        suspended_from IS NULL OR (btrim(note_zh) <> '' AND btrim(note_en) <> '' AND btrim(source) <> ''));
DO $$
DECLARE v_said bigint; v_made bigint;
BEGIN
    SELECT count(*) INTO v_said FROM (SELECT DISTINCT programme, methodology FROM credit_project) AS s;
    INSERT INTO credit_methodology (id, programme, code, name_zh, name_en, note_zh, note_en, source)
    SELECT gen_random_uuid(), programme, methodology, methodology, methodology, '', '', 'named by a project'
    FROM (SELECT DISTINCT programme, methodology FROM credit_project) AS s;
    SELECT count(*) INTO v_made FROM credit_methodology;
    IF v_made <> v_said THEN
        RAISE EXCEPTION 'projects name % methodologies, % were made', v_said, v_made;
    END IF;
END $$;
ALTER TABLE credit_project
    ADD CONSTRAINT credit_project_methodology_fkey FOREIGN KEY (programme, methodology)
        REFERENCES credit_methodology (programme, code) ON DELETE RESTRICT;
CREATE INDEX credit_project_methodology_idx ON credit_project (programme, methodology);

-- Lots: what older rows did not say is filled from their project and their serial, before they are closed for ever.
UPDATE credit_lot l
SET unit_kind = p.unit_kind,
    country = CASE WHEN l.programme = 'VCU' THEN split_part(l.serial_key, '-', 8) ELSE 'CN' END,
    labels = '[]',
    is_raw_only = false,
    serial_fields = CASE WHEN l.programme = 'VCU' THEN jsonb_object(
        ARRAY['batch', 'start', 'end', 'programme', 'unit', 'kind', 'registry', 'country', 'project', 'from', 'to', 'flag'],
        string_to_array(l.serial_key, '-')) ELSE '{}' END
FROM credit_project p WHERE p.id = l.project_id;
ALTER TABLE credit_lot
    ADD CONSTRAINT credit_lot_series_check CHECK (series_id = credits.key63(series)),
    ADD CONSTRAINT credit_lot_monitoring_check CHECK (
        (monitoring_start IS NULL) = (monitoring_end IS NULL) AND monitoring_start <= monitoring_end),
    ADD CONSTRAINT credit_lot_country_check CHECK (country ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT credit_lot_labels_check CHECK (jsonb_typeof(labels) = 'array'),
    ADD CONSTRAINT credit_lot_certificate_check CHECK ((certificate_number IS NULL) = (certificate_key IS NULL)),
    ADD CONSTRAINT credit_lot_raw_check CHECK (
        is_raw_only = (proposal_id IS NOT NULL)
        AND (NOT is_raw_only OR (certificate_key IS NOT NULL AND block_start = 1
                                 AND series = programme || ':certificate:' || certificate_key))),
    ADD CONSTRAINT credit_lot_proposal_key UNIQUE (proposal_id),
    -- A lot known by its certificate alone covers all of it, so no other lot may lie on that certificate;
    -- lots with numbered tonnes may share one, each being a range of its own.
    ADD CONSTRAINT credit_lot_one_certificate EXCLUDE USING gist (
        int8range(credits.key63(programme || ':' || certificate_key), credits.key63(programme || ':' || certificate_key),
                  '[]') WITH &&,
        (CASE WHEN is_raw_only THEN int8range(NULL, NULL) ELSE int8range(id, id, '[]') END) WITH &&
    ) WHERE (certificate_key IS NOT NULL);
CREATE INDEX credit_lot_project_idx ON credit_lot (project_id);

-- Proposals: typed by one, confirmed by another who saw the very same text.
ALTER TABLE credit_proposal
    ADD CONSTRAINT credit_proposal_kind_check CHECK (kind IN ('raw_lot', 'correction')),
    ADD CONSTRAINT credit_proposal_state_check CHECK (state IN ('proposed', 'confirmed', 'declined')),
    ADD CONSTRAINT credit_proposal_payload_check CHECK (payload_sha256 = sha256(convert_to(payload, 'UTF8'))),
    ADD CONSTRAINT credit_proposal_decided_check CHECK (
        (state = 'proposed') = (checker_id IS NULL) AND (state = 'proposed') = (decided_at IS NULL)),
    ADD CONSTRAINT credit_proposal_two_people_check CHECK (state <> 'confirmed' OR maker_id <> checker_id),
    ADD CONSTRAINT credit_proposal_seen_check CHECK (
        state <> 'confirmed' OR (seen_sha256 IS NOT NULL AND seen_sha256 = payload_sha256));
CREATE UNIQUE INDEX credit_proposal_one_open_key ON credit_proposal (kind, about) WHERE state = 'proposed';

CREATE FUNCTION credits.check_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state <> 'proposed'
       OR (new.id, new.kind, new.about, new.payload, new.payload_sha256, new.maker_id, new.proposed_at)
          IS DISTINCT FROM
          (old.id, old.kind, old.about, old.payload, old.payload_sha256, old.maker_id, old.proposed_at)
    THEN
        RAISE EXCEPTION 'proposal % is decided, or its text would change', old.id
            USING errcode = '23514', constraint = 'credit_proposal_decided_once';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_proposal_decided_once BEFORE UPDATE ON credit_proposal
    FOR EACH ROW EXECUTE FUNCTION credits.check_proposal();
CREATE TRIGGER credit_proposal_no_delete BEFORE DELETE ON credit_proposal
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_proposal_no_truncate BEFORE TRUNCATE ON credit_proposal
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();

-- A lot without numbered tonnes is exactly what two people agreed upon.
CREATE FUNCTION credits.check_raw_lot() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM credit_proposal p
        WHERE p.id = new.proposal_id AND p.kind = 'raw_lot' AND p.state = 'confirmed'
          AND p.payload::jsonb->>'code' = new.code
          AND p.payload::jsonb->>'certificate_number' = new.certificate_number
          AND (p.payload::jsonb->>'tonnes')::bigint * 1000000 = new.mass_g
          AND (p.payload::jsonb->>'vintage_start')::date = new.vintage_start
          AND (p.payload::jsonb->>'vintage_end')::date = new.vintage_end
          AND p.payload::jsonb->'project'->>'programme' = new.programme
          AND EXISTS (SELECT FROM credit_project j WHERE j.id = new.project_id
                      AND j.number = p.payload::jsonb->'project'->>'number'))
    THEN
        RAISE EXCEPTION 'lot % is not what two people agreed upon', new.code
            USING errcode = '23514', constraint = 'credit_lot_two_people';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER credit_lot_two_people BEFORE INSERT ON credit_lot
    FOR EACH ROW WHEN (new.is_raw_only) EXECUTE FUNCTION credits.check_raw_lot();
CREATE TRIGGER credit_lot_append_only BEFORE UPDATE OR DELETE ON credit_lot
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_lot_no_truncate BEFORE TRUNCATE ON credit_lot
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();

-- Corrections: a new fact beside the old one, by two people.
CREATE FUNCTION credits.check_correction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM credit_proposal p
        WHERE p.id = new.proposal_id AND p.kind = 'correction' AND p.state = 'confirmed'
          AND (p.payload::jsonb->>'lot_id')::bigint = new.lot_id
          AND p.payload::jsonb->'changes' = new.changes AND p.payload::jsonb->>'note' = new.note)
    THEN
        RAISE EXCEPTION 'the correction of lot % is not what two people agreed upon', new.lot_id
            USING errcode = '23514', constraint = 'credit_lot_correction_two_people';
    END IF;
    RETURN new;
END $$;
ALTER TABLE credit_lot_correction
    ADD CONSTRAINT credit_lot_correction_proposal_key UNIQUE (proposal_id),
    ADD CONSTRAINT credit_lot_correction_changes_check CHECK (jsonb_typeof(changes) = 'object' AND changes <> '{}'),
    ADD CONSTRAINT credit_lot_correction_note_check CHECK (btrim(note) <> '');
CREATE INDEX credit_lot_correction_lot_idx ON credit_lot_correction (lot_id, id);
CREATE TRIGGER credit_lot_correction_two_people BEFORE INSERT ON credit_lot_correction
    FOR EACH ROW EXECUTE FUNCTION credits.check_correction();
CREATE TRIGGER credit_lot_correction_append_only BEFORE UPDATE OR DELETE ON credit_lot_correction
    FOR EACH ROW EXECUTE FUNCTION credits.refuse_change();
CREATE TRIGGER credit_lot_correction_no_truncate BEFORE TRUNCATE ON credit_lot_correction
    FOR EACH STATEMENT EXECUTE FUNCTION credits.refuse_change();

-- Prices: until now a price held until the next one began; now it says so itself. Counted.
DO $$
DECLARE v_before bigint; v_open bigint; v_lists bigint;
BEGIN
    SELECT count(*) INTO v_before FROM credit_price;
    UPDATE credit_price c SET valid_to = n.next_from - 1
    FROM (SELECT id, lead(valid_from) OVER (PARTITION BY programme, currency ORDER BY valid_from) AS next_from
          FROM credit_price) AS n
    WHERE n.id = c.id AND n.next_from IS NOT NULL;
    SELECT count(*) FILTER (WHERE valid_to IS NULL), count(DISTINCT (programme, currency)) INTO v_open, v_lists
    FROM credit_price;
    IF v_open <> v_lists OR v_before <> (SELECT count(*) FROM credit_price) THEN
        RAISE EXCEPTION '% price lists have % open ends', v_lists, v_open;
    END IF;
END $$;
ALTER TABLE credit_price
    ADD CONSTRAINT credit_price_days_check CHECK (valid_to >= valid_from),
    ADD CONSTRAINT credit_price_one_a_day EXCLUDE USING gist (
        int8range(credits.key63(programme || ':' || currency), credits.key63(programme || ':' || currency), '[]') WITH &&,
        daterange(valid_from, valid_to, '[]') WITH &&);

-- Put a line into a programme's price list: the line before it ends the day before, it ends itself the day before
-- the next one. With the first day of a known line it replaces that line. Reaching with its own end into a later
-- line is refused by credit_price_one_a_day.
CREATE FUNCTION credits.set_price(p_programme text, p_currency text, p_per_tonne bigint, p_from date, p_to date)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(credits.key63('price:' || p_programme || ':' || p_currency));
    DELETE FROM credit_price WHERE programme = p_programme AND currency = p_currency AND valid_from = p_from;
    UPDATE credit_price SET valid_to = p_from - 1
    WHERE programme = p_programme AND currency = p_currency AND valid_from < p_from
      AND (valid_to IS NULL OR valid_to >= p_from);
    INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from, valid_to)
    VALUES (p_programme, p_currency, p_per_tonne, p_from, coalesce(p_to, (
        SELECT min(valid_from) - 1 FROM credit_price
        WHERE programme = p_programme AND currency = p_currency AND valid_from > p_from)));
END $$;

-- The lots that may be sold now: those of a methodology that is suspended by today's Beijing day are not among them.
-- What was retired from them stays retired, what is reserved may still be delivered.
CREATE OR REPLACE VIEW credit_sellable_lot AS
SELECT l.id, l.programme, l.vintage_end
FROM credit_lot l
JOIN credit_project p ON p.id = l.project_id
JOIN credit_methodology m ON m.programme = p.programme AND m.code = p.methodology
WHERE m.suspended_from IS NULL OR m.suspended_from > (now() AT TIME ZONE 'Asia/Shanghai')::date;

REVOKE ALL ON SCHEMA credits FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA credits FROM PUBLIC;
GRANT USAGE ON SCHEMA credits TO ddt_app;
GRANT EXECUTE ON FUNCTION credits.key63(text), credits.set_price(text, text, bigint, date, date) TO ddt_app;
GRANT SELECT ON credit_sellable_lot TO ddt_app;
GRANT SELECT, INSERT ON credit_methodology, credit_proposal, credit_lot_correction TO ddt_app;
GRANT UPDATE (name_zh, name_en, suspended_from, note_zh, note_en, source) ON credit_methodology TO ddt_app;
GRANT UPDATE (state, checker_id, seen_sha256, decided_at) ON credit_proposal TO ddt_app;
GRANT USAGE ON SEQUENCE credit_lot_correction_id_seq TO ddt_app;
REVOKE UPDATE ON credit_project FROM ddt_app;
REVOKE INSERT, UPDATE ON credit_price FROM ddt_app;
REVOKE USAGE ON SEQUENCE credit_price_id_seq FROM ddt_app;
