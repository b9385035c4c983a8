-- Two roles: the owner of the tables, who runs migrations, and ddt_app, as whom the application runs.
-- Roles belong to the whole cluster, so this one is made only where it is missing.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ddt_app') THEN
        CREATE ROLE ddt_app LOGIN;
        EXECUTE format('GRANT ddt_app TO %I', current_user);
    END IF;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO ddt_app;
GRANT SELECT ON tortoise_migrations TO ddt_app;
