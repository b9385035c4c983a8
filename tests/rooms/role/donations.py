"""What the role may do about donations. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_TOLD: Final = Case(
    "tells what is in it", harmless="the application shows it; names in it are sealed under keys outside of PostgreSQL"
)
_READS: Final = Case("looks", harmless="a proof, rows or figures: nothing is written")

DONATIONS: Final = {
    "SELECT donation_intent": _TOLD,
    "SELECT donation_agreement": _TOLD,
    "SELECT donation": _TOLD,
    "SELECT donation_board": _TOLD,
    "SELECT donation_board_row": _TOLD,
    "INSERT donation_intent": Case(
        "means to give for somebody",
        harmless="an intent moves no gram and is never counted; what is given of it is a transfer of its own",
    ),
    "UPDATE donation_intent(order_id, ended_at, ended_as)": Case(
        "ends somebody's intent, or lets an order of theirs be given",
        harmless="once (`donation_intent_step_check`, tried in tests/rooms/programmes/donations); what was ordered lies in"
        " the donor's own holding until then, from which the role moves grams anyway, written down with who did it",
    ),
    "INSERT donation_agreement": Case(
        "keeps a file for somebody", harmless="one for each intent, by its digest, for good"
    ),
    "UPDATE donation_agreement(key_wrapped, master_key)": Case(
        "loses a file's key", harmless="the key is wrapped under one outside of PostgreSQL; the donor has the file too"
    ),
    "INSERT donation": Case(
        "says that somebody gave what never moved",
        (
            (
                (
                    "INSERT INTO donation (id, zone_id, donor_id, transfer_id, mass_g, transferred_at, language, shown_as,"
                    " shown_at, shown_by_id, by_id) SELECT gen_random_uuid(), gen_random_uuid(), p.id, 1, 5, now(), 'zh',"
                    " 'name', now(), p.id, p.id FROM person p LIMIT 1"
                ),
                "donation_of_its_transfer",
            ),
        ),
        harmless="a donation is the transfer that it names, to the gram",
    ),
    "UPDATE donation(shown_as, shown_at, shown_by_id)": Case(
        "shows a donor who did not agree",
        harmless="only in the name of somebody who acts for the donor (`donation_shown_power`, tried in"
        " tests/rooms/programmes/donations); a person is shown only while their consent stands",
    ),
    "EXECUTE donations.lock(uuid)": Case(
        "holds a zone up", harmless="as long as its transaction, which PostgreSQL ends"
    ),
    "EXECUTE donations.rebuild(uuid)": Case("writes a board anew", harmless="as the donations have it"),
    "EXECUTE donations.balance(uuid)": _READS,
    "EXECUTE donations.board_rows(uuid)": _READS,
    "EXECUTE donations.figures(uuid)": _READS,
    "EXECUTE donations.retired_by(uuid[])": _READS,
    "EXECUTE donations.prove(bigint)": _READS,
    "SELECT donation_support": _TOLD,
    "SELECT donation_report": _TOLD,
    "SELECT donation_scene_tally": _TOLD,
    "SELECT donation_tally": _TOLD,
    "INSERT donation_support": Case(
        "says that somebody supports a zone, alone",
        (
            (
                (
                    "INSERT INTO donation_support (id, zone_id, donor_id, kind, quantity, unit, told_zh, told_en, received_on,"
                    " document_sha256, approval_id, recorded_at, shown_as) SELECT gen_random_uuid(), gen_random_uuid(), p.id,"
                    " 'green_certificates', 5, 'certificate', '绿证', 'Certificates', current_date, sha256('x'),"
                    " gen_random_uuid(), now(), 'anonymous' FROM person p LIMIT 1"
                ),
                "donation_support_two_people",
            ),
        ),
    ),
    "UPDATE donation_support(shown_as, shown_at, shown_by_id)": Case(
        "shows a supporter who did not agree",
        harmless="only in the name of somebody who acts for them (`donation_shown_power`, tried in"
        " tests/rooms/programmes/donations)",
    ),
    "INSERT donation_report": Case(
        "freezes a report of a zone that is not closed",
        (
            (
                (
                    "INSERT INTO donation_report (id, zone_id, zone_version, sha256, size_bytes, by_id, kept_at)"
                    " SELECT gen_random_uuid(), gen_random_uuid(), 1, sha256('x'), 1, id, now() FROM person LIMIT 1"
                ),
                "donation_report_closed",
            ),
        ),
        harmless="of a closed zone there is one for each version; its bytes are held by their digest",
    ),
    "EXECUTE donations.rebuild_tallies(uuid)": Case(
        "writes tallies anew", harmless="as the donations and retirements have it"
    ),
    "EXECUTE donations.count_scenes(uuid[])": _READS,
    "EXECUTE donations.count_zones(uuid)": _READS,
    "EXECUTE donations.prove_tallies(bigint)": _READS,
}
