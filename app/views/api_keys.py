"""What the members of an organisation are told of its keys, by the API and on the page."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from app.foundation import identity
from app.foundation.identity.keys.rules import KeyCard, KeyState, MadeKey
from app.kernel import ids
from app.kernel.clock import rfc3339
from app.views.claim_json import OrganisationId


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret."""

    id: Annotated[str, msgspec.Meta(examples=["key_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    organisation: OrganisationId
    name: str
    roles: tuple[str, ...]
    made_by: str
    """Who made it; it ends with their role."""
    made_at: str
    expires_at: str
    """The first instant at which it is refused."""
    last_used_on: str | None
    state: KeyState
    """`good`; `expired`; `revoked` by a member; `ended` with the role of whoever made it."""


class MadeKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key just made."""

    id: str
    key: Annotated[str, msgspec.Meta(examples=["ddk_01JD8Q9T5K3V2M7N4P6R8S0W1X_7K3M9QFX2R0ABCDE7K3M9QFX2R0ABCDE"])]
    """The only copy there will ever be; it is kept as a hash."""
    expires_at: str


EXAMPLE: Final = KeyView(
    id="key_01JD8Q9T5K3V2M7N4P6R8S0W1X", organisation="org_01JD8Q9T5K3V2M7N4P6R8S0W1X", name="报名系统",
    roles=("sponsor",), made_by="李娜", made_at="2026-11-29T10:32:07+08:00", expires_at="2027-11-29T10:32:07+08:00",
    last_used_on="2026-11-29", state=KeyState.GOOD,
)  # fmt: skip
EXAMPLE_MADE: Final = MadeKeyView(
    id=EXAMPLE.id,
    key="ddk_01JD8Q9T5K3V2M7N4P6R8S0W1X_7K3M9QFX2R0ABCDE7K3M9QFX2R0ABCDE",
    expires_at=EXAMPLE.expires_at,
)


def view(one: KeyCard, organisation_id: UUID) -> KeyView:
    """A key as it is told."""
    return KeyView(
        id=ids.public("key", one.id),
        organisation=ids.public("org", organisation_id),
        name=one.name,
        roles=tuple(role.value for role in one.roles),
        made_by=one.maker or f"#{ids.public('per', one.maker_id)[-5:]}",
        made_at=rfc3339(one.made_at),
        expires_at=rfc3339(one.expires_at),
        last_used_on=one.last_used_on,
        state=one.state,
    )


def made_view(made: MadeKey) -> MadeKeyView:
    """A key as it is told once."""
    return MadeKeyView(id=ids.public("key", made.id), key=made.text, expires_at=rfc3339(made.expires_at))


def known_key(shown: str) -> UUID:
    """The id behind what was shown.

    Raises:
        KeyUnknown: it is none.
    """
    key_id = ids.parse("key", shown)
    if key_id is None:
        raise identity.keys.KeyUnknown
    return key_id
