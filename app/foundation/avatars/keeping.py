"""Taking a person's picture, and taking it down."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import identity, moderation
from app.foundation.avatars.bounded import redraw
from app.foundation.avatars.errors import AvatarPersonGone
from app.foundation.identity import Keyring
from app.foundation.moderation import CheckState, ContentPurpose, Reason
from app.gateways.database import constraint, fetch, fetch_value, transaction

SEALED_FOR = "avatar.picture"


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that was taken: by its digest, and whether others may see it yet."""

    digest: bytes
    state: CheckState
    reason: Reason | None = None
    """Why it was refused, where it was."""


async def put(person_id: UUID, upload: bytes, *, by_wechat: bool, keyring: Keyring) -> Kept:
    """Draw the uploaded picture anew and keep it in place of the one before; nobody else sees it until it has passed.

    Repeated: the same picture, the same check. Nothing of the upload itself is kept. What is refused leaves the picture
    before as it was. `by_wechat`: whether WeChat is to look at it.

    Raises:
        AvatarTooLarge, AvatarTypeUnknown, AvatarAnimated, AvatarDimensions, AvatarPolyglot, AvatarBroken: it is not taken.
        AvatarPersonGone: the person is being forgotten.
        Crowded: too many pictures wait to be drawn.
    """
    picture = await redraw(upload, account=str(person_id))
    digest = sha256(picture).digest()
    try:
        async with transaction() as tx:
            (sealed,) = await identity.seal_files([(person_id, picture)], purpose=SEALED_FOR, keyring=keyring, tx=tx)
            if sealed is None:
                raise AvatarPersonGone
            check = await moderation.ask_picture(
                person_id, picture, ContentPurpose.AVATAR, by_wechat=by_wechat, keyring=keyring, tx=tx
            )
            await fetch("SELECT avatars.keep($1, $2, $3, $4)", person_id, digest, sealed, check.check_id, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) == "avatar_person_active":
            raise AvatarPersonGone from refusal
        raise
    return Kept(digest, check.state)


async def remove(person_id: UUID) -> bool:
    """Take the picture down: it is gone at once, and nothing of it is left. False where there was none."""
    return bool(await fetch_value("SELECT avatars.remove($1)", person_id))
