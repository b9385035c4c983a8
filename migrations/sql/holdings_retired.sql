-- What was retired of an account at its owner's wish, once for its cause. Above a limit of the settings two of the owner's
-- people agree: the row is the effect of their approval. Written once, never changed.
ALTER TABLE holding_retirement
    ADD CONSTRAINT holding_retirement_cause_check CHECK (cause ~ '^holding:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
    ADD CONSTRAINT holding_retirement_mass_check CHECK (mass_g > 0);
CREATE INDEX holding_retirement_account_idx ON holding_retirement (account_id);
CREATE INDEX holding_retirement_by_idx ON holding_retirement (by_id);
CREATE TRIGGER holding_retirement_append_only BEFORE UPDATE OR DELETE ON holding_retirement
    FOR EACH ROW EXECUTE FUNCTION holdings.refuse_change();
CREATE TRIGGER holding_retirement_no_truncate BEFORE TRUNCATE ON holding_retirement
    FOR EACH STATEMENT EXECUTE FUNCTION holdings.refuse_change();
INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en) VALUES
    ('holding_retirement', '{operator,sponsor}', '{operator,sponsor}', true, true, '持有注销', 'Retirement from a holding');
SELECT approvals.bind_effect('holding_retirement', 'holding_retirement');

-- How much of an account one person may retire alone: one row, which `diandian migrate` writes from the settings as the owner.
CREATE TABLE holding_retirement_limit (
    is_only boolean NOT NULL DEFAULT true CONSTRAINT holding_retirement_limit_pkey PRIMARY KEY
        CONSTRAINT holding_retirement_limit_only_check CHECK (is_only),
    alone_g bigint NOT NULL CONSTRAINT holding_retirement_limit_alone_check CHECK (alone_g >= 0));

-- What two people agreed to is what is retired; without them no more than one may retire alone, nothing where no limit is set.
CREATE FUNCTION retirements.check_held() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF new.approval_id IS NOT NULL
       AND approvals.said(new.approval_id, 'holding_retirement') IS DISTINCT FROM new.asked::jsonb THEN
        RAISE EXCEPTION 'retirement % is not what was agreed to', new.cause
            USING errcode = '23514', constraint = 'holding_retirement_as_agreed';
    END IF;
    IF new.approval_id IS NULL AND new.mass_g > coalesce((SELECT l.alone_g FROM holding_retirement_limit l), 0) THEN
        RAISE EXCEPTION 'retirement % of % g takes two people', new.cause, new.mass_g
            USING errcode = '23514', constraint = 'holding_retirement_alone_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER holding_retirement_as_agreed BEFORE INSERT ON holding_retirement
    FOR EACH ROW EXECUTE FUNCTION retirements.check_held();
REVOKE ALL ON FUNCTION retirements.check_held() FROM PUBLIC;

-- What is retired of an account is what such a row says, to the gram.
CREATE FUNCTION retirements.check_of_holding() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM holding_retirement h
                   WHERE h.cause = new.cause AND h.account_id = new.account_id AND h.mass_g = new.mass_g) THEN
        RAISE EXCEPTION 'retirement % is not what was written down of its account', new.cause
            USING errcode = '23514', constraint = 'retirement_of_holding_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER retirement_of_holding BEFORE INSERT ON retirement
    FOR EACH ROW WHEN (new.account_id IS NOT NULL) EXECUTE FUNCTION retirements.check_of_holding();
REVOKE ALL ON FUNCTION retirements.check_of_holding() FROM PUBLIC;
GRANT SELECT ON holding_retirement TO ddt_app;
GRANT INSERT (cause, account_id, mass_g, asked, by_id, approval_id, made_at) ON holding_retirement TO ddt_app;
