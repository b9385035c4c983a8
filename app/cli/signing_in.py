"""Who acts at the terminal where it matters who: an operator with email, password and second factor, and a role.

Each verb signs in for itself; a code is good once, so whoever types several verbs in a row signs in for the day:
`eval "$(diandian sign-in --by EMAIL)"` keeps a session in the shell's environment, `diandian sign-out` ends it. Somebody
else who is named with `--by` in that shell is asked for their own password and code.
"""

import contextlib
import os
from collections.abc import AsyncIterator
from uuid import UUID

import click

from app import wiring
from app.cli.output import say
from app.cli.setup import session_of
from app.cli.words import word
from app.foundation import identity
from app.foundation.identity import Role, SessionKind, SignedIn
from app.kernel.clock import utc_now
from config.settings import Settings

Credentials = tuple[str, str]
"""Email and password."""
OWN_CODE = "DIANDIAN_OPERATOR_CODE"
SECOND_CODE = "DIANDIAN_SECOND_CODE"


async def enter(settings: Settings, credentials: Credentials, *, code_from: str = OWN_CODE) -> SignedIn:
    """A session for email and password; the authenticator's code comes from the environment, or is asked for.

    Raises:
        WrongCredentials, SignInLocked, PasswordsCrowded, CodeWrong, FactorMissing: as `identity.sign_in_operator`.
    """
    try:
        return await _sign_in(settings, credentials, os.environ.get(code_from))
    except identity.CodeNeeded:
        return await _sign_in(
            settings,
            credentials,
            str(click.prompt(say(f"{credentials[0]} 的验证码", f"Code of {credentials[0]}"), err=True)),
        )


@contextlib.asynccontextmanager
async def acting(settings: Settings, credentials: Credentials, *, code_from: str = OWN_CODE) -> AsyncIterator[UUID]:
    """The person behind the credentials; a session opened for the block ends with it.

    Raises:
        WrongCredentials, SignInLocked, PasswordsCrowded, CodeWrong, FactorMissing: as `enter`.
        TokenExpired: the shell's session has ended, or is somebody else's.
    """
    if code_from == OWN_CODE and (token := session_of(credentials[0])):
        yield await _holder(settings, token, credentials[0])
        return
    signed_in = await enter(settings, credentials, code_from=code_from)
    try:
        yield signed_in.session.person_id
    finally:
        await identity.sign_out(signed_in.token, utc_now())


async def person_of(settings: Settings, credentials: Credentials, *roles: Role) -> UUID:
    """The operator behind the credentials, with one of the roles where the platform is run. A session opened for it ends
    at once.

    Raises:
        WrongCredentials, SignInLocked, PasswordsCrowded, CodeWrong, FactorMissing, TokenExpired: as `staff_decisions`.
        click.ClickException: the role is not theirs.
    """
    async with acting(settings, credentials) as person_id:
        held = await identity.platform_roles(person_id)
    if not held & set(roles):
        named = [word(role.value) for role in roles]
        raise click.ClickException(say(f"需要角色：{'或'.join(named)}", f"this takes the role {' or '.join(named)}"))
    return person_id


async def _sign_in(settings: Settings, credentials: Credentials, code: str | None) -> SignedIn:
    return await identity.sign_in_operator(
        *credentials,
        code=code,
        needs_factor=settings.needs_second_factor,
        keyring=wiring.keyring(settings),
        now=utc_now(),
    )


async def _holder(settings: Settings, token: str, email: str) -> UUID:
    """Whose session the shell keeps; it must be the one who is said to act."""
    session = await identity.find_session(token, utc_now())
    if session is None or session.kind is not SessionKind.OPERATOR:
        raise identity.TokenExpired
    if session.person_id != await identity.find_operator(email, keyring=wiring.keyring(settings)):
        raise identity.TokenExpired
    return session.person_id
