-- Webhooks: what happened is told to the endpoints of an organisation, each event once for each endpoint. A delivery is due
-- by its time; whoever sends takes the endpoint for half a minute, writes the try down, sends, and says what came of it. Killed
-- in between, the delivery is due again and goes out under the same id.
CREATE SCHEMA webhooks;
GRANT USAGE ON SCHEMA webhooks TO ddt_app;

ALTER TABLE webhook_kind
    ADD CONSTRAINT webhook_kind_code_check CHECK (code ~ '^[a-z]+\.[a-z_]+$');
ALTER TABLE webhook_wait
    ADD CONSTRAINT webhook_wait_check CHECK (failures > 0 AND wait_s > 0);
ALTER TABLE webhook_endpoint
    ADD CONSTRAINT webhook_endpoint_kind_check CHECK (kind IN ('standard', 'wecom', 'dingtalk', 'feishu')),
    ADD CONSTRAINT webhook_endpoint_label_check CHECK (length(btrim(label)) > 0),
    ADD CONSTRAINT webhook_endpoint_language_check CHECK (language IN ('zh', 'en')),
    ADD CONSTRAINT webhook_endpoint_events_check CHECK (cardinality(events) BETWEEN 1 AND 50),
    ADD CONSTRAINT webhook_endpoint_state_check CHECK (state IN ('active', 'paused', 'off', 'removed')),
    ADD CONSTRAINT webhook_endpoint_off_check CHECK (
        (state = 'off') = (off_because IS NOT NULL) AND off_because IN ('gone', 'failing')),
    ADD CONSTRAINT webhook_endpoint_sealed_check CHECK (
        (state = 'removed') = (wrapped IS NULL) AND (state = 'removed') = (url_sealed IS NULL)
        AND (wrapped IS NULL) = (master_key IS NULL) AND (state <> 'removed' OR secret_sealed IS NULL)
        AND (kind <> 'standard' OR state = 'removed' OR secret_sealed IS NOT NULL)),
    ADD CONSTRAINT webhook_endpoint_previous_check CHECK (
        (previous_sealed IS NULL) = (previous_until IS NULL) AND (previous_sealed IS NULL OR secret_sealed IS NOT NULL));
CREATE INDEX webhook_endpoint_organisation_idx ON webhook_endpoint (organisation_id, id);
CREATE INDEX webhook_endpoint_master_key_idx ON webhook_endpoint (master_key);
CREATE INDEX webhook_endpoint_made_by_idx ON webhook_endpoint (made_by_id);  -- what retention asks before it deletes
ALTER TABLE webhook_event
    ADD CONSTRAINT webhook_event_kind_fkey FOREIGN KEY (kind) REFERENCES webhook_kind (code) ON DELETE RESTRICT,
    ADD CONSTRAINT webhook_event_body_check CHECK (octet_length(body) BETWEEN 2 AND 16384);
ALTER TABLE webhook_delivery
    ADD CONSTRAINT webhook_delivery_once_key UNIQUE (endpoint_id, event_id),
    ADD CONSTRAINT webhook_delivery_state_check CHECK (state IN ('waiting', 'failed', 'delivered', 'given_up')),
    ADD CONSTRAINT webhook_delivery_next_check CHECK ((state IN ('waiting', 'failed')) = (next_at IS NOT NULL)),
    ADD CONSTRAINT webhook_delivery_delivered_check CHECK (state <> 'delivered' OR delivered_at IS NOT NULL),
    ADD CONSTRAINT webhook_delivery_failures_check CHECK (failures >= 0);
