-- The retirement of a claim is found by its key, which leaves out what was withdrawn (`retirement_withdrawn_check` makes the state and
-- the time say the same). Whoever does not say so reads all retirements there are.

-- Grams settled for a root and its supplements by other retirements than p_but: all, or those before it.
-- As before; and looked up by the key `retirement_one_of_a_claim_key`, which leaves out what was withdrawn: without that word every
-- retirement there is was read for each certificate.
CREATE OR REPLACE FUNCTION retirements.settled_for(p_root uuid, p_but uuid, p_before timestamptz DEFAULT 'infinity') RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(o.mass_g), 0)::bigint
    FROM (SELECT p_root AS id UNION ALL SELECT c.id FROM claim c WHERE c.supplements_id = p_root) AS q
    JOIN retirement o ON o.claim_id = q.id
    WHERE o.state = 'settled' AND o.withdrawn_at IS NULL AND o.id <> p_but AND (o.settled_at, o.id) < (p_before, p_but)
$$;

-- As before; and the retirement is looked up by its key.
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
        PERFORM FROM retirement r WHERE r.claim_id = old.id AND r.withdrawn_at IS NULL FOR SHARE;
        IF EXISTS (SELECT FROM retirement r WHERE r.claim_id = old.id AND r.withdrawn_at IS NULL AND r.state = 'settled')
           AND old.name_until > clock_timestamp() IS NOT TRUE
        THEN
            RAISE EXCEPTION 'the grams of claim % are settled: its name stays', old.id
                USING errcode = '23514', constraint = 'claim_name_stays';
        END IF;
    END IF;
    RETURN new;
END $$;
