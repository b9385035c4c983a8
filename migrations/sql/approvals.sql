-- Approvals: what one person wrote down and another agreed to, once for the whole house. An effect carries a foreign key to
-- an approved decision of its own kind, so there is none without it, whoever writes.

ALTER TABLE approval_kind
    ALTER COLUMN applicant_roles SET DEFAULT '{}',
    ADD CONSTRAINT approval_kind_roles_check CHECK (cardinality(maker_roles) > 0 AND cardinality(decider_roles) > 0),
    ADD CONSTRAINT approval_kind_applicant_check CHECK (cardinality(applicant_roles) = 0 OR NOT is_of_party),
    ADD CONSTRAINT approval_kind_label_check CHECK (btrim(label_zh) <> '' AND btrim(label_en) <> '');

ALTER TABLE approval
    ADD COLUMN outcome varchar(10) GENERATED ALWAYS AS (CASE WHEN state = 'proposed' THEN NULL ELSE state END) STORED,
    ADD CONSTRAINT approval_maker_fkey FOREIGN KEY (maker_id) REFERENCES person (id) ON DELETE RESTRICT,
    ADD CONSTRAINT approval_decider_fkey FOREIGN KEY (decider_id) REFERENCES person (id) ON DELETE RESTRICT,
    ADD CONSTRAINT approval_party_fkey FOREIGN KEY (party_id) REFERENCES organisation (id) ON DELETE RESTRICT,
    ADD CONSTRAINT approval_kind_fkey FOREIGN KEY (kind) REFERENCES approval_kind (code) ON DELETE RESTRICT,
    ADD CONSTRAINT approval_state_check CHECK (state IN ('proposed', 'approved', 'returned', 'withdrawn', 'superseded')),
    ADD CONSTRAINT approval_subject_check CHECK (btrim(subject) <> ''),
    ADD CONSTRAINT approval_payload_check CHECK (
        payload_sha256 = sha256(convert_to(payload, 'UTF8')) AND jsonb_typeof(payload::jsonb) = 'object'),
    ADD CONSTRAINT approval_two_people_check CHECK (decider_id <> maker_id),
    ADD CONSTRAINT approval_seen_check CHECK (seen_sha256 = payload_sha256),
    ADD CONSTRAINT approval_decided_check CHECK (
        (state = 'proposed') = (decided_at IS NULL)
        AND num_nulls(decider_id, seen_sha256) IN (0, 2)
        AND (decider_id IS NOT NULL) = (state IN ('approved', 'returned') AND NOT is_founding)
        AND (superseded_by IS NOT NULL) = (state = 'superseded')),
    ADD CONSTRAINT approval_reason_check CHECK (
        (state <> 'returned' OR reason IS NOT NULL) AND (reason IS NULL OR (
            state IN ('returned', 'withdrawn') AND length(btrim(reason)) BETWEEN 2 AND 400))),
    -- Founding: it stood before there were two people, or before approvals. Nobody made it, nobody decided it.
    ADD CONSTRAINT approval_founding_check CHECK ((maker_id IS NULL) = is_founding AND (NOT is_founding OR state = 'approved')),
    ADD CONSTRAINT approval_superseded_fkey FOREIGN KEY (superseded_by) REFERENCES approval (id) ON DELETE RESTRICT
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT approval_outcome_key UNIQUE (id, kind, outcome);
CREATE UNIQUE INDEX approval_one_open_key ON approval (kind, subject) WHERE state = 'proposed' AND is_one_open;
CREATE INDEX approval_waiting_idx ON approval (proposed_at, id) WHERE state = 'proposed';
CREATE INDEX approval_subject_idx ON approval (kind, subject);
CREATE INDEX approval_event_approval_idx ON approval_event (approval_id, id);

CREATE SCHEMA approvals;

-- Whether somebody has one of these roles now: at the platform, or in the party that agrees for itself.
CREATE FUNCTION approvals.has_role(p_person uuid, p_roles text[], p_party uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN p_party IS NULL THEN identity.has_house_role(p_person, p_roles)
           ELSE EXISTS (SELECT FROM membership m JOIN organisation o ON o.id = m.organisation_id
                        WHERE m.person_id = p_person AND m.organisation_id = p_party AND m.role = ANY (p_roles)
                          AND o.is_verified) END
$$;

-- Whether somebody may propose this now: by a role at the platform (or in the party that agrees for itself), or, where the
-- kind lets applicants propose, by a role in the one organisation that the payload names as its applicant.
CREATE FUNCTION approvals.may_make(p_person uuid, p_kind approval_kind, p_party uuid, p_payload jsonb) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT approvals.has_role(p_person, p_kind.maker_roles::text[], p_party)
        OR CASE WHEN cardinality(p_kind.applicant_roles) > 0
                     AND p_payload->>'applicant' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                THEN approvals.has_role(p_person, p_kind.applicant_roles::text[], (p_payload->>'applicant')::uuid)
                ELSE false END
$$;

-- The parties that a payload names as payer, holder, beneficiary or applicant: one id, or a list of them.
CREATE FUNCTION approvals.named_in(p_payload jsonb) RETURNS uuid[]
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT q.id::uuid), '{}')
    FROM jsonb_each(CASE jsonb_typeof(p_payload) WHEN 'object' THEN p_payload ELSE '{}' END) AS e (key, value)
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(e.value) WHEN 'array' THEN e.value ELSE jsonb_build_array(e.value) END) AS q (id)
    WHERE e.key IN ('payer', 'holder', 'beneficiary', 'applicant')
      AND q.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
