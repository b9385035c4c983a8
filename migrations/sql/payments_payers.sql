-- Who paid by transfer, as our bank says it, is read with a key of its own, in the schema that dumps leave out.
ALTER TABLE bank_payer_key SET SCHEMA keys;
CREATE INDEX bank_payer_key_master_idx ON keys.bank_payer_key (master_key);
CREATE INDEX bank_payer_key_came_idx ON keys.bank_payer_key (came_at);
GRANT SELECT, INSERT, UPDATE (wrapped, master_key) ON keys.bank_payer_key TO ddt_app;

-- Delete up to p_limit keys whose words came more than ten whole years ago, counted from the end of the year (会计档案管理办法: what accounts
-- are made of is kept that long); answers how many. Days, amounts and numbers stay.
CREATE FUNCTION payments.forget_payers(p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_gone integer;
BEGIN
    DELETE FROM keys.bank_payer_key k WHERE k.id IN (
        SELECT o.id FROM keys.bank_payer_key o
        WHERE o.came_at < (date_trunc('year', clock_timestamp() AT TIME ZONE 'Asia/Shanghai') - interval '10 years') AT TIME ZONE 'Asia/Shanghai'
        ORDER BY o.came_at, o.id LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    RETURN v_gone;
END $$;
REVOKE ALL ON FUNCTION payments.forget_payers(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.forget_payers(integer) TO ddt_app;
