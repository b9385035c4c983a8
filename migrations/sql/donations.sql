-- Donations (捐赠): grams that moved from a donor's account into a zone's, each the one transfer that it names. An intent is
-- never counted. The board is what the donations add up to by its one live definition: kept as rows, written by triggers alone,
-- compared by the proof. What was given is retired for the zone's event, all of the account at once, and leaves in no other way.
CREATE SCHEMA donations;
GRANT USAGE ON SCHEMA donations TO ddt_app;

INSERT INTO paper_kind (code) VALUES ('contribution');
INSERT INTO certificate_series (name, next_no, paper_id) VALUES ('C', 1, 'contribution');

ALTER TABLE donation_intent
    ADD CONSTRAINT donation_intent_amount_check CHECK (num_nonnulls(mass_g, amount_fen) = 1 AND coalesce(mass_g, amount_fen) > 0),
    ADD CONSTRAINT donation_intent_due_check CHECK (due_on >= (made_at AT TIME ZONE 'Asia/Shanghai')::date),
    ADD CONSTRAINT donation_intent_shown_check CHECK (shown_as IN ('name', 'anonymous')),
    ADD CONSTRAINT donation_intent_end_check CHECK ((ended_at IS NULL) = (ended_as IS NULL) AND ended_as IN ('withdrawn', 'short')),
    ADD CONSTRAINT donation_intent_order_key UNIQUE (order_id),
    ADD CONSTRAINT donation_intent_zone_donor_key UNIQUE (id, zone_id, donor_id);
CREATE INDEX donation_intent_zone_idx ON donation_intent (zone_id, id);
CREATE INDEX donation_intent_donor_idx ON donation_intent (donor_id, id);
CREATE INDEX donation_intent_person_idx ON donation_intent (by_id);
ALTER TABLE donation_agreement
    ADD CONSTRAINT donation_agreement_intent_key UNIQUE (intent_id),
    ADD CONSTRAINT donation_agreement_size_check CHECK (size_bytes > 0 AND octet_length(sha256) = 32);
CREATE INDEX donation_agreement_person_idx ON donation_agreement (by_id);
ALTER TABLE donation
    ADD CONSTRAINT donation_transfer_key UNIQUE (transfer_id),
    ADD CONSTRAINT donation_intent_key UNIQUE (intent_id),
    ADD CONSTRAINT donation_of_its_intent_fkey FOREIGN KEY (intent_id, zone_id, donor_id)
        REFERENCES donation_intent (id, zone_id, donor_id) ON DELETE RESTRICT,
    ADD CONSTRAINT donation_mass_check CHECK (mass_g > 0),
    ADD CONSTRAINT donation_shown_check CHECK (shown_as IN ('name', 'anonymous'));
CREATE INDEX donation_zone_idx ON donation (zone_id, id);
CREATE INDEX donation_donor_idx ON donation (donor_id, id);
CREATE INDEX donation_person_idx ON donation (by_id);
CREATE INDEX donation_shown_person_idx ON donation (shown_by_id);
ALTER TABLE donation_board
    ADD CONSTRAINT donation_board_version_key UNIQUE (zone_id, code, version),
    ADD CONSTRAINT donation_board_giver_check CHECK (giver_kind IN ('organisation', 'person')),
    ADD CONSTRAINT donation_board_what_check CHECK (what = 'donations'),
    ADD CONSTRAINT donation_board_minimum_check CHECK (minimum_g > 0),
    ADD CONSTRAINT donation_board_words_check CHECK (btrim(anonymous_zh) <> '' AND btrim(anonymous_en) <> '');
CREATE UNIQUE INDEX donation_board_one_live_key ON donation_board (zone_id, code) WHERE ended_at IS NULL;
ALTER TABLE donation_board_row
    ADD CONSTRAINT donation_board_row_place_key UNIQUE (board_id, place),
    ADD CONSTRAINT donation_board_row_donor_key UNIQUE (board_id, donor_id, shown_as);
CREATE INDEX donation_board_row_donor_idx ON donation_board_row (donor_id);

GRANT SELECT, INSERT ON donation_intent, donation_agreement, donation TO ddt_app;
GRANT UPDATE (order_id, ended_at, ended_as) ON donation_intent TO ddt_app;
GRANT UPDATE (shown_as, shown_at, shown_by_id) ON donation TO ddt_app;
GRANT UPDATE (key_wrapped, master_key) ON donation_agreement TO ddt_app;
GRANT SELECT ON donation_board, donation_board_row TO ddt_app;

