-- Statements of a personal account (碳账户声明): figures as they stood when the person asked, one paper of each, for ever.
INSERT INTO paper_kind (code) VALUES ('account');
INSERT INTO certificate_series (name, next_no, paper_id) VALUES ('A', 1, 'account');

ALTER TABLE account_statement
    ALTER COLUMN made_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT account_statement_intent_key UNIQUE (person_id, intent_key),
    ADD CONSTRAINT account_statement_granularity_check CHECK (granularity IN ('totals', 'months')),
    ADD CONSTRAINT account_statement_period_check CHECK (period_from <= period_to AND period_to < period_from + 1100),
    -- Not newer than its data: no day that had not begun when it was made.
    ADD CONSTRAINT account_statement_past_check CHECK (period_to <= (made_at AT TIME ZONE 'Asia/Shanghai')::date),
    ADD CONSTRAINT account_statement_figures_check CHECK (jsonb_typeof(figures) = 'object'),
    ADD CONSTRAINT account_statement_language_check CHECK (language IN ('zh', 'en'));
CREATE INDEX account_statement_person_idx ON account_statement (person_id, id DESC);
CREATE TRIGGER account_statement_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON account_statement
    FOR EACH STATEMENT EXECUTE FUNCTION sharing.refuse_change();
GRANT SELECT, INSERT ON account_statement TO ddt_app;
