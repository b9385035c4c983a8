-- Every claim is of a scene. Claims about a person's own footprint are of this one: it has no organiser whom two people could
-- agree about, no code to scan and no days; so the row can be written in one way only, and is never changed.
ALTER TABLE scenario DROP CONSTRAINT scenario_approved_check;
ALTER TABLE scenario ADD CONSTRAINT scenario_approved_check CHECK (
    (approval_id IS NOT NULL) = (state <> 'draft' AND reported_no IS NULL AND code <> 'GEREN0'));
ALTER TABLE scenario ADD CONSTRAINT scenario_personal_check CHECK (
    (code = 'GEREN0') = (id = '00000000-0000-7000-8000-000000000001')
    AND (code <> 'GEREN0' OR (
        kind = 'person' AND state = 'published' AND organisation_id IS NULL AND reported_no IS NULL
        AND title_zh = '个人碳足迹' AND title_en = 'Personal carbon footprint'
        AND organiser_zh = '本人' AND organiser_en = 'The person themself'
        AND starts_on IS NULL AND ends_on IS NULL
        AND setup IS NOT DISTINCT FROM '{"modes": [], "programme": "CDCER"}'::jsonb)));
