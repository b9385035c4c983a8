-- Reservations change on their own page: until when grams are held stands in a narrow table beside them for as long as they
-- are, written by a trigger alone.

CREATE TABLE credit_reservation_held (
    reservation_id uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
INSERT INTO credit_reservation_held (reservation_id, expires_at)
SELECT r.id, r.expires_at FROM credit_reservation r WHERE r.state = 'held';

DROP INDEX credit_reservation_due_idx;
CREATE INDEX credit_reservation_due_idx ON credit_reservation_held (expires_at, reservation_id);
DROP INDEX credit_reservation_holder_idx;
CREATE INDEX credit_reservation_holder_idx ON credit_reservation (holder) WHERE holder <> 'platform';
ALTER TABLE credit_reservation SET (fillfactor = 80);
GRANT SELECT ON credit_reservation_held TO ddt_app;

CREATE FUNCTION holdings.follow_held() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF tg_op = 'DELETE' THEN
        DELETE FROM credit_reservation_held h WHERE h.reservation_id = old.id;
    ELSIF new.state = 'held' THEN
        INSERT INTO credit_reservation_held AS h (reservation_id, expires_at) VALUES (new.id, new.expires_at)
        ON CONFLICT (reservation_id) DO UPDATE SET expires_at = excluded.expires_at;
    ELSE
        DELETE FROM credit_reservation_held h WHERE h.reservation_id = new.id;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION holdings.follow_held() FROM PUBLIC;
CREATE TRIGGER credit_reservation_is_held AFTER INSERT OR DELETE ON credit_reservation
    FOR EACH ROW EXECUTE FUNCTION holdings.follow_held();
CREATE TRIGGER credit_reservation_stays_held AFTER UPDATE ON credit_reservation
    FOR EACH ROW WHEN ((old.state, old.expires_at) IS DISTINCT FROM (new.state, new.expires_at))
    EXECUTE FUNCTION holdings.follow_held();
