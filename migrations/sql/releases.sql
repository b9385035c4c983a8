-- Releases that overlap: which programs may work on these tables (docs/decisions/0084-releases-overlap.md).
CREATE SCHEMA releases;
GRANT USAGE ON SCHEMA releases TO ddt_app;

-- The newest migration of the oldest release that still works here. A migration that takes away what a release reads or
-- calls gives this function the name of the first migration without that need, and says which release it ends.
CREATE FUNCTION releases.oldest_that_works() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$ SELECT '0069_account_statements' $$;
REVOKE ALL ON FUNCTION releases.oldest_that_works() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION releases.oldest_that_works() TO ddt_app;
