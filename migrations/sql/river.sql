-- Scenes, footprints, payments, orders, certificates, kept answers: keys on all that may arrive twice.

ALTER TABLE intent
    ADD CONSTRAINT intent_actor_key_key UNIQUE (actor, key);
GRANT SELECT, INSERT ON intent TO ddt_app;
GRANT USAGE ON SEQUENCE intent_id_seq TO ddt_app;

ALTER TABLE footprint
    ADD CONSTRAINT footprint_total_check CHECK (total_g > 0);
GRANT SELECT, INSERT ON footprint TO ddt_app;

ALTER TABLE scenario
    ADD CONSTRAINT scenario_code_key UNIQUE (code),
    ADD CONSTRAINT scenario_code_check CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{6,8}$'),
    ADD CONSTRAINT scenario_reported_no_key UNIQUE (reported_no),
    ADD CONSTRAINT scenario_days_check CHECK (starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on);
GRANT SELECT, INSERT ON scenario, scenario_tally TO ddt_app;
GRANT UPDATE (state) ON scenario TO ddt_app;
GRANT UPDATE (retirements, mass_g) ON scenario_tally TO ddt_app;

ALTER TABLE payment
    ADD CONSTRAINT payment_channel_reference_key UNIQUE (channel, reference),
    ADD CONSTRAINT payment_channel_transaction_key UNIQUE (channel, transaction_id),
    ADD CONSTRAINT payment_amount_check CHECK (amount_minor > 0),
    ADD CONSTRAINT payment_paid_check CHECK ((transaction_id IS NULL) = (paid_at IS NULL));
CREATE UNIQUE INDEX payment_one_open_key ON payment (subject, channel, method)
    WHERE state IN ('created', 'pending', 'closing');
CREATE INDEX payment_subject_idx ON payment (subject);
CREATE INDEX payment_due_idx ON payment (next_query_at) WHERE next_query_at IS NOT NULL;
ALTER TABLE payment_notice
    ADD CONSTRAINT payment_notice_channel_event_key UNIQUE (channel, event_id);
CREATE INDEX payment_notice_parked_idx ON payment_notice (channel, reference) WHERE fate = 'parked';
ALTER TABLE payment_refund
    ADD CONSTRAINT payment_refund_reference_key UNIQUE (reference),
    ADD CONSTRAINT payment_refund_amount_check CHECK (amount_minor > 0);
CREATE INDEX payment_refund_payment_idx ON payment_refund (payment_id);
CREATE INDEX payment_refund_due_idx ON payment_refund (next_query_at) WHERE next_query_at IS NOT NULL;
-- What an attempt is for and how much it is never changes, whoever writes.
GRANT SELECT, INSERT ON payment, payment_notice, payment_refund TO ddt_app;
GRANT UPDATE (state, opening, transaction_id, paid_at, was_late, next_query_at, queries, last_word) ON payment TO ddt_app;
GRANT UPDATE (fate, fact) ON payment_notice TO ddt_app;
GRANT UPDATE (state, channel_refund_id, finished_at, next_query_at, queries, last_word) ON payment_refund TO ddt_app;
GRANT USAGE ON SEQUENCE payment_notice_id_seq TO ddt_app;

CREATE SCHEMA payments;
-- All refunds of a payment together never exceed it, whoever asked for them at the same time.
CREATE FUNCTION payments.check_refunds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_paid bigint;
BEGIN
    SELECT amount_minor INTO v_paid FROM payment WHERE id = new.payment_id FOR UPDATE;
    IF (SELECT coalesce(sum(amount_minor), 0) FROM payment_refund
        WHERE payment_id = new.payment_id AND state <> 'refused') > v_paid THEN
        RAISE EXCEPTION 'the refunds of payment % exceed it', new.payment_id
            USING errcode = '23514', constraint = 'payment_refunds_within_paid';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_refunds_within_paid AFTER INSERT OR UPDATE ON payment_refund
    FOR EACH ROW EXECUTE FUNCTION payments.check_refunds();
REVOKE ALL ON SCHEMA payments FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA payments FROM PUBLIC;

ALTER TABLE purchase_order
    ADD CONSTRAINT purchase_order_person_intent_key UNIQUE (person_id, intent_key),
    ADD CONSTRAINT purchase_order_mass_check CHECK (mass_g >= emission_g AND emission_g > 0),
    ADD CONSTRAINT purchase_order_amount_check CHECK (amount_minor > 0);
