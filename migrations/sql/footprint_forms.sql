-- A calculation is 1.5 KB, of which a tenth is of this person: their figures. What all calculations over the same inputs and
-- factors say alike (names, units, factors, sources) is written once, as their form, and the figures beside it. Nothing is
-- lost: footprint.whole puts them together, to the byte of its canonical spelling. A form holds nothing that anybody typed.

CREATE SCHEMA footprint;
GRANT USAGE ON SCHEMA footprint TO ddt_app;
CREATE TABLE footprint_form (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    content jsonb NOT NULL,
    paths jsonb NOT NULL,
    sha256 bytea NOT NULL CONSTRAINT footprint_form_sha256_key UNIQUE,
    CONSTRAINT footprint_form_sha256_check CHECK (sha256 = sha256(convert_to(content::text || paths::text, 'UTF8'))),
    CONSTRAINT footprint_form_paths_check CHECK (jsonb_typeof(paths) = 'array')
);
GRANT SELECT ON footprint_form TO ddt_app;

ALTER TABLE footprint
    ADD CONSTRAINT footprint_form_id_fkey FOREIGN KEY (form_id) REFERENCES footprint_form (id) ON DELETE RESTRICT,
    ADD CONSTRAINT footprint_kept_check CHECK (
        CASE WHEN calculation IS NULL THEN form_id IS NOT NULL AND jsonb_typeof(figures) = 'array'
             ELSE form_id IS NULL AND figures IS NULL END);

-- The form with this content, written when it is new.
CREATE FUNCTION footprint.form(p_content jsonb, p_paths jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_sha256 bytea := sha256(convert_to(p_content::text || p_paths::text, 'UTF8'));
    v_id int;
BEGIN
    LOOP
        SELECT f.id INTO v_id FROM footprint_form f WHERE f.sha256 = v_sha256;
        IF FOUND THEN RETURN v_id; END IF;
        INSERT INTO footprint_form (content, paths, sha256) VALUES (p_content, p_paths, v_sha256)
        ON CONFLICT ON CONSTRAINT footprint_form_sha256_key DO NOTHING;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION footprint.form(jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION footprint.form(jsonb, jsonb) TO ddt_app;

-- A calculation again as it was computed, whichever way it is kept: for whoever reads by hand, and for the check below.
CREATE FUNCTION footprint.whole(p_calculation jsonb, p_form int, p_figures jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    v_whole jsonb := p_calculation;
    v_path record;
BEGIN
    IF p_form IS NULL THEN RETURN v_whole; END IF;
    SELECT f.content INTO v_whole FROM footprint_form f WHERE f.id = p_form;
    FOR v_path IN
        SELECT ARRAY(SELECT jsonb_array_elements_text(p.path)) AS steps, p_figures->(p.no - 1)::int AS figure
        FROM footprint_form f CROSS JOIN jsonb_array_elements(f.paths) WITH ORDINALITY AS p (path, no) WHERE f.id = p_form
    LOOP
        v_whole := jsonb_set(v_whole, v_path.steps, v_path.figure, false);
    END LOOP;
    RETURN v_whole;
END $$;
REVOKE ALL ON FUNCTION footprint.whole(jsonb, int, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION footprint.whole(jsonb, int, jsonb) TO ddt_app;

CREATE FUNCTION footprint.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a form of calculations stays as it was written'
        USING errcode = '23514', constraint = 'footprint_form_stays';
END $$;
REVOKE ALL ON FUNCTION footprint.refuse_change() FROM PUBLIC;
CREATE TRIGGER footprint_form_stays BEFORE UPDATE ON footprint_form
    FOR EACH ROW EXECUTE FUNCTION footprint.refuse_change();
REVOKE ALL ON SCHEMA footprint FROM PUBLIC;
