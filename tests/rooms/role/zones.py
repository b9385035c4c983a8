"""What the role may do about zones. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

ZONES: Final = {
    "EXECUTE zones.publish(uuid, uuid)": Case(
        "publishes a zone that nobody agreed to",
        (("SELECT zones.publish(gen_random_uuid(), gen_random_uuid())", "zone_edition_approval_fkey"),),
        harmless="only a version that two people approved, once, in turn, with an account of its own name and owner;"
        " tried in tests/rooms/programmes/zones",
    ),
}
