-- As before. 0069 is the last release that does not work on these tables: it reads messages of channels without their keys'
-- own schema, and kept figures whole (sql/keys_apart.sql, sql/footprint_forms.sql). Nothing of it was in use.
CREATE OR REPLACE FUNCTION releases.oldest_that_works() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$ SELECT '0079_words_of_readers_go' $$;
