-- Entries have one index instead of two, and the room of rows that changed is given to new ones.

-- An entry is looked for by its account in the order of its number, or by its transfer; never by its number alone. Numbers come
-- from one sequence and no entry changes, and it is within an account that they put balances in order.
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (account_id, id);
DROP INDEX ledger_entry_account_idx;

-- These rows change once or twice within a minute of being written, on their own page: half of a page is then versions that
-- nobody sees. A fifth of a large table is weeks of orders; counted by rows, their room is used again within minutes. Looking
-- costs little: what has not changed since is not read, and no index is, since none has an entry that leads nowhere.
ALTER TABLE payment SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE purchase_order SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE credit_reservation SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE retirement SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
