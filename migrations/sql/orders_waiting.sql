-- An order waits for its money as long as its way to pay may take: longer than it did, never shorter, and a month at most.
-- Its reservations end with it (holdings.release), so that nothing else has to be moved.
CREATE FUNCTION orders.wait_until(p_order uuid, p_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE purchase_order SET expires_at = p_until
    WHERE id = p_order AND state IN ('placed', 'quoted') AND expires_at > clock_timestamp()
      AND p_until > expires_at AND p_until <= placed_at + interval '31 days';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not wait for money any more, or cannot wait until %', p_order, p_until
            USING errcode = '23514', constraint = 'purchase_order_wait_check';
    END IF;
END $$;
REVOKE ALL ON FUNCTION orders.wait_until(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.wait_until(uuid, timestamptz) TO ddt_app;
