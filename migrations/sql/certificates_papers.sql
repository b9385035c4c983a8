-- Papers: a certificate is of one cause and one kind of paper; each kind has registers of its own.

ALTER TABLE paper_kind ADD CONSTRAINT paper_kind_code_check CHECK (code ~ '^[a-z]+(_[a-z]+)*$');
INSERT INTO paper_kind (code) VALUES ('neutrality');
GRANT SELECT ON paper_kind TO ddt_app;

UPDATE certificate_series SET paper_id = 'neutrality';
ALTER TABLE certificate_series
    ADD CONSTRAINT certificate_series_paper_key UNIQUE (name, paper_id);

-- What is there is of retirements. Counted; the rows' own words stay as they are.
ALTER TABLE certificate DISABLE TRIGGER certificate_append_only;
UPDATE certificate SET paper_id = 'neutrality', cause = 'retirement:' || retirement_id;
ALTER TABLE certificate ENABLE TRIGGER certificate_append_only;
DO $$ BEGIN
    IF EXISTS (SELECT FROM certificate WHERE paper_id IS DISTINCT FROM 'neutrality'
               OR cause IS DISTINCT FROM 'retirement:' || retirement_id)
       OR (SELECT count(*) FROM certificate) <> (SELECT coalesce(sum(next_no - 1), 0) FROM certificate_series) THEN
        RAISE EXCEPTION 'not every certificate found its cause';
    END IF;
END $$;
ALTER TABLE certificate
    DROP CONSTRAINT certificate_retirement_version_key,
    ADD CONSTRAINT certificate_cause_paper_version_key UNIQUE (cause, paper_id, version),
    ADD CONSTRAINT certificate_series_paper_fkey
        FOREIGN KEY (series, paper_id) REFERENCES certificate_series (name, paper_id) ON DELETE RESTRICT,
    ADD CONSTRAINT certificate_neutrality_check CHECK (
        paper_id <> 'neutrality'
        OR retirement_id IS NOT NULL AND claim_id IS NOT NULL AND scenario_id IS NOT NULL AND cause = 'retirement:' || retirement_id);
CREATE INDEX certificate_retirement_idx ON certificate (retirement_id, version) WHERE retirement_id IS NOT NULL;

-- Issue a set of papers with register numbers that have no gap: the counter moves in the transaction that writes the rows,
-- so a rollback gives the numbers back. Each row names the version it makes, which must be the very next of its cause;
-- one that is there already is passed over.
DROP FUNCTION certificates.issue(text, jsonb), certificates.supersede(text, jsonb);
CREATE FUNCTION certificates.issue(p_paper text, p_series text, p_rows jsonb) RETURNS TABLE (id uuid, cause text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_first bigint; v_count bigint; v_fresh jsonb;
BEGIN
    SELECT s.next_no INTO v_first FROM certificate_series s
    WHERE s.name = p_series AND s.paper_id = p_paper FOR UPDATE;
    IF v_first IS NULL THEN
        RAISE EXCEPTION 'certificate series % of % is not open', p_series, p_paper USING errcode = '23503';
    END IF;
    SELECT count(*), coalesce(jsonb_agg(r.item ORDER BY r.no), '[]') INTO v_count, v_fresh
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r (item, no)
    WHERE (r.item->>'version')::int = 1 + coalesce(
        (SELECT max(c.version) FROM certificate c WHERE c.cause = r.item->>'cause' AND c.paper_id = p_paper), 0);
    UPDATE certificate_series s SET next_no = s.next_no + v_count WHERE s.name = p_series;
    RETURN QUERY
    INSERT INTO certificate (id, paper_id, cause, retirement_id, claim_id, holder_id, scenario_id, series, register_no, number,
                             verify_code, version, record, record_sha256, name_sealed, language, issued_at)
    SELECT (f.item->>'id')::uuid, p_paper, f.item->>'cause', (f.item->>'retirement_id')::uuid,
           (f.item->>'claim_id')::uuid,
           (f.item->>'holder_id')::uuid, (f.item->>'scenario_id')::uuid, p_series, v_first + f.no - 1,
           f.item->>'number', f.item->>'verify_code', (f.item->>'version')::int,
           f.item->>'record', sha256(convert_to(f.item->>'record', 'UTF8')),
           decode(f.item->>'name_sealed', 'hex'), f.item->>'language', (f.item->>'issued_at')::timestamptz
    FROM jsonb_array_elements(v_fresh) WITH ORDINALITY AS f (item, no)
    RETURNING certificate.id, certificate.cause::text;
END $$;
REVOKE ALL ON FUNCTION certificates.issue(text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION certificates.issue(text, text, jsonb) TO ddt_app;

-- As before of what a retirement led to; of any paper: its record tells its number.
CREATE OR REPLACE FUNCTION certificates.check_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_number text;
BEGIN
    SELECT a.number INTO v_number FROM added a
    LEFT JOIN (retirement r JOIN claim c ON c.id = r.claim_id)
        ON r.id = a.retirement_id AND r.state = 'settled' AND c.id = a.claim_id AND c.beneficiary_id = a.holder_id
        AND c.scenario_id = a.scenario_id
    WHERE strpos(a.record, format('"number":"%s"', a.number)) = 0
       OR a.paper_id = 'neutrality' AND (
           r.id IS NULL
           OR strpos(a.record, format('"retirement_number":"%s"', r.number)) = 0
           OR EXISTS (SELECT FROM retirement_slice s WHERE s.retirement_id = r.id
                      AND strpos(a.record, format('"start_g":%s,"stop_g":%s,', s.start_g, s.stop_g)) = 0))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'certificate % is not of a settled retirement, or does not say what was cut for it', v_number
            USING errcode = '23514', constraint = 'certificate_of_its_retirement';
    END IF;
    RETURN NULL;
END $$;
