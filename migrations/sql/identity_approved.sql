-- Organisations: who is verified carries the approval of two people, or, founded by the owner, what stood before there were
-- two. Verifications become approvals under their own ids, counted; each organisation is verified by one, the last.
-- Who an organisation is in law: what two people agree upon, beside the papers they saw.
CREATE FUNCTION identity.facts_of(p_organisation organisation) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object('applicant', p_organisation.id, 'kind', p_organisation.kind, 'name_zh', p_organisation.name_zh,
                              'name_en', p_organisation.name_en, 'country', p_organisation.country,
                              'register_number', p_organisation.register_number)
$$;

DO $$
DECLARE v_rows bigint; v_made bigint; v_one organisation;
BEGIN
    SELECT count(*) INTO v_rows FROM organisation_verification;
    ALTER TABLE approval DISABLE TRIGGER USER;
    INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, interested, state, is_founding, is_one_open,
                          decider_id, seen_sha256, reason, proposed_at, decided_at)
    SELECT v.id, 'organisation_verification', o.id::text, p.said, sha256(convert_to(p.said, 'UTF8')), v.maker_id, ARRAY[o.id],
           CASE v.state WHEN 'verified' THEN 'approved' ELSE v.state END, false, true, v.checker_id,
           CASE WHEN v.checker_id IS NOT NULL THEN sha256(convert_to(p.said, 'UTF8')) END,
           CASE WHEN v.state IN ('returned', 'withdrawn') THEN
               CASE WHEN length(btrim(v.reason)) >= 2 THEN left(btrim(v.reason), 400)
                    WHEN v.state = 'returned' THEN '退回时未记录原因 / sent back before reasons were kept' END END,
           v.proposed_at, v.decided_at
    FROM organisation_verification v JOIN organisation o ON o.id = v.organisation_id
    CROSS JOIN LATERAL (SELECT (identity.facts_of(o) || jsonb_build_object('papers', v.papers))::text AS said) AS p;
    GET DIAGNOSTICS v_made = ROW_COUNT;
    ALTER TABLE approval ENABLE TRIGGER USER;
    IF v_made <> v_rows THEN
        RAISE EXCEPTION '% verifications became % approvals', v_rows, v_made;
    END IF;
    INSERT INTO approval_event (approval_id, state, actor_id, payload_sha256, reason, at)
    SELECT id, 'proposed', maker_id, payload_sha256, NULL, proposed_at FROM approval WHERE kind = 'organisation_verification'
    UNION ALL
    SELECT id, state, coalesce(decider_id, maker_id), payload_sha256, reason, decided_at FROM approval
    WHERE kind = 'organisation_verification' AND state <> 'proposed' ORDER BY 6;
    FOR v_one IN SELECT o.* FROM organisation o WHERE o.is_verified ORDER BY o.id LOOP
        UPDATE organisation SET approval_id = coalesce(
            (SELECT a.id FROM approval a WHERE a.kind = 'organisation_verification' AND a.subject = v_one.id::text
             AND a.state = 'approved' ORDER BY a.decided_at DESC LIMIT 1),
            approvals.found('organisation_verification', v_one.id::text, identity.facts_of(v_one)))
        WHERE id = v_one.id;
    END LOOP;
END $$;

SELECT approvals.bind_effect('organisation_verification', 'organisation');
ALTER TABLE organisation ADD CONSTRAINT organisation_verified_check CHECK (is_verified = (approval_id IS NOT NULL));

-- An organisation is verified as two people saw it; the owner founds one without.
CREATE FUNCTION identity.check_verified() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.approval_id IS NULL AND identity.is_owner() THEN
        new.approval_id := approvals.found('organisation_verification', new.id::text, identity.facts_of(new));
    END IF;
    IF approvals.said(new.approval_id, 'organisation_verification') - 'papers' IS DISTINCT FROM identity.facts_of(new) THEN
        RAISE EXCEPTION 'organisation % is not what two people agreed upon', new.id
            USING errcode = '23514', constraint = 'organisation_verification_seen';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER organisation_verified_as_approved BEFORE INSERT ON organisation
    FOR EACH ROW WHEN (new.is_verified) EXECUTE FUNCTION identity.check_verified();
CREATE TRIGGER organisation_becomes_verified BEFORE UPDATE ON organisation
    FOR EACH ROW WHEN (new.is_verified AND (NOT old.is_verified OR new.approval_id IS DISTINCT FROM old.approval_id))
    EXECUTE FUNCTION identity.check_verified();

-- Who proposed what is decided in `approvals`; this is its effect.
CREATE FUNCTION identity.verify_organisation(p_approval uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE organisation SET is_verified = true, approval_id = p_approval
    WHERE id = (approvals.said(p_approval, 'organisation_verification')->>'applicant')::uuid AND NOT is_verified
      AND register_number IS NOT NULL;
    IF NOT found THEN
        RAISE EXCEPTION 'it cannot be verified' USING errcode = '23514', constraint = 'organisation_verification_subject';
    END IF;
END $$;

DROP FUNCTION identity.propose_verification(uuid, uuid, text, uuid), identity.verify_organisation(uuid, uuid, bytea),
    identity.end_verification(uuid, uuid, text), identity.organisation_digest(uuid);
REVOKE ALL ON FUNCTION identity.facts_of(organisation), identity.check_verified(), identity.verify_organisation(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.verify_organisation(uuid) TO ddt_app;
