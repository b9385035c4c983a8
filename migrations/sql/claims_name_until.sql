-- A claim may say until when its name is awaited: its grams are settled meanwhile, and its paper waits for the name, for its
-- refusal, or for that time. Only then does the name stay. Without such a time it stays once the grams are settled, as before.
ALTER TABLE claim
    ADD CONSTRAINT claim_name_until_check CHECK (name_until IS NULL OR beneficiary_kind = 'person');
CREATE INDEX claim_name_awaited_idx ON claim (name_until) WHERE name_until IS NOT NULL;
GRANT UPDATE (name_until) ON claim TO ddt_app;

CREATE OR REPLACE FUNCTION claims.check_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_moving text[] := ARRAY['name_sealed', 'name_until', 'supplements_id', 'identity', 'is_root', 'of_root'];
BEGIN
    IF to_jsonb(new) - v_moving IS DISTINCT FROM to_jsonb(old) - v_moving THEN
        RAISE EXCEPTION 'claim % stays as it was made', old.id USING errcode = '23514', constraint = 'claim_stays';
    END IF;
    IF new.supplements_id IS DISTINCT FROM old.supplements_id AND (
        old.supplements_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM claim_root o WHERE o.identity = old.identity AND o.claim_id = new.supplements_id))
    THEN
        RAISE EXCEPTION 'the root of claim % is decided when it is settled, once', old.id
            USING errcode = '23514', constraint = 'claim_root_stays';
    END IF;
    IF new.name_until IS DISTINCT FROM old.name_until AND (old.name_until IS NULL OR new.name_until IS NOT NULL) THEN
        RAISE EXCEPTION 'the name of claim % is awaited no longer than was said', old.id
            USING errcode = '23514', constraint = 'claim_name_until_stays';
    END IF;
    IF new.name_sealed IS DISTINCT FROM old.name_sealed THEN
        -- Who settles it now comes before or after.
        PERFORM FROM retirement r WHERE r.claim_id = old.id AND r.state <> 'withdrawn' FOR SHARE;
        IF EXISTS (SELECT FROM retirement r WHERE r.claim_id = old.id AND r.state = 'settled')
           AND old.name_until > clock_timestamp() IS NOT TRUE
        THEN
            RAISE EXCEPTION 'the grams of claim % are settled: its name stays', old.id
                USING errcode = '23514', constraint = 'claim_name_stays';
        END IF;
    END IF;
    RETURN new;
END $$;
