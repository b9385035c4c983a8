-- What an order's certificate is found by, in fewer bytes: its cause as a hash, and once by its retirement. Of a retirement each
-- kind of paper has a version once, and so has each cause of every other kind; a neutrality paper's cause is its retirement
-- (certificate_neutrality_check).
ALTER TABLE certificate DROP CONSTRAINT certificate_cause_paper_version_key;
DROP INDEX certificate_retirement_idx;
CREATE UNIQUE INDEX certificate_retirement_paper_version_key ON certificate (retirement_id, paper_id, version)
    WHERE retirement_id IS NOT NULL;
CREATE UNIQUE INDEX certificate_cause_paper_version_key ON certificate (cause, paper_id, version)
    WHERE paper_id <> 'neutrality';
CREATE INDEX certificate_cause_idx ON certificate USING hash (cause);