CREATE FUNCTION donations.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was given stays written', tg_op, tg_table_name
        USING errcode = '23514', constraint = tg_table_name || '_stays';
END $$;
CREATE TRIGGER donation_intent_stays BEFORE DELETE OR TRUNCATE ON donation_intent
    FOR EACH STATEMENT EXECUTE FUNCTION donations.refuse_change();
CREATE TRIGGER donation_agreement_stays
    BEFORE UPDATE OF id, intent_id, sha256, size_bytes, by_id, kept_at OR DELETE OR TRUNCATE ON donation_agreement
    FOR EACH STATEMENT EXECUTE FUNCTION donations.refuse_change();
CREATE TRIGGER donation_stays BEFORE DELETE OR TRUNCATE ON donation
    FOR EACH STATEMENT EXECUTE FUNCTION donations.refuse_change();

-- One after the other: giving into an account, and retiring all of it. So whoever retires sees what was given before.
CREATE FUNCTION donations.lock(p_account uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('donations:' || p_account, 0))
$$;

-- An intent ends once, and is ordered for once; what was given for it can no more be ended.
CREATE FUNCTION donations.check_intent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF old.ended_at IS NOT NULL OR (old.order_id IS NOT NULL AND new.order_id IS DISTINCT FROM old.order_id)
       OR EXISTS (SELECT FROM donation d WHERE d.intent_id = new.id) THEN
        RAISE EXCEPTION 'intent % is over', new.id USING errcode = '23514', constraint = 'donation_intent_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER donation_intent_step BEFORE UPDATE ON donation_intent
    FOR EACH ROW EXECUTE FUNCTION donations.check_intent();

-- A donation is the transfer that it names, to the gram, from an account of the donor into the zone's; and somebody who acts
-- for the donor now, or did when they ordered, gave it.
CREATE FUNCTION donations.check_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_intent donation_intent;
BEGIN
    IF NOT EXISTS (
        SELECT FROM holding_transfer t JOIN account s ON s.holder = t.source JOIN account a ON a.holder = t.target
        JOIN zone z ON z.account_id = a.id
        WHERE t.id = new.transfer_id AND t.cause = 'donation:' || new.id AND t.mass_g = new.mass_g
          AND t.transferred_at = new.transferred_at AND s.owner_id = new.donor_id AND s.kind = 'holding'
          AND z.id = new.zone_id AND z.owner_id <> new.donor_id)
    THEN
        RAISE EXCEPTION 'donation % is not what was transferred', new.id
            USING errcode = '23514', constraint = 'donation_of_its_transfer';
    END IF;
    SELECT * INTO v_intent FROM donation_intent i WHERE i.id = new.intent_id;
    IF v_intent.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'intent % is over', v_intent.id USING errcode = '23514', constraint = 'donation_intent_step_check';
    END IF;
    IF (v_intent.order_id IS NULL OR v_intent.by_id <> new.by_id)
       AND NOT identity.acts_for(new.by_id, new.donor_id, '{operator,sponsor}') THEN
        RAISE EXCEPTION 'only the donor gives' USING errcode = '42501', constraint = 'donation_power';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER donation_of_its_transfer BEFORE INSERT ON donation FOR EACH ROW EXECUTE FUNCTION donations.check_new();

-- Only how it is shown changes, and only the donor says so.
CREATE FUNCTION donations.check_shown() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (to_jsonb(new) - '{shown_as,shown_at,shown_by_id}'::text[]) <> (to_jsonb(old) - '{shown_as,shown_at,shown_by_id}'::text[]) THEN
        RAISE EXCEPTION 'what was given stays as it is' USING errcode = '23514', constraint = 'donation_stays';
    END IF;
    IF NOT identity.acts_for(new.shown_by_id, new.donor_id, '{operator,sponsor}') THEN
        RAISE EXCEPTION 'only the donor says how they are shown' USING errcode = '42501', constraint = 'donation_shown_power';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER donation_shown BEFORE UPDATE ON donation FOR EACH ROW EXECUTE FUNCTION donations.check_shown();

