-- A sealed message has nothing in clear beside its facts. Those from before stay as they came until whoever paid is erased.
ALTER TABLE payment_notice
    ADD CONSTRAINT payment_notice_sealed_check CHECK (key_id IS NULL OR headers = '{}'::jsonb AND content = '') NOT VALID;
ALTER TABLE payment_notice VALIDATE CONSTRAINT payment_notice_sealed_check;
CREATE INDEX payment_notice_key_master_idx ON payment_notice_key (master_key);
CREATE INDEX payment_notice_reference_key_idx ON payment_notice (channel, reference) WHERE key_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (wrapped, master_key) ON payment_notice_key TO ddt_app;

-- Forget what channels said word for word about the payments of these subjects: sealed messages lose their key, those in
-- clear their words. The facts stay, and so do the books.
CREATE FUNCTION payments.forget(p_subjects text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM payment_notice_key k USING payment_notice n, payment p
        WHERE p.subject = ANY (p_subjects) AND n.channel = p.channel AND n.reference = p.reference AND k.id = n.key_id;
    UPDATE payment_notice n SET body = '', headers = '{}', content = '' FROM payment p
        WHERE p.subject = ANY (p_subjects) AND n.channel = p.channel AND n.reference = p.reference AND n.key_id IS NULL;
    UPDATE payment p SET payer_ip = NULL WHERE p.subject = ANY (p_subjects) AND p.payer_ip IS NOT NULL;
END $$;
REVOKE ALL ON FUNCTION payments.forget(text[]) FROM PUBLIC;
