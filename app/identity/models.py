"""Tables of identity. Only `person_pii` holds personal data, sealed; `person_key` holds what opens it.

Unique keys, checks and indexes stand in the migrations: Tortoise makes none on bytes.
"""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.identity.rules import DatumKind, OrganisationKind, PartyKind, PersonState, Role, SessionKind
from app.kernel.ids import uuid7
from app.kernel.text import Language


class Person(Model):
    """Somebody, by a random id and nothing else. Written once; language and state change; never deleted."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    language = fields.CharEnumField(Language, max_length=2)
    state = fields.CharEnumField(PersonState, max_length=8)
    created_at = fields.DatetimeField()

    class Meta:
        table = "person"


class PersonKey(Model):
    """A person's data key, wrapped. Made before the person's row; deleted to forget them; changed by rotation only.

    No foreign key on purpose: these rows belong into a database of their own, away from the backups of the rest,
    and must be able to move there.
    """

    person_id = fields.UUIDField(primary_key=True)
    wrapped = fields.BinaryField()
    master_key = fields.CharField(max_length=32)  # repeats the id inside `wrapped`, so that rotation finds what is left

    class Meta:
        table = "person_key"


class PersonPii(Model):
    """One personal datum of one person, sealed under their data key. Only a name is ever replaced."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharEnumField(DatumKind, max_length=8)
    scope = fields.CharField(max_length=64, default="")  # the appid of an openid, else empty
    sealed = fields.BinaryField()
    blind_index = fields.BinaryField(null=True)  # None: a name, which nobody is found by
    created_at = fields.DatetimeField()

    class Meta:
        table = "person_pii"


class IdentitySession(Model):
    """One sign-in, known by the SHA-256 of its token. Extended by use, revoked once, deleted long after its end."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    token_hash = fields.BinaryField()
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharEnumField(SessionKind, max_length=8)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)  # None: not signed out

    class Meta:
        table = "identity_session"


class Organisation(Model):
    """Who sponsors, orders, judges or runs the platform. Written by `enrol_organisation`."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    name_zh = fields.CharField(max_length=200)
    name_en = fields.CharField(max_length=200)
    kind = fields.CharEnumField(OrganisationKind, max_length=12)
    is_verified = fields.BooleanField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "organisation"


class Party(Model):
    """Whoever may pay, hold or benefit: a person or an organisation, under that row's own id. Written by triggers."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(PartyKind, max_length=12)

    class Meta:
        table = "party"


class Operator(Model):
    """A person who signs in with a password. The email is in `person_pii`. Disabled, never deleted."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    password_hash = fields.CharField(max_length=160)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)  # None: may sign in

    class Meta:
        table = "operator"


class Membership(Model):
    """One role of one operator in one organisation. Written by `grant_role`, deleted by `withdraw_role`."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    role = fields.CharEnumField(Role, max_length=16)
    created_at = fields.DatetimeField()

    class Meta:
        table = "membership"


class SignInAttempt(Model):
    """A password sign-in that failed or is being checked, by the blind index of the email typed, known or not.

    Written before the password is looked at, so that many at once cannot slip past the limit; deleted when it
    was right, or by the next attempt once it is an hour old.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account = fields.BinaryField()
    attempted_at = fields.DatetimeField()

    class Meta:
        table = "sign_in_attempt"
