-- What people pay for: a subject is `<kind>:<id>`, and its kind is one that a room has declared here by its migration. A payment
-- of another kind is refused when it is prepared, before any money moves.
-- `sold` names the room's function that says what it has sold: (id uuid) -> (subject_id, currency, amount_minor, cause) of this
-- one, or of all where the id is NULL. The checks below and the proof of money ask it; they know no room by themselves.
CREATE TABLE payment_subject_kind (
    kind text PRIMARY KEY,
    sold text NOT NULL,
    CONSTRAINT payment_subject_kind_kind_check CHECK (kind ~ '^[a-z][a-z_]{0,26}$'),
    CONSTRAINT payment_subject_kind_sold_check CHECK (sold ~ '^[a-z_]+\.[a-z_]+$')
);
GRANT SELECT ON payment_subject_kind TO ddt_app;
INSERT INTO payment_subject_kind (kind, sold) VALUES ('order', 'orders.sold');

ALTER TABLE payment
    ADD COLUMN subject_kind text GENERATED ALWAYS AS (split_part(subject, ':', 1)) STORED,
    ADD CONSTRAINT payment_subject_check CHECK (subject ~ '^[a-z][a-z_]*:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
    ADD CONSTRAINT payment_subject_kind_fkey FOREIGN KEY (subject_kind) REFERENCES payment_subject_kind (kind) ON DELETE RESTRICT;

-- Refunds by cause, several of one payment. One that reverses a sale takes back money that was earned; others give back money
-- that never was: paid twice, or for what is gone. Until now a payment had one refund, and only taking back reversed a sale.
ALTER TABLE payment_refund ADD COLUMN reverses_sale boolean NOT NULL DEFAULT false;
UPDATE payment_refund SET reverses_sale = true WHERE cause = 'taken_back';
DO $$
DECLARE
    v_reversed bigint := (SELECT coalesce(sum(r.amount_minor), 0) FROM payment_refund r WHERE r.reverses_sale);
    v_posted bigint := (SELECT coalesce(sum(e.amount), 0) FROM ledger_transfer t JOIN ledger_entry e ON e.transfer_id = t.id
                        WHERE t.kind = 'take_back' AND e.amount > 0);
BEGIN
    IF v_reversed <> v_posted THEN
        RAISE EXCEPTION 'refunds of orders that were taken back are %, the ledger took back %', v_reversed, v_posted;
    END IF;
END $$;
ALTER TABLE payment_refund ADD CONSTRAINT payment_refund_cause_key UNIQUE (payment_id, cause);

-- What of the price of p_whole grams is back once p_part of them are: the one rounding of refunds, as app/kernel/money.py has it.
CREATE FUNCTION payments.share_minor(p_amount bigint, p_part bigint, p_whole bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT div(p_amount::numeric * p_part, p_whole::numeric)::bigint $$;
REVOKE ALL ON FUNCTION payments.share_minor(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payments.share_minor(bigint, bigint, bigint) TO ddt_app;

-- A payment is refunded when all of it is back; after a part it stays paid.
CREATE OR REPLACE FUNCTION payments.guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    c_ranks CONSTANT text[] := ARRAY['created', 'pending', 'closing', 'closed', 'paid', 'refunded'];
BEGIN
    IF array_position(c_ranks, new.state::text) < array_position(c_ranks, old.state::text)
       OR (new.state IN ('paid', 'refunded')) <> (new.transaction_id IS NOT NULL)
       OR (new.state = 'refunded' AND old.state NOT IN ('paid', 'refunded'))
       OR (new.state = 'refunded' AND old.state = 'paid' AND new.amount_minor <> (
               SELECT coalesce(sum(r.amount_minor), 0) FROM payment_refund r
               WHERE r.payment_id = new.id AND r.state IN ('done', 'settled')))
       OR (old.transaction_id IS NOT NULL
           AND (new.transaction_id, new.paid_at) IS DISTINCT FROM (old.transaction_id, old.paid_at))
    THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', old.reference, old.state, new.state
            USING errcode = '23514', constraint = 'payment_step_check';
    END IF;
    RETURN new;
END $$;

-- Every sale has a cause of its own in the ledger, `sale:<subject>`, posted when its row says that it is sold; what is reversed
-- of it goes back under the refund that reverses it, `reversal:<refund>`. Sales of the release before were posted in sets under
-- `fulfil:<random>`, and taken back under `take_back:<order>`; those postings stay, and none is added.
DELETE FROM ledger_movement WHERE kind IN ('fulfil', 'take_back');
INSERT INTO ledger_movement (kind, cause, family, source, target)
SELECT m.kind, m.kind || ':%', c.unit, m.source, m.target
FROM (VALUES ('sale', 'prepaid', 'sales'), ('reversal', 'sales', 'prepaid')) AS m (kind, source, target),
     (VALUES ('CNY'), ('USD')) AS c (unit);
DROP TRIGGER ledger_transfer_takes_back ON ledger_transfer;
DROP FUNCTION orders.check_taking_back();

-- `sale:<subject>` is what the subject's room says it sold for, and no more than was paid for it; `reversal:<refund>` is what that
-- refund says.
CREATE FUNCTION payments.check_sale() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c_uuid CONSTANT text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
    v_subject text := substr(new.cause, 6);
    v_id text := CASE new.kind WHEN 'sale' THEN split_part(new.cause, ':', 3) ELSE substr(new.cause, 10) END;
    v_sold text;
    v_amount bigint;
    v_currency text;
BEGIN
    IF v_id ~ c_uuid AND new.kind = 'sale' THEN
        SELECT k.sold INTO v_sold FROM payment_subject_kind k WHERE k.kind = split_part(v_subject, ':', 1);
        IF v_sold IS NOT NULL THEN
            EXECUTE format('SELECT s.amount_minor, s.currency FROM %s($1) AS s WHERE s.cause = $2', v_sold)
            INTO v_amount, v_currency USING v_id::uuid, new.cause;
        END IF;
        IF v_amount > (SELECT coalesce(sum(p.amount_minor), 0) FROM payment p
                       WHERE p.subject = v_subject AND p.currency = v_currency AND p.transaction_id IS NOT NULL) THEN
            v_amount := NULL;
        END IF;
    ELSIF v_id ~ c_uuid THEN
        SELECT -r.amount_minor, p.currency INTO v_amount, v_currency
        FROM payment_refund r JOIN payment p ON p.id = r.payment_id WHERE r.id = v_id::uuid AND r.reverses_sale;
    END IF;
    IF v_amount IS NULL OR EXISTS (
        SELECT FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transfer_id = new.id
          AND (a.unit, a.path, e.amount) NOT IN ((v_currency, 'prepaid', -v_amount), (v_currency, 'sales', v_amount)))
    THEN
        RAISE EXCEPTION 'transfer % is not what was sold, or what a refund takes back', new.cause
            USING errcode = '23514', constraint = 'payment_sale_posted_as_it_is', detail = new.cause;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfer_is_of_a_sale AFTER INSERT ON ledger_transfer
    FOR EACH ROW WHEN (new.kind IN ('sale', 'reversal')) EXECUTE FUNCTION payments.check_sale();
REVOKE ALL ON FUNCTION payments.check_sale() FROM PUBLIC;

-- What waits for the job that went on with orders waits for the one that goes on with whatever is paid.
UPDATE outbox_message SET job = 'fulfil_paid' WHERE job = 'fulfil_orders' AND done_at IS NULL;
