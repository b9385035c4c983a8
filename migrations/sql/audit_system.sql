-- What the platform does by itself, as ending a gift whose time is over, is written down without an actor: only the owner's own
-- functions write such a line.

CREATE OR REPLACE FUNCTION audit.check_actor() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT (CASE WHEN new.action LIKE 'price.%' THEN identity.has_house_role(new.actor_id, ARRAY['operator', 'finance'])
                WHEN new.actor_id IS NULL THEN true
                ELSE EXISTS (SELECT FROM membership m WHERE m.person_id = new.actor_id) END) THEN
        RAISE EXCEPTION 'whoever is said to have done % has no power to', new.action
            USING errcode = '42501', constraint = 'audit_entry_actor_power';
    END IF;
    RETURN new;
END $$;

CREATE OR REPLACE FUNCTION audit.record_as_application(p_actor uuid, p_action text, p_about text, p_before jsonb, p_after jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_action LIKE 'price.%' OR p_actor IS NULL THEN
        RAISE EXCEPTION 'a price is written down by setting it, and what nobody did by the function that did it'
            USING errcode = '42501', constraint = 'audit_entry_by_application';
    END IF;
    INSERT INTO audit_entry (actor_id, action, about, before, after)
    SELECT p_actor, p_action, p_about, p_before, p_after WHERE p_before IS DISTINCT FROM p_after;
END $$;
