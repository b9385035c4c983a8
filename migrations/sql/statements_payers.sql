-- Names, ends of accounts and remarks of a statement lie sealed in one piece beside it; its rows hold none of them. The release before
-- still keeps statements in clear: they are sealed afterwards, which is the one change that a taken statement and its rows allow.
CREATE INDEX bank_statement_unsealed_idx ON bank_statement (id) WHERE payers_sealed IS NULL;

DROP TRIGGER bank_statement_taken_stays ON bank_statement;
CREATE TRIGGER bank_statement_taken_stays BEFORE DELETE ON bank_statement
    FOR EACH ROW WHEN (old.state = 'taken') EXECUTE FUNCTION statements.refuse_change();
CREATE TRIGGER bank_statement_taken_as_it_is BEFORE UPDATE ON bank_statement
    FOR EACH ROW WHEN (old.state = 'taken' AND (old.payers_sealed IS NOT NULL OR new.payers_sealed IS NULL
                       OR to_jsonb(new.*) - 'payers_sealed' IS DISTINCT FROM to_jsonb(old.*) - 'payers_sealed'))
    EXECUTE FUNCTION statements.refuse_change();

DROP TRIGGER bank_statement_row_as_it_came ON bank_statement_row;
CREATE TRIGGER bank_statement_row_as_it_came BEFORE UPDATE ON bank_statement_row
    FOR EACH ROW WHEN ((new.id, new.statement_id, new.account, new.number, new.is_numbered, new.day, new.amount_minor, new.balance_minor,
                        new.codes, new.is_marked)
                       IS DISTINCT FROM
                       (old.id, old.statement_id, old.account, old.number, old.is_numbered, old.day, old.amount_minor, old.balance_minor,
                        old.codes, old.is_marked)
                       OR (new.payer_name, new.payer_end, new.remark) IS DISTINCT FROM (old.payer_name, old.payer_end, old.remark)
                       AND (new.payer_name, new.payer_end, new.remark) IS DISTINCT FROM ('', '', ''))
    EXECUTE FUNCTION statements.refuse_change();
DROP TRIGGER bank_statement_row_is_over ON bank_statement_row;
CREATE TRIGGER bank_statement_row_is_over BEFORE UPDATE ON bank_statement_row
    FOR EACH ROW WHEN (old.state IN ('paid', 'closed')
                       AND ((new.state, new.payment_id, new.approval_id) IS DISTINCT FROM (old.state, old.payment_id, old.approval_id)
                            OR (new.payer_name, new.payer_end, new.remark) IS NOT DISTINCT FROM (old.payer_name, old.payer_end, old.remark)))
    EXECUTE FUNCTION statements.refuse_change();

-- As statements.keep, of a file whose words about payers are sealed in p_payers: nothing of them stands in p_content.
CREATE FUNCTION statements.keep_sealed(p_id uuid, p_account text, p_digest bytea, p_name text, p_debits integer, p_first date, p_last date,
    p_notes jsonb, p_content jsonb, p_payers bytea, p_by uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_id uuid;
BEGIN
    IF EXISTS (SELECT FROM jsonb_to_recordset(p_content) AS c (payer_name text, payer_end text, remark text)
               WHERE c.payer_name <> '' OR c.payer_end <> '' OR c.remark <> '') OR p_payers IS NULL THEN
        RAISE EXCEPTION 'statement % names payers in clear', p_id USING errcode = '23514', constraint = 'bank_statement_payers_sealed';
    END IF;
    v_id := statements.keep(p_id, p_account, p_digest, p_name, p_debits, p_first, p_last, p_notes, p_content, p_by);
    UPDATE bank_statement SET payers_sealed = p_payers WHERE id = p_id;
    RETURN v_id;
END $$;

-- Seal what a statement of the release before says of payers: its words become p_payers, and its rows hold none. False where it is sealed.
CREATE FUNCTION statements.seal_payers(p_statement uuid, p_payers bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('bank statements', 0));  -- as statements.take: rows that are not here yet are not missed
    UPDATE bank_statement s SET payers_sealed = p_payers,
        content = CASE WHEN s.content IS NOT NULL THEN
            coalesce((SELECT jsonb_agg(c.one || '{"payer_name": "", "payer_end": "", "remark": ""}' ORDER BY c.no)
                      FROM jsonb_array_elements(s.content) WITH ORDINALITY AS c (one, no)), '[]') END
    WHERE s.id = p_statement AND s.payers_sealed IS NULL AND p_payers IS NOT NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE bank_statement_row r SET payer_name = '', payer_end = '', remark = ''
    WHERE r.statement_id = p_statement AND (r.payer_name, r.payer_end, r.remark) IS DISTINCT FROM ('', '', '');
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION statements.keep_sealed(uuid, text, bytea, text, integer, date, date, jsonb, jsonb, bytea, uuid),
    statements.seal_payers(uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION statements.keep_sealed(uuid, text, bytea, text, integer, date, date, jsonb, jsonb, bytea, uuid),
    statements.seal_payers(uuid, bytea) TO ddt_app;
