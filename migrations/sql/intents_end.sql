-- What a person was told under their keys may hold what they typed, so it goes with them and not ninety days later.
CREATE SCHEMA IF NOT EXISTS intents;
CREATE FUNCTION intents.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM intent WHERE actor = new.id;
    RETURN NULL;
END $$;
CREATE TRIGGER person_answers_end AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION intents.end_of_person();
REVOKE ALL ON FUNCTION intents.end_of_person() FROM PUBLIC;