CREATE INDEX purchase_order_expiry_idx ON purchase_order (expires_at) WHERE state = 'placed';
GRANT SELECT, INSERT ON purchase_order TO ddt_app;
GRANT UPDATE (state, closed_at, beneficiary_name_sealed) ON purchase_order TO ddt_app;

ALTER TABLE certificate
    ADD CONSTRAINT certificate_retirement_version_key UNIQUE (retirement_id, version),
    ADD CONSTRAINT certificate_series_register_key UNIQUE (series, register_no),
    ADD CONSTRAINT certificate_number_key UNIQUE (number),
    ADD CONSTRAINT certificate_verify_code_key UNIQUE (verify_code),
    ADD CONSTRAINT certificate_record_check CHECK (record_sha256 = sha256(convert_to(record, 'UTF8')));
CREATE INDEX certificate_holder_idx ON certificate (holder_id, id DESC);
ALTER TABLE certificate_file
    ADD CONSTRAINT certificate_file_certificate_language_kind_key UNIQUE (certificate_id, language, kind);

CREATE SCHEMA certificates;
CREATE FUNCTION certificates.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a certificate is superseded, never edited', tg_op, tg_table_name
        USING errcode = '23514';
END $$;
CREATE TRIGGER certificate_append_only BEFORE UPDATE OR DELETE ON certificate
    FOR EACH ROW EXECUTE FUNCTION certificates.refuse_change();
CREATE TRIGGER certificate_no_truncate BEFORE TRUNCATE ON certificate
    FOR EACH STATEMENT EXECUTE FUNCTION certificates.refuse_change();

-- Issue a set of certificates with register numbers that have no gap: the counter moves in the transaction
-- that writes the rows, so a rollback gives the numbers back. One for each retirement; a second is passed over.
CREATE FUNCTION certificates.issue(p_series text, p_rows jsonb) RETURNS TABLE (id uuid, retirement_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_first bigint; v_count bigint; v_fresh jsonb;
BEGIN
    SELECT s.next_no INTO v_first FROM certificate_series s WHERE s.name = p_series FOR UPDATE;
    IF v_first IS NULL THEN
        RAISE EXCEPTION 'certificate series % is not open', p_series USING errcode = '23503';
    END IF;
    SELECT count(*), coalesce(jsonb_agg(r.item ORDER BY r.no), '[]') INTO v_count, v_fresh
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r (item, no)
    WHERE NOT EXISTS (SELECT FROM certificate c
                      WHERE c.retirement_id = (r.item->>'retirement_id')::uuid AND c.version = 1);
    UPDATE certificate_series SET next_no = next_no + v_count WHERE name = p_series;
    RETURN QUERY
    INSERT INTO certificate (id, retirement_id, holder_id, scenario_id, series, register_no, number, verify_code,
                             version, record, record_sha256, name_sealed, language, issued_at)
    SELECT (f.item->>'id')::uuid, (f.item->>'retirement_id')::uuid, (f.item->>'holder_id')::uuid,
           (f.item->>'scenario_id')::uuid, p_series, v_first + f.no - 1, f.item->>'number', f.item->>'verify_code',
           1, f.item->>'record', sha256(convert_to(f.item->>'record', 'UTF8')),
           decode(f.item->>'name_sealed', 'hex'), f.item->>'language', (f.item->>'issued_at')::timestamptz
    FROM jsonb_array_elements(v_fresh) WITH ORDINALITY AS f (item, no)
    RETURNING certificate.id, certificate.retirement_id;
END $$;

REVOKE ALL ON SCHEMA certificates FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA certificates FROM PUBLIC;
GRANT USAGE ON SCHEMA certificates TO ddt_app;
GRANT EXECUTE ON FUNCTION certificates.issue(text, jsonb) TO ddt_app;
GRANT SELECT ON certificate, certificate_series TO ddt_app;
GRANT SELECT, INSERT ON certificate_file TO ddt_app;
GRANT USAGE ON SEQUENCE certificate_file_id_seq TO ddt_app;

INSERT INTO certificate_series (name, next_no) VALUES ('H', 1);
