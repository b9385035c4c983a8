-- What drawing workers told of their fonts. A digest stands for its document for ever; only the time it was last told moves.

ALTER TABLE font_coverage
    ADD CONSTRAINT font_coverage_digest_key UNIQUE (digest),
    ADD CONSTRAINT font_coverage_digest_check CHECK (digest = sha256(convert_to(document, 'UTF8')));
CREATE INDEX font_coverage_told_idx ON font_coverage (told_at);

GRANT SELECT, INSERT, UPDATE (told_at) ON font_coverage TO ddt_app;
GRANT USAGE ON SEQUENCE font_coverage_id_seq TO ddt_app;
