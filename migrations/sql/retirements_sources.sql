-- What is retired of an account is what the room says that owns the cause, to the gram: a row names its function, which answers
-- for causes the account and the grams. A later room adds a row by its own migration and changes nothing here.
CREATE TABLE retirement_source (
    kind text CONSTRAINT retirement_source_pkey PRIMARY KEY,
    function text NOT NULL,
    CONSTRAINT retirement_source_kind_check CHECK (kind ~ '^[a-z_]{1,20}$'),
    CONSTRAINT retirement_source_function_key UNIQUE (function),
    CONSTRAINT retirement_source_function_check CHECK (function ~ '^[a-z_]+\.[a-z_]+$')
);
GRANT SELECT ON retirement_source TO ddt_app;
INSERT INTO retirement_source (kind, function) VALUES ('holding', 'retirements.held');

CREATE FUNCTION retirements.held(p_causes text[]) RETURNS TABLE (cause text, account_id uuid, mass_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT h.cause::text, h.account_id, h.mass_g FROM holding_retirement h WHERE h.cause = ANY (p_causes)
$$;
REVOKE ALL ON FUNCTION retirements.held(text[]) FROM PUBLIC;

DROP TRIGGER retirement_of_holding ON retirement;
CREATE OR REPLACE FUNCTION retirements.check_of_holding() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_of record;
    v_wrong text;
BEGIN
    FOR v_of IN
        SELECT split_part(a.cause, ':', 1) AS kind, s.function, array_agg(a.cause::text) AS causes,
               array_agg(a.account_id) AS accounts, array_agg(a.mass_g) AS grams
        FROM added a LEFT JOIN retirement_source s ON s.kind = split_part(a.cause, ':', 1)
        WHERE a.account_id IS NOT NULL GROUP BY 1, 2
    LOOP
        v_wrong := v_of.causes[1];
        IF v_of.function IS NOT NULL THEN
            EXECUTE format(
                'SELECT min(w.cause) FROM unnest($1, $2, $3) AS w (cause, account_id, mass_g) LEFT JOIN %s($1) AS s'
                ' ON (s.cause, s.account_id, s.mass_g) = (w.cause, w.account_id, w.mass_g) WHERE s.cause IS NULL', v_of.function)
            INTO v_wrong USING v_of.causes, v_of.accounts, v_of.grams;
        END IF;
        IF v_wrong IS NOT NULL THEN
            RAISE EXCEPTION 'retirement % is not what was written down of its account', v_wrong
                USING errcode = '23514', constraint = 'retirement_of_holding_check';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER retirement_of_holding AFTER INSERT ON retirement
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION retirements.check_of_holding();
