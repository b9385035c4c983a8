-- Orders go from state to state only as they may, whoever writes: none is paid after its money went back, none waits
-- again for money that came.

CREATE FUNCTION orders.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (old.state, new.state) NOT IN (
        ('placed', 'paid'), ('placed', 'expired'), ('placed', 'cancelled'),
        ('expired', 'paid'), ('expired', 'refunding'), ('cancelled', 'paid'), ('cancelled', 'refunding'),
        ('paid', 'refunding'), ('refunding', 'refunded'))
    THEN
        RAISE EXCEPTION 'order % cannot go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'purchase_order_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER purchase_order_goes_on BEFORE UPDATE ON purchase_order
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION orders.guard();
REVOKE ALL ON FUNCTION orders.guard() FROM PUBLIC;
