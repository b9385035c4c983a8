-- Papers on first ask: who asks for a file writes it down once; nobody draws what nobody asked for.

ALTER TABLE certificate_wanted
    ADD CONSTRAINT certificate_wanted_certificate_language_kind_key UNIQUE (certificate_id, language, kind),
    ADD CONSTRAINT certificate_wanted_kind_check CHECK (kind IN ('pdf', 'png'));
GRANT SELECT, INSERT ON certificate_wanted TO ddt_app;
GRANT UPDATE (wanted_at) ON certificate_wanted TO ddt_app;
GRANT USAGE ON SEQUENCE certificate_wanted_id_seq TO ddt_app;
-- A file is drawn again where it was lost; another release's bytes may differ, and its digest goes with them.
GRANT UPDATE (sha256, size_bytes, drawn_at) ON certificate_file TO ddt_app;

-- What was to be drawn unasked is drawn when somebody asks for it.
UPDATE outbox_message SET done_at = clock_timestamp()
WHERE job IN ('draw_pdf', 'draw_png') AND done_at IS NULL;
