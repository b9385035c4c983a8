-- Sharing a personal account (碳账户授权): which organisations may ask, what they asked, what persons said, and every read.
-- What was said stays; a grant ends once, by its person, and no read is written down without one that lives.
CREATE SCHEMA sharing;
GRANT USAGE ON SCHEMA sharing TO ddt_app;

INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('share_reader', '{operator}', '{reviewer}', true, false, '账户查询机构', 'Organisation that may ask for accounts');
SELECT approvals.bind_effect('share_reader', 'share_reader');

ALTER TABLE share_reader
    ALTER COLUMN approval_id SET NOT NULL,
    ALTER COLUMN enrolled_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT share_reader_ground_check CHECK (length(btrim(ground)) BETWEEN 2 AND 200),
    ADD CONSTRAINT share_reader_end_check CHECK (num_nulls(ended_at, ended_by_id) IN (0, 2));
CREATE UNIQUE INDEX share_reader_one_key ON share_reader (organisation_id) WHERE ended_at IS NULL;
CREATE INDEX share_reader_organisation_idx ON share_reader (organisation_id);
CREATE INDEX share_reader_ended_by_idx ON share_reader (ended_by_id);

ALTER TABLE share_reader_key
    ALTER COLUMN given_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT share_reader_key_key_fkey FOREIGN KEY (key_id) REFERENCES person (id) ON DELETE RESTRICT;
CREATE INDEX share_reader_key_reader_idx ON share_reader_key (reader_id);
CREATE INDEX share_reader_key_by_idx ON share_reader_key (by_id);

ALTER TABLE share_request
    ALTER COLUMN asked_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT share_request_code_key UNIQUE (code),
    ADD CONSTRAINT share_request_intent_key UNIQUE (key_id, intent_key),
    ADD CONSTRAINT share_request_key_fkey FOREIGN KEY (key_id) REFERENCES person (id) ON DELETE RESTRICT,
    ADD CONSTRAINT share_request_code_check CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{8}$'),
    ADD CONSTRAINT share_request_purpose_check CHECK (
        length(btrim(purpose_zh)) BETWEEN 2 AND 200 AND length(btrim(purpose_en)) BETWEEN 2 AND 300),
    ADD CONSTRAINT share_request_books_check CHECK (asks_emitted OR asks_retired),
    ADD CONSTRAINT share_request_granularity_check CHECK (granularity IN ('totals', 'months')),
    ADD CONSTRAINT share_request_period_check CHECK (period_from <= period_to AND period_to < period_from + 1100),
    ADD CONSTRAINT share_request_until_check CHECK (
        share_until >= (asked_at AT TIME ZONE 'Asia/Shanghai')::date
        AND share_until <= (asked_at AT TIME ZONE 'Asia/Shanghai')::date + 366);
CREATE INDEX share_request_reader_idx ON share_request (reader_id, id DESC);

ALTER TABLE share_answer
    ALTER COLUMN answered_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT share_answer_request_fkey FOREIGN KEY (request_id) REFERENCES share_request (id) ON DELETE RESTRICT,
    ADD CONSTRAINT share_answer_pseudonym_key UNIQUE (pseudonym),
    ADD CONSTRAINT share_answer_language_check CHECK (language IN ('zh', 'en'));
CREATE INDEX share_answer_person_idx ON share_answer (person_id, request_id DESC);

ALTER TABLE share_grant
    ALTER COLUMN granted_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT share_grant_answer_fkey FOREIGN KEY (request_id) REFERENCES share_answer (request_id) ON DELETE RESTRICT,
    ADD CONSTRAINT share_grant_book_key UNIQUE (request_id, book),
    ADD CONSTRAINT share_grant_book_check CHECK (book IN ('emitted', 'retired')),
    ADD CONSTRAINT share_grant_revoked_check CHECK (revoked_at >= granted_at);

ALTER TABLE share_read
    ALTER COLUMN at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT share_read_key_fkey FOREIGN KEY (key_id) REFERENCES person (id) ON DELETE RESTRICT,
    ADD CONSTRAINT share_read_outcome_check CHECK (outcome IN ('figures', 'blank', 'revoked', 'expired'));
CREATE INDEX share_read_request_idx ON share_read (request_id, id DESC);
CREATE INDEX share_read_key_idx ON share_read (key_id);

CREATE FUNCTION sharing.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was asked, said and read stays written', tg_op, tg_table_name
        USING errcode = '23514', constraint = tg_table_name || '_stays';
END $$;
CREATE TRIGGER share_reader_stays BEFORE DELETE OR TRUNCATE ON share_reader
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();
CREATE TRIGGER share_reader_key_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON share_reader_key
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();
CREATE TRIGGER share_request_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON share_request
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();
CREATE TRIGGER share_answer_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON share_answer
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();
CREATE TRIGGER share_grant_stays BEFORE DELETE OR TRUNCATE ON share_grant
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();
CREATE TRIGGER share_read_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON share_read
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();

