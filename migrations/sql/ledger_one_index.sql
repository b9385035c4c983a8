-- Entries, transfers and lines have one index less each, and the room of rows that changed is given to new ones.

-- An entry is looked for by its account in the order of its number, or by its transfer; never by its number alone. Numbers come
-- from one sequence and no entry changes, and it is within an account that they put balances in order.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (account_id, id);
DROP INDEX ledger_entry_account_idx;

-- The same of transfers: entries name one by its number and its legs, and that key finds a number, too.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_transfer_legs_fkey;
ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_pkey;
ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_id_legs_key;
ALTER TABLE ledger_transfer ADD CONSTRAINT ledger_transfer_pkey PRIMARY KEY (id, legs);
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_transfer_legs_fkey
    FOREIGN KEY (transfer_id, legs) REFERENCES ledger_transfer (id, legs) ON DELETE RESTRICT;

-- And of lines, each of which is found by what it is a line of.
ALTER TABLE retirement_line DROP CONSTRAINT retirement_line_pkey;
ALTER TABLE retirement_line DROP CONSTRAINT retirement_line_lot_key;
ALTER TABLE retirement_line ADD CONSTRAINT retirement_line_lot_key PRIMARY KEY (retirement_id, lot_id);
ALTER TABLE credit_reservation_line DROP CONSTRAINT credit_reservation_line_pkey;
ALTER TABLE credit_reservation_line DROP CONSTRAINT credit_reservation_line_lot_key;
ALTER TABLE credit_reservation_line ADD CONSTRAINT credit_reservation_line_lot_key PRIMARY KEY (reservation_id, lot_id);
ALTER TABLE sale_line_price DROP CONSTRAINT sale_line_price_pkey;
ALTER TABLE sale_line_price DROP CONSTRAINT sale_line_price_programme_key;
ALTER TABLE sale_line_price ADD CONSTRAINT sale_line_price_programme_key PRIMARY KEY (line_id, programme);

-- These rows change once or twice within a minute of being written, on their own page: half of a page is then versions that
-- nobody sees. A fifth of a large table is weeks of orders; counted by rows, their room is used again within minutes. Looking
-- costs little: what has not changed since is not read, and no index is, since none has an entry that leads nowhere.
ALTER TABLE payment SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE purchase_order SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE credit_reservation SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE retirement SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
