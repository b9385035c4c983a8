-- Claims: each asks for its own rule profile, and is judged at settling and once more after the upstream cancellation.

ALTER TABLE retirement
    ADD CONSTRAINT retirement_profile_check CHECK (
        profile IS NULL
        OR (profile ~ '^[a-z0-9-]+$' AND purpose IN ('organisation', 'event', 'product', 'site', 'meeting')));
GRANT INSERT (profile) ON retirement TO ddt_app;

-- What was judged before was judged at settling: that is the column's default. The release before this one goes on
-- writing without it, and names the key, which therefore keeps its name.
ALTER TABLE retirement_verdict
    ADD CONSTRAINT retirement_verdict_stage_check CHECK (
        stage IN ('settled', 'upstream') AND stage = coalesce(document::jsonb->>'stage', stage)),
    DROP CONSTRAINT retirement_verdict_once_key,
    ADD CONSTRAINT retirement_verdict_once_key UNIQUE (retirement_id, profile, version, judged_on, stage);
-- After the upstream cancellation a profile judges once, in whichever version.
CREATE UNIQUE INDEX retirement_verdict_upstream_key ON retirement_verdict (retirement_id, profile) WHERE stage = 'upstream';

-- Nothing is called cancelled upstream, as long as a gram of it is not.
CREATE FUNCTION retirements.check_upstream() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added a JOIN retirement r ON r.id = a.retirement_id CROSS JOIN LATERAL (
                   SELECT sum(k.covered_g) AS grams FROM retirement_slice s
                   CROSS JOIN LATERAL cancellations.covered(s.lot_id, s.start_g, s.stop_g) AS k
                   WHERE s.retirement_id = r.id) AS c
               WHERE a.stage = 'upstream' AND c.grams IS DISTINCT FROM r.mass_g) THEN
        RAISE EXCEPTION 'not all grams of the retirement are cancelled upstream'
            USING errcode = '23514', constraint = 'retirement_verdict_upstream_covered';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER retirement_verdict_upstream_covered AFTER INSERT ON retirement_verdict
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION retirements.check_upstream();
REVOKE ALL ON FUNCTION retirements.check_upstream() FROM PUBLIC;