-- A reader ends once, and a grant is revoked once; nothing else of them moves.
CREATE FUNCTION sharing.guard_reader() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.ended_at IS NOT NULL OR new.ended_at IS NULL
       OR (to_jsonb(new) - 'ended_at' - 'ended_by_id') <> (to_jsonb(old) - 'ended_at' - 'ended_by_id') THEN
        RAISE EXCEPTION 'an enrolment ends once, and nothing else of it moves'
            USING errcode = '23514', constraint = 'share_reader_stays';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER share_reader_ends_once BEFORE UPDATE ON share_reader
    FOR EACH ROW EXECUTE FUNCTION sharing.guard_reader();
CREATE FUNCTION sharing.guard_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.revoked_at IS NOT NULL OR new.revoked_at IS NULL
       OR (to_jsonb(new) - 'revoked_at') <> (to_jsonb(old) - 'revoked_at') THEN
        RAISE EXCEPTION 'a grant is revoked once, and nothing else of it moves'
            USING errcode = '23514', constraint = 'share_grant_stays';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER share_grant_revoked_once BEFORE UPDATE ON share_grant
    FOR EACH ROW EXECUTE FUNCTION sharing.guard_grant();

-- What two people agreed to stands in the row, whoever writes it.
CREATE FUNCTION sharing.check_reader() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(new.approval_id, 'share_reader');
BEGIN
    IF ((v_said->>'applicant')::uuid, v_said->>'ground') IS DISTINCT FROM (new.organisation_id, new.ground::text)
       OR new.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'this enrolment is not what two people agreed upon'
            USING errcode = '23514', constraint = 'share_reader_two_people';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER share_reader_two_people BEFORE INSERT ON share_reader
    FOR EACH ROW EXECUTE FUNCTION sharing.check_reader();

