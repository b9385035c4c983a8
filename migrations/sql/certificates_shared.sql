-- Two more files of a certificate, drawn on first ask as the others: `poster` names its holder, `masked` shows what the public page does.
ALTER TABLE certificate_wanted DROP CONSTRAINT certificate_wanted_kind_check;
ALTER TABLE certificate_wanted
    ADD CONSTRAINT certificate_wanted_kind_check CHECK (kind IN ('pdf', 'png', 'poster', 'masked')) NOT VALID;
ALTER TABLE certificate_wanted VALIDATE CONSTRAINT certificate_wanted_kind_check;
