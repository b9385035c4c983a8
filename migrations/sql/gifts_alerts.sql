-- What a gift's sponsor is told: that the pool runs low, that it is empty, that the gift has ended; once each time.
ALTER TABLE gift_level
    ADD CONSTRAINT gift_level_campaign_fkey FOREIGN KEY (campaign_id) REFERENCES gift_campaign (id) ON DELETE RESTRICT,
    ADD CONSTRAINT gift_level_level_check CHECK (level IN ('enough', 'low', 'empty') AND rises >= 0);
ALTER TABLE gift_alert
    ADD CONSTRAINT gift_alert_once_key UNIQUE (campaign_id, kind, rises),
    ADD CONSTRAINT gift_alert_kind_check CHECK (kind IN ('gift.pool_low', 'gift.pool_empty', 'gift.ended') AND rises >= 0);
GRANT SELECT, INSERT ON gift_level, gift_alert TO ddt_app;
GRANT UPDATE (level, rises) ON gift_level TO ddt_app;
