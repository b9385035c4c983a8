"""Who acts at the terminal where it matters who: an operator with email and password, and a role."""

from uuid import UUID

import click

from app import identity, wiring
from app.identity import Role
from app.kernel.clock import utc_now
from config.settings import Settings

Credentials = tuple[str, str]
"""Email and password."""


async def person_of(settings: Settings, credentials: Credentials, *roles: Role) -> UUID:
    """The operator behind email and password, with one of the roles where the platform is run. Their session ends at once.

    Raises:
        WrongCredentials, SignInLocked: as `identity.sign_in_operator`.
        click.ClickException: the role is not theirs.
    """
    now = utc_now()
    signed_in = await identity.sign_in_operator(*credentials, keyring=wiring.keyring(settings), now=now)
    await identity.sign_out(signed_in.token, now)
    if not await identity.house_roles(signed_in.session.person_id) & set(roles):
        raise click.ClickException(f"this takes the role {' or '.join(role.value for role in roles)}")
    return signed_in.session.person_id
