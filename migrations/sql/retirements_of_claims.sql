-- Parts of orders, retirements and certificates are of a claim; a claim is retired for once, unless that is withdrawn. Who
-- pays for another gives it, or says on which ground.

ALTER TABLE purchase_order_part
    ADD CONSTRAINT purchase_order_part_claim_key UNIQUE (claim_id),
    ADD CONSTRAINT purchase_order_part_claim_fkey FOREIGN KEY (claim_id) REFERENCES claim (id) ON DELETE RESTRICT,
    ADD CONSTRAINT purchase_order_part_funding_check CHECK (funding IN ('order', 'gift', 'donation')),
    ADD CONSTRAINT purchase_order_part_mass_check CHECK (mass_g > 0);
ALTER TABLE retirement
    DROP CONSTRAINT retirement_purpose_check,  -- its claim's
    ADD CONSTRAINT retirement_claim_fkey FOREIGN KEY (claim_id, purpose, beneficiary_id)
        REFERENCES claim (id, purpose, beneficiary_id) ON DELETE RESTRICT,
    ADD CONSTRAINT retirement_mandate_fkey FOREIGN KEY (mandate_id, payer_id, beneficiary_id)
        REFERENCES mandate (id, payer_id, beneficiary_id) ON DELETE RESTRICT,
    ADD CONSTRAINT retirement_funding_check CHECK (funding IN ('own', 'gift', 'donation', 'allowance', 'order')),
    ADD CONSTRAINT retirement_stranger_check CHECK (
        payer_id = beneficiary_id OR funding IN ('gift', 'donation') OR mandate_id IS NOT NULL),
    ADD CONSTRAINT retirement_mass_check CHECK (mass_g > 0);
CREATE UNIQUE INDEX retirement_one_of_a_claim_key ON retirement (claim_id) WHERE state <> 'withdrawn';
CREATE INDEX retirement_mandate_idx ON retirement (mandate_id) WHERE mandate_id IS NOT NULL;
CREATE INDEX purchase_order_part_mandate_idx ON purchase_order_part (mandate_id) WHERE mandate_id IS NOT NULL;
ALTER TABLE certificate
    ADD CONSTRAINT certificate_claim_fkey FOREIGN KEY (claim_id) REFERENCES claim (id) ON DELETE RESTRICT;

GRANT INSERT (claim_id, funding, mandate_id) ON retirement TO ddt_app;

-- Grams settled for a root and its supplements by other retirements than p_but: all, or those before it.
CREATE FUNCTION retirements.settled_for(p_root uuid, p_but uuid, p_before timestamptz DEFAULT 'infinity') RETURNS bigint
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(o.mass_g), 0)::bigint
    FROM (SELECT p_root AS id UNION ALL SELECT c.id FROM claim c WHERE c.supplements_id = p_root) AS q
    JOIN retirement o ON o.claim_id = q.id
    WHERE o.state = 'settled' AND o.id <> p_but AND (o.settled_at, o.id) < (p_before, p_but)
