-- A person's own figures: one for each intent and each kept calculation; of a day, or of a whole calendar year.
ALTER TABLE personal_figure
    ADD CONSTRAINT personal_figure_intent_key UNIQUE (person_id, intent_key),
    ADD CONSTRAINT personal_figure_footprint_key UNIQUE (footprint_id),
    ADD CONSTRAINT personal_figure_period_check CHECK (
        (span = 'day' AND period_from = period_to)
        OR (span = 'year' AND period_from = date_trunc('year', period_from)::date
            AND period_to = (period_from + interval '1 year' - interval '1 day')::date));
CREATE INDEX personal_figure_person_idx ON personal_figure (person_id, id DESC);
GRANT SELECT, INSERT ON personal_figure TO ddt_app;
