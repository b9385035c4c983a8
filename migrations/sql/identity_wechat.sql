-- Coming into a console by WeChat: a ticket for each try, a link for each member who made one. Both keep keyed hashes, no openid.
ALTER TABLE wechat_ticket
    ADD CONSTRAINT wechat_ticket_secret_key UNIQUE (secret_hash),
    ADD CONSTRAINT wechat_ticket_scan_key UNIQUE (scan_hash),
    ADD CONSTRAINT wechat_ticket_hash_check CHECK (
        octet_length(secret_hash) = 32 AND octet_length(scan_hash) = 32 AND octet_length(account) = 32),
    ADD CONSTRAINT wechat_ticket_purpose_check CHECK (purpose IN ('sign_in', 'link') AND (purpose = 'link') = (person_id IS NOT NULL)),
    ADD CONSTRAINT wechat_ticket_life_check CHECK (expires_at > made_at AND expires_at <= made_at + interval '10 min'),
    ADD CONSTRAINT wechat_ticket_confirmed_check CHECK ((account IS NULL) = (confirmed_at IS NULL)),
    ADD CONSTRAINT wechat_ticket_used_check CHECK (used_at IS NULL OR confirmed_at IS NOT NULL);
CREATE INDEX wechat_ticket_made_idx ON wechat_ticket (made_at);
CREATE INDEX wechat_ticket_person_idx ON wechat_ticket (person_id);
ALTER TABLE wechat_link
    ADD CONSTRAINT wechat_link_hash_check CHECK (octet_length(account) = 32),
    ADD CONSTRAINT wechat_link_ended_check CHECK (ended_at >= linked_at);
CREATE UNIQUE INDEX wechat_link_account_key ON wechat_link (account) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX wechat_link_person_key ON wechat_link (person_id) WHERE ended_at IS NULL;
CREATE INDEX wechat_link_person_idx ON wechat_link (person_id);

-- A ticket is confirmed once by one WeChat and used once; a link is only ever ended. A link is made of an enabled operator's ticket
-- that this very WeChat confirmed.
CREATE FUNCTION identity.keep_wechat_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(new) - ARRAY['account', 'confirmed_at', 'used_at'])
       IS DISTINCT FROM (to_jsonb(old) - ARRAY['account', 'confirmed_at', 'used_at'])
       OR old.used_at IS NOT NULL OR old.account IS NOT NULL AND new.account IS DISTINCT FROM old.account
    THEN
        RAISE EXCEPTION 'ticket % goes one way', old.id USING errcode = '23514', constraint = 'wechat_ticket_step_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER wechat_ticket_goes_on BEFORE UPDATE ON wechat_ticket FOR EACH ROW EXECUTE FUNCTION identity.keep_wechat_ticket();

CREATE FUNCTION identity.keep_wechat_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF tg_op = 'UPDATE' AND (old.ended_at IS NOT NULL OR new.ended_at IS NULL
       OR (to_jsonb(new) - 'ended_at') IS DISTINCT FROM (to_jsonb(old) - 'ended_at')) THEN
        RAISE EXCEPTION 'link % is ended once, and changes in nothing else', old.id
            USING errcode = '23514', constraint = 'wechat_link_step_check';
    END IF;
    IF tg_op = 'INSERT' AND (new.ended_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM wechat_ticket t JOIN operator o ON o.person_id = t.person_id AND o.disabled_at IS NULL
        WHERE t.purpose = 'link' AND t.person_id = new.person_id AND t.account = new.account AND t.used_at IS NULL
          AND t.expires_at > new.linked_at)) THEN
        RAISE EXCEPTION 'no ticket of % was confirmed by this WeChat', new.person_id
            USING errcode = '23514', constraint = 'wechat_link_ticket_check';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER wechat_link_goes_on BEFORE INSERT OR UPDATE ON wechat_link FOR EACH ROW EXECUTE FUNCTION identity.keep_wechat_link();

REVOKE ALL ON FUNCTION identity.keep_wechat_ticket(), identity.keep_wechat_link() FROM PUBLIC;
GRANT SELECT ON wechat_ticket, wechat_link TO ddt_app;
GRANT INSERT (id, secret_hash, scan_hash, purpose, number, person_id, made_at, expires_at), UPDATE (account, confirmed_at, used_at), DELETE
    ON wechat_ticket TO ddt_app;
GRANT INSERT (id, person_id, account, linked_at), UPDATE (ended_at) ON wechat_link TO ddt_app;
