-- Credits: lots are lines of grams that never overlap; reservations never exceed what a lot has open.

ALTER TABLE credit_project
    ADD CONSTRAINT credit_project_programme_number_key UNIQUE (programme, number);
ALTER TABLE credit_lot
    ADD CONSTRAINT credit_lot_code_key UNIQUE (code),
    ADD CONSTRAINT credit_lot_serial_key_key UNIQUE (programme, serial_key),
    ADD CONSTRAINT credit_lot_trade_number_key UNIQUE (trade_number),
    ADD CONSTRAINT credit_lot_block_check CHECK (block_start >= 0 AND block_start < block_stop),
    ADD CONSTRAINT credit_lot_mass_check CHECK (mass_g = (block_stop - block_start) * 1000000),
    ADD CONSTRAINT credit_lot_vintage_check CHECK (vintage_start <= vintage_end),
    ADD CONSTRAINT credit_lot_no_overlap EXCLUDE USING gist (
        int8range(series_id, series_id, '[]') WITH &&, int8range(block_start, block_stop) WITH &&);
CREATE INDEX credit_lot_programme_idx ON credit_lot (programme, vintage_end, id);
ALTER TABLE credit_price
    ADD CONSTRAINT credit_price_programme_currency_from_key UNIQUE (programme, currency, valid_from),
    ADD CONSTRAINT credit_price_per_tonne_check CHECK (per_tonne_minor BETWEEN 1 AND 1000000000);
ALTER TABLE credit_reservation
    ADD CONSTRAINT credit_reservation_purpose_key UNIQUE (purpose),
    ADD CONSTRAINT credit_reservation_state_check CHECK (state IN ('held', 'used', 'released')),
    ADD CONSTRAINT credit_reservation_mass_check CHECK (mass_g > 0);
ALTER TABLE credit_reservation_line
    ADD CONSTRAINT credit_reservation_line_lot_key UNIQUE (reservation_id, lot_id),
    ADD CONSTRAINT credit_reservation_line_mass_check CHECK (mass_g > 0);

GRANT SELECT, INSERT, UPDATE ON credit_project, credit_price TO ddt_app;
GRANT SELECT, INSERT ON credit_lot, credit_reservation, credit_reservation_line TO ddt_app;
GRANT UPDATE (state, purpose) ON credit_reservation TO ddt_app;
GRANT USAGE ON SEQUENCE credit_lot_id_seq, credit_price_id_seq, credit_reservation_line_id_seq TO ddt_app;
