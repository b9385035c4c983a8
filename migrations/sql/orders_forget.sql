-- Whoever is being forgotten paid for orders of theirs: what channels said about them goes along.
CREATE FUNCTION orders.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM payments.forget(ARRAY(SELECT 'order:' || o.id FROM purchase_order o WHERE o.person_id = new.id));
    RETURN NULL;
END $$;
CREATE TRIGGER person_payments_end AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION orders.end_of_person();
REVOKE ALL ON FUNCTION orders.end_of_person() FROM PUBLIC;
