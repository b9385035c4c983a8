-- Lots, corrections and doubles: what two people agreed upon is an approval. Proposals become approvals under their own ids,
-- counted; what was sent back before reasons were kept says so.
DO $$
DECLARE v_proposals bigint; v_approvals bigint;
BEGIN
    SELECT count(*) INTO v_proposals FROM credit_proposal;
    ALTER TABLE approval DISABLE TRIGGER USER;
    INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, interested, state, is_founding, is_one_open,
                          decider_id, seen_sha256, reason, proposed_at, decided_at)
    SELECT p.id, CASE p.kind WHEN 'raw_lot' THEN 'lot' WHEN 'correction' THEN 'lot_correction' ELSE 'lot_double' END, p.about,
           p.payload, p.payload_sha256, p.maker_id, '{}',
           CASE WHEN p.state = 'proposed' THEN 'proposed' WHEN p.state = 'confirmed' THEN 'approved'
                WHEN p.checker_id = p.maker_id THEN 'withdrawn' ELSE 'returned' END,
           false, true,
           CASE WHEN p.checker_id <> p.maker_id THEN p.checker_id END,
           CASE WHEN p.checker_id <> p.maker_id THEN p.payload_sha256 END,
           CASE WHEN p.state = 'declined' AND p.checker_id <> p.maker_id THEN '退回时未记录原因 / declined before reasons were kept' END,
           p.proposed_at, p.decided_at
    FROM credit_proposal p;
    GET DIAGNOSTICS v_approvals = ROW_COUNT;
    ALTER TABLE approval ENABLE TRIGGER USER;
    IF v_approvals <> v_proposals THEN
        RAISE EXCEPTION '% proposals became % approvals', v_proposals, v_approvals;
    END IF;
    INSERT INTO approval_event (approval_id, state, actor_id, payload_sha256, reason, at)
    SELECT id, 'proposed', maker_id, payload_sha256, NULL, proposed_at FROM approval
    UNION ALL
    SELECT id, state, coalesce(decider_id, maker_id), payload_sha256, reason, decided_at FROM approval WHERE state <> 'proposed'
    ORDER BY 6;
END $$;

ALTER TABLE credit_lot DISABLE TRIGGER USER;
UPDATE credit_lot SET approval_id = proposal_id WHERE proposal_id IS NOT NULL;
ALTER TABLE credit_lot ENABLE TRIGGER USER;
ALTER TABLE credit_lot_correction DISABLE TRIGGER USER;
UPDATE credit_lot_correction SET approval_id = proposal_id;
ALTER TABLE credit_lot_correction ENABLE TRIGGER USER;
ALTER TABLE credit_double ADD COLUMN approval_id uuid;
ALTER TABLE credit_double DISABLE TRIGGER USER;
UPDATE credit_double SET approval_id = proposal_id WHERE proposal_id IS NOT NULL;
ALTER TABLE credit_double ENABLE TRIGGER USER;

SELECT approvals.bind_effect('lot', 'credit_lot');
SELECT approvals.bind_effect('lot_correction', 'credit_lot_correction');
SELECT approvals.bind_effect('lot_double', 'credit_double');
ALTER TABLE credit_lot
    DROP CONSTRAINT credit_lot_raw_check,
    ADD CONSTRAINT credit_lot_raw_check CHECK (
        is_raw_only = (approval_id IS NOT NULL)
        AND (NOT is_raw_only OR (certificate_key IS NOT NULL AND block_start = 1
                                 AND series = programme || ':certificate:' || certificate_key)));
ALTER TABLE credit_double
    DROP COLUMN proposal_id,
    ADD CONSTRAINT credit_double_decided_check CHECK ((decision IS NULL) = (approval_id IS NULL));
GRANT UPDATE (approval_id) ON credit_double TO ddt_app;

-- A lot without numbered tonnes is exactly what two people agreed upon.
CREATE OR REPLACE FUNCTION credits.check_raw_lot() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'lot');
BEGIN
    IF v_said IS NULL
       OR (v_said->>'code', v_said->>'certificate_number', (v_said->>'tonnes')::bigint * 1000000,
           (v_said->>'vintage_start')::date, (v_said->>'vintage_end')::date, v_said->'project'->>'programme')
          IS DISTINCT FROM
          (new.code::text, new.certificate_number::text, new.mass_g, new.vintage_start, new.vintage_end, new.programme::text)
       OR NOT EXISTS (SELECT FROM credit_project j WHERE j.id = new.project_id AND j.number = v_said->'project'->>'number')
    THEN
        RAISE EXCEPTION 'lot % is not what two people agreed upon', new.code
            USING errcode = '23514', constraint = 'credit_lot_two_people';
    END IF;
    RETURN new;
END $$;

-- Corrections: a new fact beside the old one, by two people.
CREATE OR REPLACE FUNCTION credits.check_correction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'lot_correction');
BEGIN
    IF v_said IS NULL OR (v_said->>'lot_id')::bigint <> new.lot_id OR v_said->'changes' <> new.changes
       OR v_said->>'note' <> new.note
    THEN
        RAISE EXCEPTION 'the correction of lot % is not what two people agreed upon', new.lot_id
            USING errcode = '23514', constraint = 'credit_lot_correction_two_people';
    END IF;
    RETURN new;
END $$;

-- A decision about a double is what two people agreed upon, once.
CREATE OR REPLACE FUNCTION credits.check_double() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_said jsonb := approvals.said(new.approval_id, 'lot_double');
BEGIN
    IF old.decision IS NOT NULL
       OR (new.lot_id, new.first_lot_id, new.found, new.found_at)
          IS DISTINCT FROM (old.lot_id, old.first_lot_id, old.found, old.found_at)
       OR v_said IS NULL OR (v_said->>'lot_id')::bigint <> new.lot_id OR v_said->>'decision' IS DISTINCT FROM new.decision
    THEN
        RAISE EXCEPTION 'what becomes of lot % is not what two people agreed upon', new.lot_id
            USING errcode = '23514', constraint = 'credit_double_two_people';
    END IF;
    RETURN new;
END $$;
