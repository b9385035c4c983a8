-- Upstream cancellation: the decision of two people is an approval. The row keeps what is more than that: the tonnes, the
-- proof, the registry's word. By hand the maker's report replaces the first text, so what is agreed to names the proof.

ALTER TABLE upstream_cancellation DISABLE TRIGGER USER;
DO $$
DECLARE v_rows bigint; v_made bigint;
BEGIN
    SELECT count(*) INTO v_rows FROM upstream_cancellation;
    CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, u.reference, u.payload, u.payload_sha256, u.maker_id, u.checker_id, u.state, u.reason,
           coalesce(u.reported_at, u.proposed_at) AS proposed_at, coalesce(u.checked_at, u.finished_at) AS decided_at,
           CASE WHEN u.state IN ('proposed', 'reported') THEN 'proposed' WHEN u.checker_id IS NULL THEN 'withdrawn'
                WHEN u.state = 'returned' THEN 'returned' ELSE 'approved' END AS becomes
    FROM upstream_cancellation u;
    ALTER TABLE approval DISABLE TRIGGER USER;
    INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, interested, state, is_founding, is_one_open,
                          decider_id, seen_sha256, reason, proposed_at, decided_at)
    SELECT m.id, 'upstream_cancellation', m.reference, m.payload, m.payload_sha256, m.maker_id, '{}', m.becomes, false, true,
           m.checker_id, CASE WHEN m.checker_id IS NOT NULL THEN m.payload_sha256 END,
           CASE WHEN m.becomes IN ('returned', 'withdrawn') THEN m.reason END, m.proposed_at,
           CASE WHEN m.becomes <> 'proposed' THEN m.decided_at END
    FROM made m;
    GET DIAGNOSTICS v_made = ROW_COUNT;
    ALTER TABLE approval ENABLE TRIGGER USER;
    IF v_made <> v_rows THEN
        RAISE EXCEPTION '% cancellations became % approvals', v_rows, v_made;
    END IF;
    INSERT INTO approval_event (approval_id, state, actor_id, payload_sha256, reason, at)
    SELECT id, 'proposed', maker_id, payload_sha256, NULL, proposed_at FROM made
    UNION ALL
    SELECT id, becomes, coalesce(checker_id, maker_id), payload_sha256, CASE WHEN becomes <> 'approved' THEN reason END, decided_at
    FROM made WHERE becomes <> 'proposed' ORDER BY 6;
    UPDATE upstream_cancellation u SET approval_id = m.id FROM made m WHERE m.reference = u.reference AND m.becomes = 'approved';
    DROP TABLE made;
END $$;
ALTER TABLE upstream_cancellation ENABLE TRIGGER USER;

SELECT approvals.bind_effect('upstream_cancellation', 'upstream_cancellation');
ALTER TABLE upstream_cancellation
    DROP CONSTRAINT upstream_cancellation_checked_check,
    DROP CONSTRAINT upstream_cancellation_seen_check,
    DROP CONSTRAINT upstream_cancellation_two_people_check,
    ADD CONSTRAINT upstream_cancellation_approved_check CHECK (
        (approval_id IS NULL) = (state IN ('proposed', 'reported', 'returned')));

CREATE OR REPLACE FUNCTION cancellations.guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb;
    v_programme text; v_code text; v_serial text; v_block bigint; v_mass bigint; v_retired bigint;