-- Enrol what was approved.
CREATE FUNCTION sharing.enrol(p_approval uuid, p_id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_said jsonb := approvals.said(p_approval, 'share_reader');
BEGIN
    IF v_said IS NULL THEN
        RAISE EXCEPTION 'nobody approved this' USING errcode = '23503', constraint = 'share_reader_approval_fkey';
    END IF;
    INSERT INTO share_reader (id, organisation_id, ground, approval_id)
    VALUES (p_id, (v_said->>'applicant')::uuid, v_said->>'ground', p_approval);
END $$;

-- End an enrolment, by one of the platform: nobody reads by it from then on. False: it has ended already, or is none.
CREATE FUNCTION sharing.end_reader(p_id uuid, p_by uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT identity.has_house_role(p_by, ARRAY['operator', 'reviewer', 'administrator']) THEN
        RAISE EXCEPTION 'only the platform ends an enrolment' USING errcode = '42501', constraint = 'share_reader_power';
    END IF;
    UPDATE share_reader SET ended_at = clock_timestamp(), ended_by_id = p_by WHERE id = p_id AND ended_at IS NULL;
    RETURN found;
END $$;

-- Let a key of the reader's organisation ask and read, by whoever may give roles there. It ends with the key.
CREATE FUNCTION sharing.let_ask(p_key uuid, p_reader uuid, p_by uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_organisation uuid;
BEGIN
    SELECT r.organisation_id INTO v_organisation FROM share_reader r WHERE r.id = p_reader AND r.ended_at IS NULL FOR SHARE;
    IF v_organisation IS NULL OR NOT identity.may_give(p_by, v_organisation, ARRAY['auditor'])
       OR NOT identity.is_key(p_key) OR NOT identity.acts_for(p_key, v_organisation) THEN
        RAISE EXCEPTION 'this key may not be let ask' USING errcode = '42501', constraint = 'share_reader_key_power';
    END IF;
    INSERT INTO share_reader_key (key_id, reader_id, by_id) VALUES (p_key, p_reader, p_by)
    ON CONFLICT (key_id) DO NOTHING;
END $$;

-- Whether a key may ask and read for a reader now: it was let, it has not ended, and neither has the enrolment.
CREATE FUNCTION sharing.may_ask(p_key uuid, p_reader uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM share_reader_key k JOIN share_reader r ON r.id = k.reader_id
                   WHERE k.key_id = p_key AND r.id = p_reader AND r.ended_at IS NULL
                     AND identity.acts_for(p_key, r.organisation_id))
$$;

CREATE FUNCTION sharing.check_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT sharing.may_ask(new.key_id, new.reader_id) THEN
        RAISE EXCEPTION 'this key may not ask' USING errcode = '42501', constraint = 'share_request_power';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER share_request_power BEFORE INSERT ON share_request
    FOR EACH ROW EXECUTE FUNCTION sharing.check_request();

-- Only what was asked for is granted, with the answer or soon after, and not when its days are over; and only by somebody who
-- is there and did not say that they are under 14.
CREATE FUNCTION sharing.check_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.revoked_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM share_request r WHERE r.id = new.request_id
          AND CASE new.book WHEN 'emitted' THEN r.asks_emitted WHEN 'retired' THEN r.asks_retired ELSE false END
          AND r.share_until >= (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date) THEN
        RAISE EXCEPTION 'nobody asks for this' USING errcode = '23514', constraint = 'share_grant_asked';
    END IF;
    PERFORM FROM person p JOIN share_answer a ON a.person_id = p.id
        WHERE a.request_id = new.request_id AND p.state = 'active' AND NOT p.is_under_14 FOR SHARE OF p;
    IF NOT found THEN
        RAISE EXCEPTION 'this person shares with nobody' USING errcode = '23514', constraint = 'share_grant_allowed';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER share_grant_asked BEFORE INSERT ON share_grant
    FOR EACH ROW EXECUTE FUNCTION sharing.check_grant();

-- Revoke what a person granted to a request: all of it. Waits for a read that is under way; none after it finds a grant.
CREATE FUNCTION sharing.revoke(p_request uuid, p_person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM share_answer a WHERE a.request_id = p_request AND a.person_id = p_person FOR UPDATE;
    IF NOT found THEN
        RETURN false;
    END IF;
    UPDATE share_grant SET revoked_at = clock_timestamp() WHERE request_id = p_request AND revoked_at IS NULL;
    RETURN true;
END $$;

-- How a request stands to whoever reads, with its answer locked until the reader's transaction ends: `unknown` of a key that
-- may not ask for it, `expired`, `revoked`, `blank` where nothing was granted, else `open`.
CREATE FUNCTION sharing.begin_read(p_request uuid, p_key uuid)
RETURNS TABLE (state text, person_id uuid, pseudonym uuid, books text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_request share_request;
    v_answer share_answer;
    v_open text[];
    v_revoked boolean;
BEGIN
    SELECT * INTO v_request FROM share_request r WHERE r.id = p_request;
    IF NOT found OR NOT sharing.may_ask(p_key, v_request.reader_id) THEN
        RETURN QUERY SELECT 'unknown', NULL::uuid, NULL::uuid, NULL::text[];
        RETURN;
    END IF;
    SELECT * INTO v_answer FROM share_answer a WHERE a.request_id = p_request FOR SHARE;
    IF v_request.share_until < (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN QUERY SELECT 'expired', NULL::uuid, NULL::uuid, NULL::text[];
        RETURN;
    END IF;
    -- A statement of its own: what was committed while this waited for the lock is seen.
    SELECT coalesce(array_agg(g.book::text ORDER BY g.book) FILTER (WHERE g.revoked_at IS NULL), '{}'),
           coalesce(bool_or(g.revoked_at IS NOT NULL), false)
    INTO v_open, v_revoked FROM share_grant g WHERE g.request_id = p_request;
    IF cardinality(v_open) > 0 THEN
        RETURN QUERY SELECT 'open', v_answer.person_id, v_answer.pseudonym, v_open;
    ELSE
        RETURN QUERY SELECT CASE WHEN v_revoked THEN 'revoked' ELSE 'blank' END, NULL::uuid, NULL::uuid, NULL::text[];
    END IF;
END $$;

-- No read of figures is written down, and so none happens, without a grant that lives.
CREATE FUNCTION sharing.check_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_reader uuid;
BEGIN
    SELECT r.reader_id INTO v_reader FROM share_request r WHERE r.id = new.request_id;
    IF NOT sharing.may_ask(new.key_id, v_reader) THEN
        RAISE EXCEPTION 'this key may not read' USING errcode = '42501', constraint = 'share_read_power';
    END IF;
    IF new.outcome = 'figures' AND NOT EXISTS (
        SELECT FROM share_grant g JOIN share_request r ON r.id = g.request_id
        WHERE g.request_id = new.request_id AND g.revoked_at IS NULL
          AND r.share_until >= (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date) THEN
        RAISE EXCEPTION 'nobody agrees to this read' USING errcode = '23514', constraint = 'share_read_granted';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER share_read_granted BEFORE INSERT ON share_read
    FOR EACH ROW EXECUTE FUNCTION sharing.check_read();

-- Whoever is being forgotten, or says that they are under 14, shares nothing any more.
CREATE FUNCTION sharing.end_of_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM sharing.revoke(a.request_id, new.id) FROM share_answer a WHERE a.person_id = new.id;
    RETURN NULL;
END $$;
CREATE TRIGGER person_sharing_ends AFTER UPDATE OF state ON person
    FOR EACH ROW WHEN (old.state = 'active' AND new.state <> 'active') EXECUTE FUNCTION sharing.end_of_person();
CREATE TRIGGER person_minor_sharing_ends AFTER UPDATE OF is_under_14 ON person
    FOR EACH ROW WHEN (new.is_under_14 AND NOT old.is_under_14) EXECUTE FUNCTION sharing.end_of_person();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sharing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sharing.enrol(uuid, uuid), sharing.end_reader(uuid, uuid), sharing.let_ask(uuid, uuid, uuid),
    sharing.may_ask(uuid, uuid), sharing.revoke(uuid, uuid), sharing.begin_read(uuid, uuid) TO ddt_app;
GRANT SELECT ON share_reader, share_reader_key, share_request, share_answer, share_grant, share_read TO ddt_app;
GRANT INSERT ON share_request, share_answer, share_grant TO ddt_app;
GRANT INSERT (request_id, key_id, outcome) ON share_read TO ddt_app;
GRANT USAGE ON SEQUENCE share_read_id_seq TO ddt_app;
