-- Whoever holds a one-time code may decline it, or pass it on once: the old code dies, a new one of the same number lives. What
-- was given up opens nothing, and its share is the pool's, in which it lay all along. Who it was, nobody writes down.
ALTER TABLE gift_code
    DROP CONSTRAINT gift_code_no_key,
    ADD CONSTRAINT gift_code_passed_key UNIQUE (passed_from_id);
CREATE UNIQUE INDEX gift_code_no_key ON gift_code (batch_id, no, (passed_from_id IS NOT NULL));
ALTER TABLE gift_code_end
    ADD CONSTRAINT gift_code_end_code_fkey FOREIGN KEY (code_id) REFERENCES gift_code (id) ON DELETE RESTRICT,
    ADD CONSTRAINT gift_code_end_kind_check CHECK (kind IN ('declined', 'passed_on'));
CREATE TRIGGER gift_code_end_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_code_end
    FOR EACH STATEMENT EXECUTE FUNCTION gifts.refuse_change();

-- Decline a code, or pass it on to the code with the hash p_next. `done`, also when repeated by whoever did it; else what stands in
-- the way: `code_unknown`, `code_used`, `code_declined`, `code_passed_on`, `code_passed_once` (it came from somebody already),
-- `over`, `draft`. Locks: the pool's row, so whoever collects with the code comes before this or after it.
CREATE FUNCTION gifts.end_code(p_campaign uuid, p_hash bytea, p_kind text, p_next bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_campaign gift_campaign;
    v_code gift_code;
    v_end text;
BEGIN
    PERFORM FROM gift_pool p WHERE p.campaign_id = p_campaign FOR UPDATE;
    SELECT * INTO v_campaign FROM gift_campaign c WHERE c.id = p_campaign;
    SELECT c.* INTO v_code FROM gift_code c JOIN gift_batch b ON b.id = c.batch_id
    WHERE c.code_hash = p_hash AND b.campaign_id = p_campaign AND b.voided_at IS NULL AND v_campaign.audience = 'codes';
    IF v_code.id IS NULL THEN RETURN 'code_unknown'; END IF;
    SELECT e.kind INTO v_end FROM gift_code_end e WHERE e.code_id = v_code.id;
    IF v_end = p_kind AND (p_kind = 'declined' OR EXISTS (
        SELECT FROM gift_code n WHERE n.passed_from_id = v_code.id AND n.code_hash = p_next)) THEN RETURN 'done'; END IF;
    IF v_end IS NOT NULL THEN RETURN 'code_' || v_end; END IF;
    IF EXISTS (SELECT FROM gift_collection k WHERE k.code_id = v_code.id) THEN RETURN 'code_used'; END IF;
    IF v_campaign.state = 'ended' OR clock_timestamp() >= v_campaign.ends_at THEN RETURN 'over'; END IF;
    IF v_campaign.state = 'draft' THEN RETURN 'draft'; END IF;
    IF p_kind = 'passed_on' AND v_code.passed_from_id IS NOT NULL THEN RETURN 'code_passed_once'; END IF;
    INSERT INTO gift_code_end (code_id, kind, at) VALUES (v_code.id, p_kind, clock_timestamp());
    IF p_kind = 'passed_on' THEN
        INSERT INTO gift_code (batch_id, no, code_hash, passed_from_id) VALUES (v_code.batch_id, v_code.no, p_next, v_code.id);
    END IF;
    RETURN 'done';
END $$;

REVOKE ALL ON FUNCTION gifts.end_code(uuid, bytea, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.end_code(uuid, bytea, text, bytea) TO ddt_app;
GRANT SELECT ON gift_code_end TO ddt_app;
REVOKE INSERT ON gift_code FROM ddt_app;
GRANT INSERT (batch_id, no, code_hash) ON gift_code TO ddt_app;