-- What was given to a zone leaves its account by retirement alone.
CREATE FUNCTION donations.check_leaving() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM account a JOIN zone z ON z.account_id = a.id JOIN donation d ON d.zone_id = z.id
               WHERE a.holder = new.source) THEN
        RAISE EXCEPTION 'what was given to % is retired there, and nothing else', new.source
            USING errcode = '23514', constraint = 'donation_leaves_by_retirement';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER donation_leaves_by_retirement BEFORE INSERT ON holding_transfer
    FOR EACH ROW WHEN (new.source LIKE 'zone:%') EXECUTE FUNCTION donations.check_leaving();

-- What is free in an account now, of all its lots.
CREATE FUNCTION donations.balance(p_account uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(b.balance), 0)::bigint FROM account a CROSS JOIN credit_lot l
    JOIN ledger_account b ON b.path = holdings.account(a.holder, l.id) AND b.unit = 'g:' || l.id WHERE a.id = p_account
$$;

-- A zone's account is retired whole, for an event in a scene of the zone: nobody uses what was given for a claim of their own.
CREATE FUNCTION donations.check_retiring() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_zone uuid := (SELECT z.id FROM zone z WHERE z.account_id = new.account_id); v_asked jsonb := new.asked::jsonb;
BEGIN
    IF v_zone IS NULL THEN RETURN new; END IF;
    PERFORM donations.lock(new.account_id);
    IF v_asked->>'purpose' IS DISTINCT FROM 'event'
       OR NOT EXISTS (SELECT FROM zone_scene s WHERE s.zone_id = v_zone AND s.scene_id = (v_asked->>'scene')::uuid) THEN
        RAISE EXCEPTION 'what was given to a zone is retired for its event'
            USING errcode = '23514', constraint = 'donation_retired_for_its_event';
    END IF;
    IF new.mass_g <> donations.balance(new.account_id) THEN
        RAISE EXCEPTION 'a zone''s account is retired whole, % g of it are not all', new.mass_g
            USING errcode = '23514', constraint = 'donation_retired_whole';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER donation_retired_whole BEFORE INSERT ON holding_retirement
    FOR EACH ROW EXECUTE FUNCTION donations.check_retiring();

