-- The whole day of a channel, row by row: each line of its bill beside the payment or refund it is about, and each payment or
-- refund of ours that no bill has. What is ours is known by its transaction number, else by our own number; a day's own rows are
-- those that moved from ten minutes before it to ten minutes before the next, unless a bill of another day has them.
-- `is_ours`: it counts among our own of this day. `posted_minor` is what the ledger moved for it, NULL where nothing.
-- A refund that is none of ours and was told by a notice (`payment_reversal`) is known: it stands beside that row.
-- As before, and what a channel took in lost time is known (`recovery_payment`): its line fits, and so does that of its refund.
CREATE OR REPLACE FUNCTION bills.rows(p_channel text, p_day date)
RETURNS TABLE (line_id bigint, moved text, key text, turn bigint, payment_id uuid, refund_id uuid, theirs_minor bigint, ours_minor bigint,
               currency text, at timestamptz, reference text, transaction_id text, refund_reference text, fit text, is_ours boolean, posted_minor bigint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH here AS MATERIALIZED (
        SELECT l.*, row_number() OVER (PARTITION BY l.kind, l.key ORDER BY l.no)
                    + CASE WHEN bills.has_line(p_channel, l.kind, l.key, p_day) THEN 1 ELSE 0 END AS turn
        FROM bills.lines(p_channel, p_day) l),
    paying AS (
        SELECT h.*, coalesce(t.id, r.id) AS pid, coalesce(t.amount_minor, r.amount_minor, l.amount_minor) AS ours, l.id AS kid,
               CASE WHEN l.id IS NOT NULL THEN CASE
                        WHEN h.reference <> '' AND l.reference <> h.reference THEN 'other'
                        WHEN (l.amount_minor, l.currency) IS DISTINCT FROM (h.amount_minor, h.currency) THEN 'amount' ELSE 'fits' END
                    WHEN t.id IS NULL AND r.id IS NULL THEN 'unknown'
                    WHEN t.id IS NULL AND r.transaction_id IS NULL THEN 'unpaid'
                    WHEN t.id IS NULL OR (h.reference <> '' AND t.reference <> h.reference) THEN 'other'
                    WHEN (t.amount_minor, t.currency) IS DISTINCT FROM (h.amount_minor, h.currency) THEN 'amount'
                    ELSE 'fits' END AS fit,
               t.id IS NOT NULL OR l.id IS NOT NULL AS mine
        FROM here h
        LEFT JOIN payment_transaction i ON i.channel = p_channel AND i.transaction_id = h.transaction_id
        LEFT JOIN payment t ON t.id = i.payment_id
        LEFT JOIN payment r ON r.channel = p_channel AND r.reference = h.reference AND t.id IS NULL
        LEFT JOIN recovery_payment l ON l.channel = p_channel AND l.transaction_id = h.transaction_id AND t.id IS NULL AND r.id IS NULL
        WHERE h.kind = 'payment'),
    backing AS (
        SELECT h.*, coalesce(p.id, v.payment_id, t.id) AS pid, coalesce(x.id, y.id) AS rid, v.id AS vid, coalesce(l.id, m.id) AS kid,
               coalesce(x.amount_minor, y.amount_minor, v.amount_minor, l.amount_minor, m.amount_minor) AS ours,
               CASE WHEN v.id IS NOT NULL AND (v.amount_minor, v.currency) IS DISTINCT FROM (h.amount_minor, h.currency) THEN 'amount'
                    WHEN v.id IS NOT NULL THEN 'fits'
                    WHEN l.id IS NOT NULL OR m.id IS NOT NULL THEN CASE
                        WHEN coalesce(l.transaction_id, m.transaction_id) IS DISTINCT FROM h.transaction_id THEN 'other'
                        WHEN (coalesce(l.amount_minor, m.amount_minor), coalesce(l.currency, m.currency))
                             IS DISTINCT FROM (h.amount_minor, h.currency) THEN 'amount'
                        WHEN coalesce(l.state, m.state) = 'requested' THEN 'unpaid'
                        WHEN coalesce(l.state, m.state) <> 'done' THEN 'other' ELSE 'fits' END
                    WHEN p.id IS NULL THEN 'unknown'
                    WHEN p.transaction_id IS DISTINCT FROM h.transaction_id THEN 'other'
                    WHEN (coalesce(x.amount_minor, y.amount_minor), p.currency) IS DISTINCT FROM (h.amount_minor, h.currency)
                        THEN 'amount'
                    WHEN coalesce(x.state, y.state) = 'requested' THEN 'unpaid'
                    WHEN coalesce(x.state, y.state) <> 'done' THEN 'other'
                    ELSE 'fits' END AS fit,
               v.id IS NOT NULL OR (p.id IS NOT NULL AND coalesce(x.state, y.state) = 'done')
                   OR coalesce(l.state, m.state, '') = 'done' AS mine
        FROM here h
        LEFT JOIN payment_transaction i ON i.channel = p_channel AND i.transaction_id = h.transaction_id
        LEFT JOIN payment t ON t.id = i.payment_id
        LEFT JOIN payment_refund x ON x.reference = h.refund_reference AND h.refund_reference <> ''
        LEFT JOIN payment_refund y ON x.id IS NULL AND y.payment_id = t.id AND h.refund_id <> '' AND y.channel_refund_id = h.refund_id
        LEFT JOIN payment p ON p.id = coalesce(x.payment_id, y.payment_id) AND p.channel = p_channel
        LEFT JOIN payment_reversal v ON v.channel = p_channel AND v.is_gone AND v.refund_id IS NULL AND x.id IS NULL AND y.id IS NULL
            AND h.refund_id <> '' AND v.reversal_id = h.refund_id
        LEFT JOIN recovery_payment l ON l.channel = p_channel AND l.refund_reference = h.refund_reference AND h.refund_reference <> ''
            AND x.id IS NULL AND y.id IS NULL AND v.id IS NULL
        LEFT JOIN recovery_payment m ON m.channel = p_channel AND m.channel_refund_id = h.refund_id AND h.refund_id <> ''
            AND l.id IS NULL AND x.id IS NULL AND y.id IS NULL AND v.id IS NULL
        WHERE h.kind = 'refund'),
    found AS (
        SELECT h.id AS lid, h.kind::text AS moved, h.key AS key, h.turn, h.pid, NULL::uuid AS rid, NULL::uuid AS vid, h.kid,
               h.amount_minor AS theirs, h.ours,
               h.currency::text AS unit, h.at, h.reference::text AS ref, h.transaction_id::text AS tx, ''::text AS refund_ref, h.fit,
               h.mine
        FROM paying h
        UNION ALL
        SELECT h.id, h.kind::text, h.key, h.turn, h.pid, h.rid, h.vid, h.kid, h.amount_minor, h.ours, h.currency::text, h.at, h.reference::text,
               h.transaction_id::text, h.refund_reference::text, h.fit, h.mine
        FROM backing h
        UNION ALL
        SELECT NULL, 'payment', p.transaction_id::text, 1, p.id, NULL, NULL, NULL, NULL, p.amount_minor, p.currency::text, p.paid_at,
               p.reference::text, p.transaction_id::text, '', 'ours', true
        FROM payment_transaction i JOIN payment p ON p.id = i.payment_id
        WHERE i.channel = p_channel AND i.paid_at >= bills.begins(p_day) - bills.edge()
          AND i.paid_at < bills.begins(p_day + 1) - bills.edge()
          AND NOT bills.has_line(p_channel, 'payment', p.transaction_id)
        UNION ALL
        SELECT NULL, 'refund', coalesce(r.channel_refund_id, r.reference)::text, 1, p.id, r.id, NULL, NULL, NULL, r.amount_minor, p.currency::text,
               r.finished_at, p.reference::text, p.transaction_id::text, r.reference::text, 'ours', true
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id
        WHERE p.channel = p_channel AND r.state = 'done' AND r.finished_at >= bills.begins(p_day) - bills.edge()
          AND r.finished_at < bills.begins(p_day + 1) - bills.edge()
          AND NOT EXISTS (SELECT FROM channel_bill_line l JOIN channel_bill_file f ON f.id = l.file_id
                          JOIN channel_bill b ON b.id = f.bill_id AND b.file_no = f.no
                          WHERE l.refund_reference = r.reference AND l.refund_reference <> '' AND b.channel = p_channel)
          AND NOT bills.has_line(p_channel, 'refund', coalesce(r.channel_refund_id, r.reference))
        UNION ALL
        SELECT NULL, 'refund', v.reversal_id::text, 1, p.id, NULL, v.id, NULL, NULL, v.amount_minor, v.currency::text, v.at,
               p.reference::text, p.transaction_id::text, '', 'ours', true
        FROM payment_reversal v JOIN payment p ON p.id = v.payment_id
        WHERE v.channel = p_channel AND v.is_gone AND v.refund_id IS NULL AND v.at >= bills.begins(p_day) - bills.edge()
          AND v.at < bills.begins(p_day + 1) - bills.edge()
          AND NOT bills.has_line(p_channel, 'refund', v.reversal_id)
        UNION ALL
        SELECT NULL, 'payment', l.transaction_id::text, 1, NULL, NULL, NULL, l.id, NULL, l.amount_minor, l.currency::text, l.paid_at,
               l.reference::text, l.transaction_id::text, '', 'ours', true
        FROM recovery_payment l
        WHERE l.channel = p_channel AND l.paid_at >= bills.begins(p_day) - bills.edge()
          AND l.paid_at < bills.begins(p_day + 1) - bills.edge() AND NOT bills.has_line(p_channel, 'payment', l.transaction_id)
        UNION ALL
        SELECT NULL, 'refund', l.channel_refund_id::text, 1, NULL, NULL, NULL, l.id, NULL, l.amount_minor, l.currency::text, l.finished_at,
               l.reference::text, l.transaction_id::text, l.refund_reference::text, 'ours', true
        FROM recovery_payment l
        WHERE l.channel = p_channel AND l.state = 'done' AND l.finished_at >= bills.begins(p_day) - bills.edge()
          AND l.finished_at < bills.begins(p_day + 1) - bills.edge()
          AND NOT EXISTS (SELECT FROM channel_bill_line n JOIN channel_bill_file f ON f.id = n.file_id
                          JOIN channel_bill b ON b.id = f.bill_id AND b.file_no = f.no
                          WHERE n.refund_reference = l.refund_reference AND n.refund_reference <> '' AND b.channel = p_channel)
          AND NOT bills.has_line(p_channel, 'refund', l.channel_refund_id)),
    posted AS (
        SELECT f.lid, f.moved, f.key, abs(sum(e.amount))::bigint AS amount
        FROM found f
        JOIN ledger_transfer t ON t.cause = CASE WHEN f.vid IS NOT NULL THEN 'reversed:' || f.vid
                                                 WHEN f.kid IS NOT NULL THEN
                                                     CASE f.moved WHEN 'payment' THEN 'lost_time:' ELSE 'lost_time_back:' END || f.kid
                                                 WHEN f.moved = 'payment' THEN 'payment:' || f.pid ELSE 'refund:' || f.rid END
        JOIN ledger_entry e ON e.transfer_id = t.id
        JOIN ledger_account a ON a.id = e.account_id AND a.path = 'clearing:' || p_channel AND a.unit = f.unit
        WHERE f.turn = 1 AND f.mine
        GROUP BY f.lid, f.moved, f.key)
    SELECT f.lid, f.moved, f.key, f.turn, f.pid, f.rid, f.theirs, f.ours, f.unit, f.at, f.ref, f.tx, f.refund_ref, f.fit, f.mine, q.amount
    FROM found f LEFT JOIN posted q ON q.moved = f.moved AND q.key = f.key AND q.lid IS NOT DISTINCT FROM f.lid;
END $$;
