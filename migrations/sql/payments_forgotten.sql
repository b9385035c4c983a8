-- A payment whose payer was erased says so: what its channel says from then on is kept without a key. It is locked first, so
-- that a message which is just being kept is seen, and one that comes after sees this.
CREATE OR REPLACE FUNCTION payments.forget(p_subjects text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE payment p SET is_forgotten = true, payer_ip = NULL WHERE p.subject = ANY (p_subjects) AND NOT p.is_forgotten;
    DELETE FROM keys.payment_notice_key k USING payment_notice n, payment p
        WHERE p.subject = ANY (p_subjects) AND n.channel = p.channel AND n.reference = p.reference AND k.id = n.key_id;
    UPDATE payment_notice n SET body = '', headers = '{}', content = '' FROM payment p
        WHERE p.subject = ANY (p_subjects) AND n.channel = p.channel AND n.reference = p.reference AND n.key_id IS NULL;
END $$;

-- Whoever was erased before: their payments too, and the keys of what came since.
SELECT payments.forget(ARRAY(
    SELECT 'order:' || o.id FROM purchase_order o JOIN person p ON p.id = o.person_id WHERE p.state <> 'active'));
