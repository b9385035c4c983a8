-- Orders: by which rule profile a part's claim shall be judged. Fixed when it is placed; none: the platform's own.

ALTER TABLE purchase_order_part
    ADD CONSTRAINT purchase_order_part_profile_check CHECK (
        profile IS NULL
        OR (profile ~ '^[a-z0-9-]+$' AND purpose IN ('organisation', 'event', 'product', 'site', 'meeting')));
