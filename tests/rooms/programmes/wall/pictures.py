"""Pictures and names for turns, without drawing anything: what is kept of an upload is what a test says."""

from hashlib import sha256
from uuid import UUID

from app.foundation import identity, moderation
from app.foundation.identity import Keyring, Role
from app.foundation.moderation import CheckState, ContentPurpose, Reason
from app.gateways.database import fetch, transaction
from tests.rooms.conftest import KEYRING, connected
from tests.rooms.programmes.wall.conftest import Hall
from tests.staff import staff

PICTURE = b"RIFF, as it were a picture"


async def give_picture(person_id: UUID, picture: bytes = PICTURE, *, keyring: Keyring = KEYRING) -> tuple[UUID, str]:
    """They uploaded this one; answers its check and its name on a screen."""
    digest = sha256(picture).digest()
    async with transaction() as tx:
        (sealed,) = await identity.seal_files([(person_id, picture)], purpose="avatar.picture", keyring=keyring, tx=tx)
        check = await moderation.ask_picture(
            person_id, picture, ContentPurpose.AVATAR, by_wechat=False, keyring=keyring, tx=tx
        )
        await fetch("SELECT avatars.keep($1, $2, $3, $4)", person_id, digest, sealed, check.check_id, tx=tx)
    return check.check_id, f"{digest.hex()}.webp"


async def decide(check_id: UUID, state: CheckState, *, seen: CheckState) -> None:
    """One of the platform's people looks at it."""
    reason = Reason.ABUSE if state is CheckState.REFUSED else None
    await moderation.decide(check_id, state, reason=reason, seen=seen, by=await staff(Role.OPERATOR))


async def let_time_pass(hall: Hall) -> None:
    """The turns that are placed are over for half a minute, and a screen of the scene is on: a superuser's act."""
    async with connected(hall.river.stand.super_url) as admin:
        await admin.execute(
            "SET session_replication_role = replica;"
            " UPDATE wall_turn SET slot = 1, slots = 1, show_from = s.at, show_to = s.at + interval '30 s'"
            " FROM (SELECT id, now() - interval '30 s' * (2 + row_number() OVER (ORDER BY id DESC)) AS at FROM wall_turn) s"
            " WHERE s.id = wall_turn.id;"
            " UPDATE wall_scene SET seen_at = now(), told_id = (SELECT coalesce(max(id), 0) FROM wall_event)"
        )
