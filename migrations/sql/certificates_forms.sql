-- A certificate's text is 1.6 KB, of which a tenth is its own: numbers, days and grams. What the papers of a scene and a lot
-- say alike is written once, as their form, and the figures beside it. Not one byte is lost: certificates.whole puts them
-- together, and record_sha256 is of what comes out.
--
-- A form has a line break for each figure, and the figures are joined by line breaks: canonical JSON has none. What stands in
-- columns of the row, too, is a mark in both: 1 its number, 2 its code, 3 its second of issue, 4 its day. A row without a form
-- has its whole text as figures: those from before, and a text that would not come back as it was.

CREATE TABLE certificate_form (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256 bytea NOT NULL CONSTRAINT certificate_form_sha256_key UNIQUE,
    form text NOT NULL,
    CONSTRAINT certificate_form_sha256_check CHECK (sha256 = sha256(convert_to(form, 'UTF8')))
);
GRANT SELECT ON certificate_form TO ddt_app;
CREATE TRIGGER certificate_form_append_only BEFORE UPDATE OR DELETE ON certificate_form
    FOR EACH ROW EXECUTE FUNCTION certificates.refuse_change();
CREATE TRIGGER certificate_form_no_truncate BEFORE TRUNCATE ON certificate_form
    FOR EACH STATEMENT EXECUTE FUNCTION certificates.refuse_change();

-- Rows stay as they are: the column has another name, and its text is of no form. The digest is compared by
-- certificate_of_its_retirement when a row is written, and by the proofs; a CHECK that reads another table would refuse a
-- dump that is restored.
ALTER TABLE certificate
    DROP CONSTRAINT certificate_record_check,
    ADD CONSTRAINT certificate_form_id_fkey FOREIGN KEY (form_id) REFERENCES certificate_form (id) ON DELETE RESTRICT;

