-- What an organisation is told keeps the id of the request that it follows from.

-- Write events down, each with the id of the request it came from or none, and line them up for the endpoints that want to
-- know: those of the event's organisation which chose its kind and are not off, or only p_only[i] where that is said. Repeated,
-- nothing is added. An endpoint keeps a thousand waiting; what comes beyond is given up at once, and may be sent by hand.
CREATE FUNCTION webhooks.announce(
    p_ids uuid[], p_kinds text[], p_organisations uuid[], p_bodies text[], p_zh text[], p_en text[], p_ats timestamptz[],
    p_only uuid[], p_requests text[]
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_made int;
BEGIN
    INSERT INTO webhook_event (id, organisation_id, kind, body, text_zh, text_en, at, request_id)
    SELECT u.id, u.organisation, u.kind, u.body, u.zh, u.en, u.at, u.request
    FROM unnest(p_ids, p_organisations, p_kinds, p_bodies, p_zh, p_en, p_ats, p_requests)
         AS u (id, organisation, kind, body, zh, en, at, request)
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
REVOKE ALL ON FUNCTION webhooks.announce(uuid[], text[], uuid[], text[], text[], text[], timestamp with time zone[], uuid[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhooks.announce(uuid[], text[], uuid[], text[], text[], text[], timestamp with time zone[], uuid[], text[]) TO ddt_app;

-- The same without requests, as the release before asks.
CREATE OR REPLACE FUNCTION webhooks.announce(
    p_ids uuid[], p_kinds text[], p_organisations uuid[], p_bodies text[], p_zh text[], p_en text[], p_ats timestamptz[],
    p_only uuid[]
) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT webhooks.announce(p_ids, p_kinds, p_organisations, p_bodies, p_zh, p_en, p_ats, p_only, NULL::text[]);
$$;