-- The rows of a board as the donations have them now: by grams, then whoever reached them first, then by name. Who gives with and
-- without their name stands there twice.
CREATE FUNCTION donations.board_rows(p_board uuid)
RETURNS TABLE (place int, donor_id uuid, shown_as text, mass_g bigint, donations int, reached_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT row_number() OVER (ORDER BY g.mass_g DESC, g.reached_at,
                              CASE g.shown_as WHEN 'name' THEN coalesce(o.name_zh, '') ELSE '' END, g.donor_id)::int,
           g.donor_id, g.shown_as, g.mass_g, g.donations, g.reached_at
    FROM (SELECT d.donor_id, d.shown_as::text AS shown_as, sum(d.mass_g)::bigint AS mass_g, count(*)::int AS donations,
                 max(d.transferred_at) AS reached_at, b.minimum_g
          FROM donation_board b JOIN donation d ON d.zone_id = b.zone_id
               AND d.transferred_at >= b.since::timestamp AT TIME ZONE 'Asia/Shanghai'
          JOIN party p ON p.id = d.donor_id AND p.kind = b.giver_kind
          WHERE b.id = p_board GROUP BY d.donor_id, d.shown_as, b.minimum_g) AS g
    LEFT JOIN organisation o ON o.id = g.donor_id
    WHERE g.mass_g >= g.minimum_g
$$;

-- Write a board's rows anew. Nobody but this writes them.
CREATE FUNCTION donations.rebuild(p_board uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM donation_board b WHERE b.id = p_board FOR UPDATE;
    DELETE FROM donation_board_row r WHERE r.board_id = p_board;
    INSERT INTO donation_board_row (board_id, place, donor_id, shown_as, mass_g, donations, reached_at)
    SELECT p_board, q.place, q.donor_id, q.shown_as, q.mass_g, q.donations, q.reached_at FROM donations.board_rows(p_board) AS q;
END $$;

CREATE FUNCTION donations.follow_boards() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM donations.rebuild(b.id) FROM donation_board b WHERE b.zone_id = new.zone_id AND b.ended_at IS NULL ORDER BY b.id;
    RETURN NULL;
END $$;
CREATE TRIGGER donation_is_on_its_boards AFTER INSERT OR UPDATE ON donation
    FOR EACH ROW EXECUTE FUNCTION donations.follow_boards();

-- The boards of a zone are defined by its newest edition, which two people agreed to: another definition of a board ends the one
-- that is live, the same again changes nothing, and one that the edition no more has is over.
CREATE FUNCTION donations.define_boards() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_asked record; v_live donation_board; v_id uuid;
BEGIN
    UPDATE donation_board b SET ended_at = clock_timestamp() WHERE b.zone_id = new.zone_id AND b.ended_at IS NULL
    AND NOT EXISTS (SELECT FROM jsonb_array_elements(new.document->'boards') AS q WHERE q->>'code' = b.code);
    FOR v_asked IN
        SELECT q->>'code' AS code, q->>'of' AS giver_kind, (q->>'since')::date AS since, (q->>'minimum_g')::bigint AS minimum_g,
               q->'anonymous'->>'zh' AS anonymous_zh, q->'anonymous'->>'en' AS anonymous_en
        FROM jsonb_array_elements(new.document->'boards') AS q
    LOOP
        SELECT * INTO v_live FROM donation_board b WHERE b.zone_id = new.zone_id AND b.code = v_asked.code AND b.ended_at IS NULL;
        CONTINUE WHEN (v_live.giver_kind::text, v_live.since, v_live.minimum_g, v_live.anonymous_zh::text, v_live.anonymous_en::text)
            IS NOT DISTINCT FROM (v_asked.giver_kind, v_asked.since, v_asked.minimum_g, v_asked.anonymous_zh, v_asked.anonymous_en);
        UPDATE donation_board b SET ended_at = clock_timestamp() WHERE b.id = v_live.id;
        v_id := gen_random_uuid();
        INSERT INTO donation_board (id, zone_id, code, giver_kind, version, what, since, minimum_g, anonymous_zh, anonymous_en, made_at)
        SELECT v_id, new.zone_id, v_asked.code, v_asked.giver_kind, 1 + coalesce(max(b.version), 0), 'donations', v_asked.since,
               v_asked.minimum_g, v_asked.anonymous_zh, v_asked.anonymous_en, clock_timestamp()
        FROM donation_board b WHERE b.zone_id = new.zone_id AND b.code = v_asked.code;
        PERFORM donations.rebuild(v_id);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER zone_edition_defines_boards AFTER INSERT ON zone_edition
    FOR EACH ROW EXECUTE FUNCTION donations.define_boards();

-- By which retirement of its zone's account each donation was retired: the first that was requested after it came.
CREATE FUNCTION donations.retired_by(p_donations uuid[]) RETURNS TABLE (donation_id uuid, retirement_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.id, r.id FROM donation d JOIN zone z ON z.id = d.zone_id CROSS JOIN LATERAL (
        SELECT q.id FROM retirement q WHERE q.account_id = z.account_id AND q.state <> 'withdrawn'
        AND q.requested_at >= d.transferred_at ORDER BY q.requested_at, q.id LIMIT 1) AS r
    WHERE d.id = ANY (p_donations)
$$;

-- What was retired for a zone, by source, and what lies in its account: grams that donors gave, grams that the owner put there or
-- retired in the zone's scenes otherwise, and grams of whoever came.
CREATE FUNCTION donations.figures(p_zone uuid)
RETURNS TABLE (donated_g bigint, donors_g bigint, organiser_g bigint, guests_g bigint, held_g bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH z AS (SELECT q.* FROM zone q WHERE q.id = p_zone),
    given AS (SELECT coalesce(sum(d.mass_g), 0)::bigint AS mass_g, coalesce(sum(d.mass_g) FILTER (WHERE r.id IS NOT NULL), 0)::bigint AS gone_g
              FROM donation d LEFT JOIN LATERAL donations.retired_by(ARRAY[d.id]) AS b ON true
              LEFT JOIN retirement r ON r.id = b.retirement_id AND r.state = 'settled' WHERE d.zone_id = p_zone),
    account AS (SELECT coalesce(sum(r.mass_g), 0)::bigint AS mass_g FROM z JOIN retirement r ON r.account_id = z.account_id AND r.state = 'settled'),
    scenes AS (
        SELECT coalesce(sum(r.mass_g) FILTER (WHERE c.beneficiary_kind = 'person'), 0)::bigint AS guests_g,
               coalesce(sum(r.mass_g) FILTER (WHERE c.beneficiary_id = z.owner_id AND r.account_id IS DISTINCT FROM z.account_id), 0)::bigint
                   AS organiser_g
        FROM z JOIN zone_scene s ON s.zone_id = z.id JOIN claim c ON c.scenario_id = s.scene_id
        JOIN retirement r ON r.claim_id = c.id AND r.state = 'settled')
    SELECT given.mass_g, given.gone_g, account.mass_g - given.gone_g + scenes.organiser_g, scenes.guests_g, donations.balance(z.account_id)
    FROM z, given, account, scenes
$$;

-- The proof: every donation is its transfer and every transfer its donation; no zone has less than it was given, in its account and
-- retired; every board says what the donations add up to, by one live definition; every donation has its paper or will.
CREATE FUNCTION donations.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH judged AS (
        SELECT coalesce(d.id::text, t.cause) AS id, coalesce(
            d.mass_g = t.mass_g AND d.transfer_id = t.id AND d.transferred_at = t.transferred_at AND s.owner_id = d.donor_id
            AND a.id = z.account_id, false) AS ok
        FROM donation d FULL JOIN (SELECT q.* FROM holding_transfer q WHERE q.cause LIKE 'donation:%') AS t
             ON t.cause = 'donation:' || d.id
        LEFT JOIN zone z ON z.id = d.zone_id LEFT JOIN account s ON s.holder = t.source LEFT JOIN account a ON a.holder = t.target)
    SELECT NULL::bigint, 'donations_moved', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('donation %s is not what was transferred', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT z.slug, sum(d.mass_g) AS given, donations.balance(z.account_id) + coalesce((
            SELECT sum(r.mass_g) FROM retirement r WHERE r.account_id = z.account_id AND r.state <> 'withdrawn'), 0) AS found
        FROM donation d JOIN zone z ON z.id = d.zone_id GROUP BY z.id, z.slug, z.account_id)
    SELECT NULL::bigint, 'donations_kept', count(*) FILTER (WHERE j.given > j.found) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.given <= j.found)::numeric,
           (array_agg(format('zone %s was given %s g, and %s g are in its account or retired', j.slug, j.given, j.found) ORDER BY j.slug)
               FILTER (WHERE j.given > j.found))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT b.id, z.slug, b.code, b.version, NOT EXISTS (
            (SELECT r.place, r.donor_id, r.shown_as::text, r.mass_g, r.donations, r.reached_at FROM donation_board_row r
             WHERE r.board_id = b.id EXCEPT SELECT * FROM donations.board_rows(b.id))
            UNION ALL
            (SELECT * FROM donations.board_rows(b.id) EXCEPT
             SELECT r.place, r.donor_id, r.shown_as::text, r.mass_g, r.donations, r.reached_at FROM donation_board_row r
             WHERE r.board_id = b.id)) AS ok
        FROM donation_board b JOIN zone z ON z.id = b.zone_id WHERE b.ended_at IS NULL)
    SELECT NULL::bigint, 'donation_boards', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('board %s of zone %s (version %s) is not what the donations add up to', j.code, j.slug, j.version)
                      ORDER BY j.slug, j.code) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT d.id, EXISTS (SELECT FROM certificate c WHERE c.cause = 'donation:' || d.id AND c.paper_id = 'contribution')
               OR EXISTS (SELECT FROM outbox_message m WHERE m.subject = 'donation:' || d.id AND m.job = 'issue_contributions'
                          AND m.done_at IS NULL AND m.dead_at IS NULL) AS ok
        FROM donation d)
    SELECT NULL::bigint, 'donation_papers', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('donation %s has no paper, and none is coming', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
INSERT INTO books_part (name, function, connection_no, no, follows_grams)
SELECT 'prove_donations', 'donations.prove', 1, max(p.no) + 1, false FROM books_part p WHERE p.connection_no = 1;

REVOKE ALL ON FUNCTION donations.refuse_change(), donations.lock(uuid), donations.check_intent(), donations.check_new(),
    donations.check_shown(), donations.check_leaving(), donations.balance(uuid), donations.check_retiring(),
    donations.board_rows(uuid), donations.rebuild(uuid), donations.follow_boards(),
    donations.define_boards(), donations.figures(uuid), donations.retired_by(uuid[]), donations.prove(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION donations.lock(uuid), donations.balance(uuid), donations.board_rows(uuid), donations.rebuild(uuid),
    donations.figures(uuid), donations.retired_by(uuid[]), donations.prove(bigint) TO ddt_app;
