-- The lots that may be sold now; what blocks a sale is said here, once.
CREATE VIEW credit_sellable_lot AS SELECT id, programme, vintage_end FROM credit_lot;
GRANT SELECT ON credit_sellable_lot TO ddt_app;
