-- Grams of whoever is linked move to whom they are linked to, by the function that merges holders, under the link's own cause.
CREATE FUNCTION holdings.follow_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_source text := 'person:' || new.linked_id;
    v_target text := 'person:' || new.kept_id;
BEGIN
    IF EXISTS (SELECT FROM account a WHERE a.holder = v_source) THEN
        PERFORM holdings.open_account(gen_random_uuid(), 'holding', new.kept_id, NULL, NULL, NULL);
        PERFORM holdings.merge(
            'link:' || new.id, sha256(convert_to(concat_ws(chr(10), 'merge', v_source, v_target, 'all'), 'UTF8')), v_source,
            v_target, 'link', v_target);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION holdings.follow_link() FROM PUBLIC;
CREATE TRIGGER person_link_moves_grams AFTER INSERT ON person_link FOR EACH ROW EXECUTE FUNCTION holdings.follow_link();

-- Open a party's holding, or a named account of a party; who is there already is answered, and one of another owner refused.
-- Whoever was linked has the holding of whom they were linked to.
CREATE OR REPLACE FUNCTION holdings.open_account(p_id uuid, p_kind text, p_owner uuid, p_slug text, p_name_zh text, p_name_en text)
RETURNS SETOF account LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_holder text := CASE p_kind WHEN 'holding' THEN (
    SELECT CASE p.kind WHEN 'person' THEN 'person:' ELSE 'org:' END || p.id FROM party p WHERE p.id = p_owner)
    ELSE p_kind || ':' || p_slug END;
BEGIN
    IF p_kind = 'holding' AND v_holder LIKE 'person:%' THEN
        -- Nobody is linked while this transaction gives them grams; a statement of its own sees who was linked before.
        PERFORM FROM person p WHERE p.id = p_owner FOR KEY SHARE;
        p_owner := identity.kept_of(p_owner);
        v_holder := 'person:' || p_owner;
    END IF;
    IF v_holder IS NULL THEN
        RAISE EXCEPTION 'nobody is %', p_owner USING errcode = '23503', constraint = 'account_owner_id_fkey';
    END IF;
    IF NOT EXISTS (SELECT FROM account a WHERE a.holder = v_holder) THEN
        INSERT INTO account (id, kind, owner_id, name_zh, name_en, holder, opened_at)
        VALUES (p_id, p_kind, p_owner, p_name_zh, p_name_en, v_holder, clock_timestamp())
        ON CONFLICT ON CONSTRAINT account_holder_key DO NOTHING;
    END IF;
    RETURN QUERY SELECT a.* FROM account a WHERE a.holder = v_holder AND a.owner_id = p_owner;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % is somebody else''s', v_holder USING errcode = '23505', constraint = 'account_holder_key';
    END IF;
END $$;
REVOKE ALL ON FUNCTION holdings.open_account(uuid, text, uuid, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holdings.open_account(uuid, text, uuid, text, text, text) TO ddt_app;
