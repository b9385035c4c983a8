-- The proof: the line of every pool is whole, from set to set and inside each; what was collected is retired or in its account, or
-- will be; a card is its uses and what it has left, and every pool keeps what its cards have; what was given into accounts is used
-- in turn and retired, and each account keeps the rest.
-- As before; what was given on from account to account went over once, and lies on the line beside what was used.
-- What was given of a card is a card of its taker's, and no card has promised more than it has.
CREATE OR REPLACE FUNCTION gifts.prove(p_lot bigint DEFAULT NULL) RETURNS SETOF books.line
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '96MB'
SET jit = off AS $$
BEGIN
    IF p_lot IS NOT NULL THEN RETURN; END IF;
    RETURN QUERY
    WITH runs AS (
        SELECT s.campaign_id, s.start_g - coalesce(lag(s.stop_g) OVER w, 0) AS gap_g,
               s.first_no - coalesce(lag(s.first_no + s.people) OVER w, 1) AS gap_people, s.stop_g, s.people
        FROM gift_set s WINDOW w AS (PARTITION BY s.campaign_id ORDER BY s.start_g)),
    judged AS (
        SELECT p.campaign_id, coalesce(bool_and(r.gap_g = 0 AND r.gap_people = 0), true)
               AND coalesce(max(r.stop_g), 0) = p.next_g AND coalesce(sum(r.people), 0) = p.people AS ok
        FROM gift_pool p LEFT JOIN runs r ON r.campaign_id = p.campaign_id GROUP BY p.campaign_id, p.next_g, p.people)
    SELECT NULL::bigint, 'gift_line', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('the line of campaign %s has a gap, an overlap or another end', j.campaign_id) ORDER BY j.campaign_id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH inside AS (
        SELECT k.set_id, min(k.start_g) AS start_g, max(k.stop_g) AS stop_g, sum(k.stop_g - k.start_g) AS grams,
               count(*) AS people FROM gift_collection k GROUP BY k.set_id),
    given AS (
        SELECT q.set_id, min(q.start_g) AS start_g, max(q.stop_g) AS stop_g, sum(q.stop_g - q.start_g) AS grams
        FROM gift_part q GROUP BY q.set_id),
    judged AS (
        SELECT s.id, coalesce((i.start_g, i.stop_g, i.grams, i.people) = (s.start_g, s.stop_g, (s.stop_g - s.start_g)::numeric,
                                                                          s.people::bigint)
                              AND (g.start_g, g.stop_g, g.grams) = (s.start_g, s.stop_g, (s.stop_g - s.start_g)::numeric), false) AS ok
        FROM gift_set s LEFT JOIN inside i ON i.set_id = s.id LEFT JOIN given g ON g.set_id = s.id)
    SELECT NULL::bigint, 'gift_sets', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('set %s is not what its collections and its lots add up to', j.id) ORDER BY j.id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH coming AS (
        SELECT m.subject::text AS subject FROM outbox_open o JOIN outbox_message m ON m.id = o.message_id
        WHERE m.job = 'request_gifts'),
    judged AS (
        SELECT k.id, CASE c.delivers
            WHEN 'account' THEN coalesce(
                t.mass_g = k.stop_g - k.start_g AND t.source = a.holder AND t.target IN ('person:' || k.person_id, 'person:' || i.kept_id)
                AND r.id IS NULL,
                'gifts:' || k.set_id IN (SELECT w.subject FROM coming w))
            ELSE coalesce(r.mass_g = k.stop_g - k.start_g AND r.state <> 'withdrawn',
                          'gifts:' || k.set_id IN (SELECT w.subject FROM coming w)) END AS ok
        FROM gift_collection k JOIN gift_campaign c ON c.id = k.campaign_id JOIN account a ON a.id = c.account_id
        LEFT JOIN retirement r ON r.cause = 'gift:' || k.id LEFT JOIN person_link i ON i.linked_id = k.person_id
        LEFT JOIN holding_transfer t ON c.delivers = 'account' AND t.cause = 'gift:' || k.id)
    SELECT NULL::bigint, 'gift_retired', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('collection %s was acknowledged, and is neither retired nor in its account', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH used AS (
        SELECT k.card_id, sum(k.stop_g - k.start_g) AS grams FROM gift_collection k WHERE k.card_id IS NOT NULL GROUP BY k.card_id),
    told AS (
        SELECT h.card_id, sum(h.mass_g) FILTER (WHERE h.kind = 'issued') AS issued, sum(h.mass_g) FILTER (WHERE h.kind = 'used') AS used,
               sum(h.mass_g) FILTER (WHERE h.kind IN ('expired', 'killed')) AS given_up FROM gift_card_event h GROUP BY h.card_id),
    given AS (
        SELECT h.card_id, sum(h.mass_g) FILTER (WHERE h.state = 'taken') AS grams,
               sum(h.mass_g) FILTER (WHERE h.state = 'offered' AND h.expires_at > clock_timestamp()) AS offered
        FROM gift_transfer h WHERE h.card_id IS NOT NULL GROUP BY h.card_id),
    judged AS (
        SELECT c.id, coalesce(c.issued_g = c.left_g + c.given_g + coalesce(u.grams, 0) AND t.issued = c.issued_g
                              AND c.given_g = coalesce(g.grams, 0)
                              AND coalesce(g.offered, 0) <= CASE WHEN c.state IN ('expired', 'killed') THEN 0 ELSE c.left_g END
                              AND coalesce(t.used, 0) = coalesce(u.grams, 0)
                              AND coalesce(t.given_up, 0) = CASE WHEN c.state IN ('expired', 'killed') THEN c.left_g ELSE 0 END, false) AS ok
        FROM gift_card c LEFT JOIN used u ON u.card_id = c.id LEFT JOIN told t ON t.card_id = c.id
        LEFT JOIN given g ON g.card_id = c.id)
    SELECT NULL::bigint, 'gift_cards', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('card %s is not its uses, what it gave and what it has left', j.id) ORDER BY j.id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH live AS (
        SELECT c.campaign_id, sum(c.left_g) AS grams FROM gift_card c WHERE c.state IN ('issued', 'bound', 'part_used')
        GROUP BY c.campaign_id),
    judged AS (
        SELECT p.campaign_id, p.promised_g = coalesce(v.grams, 0) AND (p.promised_g = 0 OR p.promised_g <= (
                   SELECT sum(b.balance) FROM credit_lot l JOIN ledger_account b
                   ON b.path = holdings.account(a.holder, l.id) AND b.unit = 'g:' || l.id)) IS TRUE AS ok
        FROM gift_pool p JOIN gift_campaign c ON c.id = p.campaign_id JOIN account a ON a.id = c.account_id
        LEFT JOIN live v ON v.campaign_id = p.campaign_id WHERE c.audience = 'cards' OR p.promised_g <> 0 OR v.grams IS NOT NULL)
    SELECT NULL::bigint, 'gift_promises', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('pool %s does not keep what its cards have', j.campaign_id) ORDER BY j.campaign_id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH steps AS (
        SELECT u.id, u.collection_id, u.transfer_id, u.start_g, u.stop_g, true AS is_use FROM gift_use u
        UNION ALL
        SELECT t.id, t.collection_id, NULL, t.start_g, t.stop_g, false FROM gift_transfer t WHERE t.taker_id IS NOT NULL),
    runs AS (
        SELECT s.id, s.is_use, s.stop_g - s.start_g AS mass_g, coalesce(t.taker_id, k.person_id) AS person_id,
               s.start_g = coalesce(lag(s.stop_g) OVER (PARTITION BY s.collection_id, s.transfer_id ORDER BY s.start_g),
                                    t.start_g, k.start_g)
               AND s.stop_g <= coalesce(t.stop_g, k.stop_g) AND c.delivers = 'account' AS is_whole
        FROM steps s JOIN gift_collection k ON k.id = s.collection_id JOIN gift_campaign c ON c.id = k.campaign_id
        LEFT JOIN gift_transfer t ON t.id = s.transfer_id),
    judged AS (
        SELECT w.id, w.is_whole AND coalesce(r.mass_g = w.mass_g AND r.state <> 'withdrawn' AND r.holder_id IN (w.person_id, i.kept_id),
                                       false) AS ok
        FROM runs w LEFT JOIN person_link i ON i.linked_id = w.person_id LEFT JOIN retirement r ON r.cause = 'gift_use:' || w.id
        WHERE w.is_use)
    SELECT NULL::bigint, 'gift_uses', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('use %s of an account is not the next of its gift, or not retired', j.id) ORDER BY j.id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH judged AS (
        SELECT t.id, coalesce(h.mass_g = t.mass_g AND h.source IN ('person:' || k.person_id, 'person:' || g.kept_id)
                              AND h.target IN ('person:' || t.taker_id, 'person:' || i.kept_id)
                              AND k.start_g <= t.start_g AND t.stop_g <= k.stop_g, false) AS ok
        FROM gift_transfer t JOIN gift_collection k ON k.id = t.collection_id
        LEFT JOIN holding_transfer h ON h.cause = 'gift_transfer:' || t.id
        LEFT JOIN person_link g ON g.linked_id = k.person_id LEFT JOIN person_link i ON i.linked_id = t.taker_id
        WHERE t.taker_id IS NOT NULL
        UNION ALL
        SELECT t.id, coalesce((n.issued_g, n.campaign_id, m.batch_id, m.code_hash) = (t.mass_g, c.campaign_id, o.batch_id, t.code_hash),
                              false)
        FROM gift_transfer t JOIN gift_card c ON c.id = t.card_id JOIN gift_code o ON o.id = c.code_id
        LEFT JOIN gift_card n ON n.id = t.new_card_id LEFT JOIN gift_code m ON m.id = n.code_id
        WHERE t.taker_id IS NOT NULL)
    SELECT NULL::bigint, 'gift_transfers', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric,
           count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('transfer %s was taken, and its grams did not go over once', j.id) ORDER BY j.id)
               FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;

    RETURN QUERY
    WITH kept AS (
        SELECT g.person_id, g.lot_id, sum(g.mass_g) AS grams FROM gifts.unused() AS g GROUP BY g.person_id, g.lot_id),
    judged AS (
        SELECT h.person_id, h.lot_id, h.grams <= coalesce(b.balance, 0) AS ok FROM kept h
        LEFT JOIN ledger_account b ON b.path = holdings.account('person:' || h.person_id, h.lot_id) AND b.unit = 'g:' || h.lot_id)
    SELECT NULL::bigint, 'gift_held', count(*) FILTER (WHERE NOT j.ok) = 0, count(*)::numeric, count(*) FILTER (WHERE j.ok)::numeric,
           (array_agg(format('the account of %s has less of lot %s than it was given and has not used', j.person_id, j.lot_id)
                      ORDER BY j.person_id, j.lot_id) FILTER (WHERE NOT j.ok))[1:20]
    FROM judged j;
END $$;
REVOKE ALL ON FUNCTION gifts.prove(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gifts.prove(bigint) TO ddt_app;
