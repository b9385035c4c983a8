-- Who changed what others pay or may claim: written with the change, never changed itself.
ALTER TABLE audit_entry
    ALTER COLUMN at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT audit_entry_actor_fkey FOREIGN KEY (actor_id) REFERENCES person (id) ON DELETE RESTRICT,
    ADD CONSTRAINT audit_entry_action_check CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    ADD CONSTRAINT audit_entry_about_check CHECK (about <> ''),
    ADD CONSTRAINT audit_entry_changed CHECK (before IS DISTINCT FROM after);
CREATE INDEX audit_entry_about_idx ON audit_entry (action, about, id DESC);

CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO ddt_app;
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was done stays written' USING errcode = '23001', constraint = 'audit_entry_stays';
END $$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT ON audit_entry TO ddt_app;

-- Write down one change, by whoever acts; nothing where nothing changed. The time is the database's own.
CREATE FUNCTION audit.record(p_actor uuid, p_action text, p_about text, p_before jsonb, p_after jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO audit_entry (actor_id, action, about, before, after)
    SELECT p_actor, p_action, p_about, p_before, p_after WHERE p_before IS DISTINCT FROM p_after
$$;
REVOKE ALL ON FUNCTION audit.record(uuid, text, text, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.record(uuid, text, text, jsonb, jsonb) TO ddt_app;
