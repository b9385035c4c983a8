-- A retirement names the account that its grams come from, and keeps the account's owner as holder; none is named where grams
-- were bought and retired in one breath, which are the platform's stock until then.
ALTER TABLE retirement
    ADD CONSTRAINT retirement_account_owner_fkey FOREIGN KEY (account_id, holder_id) REFERENCES account (id, owner_id) ON DELETE RESTRICT;
CREATE INDEX retirement_account_idx ON retirement (account_id) WHERE account_id IS NOT NULL;
GRANT INSERT (account_id) ON retirement TO ddt_app;

-- As before; and what was set aside came from the account that the retirement names.
CREATE OR REPLACE FUNCTION retirements.check_new_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM retirement r JOIN retirement_line l ON l.retirement_id = r.id
               WHERE r.id IN (SELECT added.retirement_id FROM added) GROUP BY r.id HAVING sum(l.mass_g) <> r.mass_g) THEN
        RAISE EXCEPTION 'the lines of a retirement do not add up to its mass'
            USING errcode = '23514', constraint = 'retirement_lines_add_up';
    END IF;
    IF EXISTS (SELECT FROM added a JOIN retirement r ON r.id = a.retirement_id LEFT JOIN account h ON h.id = r.account_id
               WHERE NOT EXISTS (
                   SELECT FROM credit_reservation v JOIN credit_reservation_line l ON l.reservation_id = v.id
                   WHERE v.purpose = r.cause AND v.state = 'used' AND v.mass_g = r.mass_g
                     AND v.holder = coalesce(h.holder, 'platform')
                     AND l.lot_id = a.lot_id AND l.mass_g = a.mass_g)) THEN
        RAISE EXCEPTION 'the lines of a retirement are not what was set aside for it'
            USING errcode = '23514', constraint = 'retirement_of_its_reservation';
    END IF;
    RETURN NULL;
END $$;
