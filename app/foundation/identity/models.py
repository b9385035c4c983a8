"""Tables of identity. Only `person_pii` holds personal data, sealed; `person_key` holds what opens it.

Unique keys, checks and indexes stand in the migrations: Tortoise makes none on bytes.
"""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.foundation.identity.access_rules import TryKind
from app.foundation.identity.rules import (
    DatumKind,
    OrganisationKind,
    PartyKind,
    PersonState,
    Role,
    SessionKind,
)
from app.kernel.ids import uuid7
from app.kernel.text import Language


class Person(Model):
    """Somebody, by a random id and nothing else. Written once; language and state change; never deleted."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    language = fields.CharEnumField(Language, max_length=2)
    state = fields.CharEnumField(PersonState, max_length=8)
    created_at = fields.DatetimeField()
    is_under_14 = fields.BooleanField(default=False, db_default=False)  # as they said: not shown, not told of

    class Meta:
        table = "person"


class PersonKey(Model):
    """A person's data key, wrapped. Made before the person's row; deleted to forget them; changed by rotation only.

    No foreign key on purpose: these rows lie in the schema `keys`, which dumps of the rest leave out, and must be able to
    move to a database of their own.
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
    device = fields.CharField(max_length=24, null=True)  # two words of ours: `chrome.windows`; None: not known

    class Meta:
        table = "identity_session"


class Organisation(Model):
    """Who sponsors, orders, judges or runs the platform. Written by `enrol_organisation`; verified by two people."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    name_zh = fields.CharField(max_length=200)
    name_en = fields.CharField(max_length=200)
    kind = fields.CharEnumField(OrganisationKind, max_length=12)
    is_verified = fields.BooleanField()
    created_at = fields.DatetimeField()
    country = fields.CharField(max_length=2, null=True)  # ISO 3166-1; None: written before registers were asked for
    register_number = fields.CharField(max_length=40, null=True)  # in China the unified social credit code
    approval_id = fields.UUIDField(null=True)  # of its verification; None: not verified

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
    """One role of one person in one organisation. Written when an invitation is accepted, deleted by `withdraw_role`."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    role = fields.CharEnumField(Role, max_length=16)
    created_at = fields.DatetimeField()
    approval_id = fields.UUIDField(null=True)  # of a role at the platform; the database asks for it there

    class Meta:
        table = "membership"


class SignInAttempt(Model):
    """A password or code that was wrong or is being checked, by the blind index of the email typed, known or not.

    Written before it is looked at, so that many at once cannot slip past the measure; deleted when it was right, or by
    the next attempt once it is an hour old.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account = fields.BinaryField()
    attempted_at = fields.DatetimeField()
    kind = fields.CharEnumField(TryKind, max_length=8, default=TryKind.PASSWORD)
    place = fields.BinaryField(default=b"")  # blind index of the network it came from
    is_familiar = fields.BooleanField(default=False)  # somebody had come in from there before

    class Meta:
        table = "sign_in_attempt"


class SignInPlace(Model):
    """A network from which somebody came in under this email; strangers elsewhere cannot lock it out there."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account = fields.BinaryField()
    place = fields.BinaryField()
    seen_at = fields.DatetimeField()

    class Meta:
        table = "sign_in_place"


class OperatorFactor(Model):
    """What an operator's authenticator shares with us, sealed. Counts once confirmed; deleted by a reset."""

    person: fields.OneToOneRelation[Person] = fields.OneToOneField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, primary_key=True
    )
    secret_sealed = fields.BinaryField()
    made_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)  # None: shown, and not yet proved by a code
    last_step = fields.BigIntField(null=True)  # the half minute of the last code taken; no earlier one is taken again

    class Meta:
        table = "operator_factor"


class RecoveryCode(Model):
    """One of the codes that stand in for an authenticator, each once. Only a keyed hash is kept."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    code_hash = fields.BinaryField()
    key_id = fields.CharField(max_length=16)
    made_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_code"


class Invitation(Model):
    """A link to copy that lets one person into one organisation with some roles, once, for seven days."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    token_hash = fields.BinaryField()
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    roles = ArrayField(element_type="varchar(16)")
    inviter: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # None: by `set_up`
    label_sealed = fields.BinaryField(null=True)  # for whom, as the inviter wrote it, under the inviter's key
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    accepted_at = fields.DatetimeField(null=True)
    acceptor: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    revoked_at = fields.DatetimeField(null=True)
    approval_id = fields.UUIDField(
        null=True
    )  # None: another administrator has not agreed, or it is not to the platform

    class Meta:
        table = "invitation"


class OperatorReset(Model):
    """A link with which an operator chooses a new password and authenticator; made by two others, used once."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    token_hash = fields.BinaryField()
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    maker: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    checker: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "operator_reset"


class ApiKey(Model):
    """A key with which an organisation's programs ask, by its SHA-256. Ended once: by time, a member, or its maker's end."""

    person: fields.OneToOneRelation[Person] = fields.OneToOneField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, primary_key=True
    )  # the key itself, as whoever acts: nobody's name, and no party
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    maker: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    name = fields.CharField(max_length=60)
    roles = ArrayField(element_type="varchar(16)")
    secret_hash = fields.BinaryField()
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    last_used_on = fields.DateField(null=True)  # None: never
    revoked_at = fields.DatetimeField(null=True)
    revoked_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # None: not ended, or with the power of whoever made it

    class Meta:
        table = "api_key"


class OrganisationApplication(Model):
    """An organisation that signed itself up, and what it wants here. Sent back with a reason, sent again, at last verified."""

    organisation: fields.OneToOneRelation[Organisation] = fields.OneToOneField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT, primary_key=True
    )
    applicant: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    purpose = fields.CharField(max_length=300)  # a dash where it is sealed, in the next
    purpose_sealed = fields.BinaryField(null=True)  # under the key of the applicant
    sent_at = fields.DatetimeField()
    returned_at = fields.DatetimeField(null=True)  # None: it waits, or is verified
    returned_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    reason = fields.CharField(max_length=400, null=True)

    class Meta:
        table = "organisation_application"


class WechatTicket(Model):
    """One try to come into a console by WeChat, or to link one: good for three minutes, deleted after an hour."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    secret_hash = fields.BinaryField()  # of the browser that began it
    scan_hash = fields.BinaryField()  # of its QR code
    purpose = fields.CharField(max_length=8)  # tickets.TicketPurpose
    number = fields.SmallIntField()
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # who links; None: a sign-in
    account = fields.BinaryField(null=True)  # which WeChat said yes, as a keyed hash
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "wechat_ticket"


class WechatLink(Model):
    """A member's WeChat, by which they come into a console, as a keyed hash. Ended once, never deleted."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    account = fields.BinaryField()
    linked_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)  # None: it opens their account

    class Meta:
        table = "wechat_link"
