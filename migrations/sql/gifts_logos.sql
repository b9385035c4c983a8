-- A campaign may name one picture, by the digest of the file that we drew; whoever asks for the picture is answered
-- only where a campaign names it. It is taken away also of a campaign that has ended: nothing else of that one moves.
ALTER TABLE gift_campaign
    ADD CONSTRAINT gift_campaign_logo_check CHECK (
        num_nulls(logo_sha256, logo_width, logo_height) IN (0, 3)
        AND octet_length(logo_sha256) = 32 AND logo_width BETWEEN 1 AND 480 AND logo_height BETWEEN 1 AND 160);
CREATE INDEX gift_campaign_logo_idx ON gift_campaign (logo_sha256) WHERE logo_sha256 IS NOT NULL;
GRANT UPDATE (logo_sha256, logo_width, logo_height) ON gift_campaign TO ddt_app;

-- As before; and of one that ended the logo may be taken away.
CREATE OR REPLACE FUNCTION gifts.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.id, new.scenario_id, new.sponsor_id, new.account_id, new.made_by_id, new.made_at)
       IS DISTINCT FROM (old.id, old.scenario_id, old.sponsor_id, old.account_id, old.made_by_id, old.made_at)
       OR old.state <> 'draft' AND (new.amount, new.audience, new.delivers) <> (old.amount, old.audience, old.delivers)
       OR (old.state, new.state) NOT IN (('draft', 'draft'), ('draft', 'open'), ('open', 'open'), ('open', 'paused'),
                                         ('open', 'ended'), ('paused', 'paused'), ('paused', 'open'), ('paused', 'ended'),
                                         ('ended', 'ended'))
       OR old.state = 'ended'
          AND (old.returned_at IS NOT NULL OR new.returned_at IS NULL
               OR to_jsonb(new) - 'returned_at' IS DISTINCT FROM to_jsonb(old) - 'returned_at')
          AND (new.logo_sha256 IS NOT NULL
               OR to_jsonb(new) - ARRAY['logo_sha256', 'logo_width', 'logo_height']
                  IS DISTINCT FROM to_jsonb(old) - ARRAY['logo_sha256', 'logo_width', 'logo_height'])
    THEN
        RAISE EXCEPTION 'campaign % does not go from % to %', old.id, old.state, new.state
            USING errcode = '23514', constraint = 'gift_campaign_step_check';
    END IF;
    IF new.state = 'ended' AND old.state <> 'ended' THEN
        new.ended_at := clock_timestamp();
    END IF;
    RETURN new;
END $$;
