-- A line of history names somebody who has a role somewhere now, and that a price was set is written by setting it alone.

CREATE FUNCTION audit.check_actor() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT (CASE WHEN new.action LIKE 'price.%' THEN identity.has_house_role(new.actor_id, ARRAY['operator', 'finance'])
                ELSE EXISTS (SELECT FROM membership m WHERE m.person_id = new.actor_id) END) THEN
        RAISE EXCEPTION 'whoever is said to have done % has no power to', new.action
            USING errcode = '42501', constraint = 'audit_entry_actor_power';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER audit_entry_actor_power BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit.check_actor();

CREATE FUNCTION audit.record_as_application(p_actor uuid, p_action text, p_about text, p_before jsonb, p_after jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_action LIKE 'price.%' THEN
        RAISE EXCEPTION 'a price is written down by setting it'
            USING errcode = '42501', constraint = 'audit_entry_by_application';
    END IF;
    INSERT INTO audit_entry (actor_id, action, about, before, after)
    SELECT p_actor, p_action, p_about, p_before, p_after WHERE p_before IS DISTINCT FROM p_after;
END $$;

-- As before; it looks who calls: inside one of the owner's functions the owner, and else the application itself.
CREATE OR REPLACE FUNCTION audit.record(p_actor uuid, p_action text, p_about text, p_before jsonb, p_after jsonb) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    IF pg_catalog.has_table_privilege('public.audit_entry', 'INSERT') THEN
        INSERT INTO public.audit_entry (actor_id, action, about, before, after)
        SELECT p_actor, p_action, p_about, p_before, p_after WHERE p_before IS DISTINCT FROM p_after;
    ELSE
        PERFORM audit.record_as_application(p_actor, p_action, p_about, p_before, p_after);
    END IF;
END $$;

REVOKE ALL ON FUNCTION audit.check_actor(), audit.record_as_application(uuid, text, text, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.record_as_application(uuid, text, text, jsonb, jsonb) TO ddt_app;
