-- The bytes of a bill are sealed: channels write into it who paid. Its key goes when the bytes do.
ALTER TABLE channel_bill_key SET SCHEMA keys;
CREATE INDEX channel_bill_key_master_idx ON keys.channel_bill_key (master_key);
GRANT SELECT, INSERT, UPDATE (wrapped, master_key) ON keys.channel_bill_key TO ddt_app;

-- The bytes of a file are gone, and what opened them; once, and not before their time.
CREATE OR REPLACE FUNCTION bills.erase(p_file uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM channel_bill_file f WHERE f.id = p_file AND f.fetched_at < bills.kept_since()) THEN
        RAISE EXCEPTION 'file % is kept for ten years', p_file USING errcode = '23514', constraint = 'channel_bill_file_is_kept';
    END IF;
    INSERT INTO channel_bill_erasure (file_id, erased_at) VALUES (p_file, clock_timestamp()) ON CONFLICT (file_id) DO NOTHING;
    DELETE FROM keys.channel_bill_key k WHERE k.file_id = p_file;
END $$;
