"""What the role may write of grams, papers and money. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_LOT = (
    "INSERT INTO credit_lot SELECT (jsonb_populate_record(l, jsonb_build_object('id', 99, 'code', 'EVIL', {changes}))).*"
    " FROM credit_lot l LIMIT 1"
)
_LINE = (
    "INSERT INTO retirement_line (retirement_id, lot_id, mass_g) SELECT id, (SELECT min(id) FROM credit_lot), mass_g"
)
_CLAIM = (
    "INSERT INTO claim (id, cause, purpose, layer, scenario_id, beneficiary_id, beneficiary_kind, period_from, period_to,"
    " emission_g, language, made_at, supplements_id) SELECT gen_random_uuid(), {cause}, purpose, layer, scenario_id,"
    " beneficiary_id, {kind}, period_from, {to}, emission_g, language, now(), {root} FROM claim LIMIT 1; "
)
_OWN_CLAIM = _CLAIM.format(cause="'evil claim'", kind="beneficiary_kind", to="period_to", root="NULL")
_RETIREMENT = (
    _OWN_CLAIM
    + "INSERT INTO retirement (id, cause, number, claim_id, purpose, funding, payer_id, holder_id, beneficiary_id, mass_g,"
    " requested_at, state) SELECT gen_random_uuid(), '{cause}', 'R-evil', c.id, c.purpose, r.funding, r.payer_id,"
    " r.holder_id, c.beneficiary_id, {mass}, now(), '{state}' FROM retirement r, claim c WHERE c.cause = 'evil claim' LIMIT 1; "
)
WRITES: Final = {
    # ---- grams ------------------------------------------------------------------------------------------------------
    "INSERT credit_lot": Case(
        "writes a lot of its own, so grams out of nothing",
        (
            (_LOT.format(changes="'block_start', 50"), "credit_lot_mass_check"),
            (_LOT.format(changes="'serial_raw', 'EVIL'"), "credit_lot_serial_key_key"),
            (_LOT.format(changes="'serial_key', 'EVIL'"), "credit_lot_no_overlap"),
            (_LOT.format(changes="'series_id', 7, 'serial_key', 'EVIL'"), "credit_lot_series_check"),
            (_LOT.format(changes="'is_raw_only', true, 'serial_key', 'EVIL'"), "credit_lot_two_people"),
        ),
        harmless="a lot with numbers that no lot has is not refused: the application takes lots in, and PostgreSQL does not"
        " know the registry's list; the lot stands in public with its numbers, and names nobody who confirmed it",
    ),
    "UPDATE credit_double(decision, approval_id)": Case(
        "sells tonnes a second time",
        harmless="a decision is of a proposal that two people confirmed, once, or `credit_double_two_people` refuses it;"
        " tried in tests/rooms/registry/credits/test_credits_doubles.py",
    ),
    "INSERT credit_lot_correction": Case(
        "corrects a lot by itself",
        (
            (
                (
                    "INSERT INTO credit_lot_correction (lot_id, changes, note, approval_id, recorded_at)"
                    " SELECT id, '{\"labels\": []}', 'x', gen_random_uuid(), now() FROM credit_lot LIMIT 1"
                ),
                "credit_lot_correction_two_people",
            ),
        ),
    ),
    "INSERT credit_project": Case(
        "invents a project", harmless="a project has no gram; its lots are numbered by the registry"
    ),
    "INSERT credit_methodology": Case(
        "invents a methodology, or one that is off sale",
        (
            (
                (
                    "INSERT INTO credit_methodology (id, programme, code, name_zh, name_en, suspended_from, note_zh, note_en,"
                    " source) VALUES (gen_random_uuid(), 'CDCER', 'EVIL', 'x', 'x', '2026-01-01', 'x', 'x', 'x')"
                ),
                "credit_methodology_two_people",
            ),
        ),
        harmless="its projects are still to be written down",
    ),
    "UPDATE credit_reservation(state)": Case(
        "uses or frees what is set aside for others",
        (
            ("UPDATE credit_reservation SET state = 'released' WHERE state = 'held'", "credit_reservation_step_check"),
            ("UPDATE credit_reservation SET state = 'held' WHERE state = 'used'", "credit_reservation_step_check"),
        ),
    ),
    "INSERT retirement(id, cause, number, claim_id, purpose, funding, payer_id, holder_id, mandate_id, beneficiary_id,"
    " mass_g, account_id, state, requested_at)": Case(
        "retires grams that are set aside for somebody else, or none at all",
        (
            (
                _RETIREMENT.format(cause="evil", mass="5", state="requested")
                + _LINE
                + " FROM retirement WHERE cause = 'evil'",
                "retirement_of_its_reservation",
            ),
            (_RETIREMENT.format(cause="evil", mass="5", state="requested"), "retirement_lines_add_up"),
            (_RETIREMENT.format(cause="evil", mass="5", state="settled"), "retirement_settled_check"),
            (_RETIREMENT.format(cause="test:1", mass="8", state="requested"), "retirement_cause_key"),
            (
                _RETIREMENT.format(cause="held", mass="9", state="requested")
                + _LINE
                + " FROM retirement WHERE cause = 'held'",
                "retirement_of_its_reservation",
            ),
        ),
    ),
    "INSERT claim": Case(
        "claims in another's name, or as a part of what somebody else claimed",
        (
            (_CLAIM.format(cause="cause", kind="beneficiary_kind", to="period_to", root="NULL"), "claim_cause_key"),
            (
                _CLAIM.format(cause="'evil'", kind="'organisation'", to="period_to", root="NULL"),
                "claim_beneficiary_fkey",
            ),
            (
                _CLAIM.format(cause="'evil'", kind="beneficiary_kind", to="period_to + 1", root="id"),
                "claim_supplements_fkey",
            ),
        ),
    ),
    "UPDATE claim(name_sealed)": Case(
        "renames what is on a paper already",
        (
            (
                "UPDATE claim c SET name_sealed = 'x' FROM retirement r WHERE r.claim_id = c.id AND r.state = 'settled'",
                "claim_name_stays",
            ),
        ),
    ),
    "INSERT mandate": Case(
        "invents a ground on which somebody pays for another",
        harmless="it moves nothing: the payer's own order names it, and the paper prints it",
    ),
    "INSERT retirement_line": Case(
        "adds a line to somebody's retirement",
        ((_LINE + " FROM retirement LIMIT 1", "retirement_line_lot_key"),),
    ),
    "INSERT upstream_cancellation(id, reference, lot_id, programme, start_t, stop_t, mode, state, maker_id, payload,"
    " payload_sha256, queries, proposed_at)": Case(
        "says that tonnes are cancelled which are not retired",
        (
            (
                (
                    "INSERT INTO upstream_cancellation (id, reference, lot_id, programme, start_t,"
                    " stop_t, mode, state, maker_id,"
                    " payload, payload_sha256, queries, proposed_at) SELECT gen_random_uuid(), 'U-evil',"
                    " l.id, l.programme, 0, 90,"
                    " 'hand', 'proposed', p.id, '{}', sha256('{}'), 0, now() FROM credit_lot l, person p LIMIT 1"
                ),
                "upstream_cancellation_within_retired",
            ),
        ),
    ),
    "UPDATE upstream_cancellation(state, payload, payload_sha256, registry_reference, cancelled_on, evidence_sha256,"
    " evidence_name, evidence_kind, evidence_size, reported_at, approval_id, receipt,"
    " receipt_signature, receipt_key, reason, last_word, queries, next_query_at, finished_at)": Case(
        "brings a cancellation to its end without proof, or with one person",
        harmless="upstream_cancellation_guard and its checks refuse each step that is not the next;"
        " tried in tests/rooms/registry/cancellations",
    ),
    # ---- papers -----------------------------------------------------------------------------------------------------
    "INSERT certificate_file": Case(
        "puts a false file's digest beside a certificate",
        harmless="the record and its digest are the certificate; a file that differs is drawn anew",
    ),
    "UPDATE certificate_file(sha256, size_bytes, drawn_at)": Case(
        "the same of a file that is there",
        harmless="the record and its digest are the certificate; a file that differs is drawn anew",
    ),
    "INSERT certificate_wanted": Case(
        "asks for files that nobody asked for", harmless="they are drawn for nobody, and their record is what it was"
    ),
    "UPDATE certificate_wanted(wanted_at)": Case(
        "says that a file was asked for at another time", harmless="it is drawn once more, or a minute later"
    ),
    "INSERT retirement_verdict": Case(
        "says that a claim holds which nobody judged",
        (
            (
                (
                    "INSERT INTO retirement_verdict (retirement_id, profile, version, judged_on, document, stage)"
                    ' SELECT id, \'local\', \'1\', now()::date, \'{"profile":"local","version":"1"}\','
                    " 'settled' FROM retirement"
                    " WHERE state = 'requested'"
                ),
                "retirement_verdict_true",
            ),
            (
                (
                    "INSERT INTO retirement_verdict (retirement_id, profile, version, judged_on, document, stage)"
                    " SELECT id, 'iso14068-1', '1', now()::date,"
                    ' \'{"profile":"local","version":"1"}\', \'settled\' FROM retirement'
                    " WHERE state = 'settled'"
                ),
                "retirement_verdict_true",
            ),
        ),
    ),
    "INSERT claim_figure": Case(
        "calls more covered than was retired",
        (
            (
                (
                    "INSERT INTO claim_figure (claim_id, actual_g, retired_g, state, missing_g, due_on, entered_by_id,"
                    " entered_at) SELECT r.claim_id, r.mass_g + 1, r.mass_g, 'covered', 0, now()::date, p.id,"
                    " now() FROM retirement r, person p LIMIT 1"
                ),
                "claim_figure_missing_check",
            ),
            (
                (
                    "INSERT INTO claim_figure (claim_id, actual_g, retired_g, state, missing_g, due_on, entered_by_id,"
                    " entered_at) SELECT r.claim_id, r.mass_g, r.mass_g, 'covered', 0, now()::date, p.id,"
                    " now() FROM retirement r, person p WHERE r.state = 'requested' LIMIT 1"
                ),
                "claim_figure_root_fkey",
            ),
        ),
    ),
    # ---- money ------------------------------------------------------------------------------------------------------
    "INSERT payment": Case(
        "says that money came which did not",
        (
            (
                (
                    "INSERT INTO payment (id, subject, channel, method, reference, amount_minor, currency, description,"
                    " expires_at, created_at, state, queries, was_late, paid_at) VALUES"
                    " (gen_random_uuid(), 'order:x', 'wechatpay',"
                    " 'native', 'evil', 5, 'CNY', 'x', now(), now(), 'paid', 0, false, now())"
                ),
                "payment_paid_check",
            ),
        ),
    ),
    "UPDATE payment(state, opening, transaction_id, paid_at, was_late, next_query_at, queries, last_word)": Case(
        "marks a payment as paid",
        harmless="whether money came only the application hears, signed by the channel; prove_money compares",
    ),
    "INSERT payment_notice": Case(
        "forges a channel's notice", harmless="a notice moves nothing; the application reads its signature before"
    ),
    "UPDATE payment_notice(fate, fact)": Case(
        "hides a notice", harmless="the channel is asked by the sweeper all the same"
    ),
    "INSERT payment_reversal": Case(
        "says that a channel took money back which was never paid",
        (
            (
                (
                    "INSERT INTO payment_reversal (id, payment_id, channel, kind, reversal_id, amount_minor, currency, at,"
                    " notice_id, recorded_at) SELECT gen_random_uuid(), gen_random_uuid(), 'wechatpay', 'reversed', 'evil', 5,"
                    " 'CNY', now(), 1, now()"
                ),
                "payment_reversal_fits",
            ),
        ),
        harmless="whether money left only the application hears, signed by the channel; the channel's bill compares",
    ),
    "UPDATE payment_notice_decision(state, channel_refund_id, finished_at, next_query_at, queries, last_word)": Case(
        "says that money of a parked notice went back",
        harmless="it ends once (payment_notice_decision_step_check); the channel's bill says whether it went",
    ),
    "INSERT invoice_asking": Case(
        "puts a formula on somebody's invoice",
        (
            (
                (
                    "INSERT INTO invoice_asking (id, order_id, title, tax_number, email_sealed, by_id, asked_at)"
                    " SELECT gen_random_uuid(), o.id, '=1+1', '110105123456789', '', o.person_id, now() FROM purchase_order o"
                    " LIMIT 1"
                ),
                "invoice_asking_title_check",
            ),
        ),
        harmless="finance sees title and number before anything is made; what was made stays (invoice_asking_open)",
    ),
    "UPDATE invoice_asking(title, tax_number, email_sealed, by_id, asked_at)": Case(
        "changes what an invoice bears", harmless="until it is made; then invoice_asking_open refuses"
    ),
    "INSERT payment_refund": Case(
        "gives back more than was paid",
        (
            (
                (
                    "INSERT INTO payment_refund (id, payment_id, reference, amount_minor, cause, state, requested_at, queries)"
                    " SELECT gen_random_uuid(), gen_random_uuid(), 'evil', 5, 'taken_back', 'done', now(), 0"
                ),
                "payment_refund_step_check",
            ),
        ),
    ),
    "UPDATE payment_refund(state, channel_refund_id, finished_at, next_query_at, queries, last_word, is_over)": Case(
        "marks a refund as done",
        harmless="it ends once (payment_refund_step_check); the channel's bill says whether it went",
    ),
    "INSERT purchase_order": Case(
        "places an order below its price",
        (
            (
                (
                    "INSERT INTO purchase_order SELECT (jsonb_populate_record(o,"
                    " jsonb_build_object('id', gen_random_uuid(), 'intent_key',"
                    " 'evil'))).* FROM purchase_order o LIMIT 1"
                ),
                "purchase_order_adds_up",
            ),
        ),
    ),
    "INSERT sale_line": Case(
        "hangs a line on somebody's order",
        (
            (
                (
                    "INSERT INTO sale_line SELECT (jsonb_populate_record(p,"
                    " jsonb_build_object('id', gen_random_uuid(), 'no', 2,"
                    " 'cause', p.cause || '/2'))).* FROM sale_line p LIMIT 1"
                ),
                "sale_line_claim_key",
            ),
            (
                _OWN_CLAIM + "INSERT INTO sale_line SELECT (jsonb_populate_record(p, jsonb_build_object('id',"
                " gen_random_uuid(), 'no', 2, 'cause', p.cause || '/2', 'claim_id', c.id))).*"
                " FROM sale_line p, claim c WHERE c.cause = 'evil claim' LIMIT 1",
                "purchase_order_adds_up",
            ),
        ),
    ),
    "INSERT sale_line_price": Case(
        "hangs a line on somebody's order",
        (
            (
                (
                    "INSERT INTO sale_line_price (line_id, programme, mass_g, per_tonne_minor, amount_minor)"
                    " SELECT line_id, 'VCU', mass_g, per_tonne_minor, amount_minor FROM sale_line_price LIMIT 1"
                ),
                "purchase_order_adds_up",
            ),
        ),
    ),
    "INSERT holding_retirement(cause, account_id, mass_g, asked, by_id, approval_id, made_at)": Case(
        "writes down that a holding was retired",
        (
            (
                (
                    "INSERT INTO holding_retirement (cause, account_id, mass_g, asked, by_id, approval_id, made_at)"
                    " SELECT 'holding:' || q.id, q.id, 5, '{}', q.id, q.id, now() FROM person q LIMIT 1"
                ),
                "holding_retirement_as_agreed",
            ),
            (
                (
                    "INSERT INTO holding_retirement (cause, account_id, mass_g, asked, by_id, approval_id, made_at)"
                    " SELECT 'holding:' || q.id, q.id, 50000001, '{}', q.id, NULL, now() FROM person q LIMIT 1"
                ),
                "holding_retirement_alone_check",
            ),
        ),
        harmless="no gram moves by it; a retirement of an account is what such a row says, and of its own reservation",
    ),
    "UPDATE purchase_order(sale_cause, payment_id)": Case(
        "calls an order sold for somebody else's money",
        (
            (
                "UPDATE purchase_order SET sale_cause = 'sale:order:' || id, payment_id = gen_random_uuid()",
                "purchase_order_sold_once",
            ),
        ),
    ),
    "UPDATE purchase_order(state, closed_at)": Case(
        "takes a step back, or one too far",
        (("UPDATE purchase_order SET state = 'refunded'", "purchase_order_step_check"),),
    ),
}
