-- A campaign says when it ended and when what was left of it went home. Those that ended before this was kept begin their days of
-- grace now: what nobody knows is not guessed to their sponsors' cost.
ALTER TABLE gift_campaign DISABLE TRIGGER gift_campaign_goes_on;
UPDATE gift_campaign SET ended_at = clock_timestamp() WHERE state = 'ended';
ALTER TABLE gift_campaign ENABLE TRIGGER gift_campaign_goes_on;
ALTER TABLE gift_campaign
    ADD CONSTRAINT gift_campaign_ended_check CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    ADD CONSTRAINT gift_campaign_returned_check CHECK (returned_at IS NULL OR state = 'ended');
CREATE INDEX gift_campaign_returns_idx ON gift_campaign (ended_at) WHERE state = 'ended' AND returned_at IS NULL;

-- As before; the end is stamped here, whoever ends it, and of one that ended nothing moves but that its rest went home, once.
CREATE OR REPLACE FUNCTION gifts.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.id, new.scenario_id, new.sponsor_id, new.account_id, new.made_by_id, new.made_at)
       IS DISTINCT FROM (old.id, old.scenario_id, old.sponsor_id, old.account_id, old.made_by_id, old.made_at)
       OR old.state <> 'draft' AND (new.amount, new.audience) <> (old.amount, old.audience)
       OR (old.state, new.state) NOT IN (('draft', 'draft'), ('draft', 'open'), ('open', 'open'), ('open', 'paused'),
                                         ('open', 'ended'), ('paused', 'paused'), ('paused', 'open'), ('paused', 'ended'),
                                         ('ended', 'ended'))
       OR old.state = 'ended' AND (old.returned_at IS NOT NULL OR new.returned_at IS NULL
                                   OR to_jsonb(new) - 'returned_at' IS DISTINCT FROM to_jsonb(old) - 'returned_at')
    THEN
        RAISE EXCEPTION 'campaign % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_campaign_step_check';
    END IF;
    IF new.state = 'ended' AND old.state <> 'ended' THEN
        new.ended_at := clock_timestamp();
    END IF;
    RETURN new;
END $$;

-- End a campaign whose window is over, in nobody's name; false where somebody ended it, or made it longer, in between.
-- Locks: the pool's row first, so whoever is collecting comes before the end or after it.
CREATE FUNCTION gifts.end_over(p_campaign uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_state text;
BEGIN
    PERFORM FROM gift_pool p WHERE p.campaign_id = p_campaign FOR UPDATE;
    SELECT c.state INTO v_state FROM gift_campaign c WHERE c.id = p_campaign;
    UPDATE gift_campaign c SET state = 'ended'
    WHERE c.id = p_campaign AND c.state IN ('open', 'paused') AND c.ends_at <= clock_timestamp();
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM audit.record(NULL, 'gift.ended', p_campaign::text, jsonb_build_object('state', v_state),
                         jsonb_build_object('state', 'ended'));
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION gifts.end_over(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.end_over(uuid) TO ddt_app;
GRANT UPDATE (returned_at) ON gift_campaign TO ddt_app;