BEGIN
    IF tg_op = 'DELETE' THEN
        RAISE EXCEPTION 'a cancellation is never deleted' USING errcode = '23514', constraint = 'upstream_cancellation_is_kept';
    END IF;
    IF tg_op = 'INSERT' THEN
        IF new.state <> 'proposed' THEN
            RAISE EXCEPTION 'a cancellation begins as a proposal'
                USING errcode = '23514', constraint = 'upstream_cancellation_step_check';
        END IF;
    ELSE
        IF old.state IN ('cancelled', 'returned', 'refused') THEN
            RAISE EXCEPTION 'cancellation % is final', old.reference
                USING errcode = '23514', constraint = 'upstream_cancellation_is_final';
        END IF;
        IF (new.id, new.reference, new.lot_id, new.programme, new.start_t, new.stop_t, new.mode, new.maker_id, new.proposed_at)
           IS DISTINCT FROM
           (old.id, old.reference, old.lot_id, old.programme, old.start_t, old.stop_t, old.mode, old.maker_id, old.proposed_at)
        THEN
            RAISE EXCEPTION 'what was proposed of % stays', old.reference
                USING errcode = '23514', constraint = 'upstream_cancellation_proposal_stays';
        END IF;
        IF new.state <> old.state AND (old.state, new.state) NOT IN (
            ('proposed', 'reported'), ('proposed', 'approved'), ('proposed', 'returned'),
            ('reported', 'cancelled'), ('reported', 'returned'),
            ('approved', 'sending'),
            ('sending', 'unknown'), ('sending', 'cancelled'), ('sending', 'refused'),
            ('unknown', 'cancelled'), ('unknown', 'refused'))
        THEN
            RAISE EXCEPTION 'cancellation % cannot go from % to %', old.reference, old.state, new.state
                USING errcode = '23514', constraint = 'upstream_cancellation_step_check';
        END IF;
        -- The payload changes once, with the report; then nobody rewrites what another person looks at.
        IF (new.payload, new.reported_at) IS DISTINCT FROM (old.payload, old.reported_at)
           AND NOT (old.state = 'proposed' AND new.state = 'reported')
        THEN
            RAISE EXCEPTION 'what is to be checked of % stays', old.reference
                USING errcode = '23514', constraint = 'upstream_cancellation_payload_stays';
        END IF;
        -- A second person's word is an approval of this very text: yes with the step, no or the maker's own before it.
        IF new.approval_id IS DISTINCT FROM old.approval_id
           AND (old.approval_id IS NOT NULL OR approvals.said(new.approval_id, 'upstream_cancellation') IS DISTINCT FROM new.payload::jsonb)
        THEN
            RAISE EXCEPTION 'what two people agreed upon of % is another', old.reference
                USING errcode = '23514', constraint = 'upstream_cancellation_two_people';
        END IF;
        IF new.state = 'returned'
           AND approvals.last_state('upstream_cancellation', new.reference) NOT IN ('returned', 'withdrawn')
        THEN
            RAISE EXCEPTION 'nobody sent % back', old.reference
                USING errcode = '23514', constraint = 'upstream_cancellation_two_people';
        END IF;
        IF (new.registry_reference, new.cancelled_on, new.evidence_sha256, new.evidence_name, new.evidence_kind, new.evidence_size)
           IS DISTINCT FROM
           (old.registry_reference, old.cancelled_on, old.evidence_sha256, old.evidence_name, old.evidence_kind, old.evidence_size)
           AND NOT (old.state = 'proposed' AND new.state = 'reported')
           AND NOT (old.state IN ('sending', 'unknown') AND new.state = 'cancelled')
        THEN
            RAISE EXCEPTION 'the proof of % stays', old.reference
                USING errcode = '23514', constraint = 'upstream_cancellation_proof_stays';
        END IF;
        IF new.payload = old.payload THEN RETURN new; END IF;
    END IF;

    SELECT l.programme, l.code, l.serial_raw, l.block_start, l.mass_g INTO v_programme, v_code, v_serial, v_block, v_mass
        FROM credit_lot l WHERE l.id = new.lot_id;
    IF new.programme <> v_programme OR new.stop_t > v_mass / 1000000 THEN
        RAISE EXCEPTION 'lot % holds % tonnes', v_code, v_mass / 1000000
            USING errcode = '23514', constraint = 'upstream_cancellation_within_lot';
    END IF;
    SELECT a.balance INTO v_retired FROM ledger_account a
        WHERE a.path = 'retired:' || new.lot_id AND a.unit = 'g:' || new.lot_id;
    IF new.stop_t > (coalesce(v_retired, 0) + 999999) / 1000000 THEN
        RAISE EXCEPTION 'of lot % only % g are retired', v_code, coalesce(v_retired, 0)
            USING errcode = '23514', constraint = 'upstream_cancellation_within_retired';
    END IF;
    v_said := new.payload::jsonb;
    IF (v_said->>'reference', v_said->>'mode', v_said->>'programme', v_said->>'lot', v_said->>'serial',
        (v_said->>'start_t')::bigint, (v_said->>'stop_t')::bigint, (v_said->>'tonnes')::bigint,
        (v_said->>'first')::bigint, (v_said->>'last')::bigint)
       IS DISTINCT FROM
       (new.reference::text, new.mode::text, v_programme, v_code, v_serial,
        new.start_t, new.stop_t, new.stop_t - new.start_t, v_block + new.start_t, v_block + new.stop_t - 1)
       OR (v_said->>'registry_reference', (v_said->>'cancelled_on')::date, v_said->'evidence'->>'sha256',
           v_said->'evidence'->>'name', v_said->'evidence'->>'kind', (v_said->'evidence'->>'size')::int)
       IS DISTINCT FROM
       (new.registry_reference::text, new.cancelled_on, encode(new.evidence_sha256, 'hex'),
        new.evidence_name::text, new.evidence_kind::text, new.evidence_size)
    THEN
        RAISE EXCEPTION 'the payload of % says something else than its row', new.reference
            USING errcode = '23514', constraint = 'upstream_cancellation_payload_true';
    END IF;
    RETURN new;
END $$;

-- Who brought it into this state: the maker, who decided, or nobody of ours. Without a decider it is the maker's own no.
CREATE OR REPLACE FUNCTION cancellations.remember() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO upstream_cancellation_history (cancellation_id, state, actor_id, payload_sha256, note, at)
    VALUES (new.id, new.state,
            CASE WHEN new.state IN ('proposed', 'reported') THEN new.maker_id
                 WHEN new.state = 'returned' THEN coalesce(approvals.last_decider('upstream_cancellation', new.reference), new.maker_id)
                 WHEN new.state = 'approved' OR (new.state = 'cancelled' AND new.mode = 'hand') THEN approvals.last_decider('upstream_cancellation', new.reference)
            END,
            new.payload_sha256,
            CASE WHEN new.state IN ('reported', 'cancelled') THEN new.registry_reference
                 WHEN new.state = 'unknown' THEN new.last_word ELSE new.reason END,
            clock_timestamp());
    RETURN NULL;
END $$;

GRANT UPDATE (approval_id) ON upstream_cancellation TO ddt_app;
