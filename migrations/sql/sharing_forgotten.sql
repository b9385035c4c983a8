-- Why a reader asked is in the reader's own words, and may name whom it asked: it goes with them. Nothing else of a request
-- changes, and nobody else's.
CREATE FUNCTION sharing.keep_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (new.purpose_zh, new.purpose_en) IS DISTINCT FROM ('——', '——')
       OR to_jsonb(new) - '{purpose_zh,purpose_en}'::text[] <> to_jsonb(old) - '{purpose_zh,purpose_en}'::text[]
       OR NOT EXISTS (SELECT FROM share_answer a JOIN person p ON p.id = a.person_id
                      WHERE a.request_id = old.id AND p.state <> 'active')
    THEN
        RAISE EXCEPTION '% of % is refused: what was asked, said and read stays written', tg_op, tg_table_name
            USING errcode = '23514', constraint = 'share_request_stays';
    END IF;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION sharing.keep_request() FROM PUBLIC;
DROP TRIGGER share_request_stays ON share_request;
CREATE TRIGGER share_request_stays BEFORE DELETE OR TRUNCATE ON share_request
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();
CREATE TRIGGER share_request_words_go BEFORE UPDATE ON share_request FOR EACH ROW EXECUTE FUNCTION sharing.keep_request();

-- Whoever is being forgotten, or says that they are under 14, shares nothing any more; of whom is forgotten no word stays.
CREATE OR REPLACE FUNCTION sharing.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM sharing.revoke(a.request_id, new.id) FROM share_answer a WHERE a.person_id = new.id;
    IF new.state <> 'active' THEN
        UPDATE share_request r SET purpose_zh = '——', purpose_en = '——' FROM share_answer a
            WHERE a.request_id = r.id AND a.person_id = new.id;
    END IF;
    RETURN NULL;
END $$;
UPDATE share_request r SET purpose_zh = '——', purpose_en = '——' FROM share_answer a, person p
    WHERE a.request_id = r.id AND p.id = a.person_id AND p.state <> 'active';
