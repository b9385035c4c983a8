"""What the role may write of approvals. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case
from tests.rooms.role.power import ADMINISTRATOR, GUEST, OPERATOR

_ID: Final = "'00000000-0000-7000-8000-0000000000aa'"
_PROPOSED: Final = (
    "INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, interested, state, is_founding, is_one_open,"
    f" proposed_at) VALUES ({_ID}, 'organisation_verification', 'evil', '{{{{}}}}', sha256('{{{{}}}}'), {{maker}}, '{{{{}}}}',"
    " '{state}', {founding}, true, now())"
)
_OPEN: Final = _PROPOSED.format(maker=OPERATOR, state="proposed", founding="false")
_YES: Final = f"UPDATE approval SET state = 'approved', decider_id = {{by}}, seen_sha256 = {{seen}} WHERE id = {_ID}"

APPROVING: Final = {
    "INSERT approval(id, kind, subject, payload, payload_sha256, maker_id, party_id, interested, state, is_founding,"
    " is_one_open, proposed_at)": Case(
        "writes a decision that nobody took, or proposes as somebody without the power",
        (
            (_PROPOSED.format(maker=GUEST, state="proposed", founding="false"), "approval_maker_role"),
            (_PROPOSED.format(maker="NULL", state="proposed", founding="false"), "approval_maker_role"),
            (_PROPOSED.format(maker=OPERATOR, state="approved", founding="false"), "approval_step_check"),
            (_PROPOSED.format(maker="NULL", state="approved", founding="true"), "approval_founded_by_owner"),
            (
                _PROPOSED.format(maker="NULL", state="approved", founding="true").replace(
                    "'organisation_verification'", "'role'"
                ),
                "approval_founded_by_owner",
            ),
        ),
        harmless="stands in the name of two who have the power now: the application signs people in, so PostgreSQL cannot"
        " know better; the row names them, and nobody changes it",
    ),
    "UPDATE approval(state, decider_id, seen_sha256, reason, superseded_by)": Case(
        "agrees alone, as somebody without the power, or to what nobody was shown",
        (
            (_OPEN + "; " + _YES.format(by=OPERATOR, seen="payload_sha256"), "approval_two_people_check"),
            (_OPEN + "; " + _YES.format(by=GUEST, seen="payload_sha256"), "approval_decider_role"),
            (_OPEN + "; " + _YES.format(by="NULL", seen="payload_sha256"), "approval_decider_role"),
            (_OPEN + "; " + _YES.format(by=ADMINISTRATOR, seen="sha256('evil')"), "approval_seen_check"),
            (
                _OPEN
                + "; "
                + _YES.format(by=ADMINISTRATOR, seen="payload_sha256")
                + f"; UPDATE approval SET state = 'proposed' WHERE id = {_ID}",
                "approval_is_final",
            ),
        ),
        harmless="as above",
    ),
    **dict.fromkeys(
        (
            "EXECUTE approvals.refusal(approval, uuid)",
            "EXECUTE approvals.waiting_for(uuid, integer)",
            "EXECUTE approvals.last_decider(text, text)",
        ),
        Case("tells who may decide what", harmless="the inbox shows it; they write nothing"),
    ),
}
