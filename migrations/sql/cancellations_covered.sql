-- What of some grams is cancelled upstream, for other rooms' statements: the cancelled grams, and the latest of the
-- registry's days by which they were. Tonnes that are cancelled never overlap, so grams add up.
-- One row always; without a cancelled gram 0 and no day.
CREATE FUNCTION cancellations.covered(p_lot bigint, p_start_g bigint, p_stop_g bigint)
RETURNS TABLE (covered_g bigint, cancelled_on date) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(least(p_stop_g, u.stop_t * 1000000) - greatest(p_start_g, u.start_t * 1000000)), 0)::bigint,
           max(u.cancelled_on)
    FROM public.upstream_cancellation u
    WHERE u.lot_id = p_lot AND u.state = 'cancelled'
      -- By the index that keeps tonnes apart: a lot may have been cancelled in a thousand steps.
      AND u.state NOT IN ('returned', 'refused') AND int8range(u.lot_id, u.lot_id, '[]') && int8range(p_lot, p_lot, '[]')
      AND int8range(u.start_t, u.stop_t) && int8range(p_start_g / 1000000, (p_stop_g - 1) / 1000000 + 1)
$$;
REVOKE ALL ON FUNCTION cancellations.covered(bigint, bigint, bigint) FROM PUBLIC;
GRANT USAGE ON SCHEMA cancellations TO ddt_app;
GRANT EXECUTE ON FUNCTION cancellations.covered(bigint, bigint, bigint) TO ddt_app;
