-- Upstream cancellation: whole tonnes of a lot, never twice, never more than hold a retired gram, always two people.
-- A row goes from state to state by the guard below and nowhere else, whoever writes; its history writes itself.

ALTER TABLE upstream_cancellation
    ADD CONSTRAINT upstream_cancellation_reference_key UNIQUE (reference),
    ADD CONSTRAINT upstream_cancellation_range_check CHECK (start_t >= 0 AND start_t < stop_t),
    ADD CONSTRAINT upstream_cancellation_state_check CHECK (
        (mode = 'hand' AND state IN ('proposed', 'reported', 'cancelled', 'returned'))
        OR (mode = 'registry' AND state IN ('proposed', 'approved', 'sending', 'unknown', 'cancelled', 'returned', 'refused'))),
    ADD CONSTRAINT upstream_cancellation_two_people_check CHECK (maker_id <> checker_id),
    ADD CONSTRAINT upstream_cancellation_checked_check CHECK (
        (state IN ('proposed', 'reported')) = (checker_id IS NULL)
        AND num_nulls(checker_id, checked_sha256, checked_at) IN (0, 3)),
    ADD CONSTRAINT upstream_cancellation_payload_check CHECK (payload_sha256 = sha256(convert_to(payload, 'UTF8'))),
    ADD CONSTRAINT upstream_cancellation_seen_check CHECK (checked_sha256 = payload_sha256),
    ADD CONSTRAINT upstream_cancellation_proof_check CHECK (
        num_nulls(registry_reference, cancelled_on, evidence_sha256, evidence_name, evidence_kind, evidence_size) IN (0, 6)
        AND (state NOT IN ('reported', 'cancelled') OR evidence_sha256 IS NOT NULL)
        AND (octet_length(evidence_sha256) = 32) AND (evidence_size BETWEEN 1 AND 2097152)),
    ADD CONSTRAINT upstream_cancellation_receipt_check CHECK (
        num_nulls(receipt, receipt_signature, receipt_key) IN (0, 3)
        AND (receipt IS NOT NULL) = (mode = 'registry' AND state = 'cancelled')
        AND evidence_sha256 = coalesce(sha256(convert_to(receipt, 'UTF8')), evidence_sha256)),
    ADD CONSTRAINT upstream_cancellation_reason_check CHECK ((reason IS NOT NULL) = (state IN ('returned', 'refused'))),
    ADD CONSTRAINT upstream_cancellation_finished_check CHECK (
        (finished_at IS NOT NULL) = (state IN ('cancelled', 'returned', 'refused'))),
    ADD CONSTRAINT upstream_cancellation_asked_check CHECK (
        (next_query_at IS NOT NULL) = (state IN ('approved', 'sending', 'unknown'))),
    -- One tonne is cancelled once: what is under way counts, what was sent back or refused does not.
    ADD CONSTRAINT upstream_cancellation_no_overlap EXCLUDE USING gist (
        int8range(lot_id, lot_id, '[]') WITH &&, int8range(start_t, stop_t) WITH &&)
        WHERE (state NOT IN ('returned', 'refused'));
-- One answer of a registry proves one cancellation.
CREATE UNIQUE INDEX upstream_cancellation_proof_key ON upstream_cancellation (programme, registry_reference)
    WHERE registry_reference IS NOT NULL AND state NOT IN ('returned', 'refused');
CREATE INDEX upstream_cancellation_lot_idx ON upstream_cancellation (lot_id);
CREATE INDEX upstream_cancellation_evidence_idx ON upstream_cancellation (evidence_sha256);
CREATE INDEX upstream_cancellation_due_idx ON upstream_cancellation (next_query_at) WHERE next_query_at IS NOT NULL;
CREATE INDEX upstream_cancellation_history_idx ON upstream_cancellation_history (cancellation_id, id);

CREATE SCHEMA cancellations;

-- What may become of a row, and that its payload says what its columns say.
CREATE FUNCTION cancellations.guard() RETURNS trigger
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
        IF (new.checker_id, new.checked_sha256, new.checked_at)
           IS DISTINCT FROM (old.checker_id, old.checked_sha256, old.checked_at) AND old.checker_id IS NOT NULL
        THEN
            RAISE EXCEPTION 'who checked % stays', old.reference
                USING errcode = '23514', constraint = 'upstream_cancellation_check_stays';
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
CREATE TRIGGER upstream_cancellation_guard BEFORE INSERT OR UPDATE OR DELETE ON upstream_cancellation
    FOR EACH ROW EXECUTE FUNCTION cancellations.guard();

-- Who brought it into this state: the maker, the checker, or nobody of ours.
CREATE FUNCTION cancellations.remember() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO upstream_cancellation_history (cancellation_id, state, actor_id, payload_sha256, note, at)
    VALUES (new.id, new.state,
            CASE WHEN new.state IN ('proposed', 'reported') THEN new.maker_id
                 WHEN new.state IN ('approved', 'returned') OR (new.state = 'cancelled' AND new.mode = 'hand') THEN new.checker_id
            END,
            new.payload_sha256,
            CASE WHEN new.state IN ('reported', 'cancelled') THEN new.registry_reference
                 WHEN new.state = 'unknown' THEN new.last_word ELSE new.reason END,
            clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER upstream_cancellation_begins AFTER INSERT ON upstream_cancellation
    FOR EACH ROW EXECUTE FUNCTION cancellations.remember();
CREATE TRIGGER upstream_cancellation_goes_on AFTER UPDATE ON upstream_cancellation
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION cancellations.remember();

CREATE FUNCTION cancellations.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what happened stays', tg_op, tg_table_name USING errcode = '23514';
END $$;
CREATE TRIGGER upstream_cancellation_no_truncate BEFORE TRUNCATE ON upstream_cancellation
    FOR EACH STATEMENT EXECUTE FUNCTION cancellations.refuse_change();
CREATE TRIGGER upstream_cancellation_history_append_only BEFORE UPDATE OR DELETE ON upstream_cancellation_history
    FOR EACH ROW EXECUTE FUNCTION cancellations.refuse_change();
CREATE TRIGGER upstream_cancellation_history_no_truncate BEFORE TRUNCATE ON upstream_cancellation_history
    FOR EACH STATEMENT EXECUTE FUNCTION cancellations.refuse_change();

REVOKE ALL ON SCHEMA cancellations FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cancellations FROM PUBLIC;
GRANT SELECT ON upstream_cancellation, upstream_cancellation_history TO ddt_app;
GRANT INSERT (id, reference, lot_id, programme, start_t, stop_t, mode, state, maker_id, payload, payload_sha256, queries,
              proposed_at) ON upstream_cancellation TO ddt_app;
-- Not what was proposed: lot, tonnes, mode, maker.
GRANT UPDATE (state, payload, payload_sha256, registry_reference, cancelled_on, evidence_sha256, evidence_name,
              evidence_kind, evidence_size, reported_at, checker_id, checked_sha256, checked_at, receipt,
              receipt_signature, receipt_key, reason, last_word, queries, next_query_at, finished_at)
    ON upstream_cancellation TO ddt_app;
