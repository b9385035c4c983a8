-- What takes two people of the platform, which roles may propose it and which decide. A room that brings a kind later adds
-- its row and calls `approvals.bind_effect` in a migration of its own.
INSERT INTO approval_kind (code, maker_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en) VALUES
    ('organisation_verification', '{administrator,operator}', '{administrator,reviewer}', true, false, '机构核验',
     'Organisation verification'),
    ('lot', '{operator}', '{reviewer}', true, false, '批次入库', 'Lot'),
    ('lot_correction', '{operator}', '{reviewer}', true, false, '批次更正', 'Correction of a lot'),
    ('lot_double', '{operator}', '{reviewer}', true, false, '重复批次', 'Double lot'),
    ('upstream_cancellation', '{operator}', '{reviewer}', true, false, '上游注销', 'Upstream cancellation'),
    ('credit_price', '{operator,finance}', '{finance,reviewer}', true, false, '价格', 'Price'),
    ('methodology', '{operator,reviewer}', '{reviewer,administrator}', true, false, '方法学停用与恢复', 'Methodology'),
    ('hand_refund', '{finance}', '{finance,administrator}', true, false, '手工退款', 'Refund by hand');

-- Who looks after an organiser's scenes may ask for one; the platform decides.
INSERT INTO approval_kind (code, maker_roles, applicant_roles, decider_roles, is_one_open, is_of_party, label_zh, label_en)
VALUES ('scene', '{operator}', '{sponsor}', '{reviewer}', true, false, '场景发布', 'Publishing of a scene');

-- What was decided before moves over in this transaction: a table whose constraints wait for its end could not be altered.
SET CONSTRAINTS ALL IMMEDIATE;
