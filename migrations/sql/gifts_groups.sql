-- A batch of codes may say of which group whoever brings one is. What it says stays (`gifts.keep_batch`), and is one of the scene's.
CREATE FUNCTION gifts.check_batch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.group_code IS NOT NULL AND NOT EXISTS (
        SELECT FROM gift_campaign c JOIN scenario s ON s.id = c.scenario_id
        CROSS JOIN LATERAL jsonb_array_elements(s.setup #> '{layers,groups}') AS g (one)
        WHERE c.id = new.campaign_id AND g.one ->> 'code' = new.group_code)
    THEN
        RAISE EXCEPTION 'batch % is of no group of its scene', new.id
            USING errcode = '23514', constraint = 'gift_batch_group_check';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION gifts.check_batch() FROM PUBLIC;
CREATE TRIGGER gift_batch_group BEFORE INSERT ON gift_batch FOR EACH ROW EXECUTE FUNCTION gifts.check_batch();

COMMENT ON COLUMN gift_collection.layer IS 'Written by the release before and not read any more: the claim''s layer counts.';
