-- Certificates: a holder is a party, and what is stated for an organisation has a register of its own.

ALTER TABLE certificate
    DROP CONSTRAINT certificate_holder_id_fkey,
    ADD CONSTRAINT certificate_holder_id_fkey FOREIGN KEY (holder_id) REFERENCES party (id) ON DELETE RESTRICT;
INSERT INTO certificate_series (name, next_no) VALUES ('S', 1);
