-- A second thing that somebody may be told in WeChat: that money went back. Wider only: nothing that is there is refused.
ALTER TABLE message_answer DROP CONSTRAINT message_answer_kind_check;
ALTER TABLE message_answer ADD CONSTRAINT message_answer_kind_check CHECK (kind IN ('certificate', 'refund'));
ALTER TABLE phone_message DROP CONSTRAINT phone_message_kind_check;
ALTER TABLE phone_message ADD CONSTRAINT phone_message_kind_check CHECK (kind IN ('certificate', 'refund'));