$$;
REVOKE ALL ON FUNCTION retirements.settled_for(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retirements.settled_for(uuid, uuid, timestamptz) TO ddt_app;

-- As before; and of organisations' claims the root is decided.
CREATE OR REPLACE FUNCTION retirements.settle(p_batch uuid, p_ids uuid[]) RETURNS TABLE (id uuid, mass_g bigint, settled_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_ids uuid[];
    v_lots bigint[];
    v_sums bigint[];
    v_at timestamptz;
BEGIN
    SELECT array_agg(r.id ORDER BY r.id) INTO v_ids FROM (
        SELECT o.id FROM retirement o WHERE o.id = ANY (p_ids) AND o.state = 'requested' ORDER BY o.id FOR UPDATE) AS r;
    IF v_ids IS NULL THEN RETURN; END IF;

    SELECT array_agg(s.lot_id ORDER BY s.lot_id), array_agg(s.taken ORDER BY s.lot_id) INTO v_lots, v_sums FROM (
        SELECT l.lot_id, sum(l.mass_g)::bigint AS taken FROM retirement_line l
        WHERE l.retirement_id = ANY (v_ids) GROUP BY l.lot_id) AS s;
    INSERT INTO retirement_cursor (lot_id, next_g) SELECT lot, 0 FROM unnest(v_lots) AS lot ORDER BY lot
        ON CONFLICT (lot_id) DO NOTHING;
    PERFORM FROM retirement_cursor c WHERE c.lot_id = ANY (v_lots) ORDER BY c.lot_id FOR UPDATE;

    WITH taken AS (SELECT lot_id, grams FROM unnest(v_lots, v_sums) AS t (lot_id, grams)),
         run AS (
             UPDATE retirement_cursor c SET next_g = c.next_g + t.grams FROM taken t
             WHERE c.lot_id = t.lot_id RETURNING c.lot_id, c.next_g - t.grams AS start_g, c.next_g AS stop_g),
         allocation AS (
             INSERT INTO retirement_allocation (batch, lot_id, start_g, stop_g, allocated_at)
             SELECT p_batch, run.lot_id, run.start_g, run.stop_g, clock_timestamp() FROM run
             RETURNING retirement_allocation.id, retirement_allocation.lot_id, retirement_allocation.start_g),
         line AS (
             SELECT l.retirement_id, l.lot_id, l.mass_g,
                    sum(l.mass_g) OVER (PARTITION BY l.lot_id ORDER BY l.retirement_id)::bigint AS upto
             FROM retirement_line l WHERE l.retirement_id = ANY (v_ids))
    INSERT INTO retirement_slice (allocation_id, retirement_id, lot_id, start_g, stop_g, mass_g)
    SELECT a.id, line.retirement_id, line.lot_id, a.start_g + line.upto - line.mass_g, a.start_g + line.upto, line.mass_g
    FROM line JOIN allocation a USING (lot_id) ORDER BY line.lot_id, line.upto;

    SELECT p.posted_at INTO v_at FROM ledger.post(
        'settle:' || p_batch, 'retire',
        (SELECT array_agg('reserved:' || lot ORDER BY lot) || array_agg('retired:' || lot ORDER BY lot) FROM unnest(v_lots) AS lot),
        (SELECT array_agg('g:' || lot ORDER BY lot) || array_agg('g:' || lot ORDER BY lot) FROM unnest(v_lots) AS lot),
        (SELECT array_agg(-grams ORDER BY lot) || array_agg(grams ORDER BY lot) FROM unnest(v_lots, v_sums) AS t (lot, grams))
    ) AS p;

    PERFORM claims.decide_roots(v_ids);
    RETURN QUERY UPDATE retirement r SET state = 'settled', settled_at = v_at
        WHERE r.id = ANY (v_ids) RETURNING r.id, r.mass_g, r.settled_at;
END $$;


-- A certificate is of a settled retirement and of its claim, its beneficiary's, and tells its numbers and every range that
-- was cut for it. Read as text, as books.prove_records does.
CREATE OR REPLACE FUNCTION certificates.check_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_number text;
BEGIN
    SELECT a.number INTO v_number FROM added a
    LEFT JOIN (retirement r JOIN claim c ON c.id = r.claim_id)
        ON r.id = a.retirement_id AND r.state = 'settled' AND c.id = a.claim_id AND c.beneficiary_id = a.holder_id
        AND c.scenario_id = a.scenario_id
    WHERE r.id IS NULL
       OR strpos(a.record, format('"number":"%s"', a.number)) = 0
       OR strpos(a.record, format('"retirement_number":"%s"', r.number)) = 0
       OR EXISTS (SELECT FROM retirement_slice s WHERE s.retirement_id = r.id
                  AND strpos(a.record, format('"start_g":%s,"stop_g":%s,', s.start_g, s.stop_g)) = 0)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'certificate % is not of a settled retirement, or does not say what was cut for it', v_number
            USING errcode = '23514', constraint = 'certificate_of_its_retirement';
    END IF;
    RETURN NULL;
END $$;

-- As before; with the claim.
CREATE OR REPLACE FUNCTION certificates.issue(p_series text, p_rows jsonb) RETURNS TABLE (id uuid, retirement_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_first bigint; v_count bigint; v_fresh jsonb;
BEGIN
    SELECT s.next_no INTO v_first FROM certificate_series s WHERE s.name = p_series FOR UPDATE;
    IF v_first IS NULL THEN
        RAISE EXCEPTION 'certificate series % is not open', p_series USING errcode = '23503';
    END IF;
    SELECT count(*), coalesce(jsonb_agg(r.item ORDER BY r.no), '[]') INTO v_count, v_fresh
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r (item, no)
    WHERE NOT EXISTS (SELECT FROM certificate c
                      WHERE c.retirement_id = (r.item->>'retirement_id')::uuid AND c.version = 1);
    UPDATE certificate_series SET next_no = next_no + v_count WHERE name = p_series;
    RETURN QUERY
    INSERT INTO certificate (id, retirement_id, claim_id, holder_id, scenario_id, series, register_no, number, verify_code,
                             version, record, record_sha256, name_sealed, language, issued_at)
    SELECT (f.item->>'id')::uuid, (f.item->>'retirement_id')::uuid, (f.item->>'claim_id')::uuid,
           (f.item->>'holder_id')::uuid,
           (f.item->>'scenario_id')::uuid, p_series, v_first + f.no - 1, f.item->>'number', f.item->>'verify_code',
           1, f.item->>'record', sha256(convert_to(f.item->>'record', 'UTF8')),
           decode(f.item->>'name_sealed', 'hex'), f.item->>'language', (f.item->>'issued_at')::timestamptz
    FROM jsonb_array_elements(v_fresh) WITH ORDINALITY AS f (item, no)
    RETURNING certificate.id, certificate.retirement_id;
END $$;

CREATE OR REPLACE FUNCTION certificates.supersede(p_series text, p_rows jsonb) RETURNS TABLE (id uuid, retirement_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_first bigint; v_count bigint; v_fresh jsonb;
BEGIN
    SELECT s.next_no INTO v_first FROM certificate_series s WHERE s.name = p_series FOR UPDATE;
    IF v_first IS NULL THEN
        RAISE EXCEPTION 'certificate series % is not open', p_series USING errcode = '23503';
    END IF;
    SELECT count(*), coalesce(jsonb_agg(r.item ORDER BY r.no), '[]') INTO v_count, v_fresh
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r (item, no)
    WHERE (r.item->>'version')::int = 1 + (SELECT max(c.version) FROM certificate c
                                           WHERE c.retirement_id = (r.item->>'retirement_id')::uuid);
    UPDATE certificate_series SET next_no = next_no + v_count WHERE name = p_series;
    RETURN QUERY
    INSERT INTO certificate (id, retirement_id, claim_id, holder_id, scenario_id, series, register_no, number, verify_code,
                             version, record, record_sha256, name_sealed, language, issued_at)
    SELECT (f.item->>'id')::uuid, (f.item->>'retirement_id')::uuid, (f.item->>'claim_id')::uuid,
           (f.item->>'holder_id')::uuid,
           (f.item->>'scenario_id')::uuid, p_series, v_first + f.no - 1, f.item->>'number', f.item->>'verify_code',
           (f.item->>'version')::int, f.item->>'record', sha256(convert_to(f.item->>'record', 'UTF8')),
           decode(f.item->>'name_sealed', 'hex'), f.item->>'language', (f.item->>'issued_at')::timestamptz
    FROM jsonb_array_elements(v_fresh) WITH ORDINALITY AS f (item, no)
    RETURNING certificate.id, certificate.retirement_id;
END $$;