$$;

-- The parties somebody stands for now: themselves, and whose member they are; the platform is nobody's side.
CREATE FUNCTION approvals.sides_of(p_person uuid) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT array_agg(q.id) FROM (
        SELECT p_person AS id UNION SELECT m.organisation_id FROM membership m JOIN organisation o ON o.id = m.organisation_id
        WHERE m.person_id = p_person AND NOT (o.kind = 'exchange' AND o.is_verified)) AS q
$$;

-- Why somebody may not decide this now, as the name of what refuses; NULL: they may.
CREATE FUNCTION approvals.refusal(p_approval approval, p_person uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE
        WHEN p_person = p_approval.maker_id THEN 'approval_two_people_check'
        WHEN NOT approvals.has_role(p_person, k.decider_roles::text[], p_approval.party_id) THEN 'approval_decider_role'
        WHEN array_remove(p_approval.interested::uuid[], p_approval.party_id) && approvals.sides_of(p_person)
            THEN 'approval_decider_interested'
    END FROM approval_kind k WHERE k.code = p_approval.kind
$$;

-- What waits for this person's decision, oldest first, set-based: the same rule as `refusal`, which a test compares.
CREATE FUNCTION approvals.waiting_for(p_person uuid, p_most int DEFAULT NULL) RETURNS SETOF approval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH role AS MATERIALIZED (
        SELECT m.organisation_id, m.role::text AS name, o.kind = 'exchange' AS is_house
        FROM membership m JOIN organisation o ON o.id = m.organisation_id
        WHERE m.person_id = p_person AND o.is_verified),
    able AS MATERIALIZED (
        SELECT k.code, r.organisation_id AS party_id FROM approval_kind k
        JOIN role r ON r.name = ANY (k.decider_roles::text[]) WHERE k.is_of_party
        UNION SELECT k.code, NULL FROM approval_kind k
        JOIN role r ON r.name = ANY (k.decider_roles::text[]) WHERE NOT k.is_of_party AND r.is_house)
    SELECT a.* FROM approval a
    WHERE a.state = 'proposed' AND a.maker_id <> p_person
      AND EXISTS (SELECT FROM able b WHERE b.code = a.kind AND b.party_id IS NOT DISTINCT FROM a.party_id)
      AND NOT array_remove(a.interested::uuid[], a.party_id) && (SELECT approvals.sides_of(p_person))
    ORDER BY a.proposed_at, a.id LIMIT p_most
$$;

-- What may become of a row, and who may bring it there, at the moment it is used.
CREATE FUNCTION approvals.guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_kind approval_kind;
    v_refusal text;
BEGIN
    IF tg_op = 'DELETE' THEN
        RAISE EXCEPTION 'an approval is never deleted' USING errcode = '23514', constraint = 'approval_is_kept';
    END IF;
    SELECT * INTO v_kind FROM approval_kind k WHERE k.code = new.kind;
    IF v_kind.code IS NULL THEN
        RAISE EXCEPTION 'there is no approval of kind %', new.kind USING errcode = '23503', constraint = 'approval_kind_fkey';
    END IF;
    IF tg_op = 'INSERT' THEN
        new.interested := ARRAY(SELECT DISTINCT q FROM unnest(
            new.interested::uuid[] || approvals.named_in(new.payload::jsonb)) AS q ORDER BY q);
        new.is_one_open := v_kind.is_one_open;
        new.proposed_at := clock_timestamp();
        IF new.is_founding THEN
            IF NOT identity.is_owner() THEN
                RAISE EXCEPTION 'what was there before is written by the owner'
                    USING errcode = '42501', constraint = 'approval_founded_by_owner';
            END IF;
            new.decided_at := new.proposed_at;
            RETURN new;
        END IF;
        IF new.state <> 'proposed' THEN
            RAISE EXCEPTION 'an approval begins as a proposal' USING errcode = '23514', constraint = 'approval_step_check';
        END IF;
        IF (new.party_id IS NOT NULL) <> v_kind.is_of_party THEN
            RAISE EXCEPTION 'approvals of kind % are made elsewhere', new.kind
                USING errcode = '23514', constraint = 'approval_party_check';
        END IF;
        IF NOT approvals.may_make(new.maker_id, v_kind, new.party_id, new.payload::jsonb) THEN
            RAISE EXCEPTION 'the maker has no role for it now' USING errcode = '42501', constraint = 'approval_maker_role';
        END IF;
        RETURN new;
    END IF;

    IF old.state <> 'proposed' THEN
        RAISE EXCEPTION 'approval % is decided', old.id USING errcode = '23514', constraint = 'approval_is_final';
    END IF;
    IF (new.id, new.kind, new.subject, new.payload, new.payload_sha256, new.maker_id, new.party_id, new.interested,
        new.is_one_open, new.is_founding, new.proposed_at)
       IS DISTINCT FROM
       (old.id, old.kind, old.subject, old.payload, old.payload_sha256, old.maker_id, old.party_id, old.interested,
        old.is_one_open, old.is_founding, old.proposed_at)
    THEN
        RAISE EXCEPTION 'what was proposed of % stays', old.id USING errcode = '23514', constraint = 'approval_proposal_stays';
    END IF;
    IF new.state IN ('approved', 'returned') THEN
        v_refusal := approvals.refusal(old, new.decider_id);
        IF v_refusal IS NOT NULL THEN
            RAISE EXCEPTION '% may not decide approval %', new.decider_id, old.id
                USING errcode = '42501', constraint = v_refusal;
        END IF;
        IF new.state = 'approved' AND NOT approvals.may_make(old.maker_id, v_kind, old.party_id, old.payload::jsonb) THEN
            RAISE EXCEPTION 'the maker has no role for it now' USING errcode = '42501', constraint = 'approval_maker_role';
        END IF;
    END IF;
    IF new.state <> 'proposed' THEN
        new.decided_at := clock_timestamp();
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER approval_guard BEFORE INSERT OR UPDATE OR DELETE ON approval
    FOR EACH ROW EXECUTE FUNCTION approvals.guard();

-- Who brought it into this state: its maker, its decider, or nobody where it was founded.
CREATE FUNCTION approvals.remember() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO approval_event (approval_id, state, actor_id, payload_sha256, reason, at)
    VALUES (new.id, new.state, CASE WHEN new.state IN ('approved', 'returned') THEN new.decider_id ELSE new.maker_id END,
            new.payload_sha256, new.reason, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER approval_begins AFTER INSERT ON approval FOR EACH ROW EXECUTE FUNCTION approvals.remember();
CREATE TRIGGER approval_goes_on AFTER UPDATE ON approval
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION approvals.remember();

CREATE FUNCTION approvals.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what two people did stays written', tg_op, tg_table_name
        USING errcode = '23514', constraint = tg_name;
END $$;
CREATE TRIGGER approval_no_truncate BEFORE TRUNCATE ON approval
    FOR EACH STATEMENT EXECUTE FUNCTION approvals.refuse_change();
CREATE TRIGGER approval_event_append_only BEFORE UPDATE OR DELETE ON approval_event
    FOR EACH ROW EXECUTE FUNCTION approvals.refuse_change();
CREATE TRIGGER approval_event_no_truncate BEFORE TRUNCATE ON approval_event
    FOR EACH STATEMENT EXECUTE FUNCTION approvals.refuse_change();

-- Write down, as the owner, that something stands without two people: it was there before. Answers the approval's id.
CREATE FUNCTION approvals.found(p_kind text, p_subject text, p_payload jsonb) RETURNS uuid
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_id uuid := gen_random_uuid();
BEGIN
    INSERT INTO approval (id, kind, subject, payload, payload_sha256, interested, state, is_founding, is_one_open, proposed_at)
    VALUES (v_id, p_kind, p_subject, p_payload::text, sha256(convert_to(p_payload::text, 'UTF8')), '{}', 'approved', true,
            false, clock_timestamp());
    RETURN v_id;
END $$;

-- What an approved decision says, for the trigger of a room that holds its effect to it; NULL where there is none.
CREATE FUNCTION approvals.said(p_approval uuid, p_kind text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.payload::jsonb FROM approval a WHERE a.id = p_approval AND a.kind = p_kind AND a.outcome = 'approved'
$$;

-- How the last word about a subject stands, and who decided it (NULL: nobody, or its maker took it back).
CREATE FUNCTION approvals.last_state(p_kind text, p_subject text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.state::text FROM approval a WHERE a.kind = p_kind AND a.subject = p_subject ORDER BY a.proposed_at DESC LIMIT 1
$$;
CREATE FUNCTION approvals.last_decider(p_kind text, p_subject text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.decider_id FROM approval a WHERE a.kind = p_kind AND a.subject = p_subject ORDER BY a.proposed_at DESC LIMIT 1
$$;

-- Let rows of a table be effects of a kind: one approval, one effect, and none without a decision that says yes. A row
-- whose `approval_id` is NULL is no effect (yet); where each must be one, the room adds NOT NULL.
CREATE FUNCTION approvals.bind_effect(p_kind text, p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE %1$I ADD COLUMN IF NOT EXISTS approval_id uuid', p_table);
    EXECUTE format(
        'ALTER TABLE %1$I'
        ' ADD COLUMN approval_kind varchar(40) NOT NULL DEFAULT %2$L,'
        ' ADD COLUMN approval_outcome varchar(10) NOT NULL DEFAULT ''approved'','
        ' ADD CONSTRAINT %5$I CHECK (approval_kind = %2$L AND approval_outcome = ''approved''),'
        ' ADD CONSTRAINT %3$I UNIQUE (approval_id),'
        ' ADD CONSTRAINT %4$I FOREIGN KEY (approval_id, approval_kind, approval_outcome)'
        '  REFERENCES approval (id, kind, outcome) ON DELETE RESTRICT',
        p_table, p_kind, p_table || '_approval_key', p_table || '_approval_fkey',
        p_table || '_approval_check');
    UPDATE approval_kind SET effect_table = p_table WHERE code = p_kind;
    IF NOT found THEN RAISE EXCEPTION 'there is no approval of kind %', p_kind; END IF;
END $$;

-- Approvals: each that says yes has its effect, each effect its yes; compared from the rows, not from the keys.
CREATE FUNCTION books.prove_approvals(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    v_kind record;
    v_part record;
    v_wanted numeric := 0; v_sound numeric := 0; v_damage text[] := '{}';
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    FOR v_kind IN SELECT k.code, k.effect_table FROM approval_kind k ORDER BY k.code LOOP
        EXECUTE format($q$
            SELECT count(*) AS wanted, count(*) FILTER (WHERE q.is_approved AND q.effects = 1) AS sound,
                   (array_agg(CASE WHEN q.is_approved THEN %1$L || ' ' || q.id || ' is approved, and has ' || q.effects || ' effects'
                                   ELSE %1$L || ' ' || q.id || ' has an effect, and nobody approved it' END ORDER BY q.id)
                       FILTER (WHERE NOT q.is_approved OR q.effects <> 1))[1:20] AS damage
            FROM (SELECT coalesce(a.id, e.approval_id) AS id, a.id IS NOT NULL AS is_approved, count(e.approval_id) AS effects
                  FROM (SELECT id FROM approval WHERE kind = %1$L AND state = 'approved') AS a
                  FULL JOIN (%2$s) AS e ON e.approval_id = a.id GROUP BY 1, 2) AS q $q$,
            v_kind.code,
            CASE WHEN v_kind.effect_table IS NULL THEN 'SELECT NULL::uuid AS approval_id WHERE false'
                 ELSE format('SELECT approval_id FROM %I WHERE approval_id IS NOT NULL', v_kind.effect_table) END)
        INTO v_part;
        v_wanted := v_wanted + v_part.wanted;
        v_sound := v_sound + v_part.sound;
        v_damage := v_damage || coalesce(v_part.damage, '{}');
    END LOOP;
    RETURN QUERY SELECT NULL::bigint, 'approvals', v_wanted = v_sound, v_wanted, v_sound,
                        CASE WHEN v_wanted <> v_sound THEN v_damage[1:20] END;
END $$;

INSERT INTO books_part (name, function, hand, no) VALUES ('prove_approvals', 'books.prove_approvals', 2, 7);

REVOKE ALL ON SCHEMA approvals FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA approvals FROM PUBLIC;
REVOKE ALL ON FUNCTION books.prove_approvals(bigint) FROM PUBLIC;
GRANT USAGE ON SCHEMA approvals TO ddt_app;
GRANT EXECUTE ON FUNCTION approvals.refusal(approval, uuid), approvals.waiting_for(uuid, int),
    approvals.last_decider(text, text), books.prove_approvals(bigint) TO ddt_app;
GRANT SELECT ON approval_kind, approval, approval_event TO ddt_app;
GRANT INSERT (id, kind, subject, payload, payload_sha256, maker_id, party_id, interested, state, is_founding, is_one_open,
              proposed_at) ON approval TO ddt_app;
-- Not what was proposed.
GRANT UPDATE (state, decider_id, seen_sha256, reason, superseded_by) ON approval TO ddt_app;