CREATE INDEX webhook_delivery_due_idx ON webhook_delivery (endpoint_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_try_delivery_idx ON webhook_try (delivery_id, id);
ALTER TABLE webhook_try
    ADD CONSTRAINT webhook_try_fault_check CHECK (
        fault IN ('address', 'connect', 'timeout', 'broken', 'redirect', 'status', 'refused')),
    ADD CONSTRAINT webhook_try_ended_check CHECK (duration_ms IS NOT NULL OR (status, fault, answer) IS NULL);

INSERT INTO webhook_kind (code, is_chosen) VALUES
    ('endpoint.test', false), ('gift.pool_low', true), ('gift.pool_empty', true), ('gift.ended', true);
-- Eight tries over a day and a half: after five seconds, a minute, five minutes, half an hour, two hours, six hours, a day.
INSERT INTO webhook_wait (failures, wait_s) VALUES
    (1, 5), (2, 60), (3, 300), (4, 1800), (5, 7200), (6, 21600), (7, 86400);

-- Ten endpoints an organisation; its row is locked, so two at once are counted one after the other.
CREATE FUNCTION webhooks.guard_endpoint() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF tg_op = 'UPDATE' AND ((new.id, new.organisation_id, new.kind, new.made_by_id, new.made_at)
            IS DISTINCT FROM (old.id, old.organisation_id, old.kind, old.made_by_id, old.made_at) OR old.state = 'removed') THEN
        RAISE EXCEPTION 'endpoint % stays what it is, and removed for good', old.id
            USING errcode = '23514', constraint = 'webhook_endpoint_stays';
    END IF;
    IF EXISTS (SELECT FROM unnest(new.events) e WHERE e NOT IN (SELECT k.code FROM webhook_kind k WHERE k.is_chosen)) THEN
        RAISE EXCEPTION 'there is no such event to choose' USING errcode = '23503', constraint = 'webhook_endpoint_events_fkey';
    END IF;
    IF tg_op = 'INSERT' THEN
        PERFORM FROM organisation o WHERE o.id = new.organisation_id FOR NO KEY UPDATE;
        IF (SELECT count(*) FROM webhook_endpoint e
            WHERE e.organisation_id = new.organisation_id AND e.state <> 'removed') >= 10 THEN
            RAISE EXCEPTION 'an organisation has ten endpoints at most'
                USING errcode = '23514', constraint = 'webhook_endpoint_most';
        END IF;
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER webhook_endpoint_guard BEFORE INSERT OR UPDATE ON webhook_endpoint
    FOR EACH ROW EXECUTE FUNCTION webhooks.guard_endpoint();

CREATE FUNCTION webhooks.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was told stays written' USING errcode = '23001', constraint = 'webhook_event_stays';
END $$;
CREATE TRIGGER webhook_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON webhook_event
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks.refuse_change();

-- Write events down and line them up for the endpoints that want to know: those of the event's organisation which chose its
-- kind and are not off, or only p_only[i] where that is said. Repeated, nothing is added. An endpoint keeps a thousand waiting;
-- what comes beyond is given up at once, and may be sent by hand.
CREATE FUNCTION webhooks.announce(
    p_ids uuid[], p_kinds text[], p_organisations uuid[], p_bodies text[], p_zh text[], p_en text[], p_ats timestamptz[],
    p_only uuid[]
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_made int;
BEGIN
    INSERT INTO webhook_event (id, organisation_id, kind, body, text_zh, text_en, at)
    SELECT u.id, u.organisation, u.kind, u.body, u.zh, u.en, u.at
    FROM unnest(p_ids, p_organisations, p_kinds, p_bodies, p_zh, p_en, p_ats) AS u (id, organisation, kind, body, zh, en, at)
    ON CONFLICT (id) DO NOTHING;
    INSERT INTO webhook_delivery (id, endpoint_id, event_id, state, failures, next_at, made_at)
    SELECT gen_random_uuid(), w.endpoint_id, w.event_id, CASE WHEN w.place <= 1000 THEN 'waiting' ELSE 'given_up' END, 0,
           CASE WHEN w.place <= 1000 THEN clock_timestamp() END, clock_timestamp()
    FROM (SELECT e.id AS endpoint_id, v.id AS event_id,
                 (SELECT count(*) FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.next_at IS NOT NULL)
                 + row_number() OVER (PARTITION BY e.id ORDER BY v.id) AS place
          FROM unnest(p_ids, p_only) AS u (id, only_one)
          JOIN webhook_event v ON v.id = u.id
          JOIN webhook_endpoint e ON e.organisation_id = v.organisation_id AND e.state <> 'removed'
               AND CASE WHEN u.only_one IS NULL THEN e.state IN ('active', 'paused') AND v.kind = ANY (e.events)
                        ELSE e.id = u.only_one END) AS w
    ON CONFLICT ON CONSTRAINT webhook_delivery_once_key DO NOTHING;
    GET DIAGNOSTICS v_made = ROW_COUNT;
    RETURN v_made;
END $$;

-- Take up to p_limit endpoints that have something due, one delivery of each, those that wait longest first; each try is
-- written before it is made. An endpoint is taken for p_lease seconds, so that nothing else is sent there meanwhile.
CREATE FUNCTION webhooks.begin(p_limit int, p_lease int) RETURNS TABLE (try_id bigint, delivery_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH free AS (
        SELECT e.id FROM webhook_endpoint e
        WHERE e.state = 'active' AND (e.busy_until IS NULL OR e.busy_until <= clock_timestamp())
          AND EXISTS (SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.next_at <= clock_timestamp())
        ORDER BY (SELECT min(d.next_at) FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.next_at IS NOT NULL), e.id
        LIMIT p_limit FOR UPDATE OF e SKIP LOCKED),
    taken AS (
        UPDATE webhook_endpoint e SET busy_until = clock_timestamp() + make_interval(secs => p_lease)
        FROM free f WHERE e.id = f.id RETURNING e.id)
    INSERT INTO webhook_try (delivery_id, began_at)
    SELECT (SELECT d.id FROM webhook_delivery d WHERE d.endpoint_id = t.id AND d.next_at <= clock_timestamp()
            ORDER BY d.next_at, d.id LIMIT 1), clock_timestamp()
    FROM taken t
    RETURNING webhook_try.id, webhook_try.delivery_id;
END $$;

-- What came of a try; said twice, the first counts. What was delivered stays so, whatever a try that was late says.
-- Answers why the endpoint was switched off by this: `gone`, where its answer was 410, or `failing`, where nothing arrived for
-- three days; else nothing.
CREATE FUNCTION webhooks.finish(p_try bigint, p_fault text, p_status int, p_answer text, p_duration int, p_gone boolean)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_delivery webhook_delivery;
    v_endpoint webhook_endpoint;
    v_wait int;
    v_off text;
BEGIN
    SELECT e.* INTO v_endpoint FROM webhook_endpoint e JOIN webhook_delivery d ON d.endpoint_id = e.id
        JOIN webhook_try t ON t.delivery_id = d.id WHERE t.id = p_try FOR UPDATE OF e;
    UPDATE webhook_try t SET fault = p_fault, status = p_status, answer = p_answer, duration_ms = p_duration
        WHERE t.id = p_try AND t.duration_ms IS NULL;
    IF NOT found THEN
        RETURN NULL;
    END IF;
    SELECT d.* INTO v_delivery FROM webhook_delivery d JOIN webhook_try t ON t.delivery_id = d.id WHERE t.id = p_try FOR UPDATE OF d;
    IF p_fault IS NULL THEN
        UPDATE webhook_delivery d SET state = 'delivered', next_at = NULL, delivered_at = clock_timestamp()
            WHERE d.id = v_delivery.id;
    ELSIF v_delivery.next_at IS NOT NULL THEN
        SELECT w.wait_s INTO v_wait FROM webhook_wait w WHERE w.failures = v_delivery.failures + 1;
        UPDATE webhook_delivery d
            SET state = CASE WHEN v_wait IS NULL OR p_gone THEN 'given_up' ELSE 'failed' END, failures = d.failures + 1,
                next_at = CASE WHEN v_wait IS NULL OR p_gone THEN NULL ELSE clock_timestamp() + make_interval(secs => v_wait) END
            WHERE d.id = v_delivery.id;
    END IF;
    IF v_endpoint.state = 'removed' THEN
        RETURN NULL;
    END IF;
    IF p_fault IS NOT NULL AND v_endpoint.state = 'active' THEN
        v_off := CASE WHEN p_gone THEN 'gone'
                      WHEN v_endpoint.failing_since < clock_timestamp() - interval '3 days' THEN 'failing' END;
    END IF;
    UPDATE webhook_endpoint e
        SET busy_until = NULL, failing_since = CASE WHEN p_fault IS NOT NULL THEN coalesce(e.failing_since, clock_timestamp()) END,
            state = CASE WHEN v_off IS NULL THEN e.state ELSE 'off' END, off_because = coalesce(v_off, e.off_because)
        WHERE e.id = v_endpoint.id;
    RETURN v_off;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA webhooks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks.announce(uuid[], text[], uuid[], text[], text[], text[], timestamptz[], uuid[]),
    webhooks.begin(int, int), webhooks.finish(bigint, text, int, text, int, boolean) TO ddt_app;
GRANT SELECT ON webhook_kind, webhook_wait, webhook_endpoint, webhook_event, webhook_delivery, webhook_try TO ddt_app;
GRANT INSERT ON webhook_endpoint TO ddt_app;
GRANT UPDATE (label, language, events, state, off_because, failing_since, wrapped, master_key, url_sealed, secret_sealed,
              previous_sealed, previous_until) ON webhook_endpoint TO ddt_app;
GRANT UPDATE (state, failures, next_at) ON webhook_delivery TO ddt_app;