-- The text of a certificate, of its form and what its row has: one row. It answers something whatever was changed, so that a
-- proof names the certificate: of an instant that to_char answers NULL to, or that has none eight hours later, the first or
-- the last day that a record could say. Without a SET: PostgreSQL puts it into the query that asks.
CREATE FUNCTION certificates.whole(p_form text, p_figures text, p_number text, p_code text, p_issued_at timestamptz)
RETURNS TABLE (record text) LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_form IS NULL THEN p_figures ELSE
        replace(replace(replace(replace(coalesce(string_agg(concat(t.piece, t.figure), '' ORDER BY t.no), ''),
            E'\x01', p_number), E'\x02', p_code),
            E'\x03', to_char(greatest(least(p_issued_at, '9999-12-31 00:00+00'), '0001-01-01 00:00+00')
                AT TIME ZONE 'UTC' + interval '8 h', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"')),
            E'\x04', to_char(greatest(least(p_issued_at, '9999-12-31 00:00+00'), '0001-01-01 00:00+00')
                AT TIME ZONE 'UTC' + interval '8 h', 'YYYY-MM-DD')) END
    FROM unnest(string_to_array(p_form, E'\n'), string_to_array(p_figures, E'\n')) WITH ORDINALITY AS t (piece, figure, no)
$$;

-- The same, for whoever has the row: `c.record` of a certificate c, as if it were a column.
CREATE FUNCTION public.record(certificate) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT w.record FROM (SELECT) AS one LEFT JOIN public.certificate_form f ON f.id = $1.form_id
    CROSS JOIN LATERAL certificates.whole(f.form, $1.figures, $1.number, $1.verify_code, $1.issued_at) AS w
$$;

-- The form and the figures of a text. Figures are our numbers of papers and retirements, and what begins with a digit where a
-- word begins: counts, grams, days, instants, also where a mark stands for one. Of papers that name organisations, also the
-- names, what was claimed for, and digests; of those with a mandate, its words. Of a text that would not come back as it was,
-- no form and the whole.
CREATE FUNCTION certificates.split(p_record text, p_number text, p_code text, p_issued_at timestamptz)
RETURNS TABLE (form text, figures text) LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN w.record = p_record THEN s.form END, CASE WHEN w.record = p_record THEN s.figures ELSE p_record END
    FROM (
        SELECT string_agg(t.piece, E'\n' ORDER BY t.no) FILTER (WHERE t.no % 2 = 1) AS form,
               coalesce(string_agg(t.piece, E'\n' ORDER BY t.no) FILTER (WHERE t.no % 2 = 0), '') AS figures
        FROM unnest(string_to_array(regexp_replace(
            replace(replace(replace(replace(p_record,
                p_number, E'\x01'), p_code, E'\x02'),
                to_char(p_issued_at AT TIME ZONE 'UTC' + interval '8 h', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), E'\x03'),
                to_char(p_issued_at AT TIME ZONE 'UTC' + interval '8 h', 'YYYY-MM-DD'), E'\x04'),
            '[A-Z]+-[0-9]{8}-[0-9A-Z-]+|\u0003|\u0004(?:T[0-9:+]+)?|(?<![-0-9A-Za-z_.@/])[0-9]+(?:[-:.,T+][0-9]+)*'
            || CASE WHEN strpos(p_record, '"name":{') + strpos(p_record, '"holder_name":{') > 0
                      OR strpos(p_record, '"subject_detail":"') + strpos(p_record, '"sha256":"') > 0
                      OR strpos(p_record, '"ground":"') > 0
                    THEN '|"(?:name|holder_name)":\{[^{}]*\}|"(?:subject_detail|ground|document)":"(?:[^"\\]|\\.)*"|[0-9a-f]{64}'
                    ELSE '' END,
            E'\n\\&\n', 'g'), E'\n')) WITH ORDINALITY AS t (piece, no)
        OFFSET 0) AS s
    CROSS JOIN LATERAL certificates.whole(s.form, s.figures, p_number, p_code, p_issued_at) AS w
$$;

-- The ids of these forms, in their order; null where one is null. New ones are written in the order of their digests, so that
-- of two that write the same the later waits and neither for ever.
CREATE FUNCTION certificates.forms(p_forms text[]) RETURNS int[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_forms text[];
    v_sha256 bytea[];
    v_ids int[];
BEGIN
    SELECT array_agg(u.form ORDER BY u.sha256), array_agg(u.sha256 ORDER BY u.sha256) INTO v_forms, v_sha256
    FROM (SELECT d.form, sha256(convert_to(d.form, 'UTF8')) AS sha256
          FROM (SELECT DISTINCT g.form FROM unnest(p_forms) AS g (form) WHERE g.form IS NOT NULL) AS d) AS u;
    IF v_forms IS NULL THEN RETURN array_fill(NULL::int, ARRAY[cardinality(p_forms)]); END IF;
    IF EXISTS (SELECT FROM unnest(v_sha256) AS u (sha256)
               WHERE NOT EXISTS (SELECT FROM certificate_form f WHERE f.sha256 = u.sha256)) THEN
        INSERT INTO certificate_form (form, sha256)
        SELECT u.form, u.sha256 FROM unnest(v_forms, v_sha256) AS u (form, sha256)
        WHERE NOT EXISTS (SELECT FROM certificate_form f WHERE f.sha256 = u.sha256) ORDER BY u.sha256
        ON CONFLICT ON CONSTRAINT certificate_form_sha256_key DO NOTHING;
    END IF;
    WITH known AS MATERIALIZED (
        SELECT u.form, f.id FROM unnest(v_forms, v_sha256) AS u (form, sha256)
        JOIN certificate_form f ON f.sha256 = u.sha256)
    SELECT array_agg(k.id ORDER BY g.no) INTO v_ids
    FROM unnest(p_forms) WITH ORDINALITY AS g (form, no) LEFT JOIN known k ON k.form = g.form;
    RETURN v_ids;
END $$;

-- As before; and each is kept as its form and figures.
CREATE OR REPLACE FUNCTION certificates.issue(p_paper text, p_series text, p_rows jsonb) RETURNS TABLE (id uuid, cause text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_first bigint; v_count bigint; v_fresh jsonb; v_forms text[]; v_figures text[];
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
    IF v_count = 0 THEN RETURN; END IF;
    UPDATE certificate_series s SET next_no = s.next_no + v_count WHERE s.name = p_series;
    SELECT array_agg(q.form ORDER BY f.no), array_agg(q.figures ORDER BY f.no) INTO v_forms, v_figures
    FROM jsonb_array_elements(v_fresh) WITH ORDINALITY AS f (item, no)
    CROSS JOIN LATERAL certificates.split(f.item->>'record', f.item->>'number', f.item->>'verify_code',
                                          (f.item->>'issued_at')::timestamptz) AS q;
    RETURN QUERY
    INSERT INTO certificate (id, paper_id, cause, retirement_id, claim_id, holder_id, scenario_id, series, register_no, number,
                             verify_code, version, form_id, figures, record_sha256, name_sealed, language, issued_at)
    SELECT (f.item->>'id')::uuid, p_paper, f.item->>'cause', (f.item->>'retirement_id')::uuid,
           (f.item->>'claim_id')::uuid,
           (f.item->>'holder_id')::uuid, (f.item->>'scenario_id')::uuid, p_series, v_first + f.no - 1,
           f.item->>'number', f.item->>'verify_code', (f.item->>'version')::int, f.form_id, f.figures,
           sha256(convert_to(f.item->>'record', 'UTF8')),
           decode(f.item->>'name_sealed', 'hex'), f.item->>'language', (f.item->>'issued_at')::timestamptz
    FROM ROWS FROM (jsonb_array_elements(v_fresh), unnest(certificates.forms(v_forms)), unnest(v_figures))
        WITH ORDINALITY AS f (item, form_id, figures, no)
    RETURNING certificate.id, certificate.cause::text;
END $$;

-- As before; and what is put together is what was hashed.
CREATE OR REPLACE FUNCTION certificates.check_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_number text; v_is_same boolean;
BEGIN
    WITH told AS MATERIALIZED (
        SELECT a.number, a.paper_id, a.retirement_id, a.claim_id, a.holder_id, a.scenario_id, a.record_sha256, w.record
        FROM added a LEFT JOIN certificate_form f ON f.id = a.form_id
        CROSS JOIN LATERAL certificates.whole(f.form, a.figures, a.number, a.verify_code, a.issued_at) AS w)
    SELECT t.number, t.record_sha256 = sha256(convert_to(t.record, 'UTF8')) INTO v_number, v_is_same FROM told t
    LEFT JOIN (retirement r JOIN claim c ON c.id = r.claim_id)
        ON r.id = t.retirement_id AND r.state = 'settled' AND c.id = t.claim_id AND c.beneficiary_id = t.holder_id
        AND c.scenario_id = t.scenario_id
    WHERE t.record_sha256 IS DISTINCT FROM sha256(convert_to(t.record, 'UTF8'))
       OR strpos(t.record, format('"number":"%s"', t.number)) = 0
       OR t.paper_id = 'neutrality' AND (
           r.id IS NULL
           OR strpos(t.record, format('"retirement_number":"%s"', r.number)) = 0
           OR EXISTS (SELECT FROM retirement_slice s WHERE s.retirement_id = r.id
                      AND strpos(t.record, format('"start_g":%s,"stop_g":%s,', s.start_g, s.stop_g)) = 0))
    LIMIT 1;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF NOT v_is_same THEN
        RAISE EXCEPTION 'what certificate % says is not what was hashed', v_number
            USING errcode = '23514', constraint = 'certificate_record_check';
    END IF;
    RAISE EXCEPTION 'certificate % is not of a settled retirement, or does not say what was cut for it', v_number
        USING errcode = '23514', constraint = 'certificate_of_its_retirement';
END $$;

REVOKE ALL ON FUNCTION certificates.whole(text, text, text, text, timestamptz), public.record(certificate),
    certificates.split(text, text, text, timestamptz), certificates.forms(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION certificates.whole(text, text, text, text, timestamptz), public.record(certificate) TO ddt_app;
