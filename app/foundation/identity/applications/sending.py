"""Signing an organisation up, and sending the application again."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.foundation import audit, fonts
from app.foundation.identity import rules
from app.foundation.identity.access.accepting import NAME_MOST
from app.foundation.identity.access.enrolling import membership_of
from app.foundation.identity.access_errors import NameMissing, OrganisationNameMissing
from app.foundation.identity.admitting import admit, keep_datum
from app.foundation.identity.applications.errors import (
    ApplicationNotReturned,
    ApplicationsTooMany,
    OrganisationRegistered,
    PurposeUnfit,
)
from app.foundation.identity.applications.rules import PURPOSE_MOST, Applicant, Applied
from app.foundation.identity.applications.sealing import seal_purpose
from app.foundation.identity.credentials.hashing_passwords import hash_password
from app.foundation.identity.credentials.signing_in_operators import open_pending
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import EmailTaken, RoleMissing
from app.foundation.identity.models import Operator
from app.foundation.identity.naming import set_name
from app.foundation.identity.rules import NAMES_MOST, DatumKind, SignedIn
from app.gateways.database import TROUBLE, constraint, fetch, fetch_value, transaction
from app.kernel.graphemes import graphemes, tidied
from app.kernel.ids import uuid7
from app.kernel.text import Language, Text

_POINTS_MOST = 800


async def send(
    applied: Applied, applicant: Applicant, *, language: Language, keyring: Keyring, now: datetime
) -> tuple[UUID, SignedIn]:
    """The organisation's id, and a pending session of its first sponsor, in which the second factor is set up.

    Raises:
        OrganisationNameMissing, PurposeUnfit, NotPrintable, NameMissing, EmailUnreadable, PasswordUnfit, EmailTaken,
        OrganisationRegistered, ApplicationsTooMany, PasswordsCrowded: nothing was written.
    """
    applied = await _checked(applied)
    name = tidied(applicant.name)
    if not 1 <= len(graphemes(name)) <= NAME_MOST or len(name) > _POINTS_MOST:
        raise NameMissing
    email = applicant.plain_email()
    rules.check_password(applicant.password)
    await _refuse_registered(applied)  # before the slow part
    password_hash = await hash_password(applicant.password, cost=keyring.password_cost)
    organisation_id = uuid7()
    try:
        async with transaction() as tx:
            person_id = await admit(language=language, keyring=keyring, now=now, tx=tx)
            if not await keep_datum(person_id, DatumKind.EMAIL, email, keyring=keyring, now=now, tx=tx):
                raise EmailTaken
            await set_name(person_id, name, keyring=keyring, now=now, tx=tx)
            await Operator.create(using_db=tx, person_id=person_id, password_hash=password_hash, created_at=now)
            await fetch(
                "SELECT identity.apply($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                organisation_id, *_columns(applied), person_id, applied.purpose, now, tx=tx,
            )  # fmt: skip
            await seal_purpose(organisation_id, keyring=keyring, tx=tx)
            await audit.record(
                "role.granted", membership_of(person_id, organisation_id), before=None, after={"role": "sponsor"},
                by=person_id, tx=tx,
            )  # fmt: skip
            return organisation_id, await open_pending(person_id, language, now=now, tx=tx)
    except TROUBLE as refusal:
        raise _fact(refusal) from refusal


async def send_again(organisation_id: UUID, applied: Applied, *, by: UUID, keyring: Keyring, now: datetime) -> None:
    """What was sent back, mended.

    Raises:
        OrganisationNameMissing, PurposeUnfit, NotPrintable, OrganisationRegistered: nothing was written.
        ApplicationNotReturned: nobody sent it back.
        RoleMissing: `by` is no sponsor of it.
    """
    applied = await _checked(applied)
    try:
        async with transaction() as tx:
            sent = await fetch_value(
                "SELECT identity.apply_again($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                organisation_id, *_columns(applied), by, applied.purpose, now, tx=tx,
            )  # fmt: skip
            await seal_purpose(organisation_id, keyring=keyring, tx=tx)
    except TROUBLE as refusal:
        raise _fact(refusal) from refusal
    if not sent:
        raise ApplicationNotReturned


async def _checked(applied: Applied) -> Applied:
    zh, en, purpose = tidied(applied.name.zh), tidied(applied.name.en), tidied(applied.purpose)
    name = Text(zh=zh, en=en or zh)
    if not all(1 <= len(text) <= NAMES_MOST for text in (name.zh, name.en)):
        raise OrganisationNameMissing
    await fonts.demand({"/name_zh": name.zh, "/name_en": name.en})
    if not 1 <= len(purpose) <= PURPOSE_MOST:
        raise PurposeUnfit(most=PURPOSE_MOST)
    await fonts.demand({"/purpose": purpose})
    return replace(applied, name=name, purpose=purpose)


async def _refuse_registered(applied: Applied) -> None:
    if await fetch(
        "SELECT 1 FROM organisation WHERE country = $1 AND register_number = $2",
        applied.register.country, applied.register.number,
    ):  # fmt: skip
        raise OrganisationRegistered


def _columns(applied: Applied) -> tuple[str, ...]:
    return (
        applied.name.zh, applied.name.en, applied.kind.value, applied.register.country, applied.register.number,
    )  # fmt: skip


def _fact(refusal: Exception) -> Exception:
    """What PostgreSQL refused, as a fact; or the refusal as it came."""
    facts: dict[str | None, type[Exception]] = {
        "organisation_register_key": OrganisationRegistered,
        "organisation_application_count_check": ApplicationsTooMany,
        "organisation_application_power": RoleMissing,
    }
    known = facts.get(constraint(refusal))
    return known() if known else refusal
