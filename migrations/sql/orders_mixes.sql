-- Orders: how a part's programmes were asked for, and under which recognition scheme. Fixed when it is placed, like all of it.

ALTER TABLE purchase_order_part
    ADD CONSTRAINT purchase_order_part_mix_check CHECK (mix ~ '^(share|mass|preference) [A-Z]'),
    ADD CONSTRAINT purchase_order_part_scheme_check CHECK (scheme <> '');
