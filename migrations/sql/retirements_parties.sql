-- Retirements: payer, holder and beneficiary are parties; a purpose is one of eleven; a requested one may be
-- withdrawn; what rule profiles said is kept and never changed.

-- The first release knew one payer, the beneficiary, and a holder that was the same person.
ALTER TABLE retirement DISABLE TRIGGER retirement_settled_is_final;
UPDATE retirement SET payer_id = beneficiary_id;
ALTER TABLE retirement ENABLE TRIGGER retirement_settled_is_final;
DO $$
DECLARE v_without bigint := (SELECT count(*) FROM retirement WHERE payer_id IS NULL);
BEGIN
    IF v_without > 0 THEN RAISE EXCEPTION '% retirements are left without a payer', v_without; END IF;
END $$;

ALTER TABLE retirement
    ALTER COLUMN payer_id SET NOT NULL,
    DROP CONSTRAINT retirement_holder_id_fkey,
    DROP CONSTRAINT retirement_beneficiary_id_fkey,
    ADD CONSTRAINT retirement_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES party (id) ON DELETE RESTRICT,
    ADD CONSTRAINT retirement_beneficiary_id_fkey FOREIGN KEY (beneficiary_id) REFERENCES party (id) ON DELETE RESTRICT,
    ADD CONSTRAINT retirement_purpose_check CHECK (purpose IN (
        'personal', 'event', 'organisation', 'product', 'site', 'meeting', 'judicial', 'administrative',
        'tree_planting', 'donation', 'gift')),
    ADD CONSTRAINT retirement_mandate_check CHECK (
        (mandate_name IS NULL) = (mandate_sha256 IS NULL)
        AND (mandate_sha256 IS NULL OR (octet_length(mandate_sha256) = 32 AND ground IS NOT NULL))),
    ADD CONSTRAINT retirement_ground_check CHECK (
        payer_id = beneficiary_id OR purpose IN ('gift', 'donation') OR ground IS NOT NULL),
    DROP CONSTRAINT retirement_state_check,
    ADD CONSTRAINT retirement_state_check CHECK (state IN ('requested', 'settled', 'withdrawn')),
    ADD CONSTRAINT retirement_withdrawn_check CHECK (
        num_nonnulls(withdrawn_at, withdrawn_by_id, withdrawn_reason) = CASE state WHEN 'withdrawn' THEN 3 ELSE 0 END);

CREATE TRIGGER retirement_withdrawn_is_final BEFORE UPDATE OR DELETE ON retirement
    FOR EACH ROW WHEN (old.state = 'withdrawn') EXECUTE FUNCTION retirements.refuse_change();

-- Withdraw all of p_ids or none. Each row answered says what stands: `withdrawn` now, `before`, or `settled`, and
-- where one is settled nothing moves; else the grams go back to whose they were. Locks as retirements.settle does:
-- retirements by id, reservations, then the ledger's order;
-- so of the two whoever comes second finds the first one's work done.
CREATE FUNCTION retirements.withdraw(p_batch uuid, p_ids uuid[], p_by uuid, p_reason text)
RETURNS TABLE (id uuid, mass_g bigint, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ids uuid[];
    v_settled uuid[];
    v_before uuid[];
    v_reserved uuid[];
    v_at timestamptz;
BEGIN
    SELECT array_agg(o.id) FILTER (WHERE o.state = 'requested'), array_agg(o.id) FILTER (WHERE o.state = 'settled'),
           array_agg(o.id) FILTER (WHERE o.state = 'withdrawn')
    INTO v_ids, v_settled, v_before
    FROM (SELECT r.id, r.state FROM retirement r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR UPDATE) AS o;
    IF v_settled IS NULL AND v_ids IS NOT NULL THEN
        SELECT array_agg(h.id ORDER BY h.id) INTO v_reserved FROM (
            SELECT v.id FROM credit_reservation v JOIN retirement r ON r.cause = v.purpose
            WHERE r.id = ANY (v_ids) AND v.state = 'used' ORDER BY v.id FOR UPDATE OF v) AS h;
        v_at := holdings.give_back('withdraw:' || p_batch, 'withdraw', v_reserved);
        UPDATE retirement r SET state = 'withdrawn', withdrawn_at = v_at, withdrawn_by_id = p_by, withdrawn_reason = p_reason
        WHERE r.id = ANY (v_ids);
    END IF;
    RETURN QUERY
    SELECT r.id, r.mass_g, CASE WHEN r.id = ANY (v_settled) THEN 'settled' WHEN r.id = ANY (v_before) THEN 'before'
                                WHEN v_settled IS NULL THEN 'withdrawn' ELSE 'kept' END
    FROM retirement r WHERE r.id = ANY (p_ids) ORDER BY r.id;
END $$;

ALTER TABLE retirement_verdict
    ADD CONSTRAINT retirement_verdict_once_key UNIQUE (retirement_id, profile, version, judged_on);
CREATE TRIGGER retirement_verdict_append_only BEFORE UPDATE OR DELETE ON retirement_verdict
    FOR EACH ROW EXECUTE FUNCTION retirements.refuse_change();
CREATE TRIGGER retirement_verdict_no_truncate BEFORE TRUNCATE ON retirement_verdict
    FOR EACH STATEMENT EXECUTE FUNCTION retirements.refuse_change();

REVOKE ALL ON FUNCTION retirements.withdraw(uuid, uuid[], uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retirements.withdraw(uuid, uuid[], uuid, text) TO ddt_app;
GRANT INSERT (payer_id, ground, mandate_name, mandate_sha256, subject) ON retirement TO ddt_app;
GRANT SELECT, INSERT ON retirement_verdict TO ddt_app;
GRANT USAGE ON SEQUENCE retirement_verdict_id_seq TO ddt_app;
