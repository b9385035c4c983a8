-- Support in its own unit (其他支持): green certificates, and what somebody gives to a project. It stands beside the donations and is
-- never added to grams. One of the zone owner's people records it with the digest of its document, another agrees; the donor's
-- own people say whether their name stands there. And the closing report of a zone: what was handed out is known by its digest.
INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en) VALUES
    ('zone_support', '{operator,sponsor}', '{operator,sponsor}', true, true, '专区其他支持', 'Support of a zone in its own unit');
SELECT approvals.bind_effect('zone_support', 'donation_support');

ALTER TABLE donation_support
    ALTER COLUMN approval_id SET NOT NULL,
    ADD CONSTRAINT donation_support_once_key UNIQUE (zone_id, donor_id, document_sha256, kind, unit),
    ADD CONSTRAINT donation_support_unit_check CHECK (
        (kind = 'green_certificate' AND unit = 'certificate') OR (kind = 'project' AND unit IN ('fen', 'mu', 'tree'))),
    ADD CONSTRAINT donation_support_quantity_check CHECK (quantity > 0),
    ADD CONSTRAINT donation_support_words_check CHECK (btrim(told_zh) <> '' AND btrim(told_en) <> ''),
    ADD CONSTRAINT donation_support_document_check CHECK (octet_length(document_sha256) = 32),
    ADD CONSTRAINT donation_support_shown_check CHECK (
        shown_as IN ('name', 'anonymous') AND (shown_at IS NULL) = (shown_by_id IS NULL) AND (shown_as = 'anonymous' OR shown_at IS NOT NULL));
CREATE INDEX donation_support_donor_idx ON donation_support (donor_id, id);
CREATE INDEX donation_support_shown_person_idx ON donation_support (shown_by_id);
GRANT SELECT, INSERT ON donation_support TO ddt_app;
GRANT UPDATE (shown_as, shown_at, shown_by_id) ON donation_support TO ddt_app;

CREATE TRIGGER donation_support_stays BEFORE DELETE OR TRUNCATE ON donation_support
    FOR EACH STATEMENT EXECUTE FUNCTION donations.refuse_change();

-- A row is what two of the owner's people agreed to, of a verified organisation that is not the owner; nobody is named yet.
CREATE FUNCTION donations.check_support() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'zone_support');
BEGIN
    IF ((v_said->>'id')::uuid, (v_said->>'zone')::uuid, (v_said->>'donor')::uuid, v_said->>'kind', (v_said->>'quantity')::bigint,
        v_said->>'unit', v_said->'told'->>'zh', v_said->'told'->>'en', (v_said->>'received_on')::date, v_said->>'document_sha256')
       IS DISTINCT FROM (new.id, new.zone_id, new.donor_id, new.kind::text, new.quantity, new.unit::text, new.told_zh::text,
        new.told_en::text, new.received_on, encode(new.document_sha256, 'hex'))
       OR new.shown_as <> 'anonymous'
       OR NOT EXISTS (SELECT FROM zone z JOIN approval a ON a.id = new.approval_id AND a.party_id = z.owner_id
                      WHERE z.id = new.zone_id AND z.owner_id <> new.donor_id) THEN
        RAISE EXCEPTION 'support % is not what two of the owner''s people agreed to', new.id
            USING errcode = '23514', constraint = 'donation_support_two_people';
    END IF;
    IF NOT EXISTS (SELECT FROM organisation o WHERE o.id = new.donor_id AND o.is_verified) THEN
        RAISE EXCEPTION 'nobody verified who gives %', new.id USING errcode = '23514', constraint = 'donation_support_donor';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER donation_support_two_people BEFORE INSERT ON donation_support
    FOR EACH ROW EXECUTE FUNCTION donations.check_support();
CREATE TRIGGER donation_support_shown BEFORE UPDATE ON donation_support FOR EACH ROW EXECUTE FUNCTION donations.check_shown();

-- Of each version of a zone one closing report, for good.
ALTER TABLE donation_report
    ADD CONSTRAINT donation_report_version_key UNIQUE (zone_id, zone_version),
    ADD CONSTRAINT donation_report_version_fkey FOREIGN KEY (zone_id, zone_version)
        REFERENCES zone_edition (zone_id, version) ON DELETE RESTRICT,
    ADD CONSTRAINT donation_report_size_check CHECK (size_bytes > 0 AND octet_length(sha256) = 32);
CREATE INDEX donation_report_person_idx ON donation_report (by_id);
GRANT SELECT, INSERT ON donation_report TO ddt_app;
CREATE TRIGGER donation_report_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON donation_report
    FOR EACH STATEMENT EXECUTE FUNCTION donations.refuse_change();

-- A zone is closed when its days are over and its account is empty; before that nothing of it is frozen.
CREATE FUNCTION donations.check_report() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM zone_edition e JOIN zone z ON z.id = e.zone_id
        WHERE e.zone_id = new.zone_id AND e.version = new.zone_version
          AND e.version = (SELECT max(q.version) FROM zone_edition q WHERE q.zone_id = e.zone_id)
          AND (e.document->>'ends_on')::date < (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date
          AND donations.balance(z.account_id) = 0
          AND NOT EXISTS (SELECT FROM retirement r WHERE r.account_id = z.account_id AND r.state = 'requested')) THEN
        RAISE EXCEPTION 'the zone is not closed yet' USING errcode = '23514', constraint = 'donation_report_closed';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER donation_report_closed BEFORE INSERT ON donation_report FOR EACH ROW EXECUTE FUNCTION donations.check_report();

REVOKE ALL ON FUNCTION donations.check_support(), donations.check_report() FROM PUBLIC;
