-- What of some grams is cancelled upstream, for other rooms' statements: the cancelled grams, and the latest of the
-- registry's days by which they were. Tonnes that are cancelled never overlap, so grams add up.
-- One row always; without a cancelled gram 0 and no day.
CREATE FUNCTION cancellations.covered(p_lot bigint, p_start_g bigint, p_stop_g bigint)
RETURNS TABLE (covered_g bigint, cancelled_on date) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(least(p_stop_g, u.stop_t * 1000000) - greatest(p_start_g, u.start_t * 1000000)), 0)::bigint,
           max(u.cancelled_on)
    FROM public.upstream_cancellation u
    WHERE u.lot_id = p_lot AND u.state = 'cancelled' AND u.start_t * 1000000 < p_stop_g AND u.stop_t * 1000000 > p_start_g
$$;
REVOKE ALL ON FUNCTION cancellations.covered(bigint, bigint, bigint) FROM PUBLIC;
GRANT USAGE ON SCHEMA cancellations TO ddt_app;
GRANT EXECUTE ON FUNCTION cancellations.covered(bigint, bigint, bigint) TO ddt_app;
