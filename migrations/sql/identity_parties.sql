-- Parties: every person and every organisation is one, under its own id, so that whoever pays, holds or benefits
-- can be either. Written by triggers alone; nobody else may insert, change or delete.

ALTER TABLE party
    ADD CONSTRAINT party_kind_check CHECK (kind IN ('person', 'organisation'));

CREATE SCHEMA identity;

CREATE FUNCTION identity.add_parties() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO party (id, kind) SELECT added.id, tg_argv[0] FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER person_is_a_party AFTER INSERT ON person
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION identity.add_parties('person');
CREATE TRIGGER organisation_is_a_party AFTER INSERT ON organisation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION identity.add_parties('organisation');

-- Those that were there before, counted.
INSERT INTO party (id, kind) SELECT id, 'person' FROM person UNION ALL SELECT id, 'organisation' FROM organisation;
DO $$
DECLARE
    v_parties bigint := (SELECT count(*) FROM party);
    v_before bigint := (SELECT count(*) FROM person) + (SELECT count(*) FROM organisation);
BEGIN
    IF v_parties <> v_before THEN
        RAISE EXCEPTION '% parties were made of % persons and organisations', v_parties, v_before;
    END IF;
END $$;

REVOKE ALL ON SCHEMA identity FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;
GRANT SELECT ON party TO ddt_app;
