-- Every part of an order becomes a claim under its own id and cause, and its retirement hangs on it; a retirement of no
-- order becomes one under its own id. Counted: what differs between a part and its retirement stops the migration.

DO $$
DECLARE v_apart text;
BEGIN
    SELECT string_agg(r.number, ', ') INTO v_apart
    FROM retirement r JOIN purchase_order_part p ON p.cause = r.cause JOIN purchase_order o ON o.id = p.order_id
    WHERE (r.purpose, r.scenario_id, r.subject, r.footprint_id, r.beneficiary_id, r.beneficiary_name_sealed, r.ground,
           r.mandate_name, r.mandate_sha256, r.period_from, r.period_to, r.emission_g, r.mass_g, r.profile, r.language, r.payer_id)
          IS DISTINCT FROM
          (p.purpose, p.scenario_id, p.subject, p.footprint_id, p.beneficiary_id, p.beneficiary_name_sealed, p.ground,
           p.mandate_name, p.mandate_sha256, p.period_from, p.period_to, p.emission_g, p.mass_g, p.profile, o.language, o.payer_id);
    IF v_apart IS NOT NULL THEN
        RAISE EXCEPTION 'retirements say something else than the parts of their orders: %', v_apart;
    END IF;
END $$;

-- Gifts and donations were a purpose; now they are a funding, and the purpose comes from the scene.
CREATE FUNCTION pg_temp.purpose_of(p_purpose text, p_scene text, p_beneficiary text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_purpose NOT IN ('gift', 'donation') THEN p_purpose
        WHEN p_scene = 'event' THEN 'event'
        WHEN p_beneficiary = 'person' OR p_scene = 'person' THEN 'personal'
        WHEN p_scene IN ('enterprise', 'agency') THEN 'organisation'
        WHEN p_scene = 'restoration' THEN 'judicial'
        ELSE p_scene END  -- meeting, product, site
$$;

INSERT INTO claim (id, cause, purpose, layer, scenario_id, subject, beneficiary_id, beneficiary_kind, name_sealed,
                   period_from, period_to, footprint_id, emission_g, profile, language, made_at)
SELECT p.id, p.cause, pg_temp.purpose_of(p.purpose, s.kind, b.kind), 'own', p.scenario_id, p.subject, p.beneficiary_id, b.kind,
       p.beneficiary_name_sealed, p.period_from, p.period_to, p.footprint_id, p.emission_g, p.profile, o.language, o.placed_at
FROM purchase_order_part p JOIN purchase_order o ON o.id = p.order_id JOIN scenario s ON s.id = p.scenario_id
JOIN party b ON b.id = p.beneficiary_id
UNION ALL
SELECT r.id, r.cause, pg_temp.purpose_of(r.purpose, s.kind, b.kind), 'own', r.scenario_id, r.subject, r.beneficiary_id, b.kind,
       r.beneficiary_name_sealed, r.period_from, r.period_to, r.footprint_id, r.emission_g, r.profile, r.language, r.requested_at
FROM retirement r JOIN scenario s ON s.id = r.scenario_id JOIN party b ON b.id = r.beneficiary_id
WHERE NOT EXISTS (SELECT FROM purchase_order_part p WHERE p.cause = r.cause);

INSERT INTO mandate (id, payer_id, beneficiary_id, ground, document, document_sha256, given_at)
SELECT gen_random_uuid(), m.payer_id, m.beneficiary_id, m.ground, m.document, m.document_sha256, min(m.given_at)
FROM (SELECT o.payer_id, p.beneficiary_id, p.ground, p.mandate_name AS document, p.mandate_sha256 AS document_sha256,
             o.placed_at AS given_at
      FROM purchase_order_part p JOIN purchase_order o ON o.id = p.order_id WHERE p.ground IS NOT NULL
      UNION ALL
      SELECT r.payer_id, r.beneficiary_id, r.ground, r.mandate_name, r.mandate_sha256, r.requested_at
      FROM retirement r WHERE r.ground IS NOT NULL) AS m
GROUP BY m.payer_id, m.beneficiary_id, m.ground, m.document, m.document_sha256;

UPDATE purchase_order_part p
SET claim_id = p.id, funding = CASE WHEN p.purpose IN ('gift', 'donation') THEN p.purpose ELSE 'order' END,
    mandate_id = (SELECT m.id FROM mandate m JOIN purchase_order o ON o.id = p.order_id AND o.payer_id = m.payer_id
                  WHERE m.beneficiary_id = p.beneficiary_id AND m.ground = p.ground
                    AND m.document IS NOT DISTINCT FROM p.mandate_name
                    AND m.document_sha256 IS NOT DISTINCT FROM p.mandate_sha256);
ALTER TABLE retirement
    DROP CONSTRAINT retirement_ground_check,  -- asked of the purpose; the funding is asked in its place
    DISABLE TRIGGER retirement_settled_is_final,
    DISABLE TRIGGER retirement_withdrawn_is_final;
UPDATE retirement r
SET claim_id = c.id, purpose = c.purpose,
    funding = CASE WHEN r.purpose IN ('gift', 'donation') THEN r.purpose WHEN c.id = r.id THEN 'own' ELSE 'order' END,
    mandate_id = (SELECT m.id FROM mandate m WHERE m.payer_id = r.payer_id AND m.beneficiary_id = r.beneficiary_id
                    AND m.ground = r.ground AND m.document IS NOT DISTINCT FROM r.mandate_name
                    AND m.document_sha256 IS NOT DISTINCT FROM r.mandate_sha256)
FROM claim c WHERE c.cause = r.cause;
ALTER TABLE retirement ENABLE TRIGGER retirement_settled_is_final, ENABLE TRIGGER retirement_withdrawn_is_final;
ALTER TABLE certificate DISABLE TRIGGER certificate_append_only;
UPDATE certificate c SET claim_id = r.claim_id FROM retirement r WHERE r.id = c.retirement_id;
ALTER TABLE certificate ENABLE TRIGGER certificate_append_only;

-- Of an organisation's claims of one identity the first that was settled is the root; later ones supplement it.
INSERT INTO claim_root (identity, claim_id)
SELECT DISTINCT ON (c.identity) c.identity, c.id FROM claim c JOIN retirement r ON r.claim_id = c.id AND r.state = 'settled'
WHERE c.beneficiary_kind = 'organisation' ORDER BY c.identity, r.settled_at, r.id;
UPDATE claim c SET supplements_id = o.claim_id FROM claim_root o, retirement r
WHERE o.identity = c.identity AND o.claim_id <> c.id AND r.claim_id = c.id AND r.state = 'settled';

-- An actual figure that was entered with several certificates of a claim is one figure of the claim.
INSERT INTO claim_figure (claim_id, actual_g, retired_g, state, missing_g, due_on, entered_by_id, entered_at)
SELECT f.root, f.actual_g, f.retired_g, f.state, f.missing_g, f.due_on, f.entered_by_id, f.entered_at FROM (
    SELECT DISTINCT ON (root, t.actual_g, t.state) coalesce(c.supplements_id, c.id) AS root, t.* FROM retirement_true_up t
    JOIN retirement r ON r.id = t.retirement_id JOIN claim c ON c.id = r.claim_id
    ORDER BY root, t.actual_g, t.state, t.id) AS f
ORDER BY f.id;

DO $$
DECLARE
    v_parts bigint := (SELECT count(*) FROM purchase_order_part);
    v_orphans bigint := (SELECT count(*) FROM retirement r WHERE NOT EXISTS (
        SELECT FROM purchase_order_part p WHERE p.cause = r.cause));
    v_said text;
BEGIN
    SELECT string_agg(said.what, ', ') INTO v_said FROM (VALUES
        ('claims', (SELECT count(*)::numeric FROM claim), (v_parts + v_orphans)::numeric),
        ('claims of retirements', (SELECT count(*) FROM retirement r JOIN claim c ON c.id = r.claim_id AND c.cause = r.cause),
         (SELECT count(*) FROM retirement)),
        ('grams emitted, of parts', (SELECT sum(c.emission_g) FROM purchase_order_part p JOIN claim c ON c.id = p.claim_id),
         (SELECT sum(p.emission_g) FROM purchase_order_part p)),
        ('grams emitted, of retirements', (SELECT sum(c.emission_g) FROM retirement r JOIN claim c ON c.id = r.claim_id),
         (SELECT sum(r.emission_g) FROM retirement r)),
        ('names', (SELECT count(*) FROM claim c WHERE c.name_sealed IS NOT NULL),
         (SELECT count(p.beneficiary_name_sealed) FROM purchase_order_part p) + (SELECT count(r.beneficiary_name_sealed)
          FROM retirement r WHERE NOT EXISTS (SELECT FROM purchase_order_part p WHERE p.cause = r.cause))),
        ('mandates of parts', (SELECT count(mandate_id) FROM purchase_order_part), (SELECT count(ground) FROM purchase_order_part)),
        ('mandates of retirements', (SELECT count(mandate_id) FROM retirement), (SELECT count(ground) FROM retirement)),
        ('claims of certificates', (SELECT count(claim_id) FROM certificate), (SELECT count(*) FROM certificate)),
        ('figures', (SELECT count(*) FROM claim_figure), (
            SELECT count(DISTINCT (coalesce(c.supplements_id, c.id), t.actual_g, t.state)) FROM retirement_true_up t
            JOIN retirement r ON r.id = t.retirement_id JOIN claim c ON c.id = r.claim_id))
    ) AS said (what, found, wanted) WHERE said.found IS DISTINCT FROM said.wanted;
    IF v_said IS NOT NULL THEN
        RAISE EXCEPTION 'not everything became a claim: % differ', v_said;
    END IF;
END $$;

DROP FUNCTION pg_temp.purpose_of(text, text, text);
