"""Who may ask persons for their accounts, what was asked and said, every read, and statements that persons asked for."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class ShareReader(Model):
    """An organisation that two of ours let ask persons for their accounts; it ends once, and another is another row."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    organisation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    ground = fields.CharField(max_length=200)  # why, as the two wrote it down
    approval_id = fields.UUIDField()
    enrolled_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )

    class Meta:
        table = "share_reader"


class ShareReaderKey(Model):
    """An API key of a reader that may ask and read; it ends with the key."""

    key_id = fields.UUIDField(primary_key=True)  # the key as a person; the database refers to it
    reader: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.ShareReader", related_name=False, on_delete=OnDelete.RESTRICT
    )
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    given_at = fields.DatetimeField()

    class Meta:
        table = "share_reader_key"


class ShareRequest(Model):
    """What a reader asks one person for: which books, how fine, why, until when. Never changed; one code, one person."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    reader: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.ShareReader", related_name=False, on_delete=OnDelete.RESTRICT
    )
    key_id = fields.UUIDField()  # which asked
    intent_key = fields.CharField(max_length=255)
    code = fields.CharField(max_length=8)  # what the person types; the last character checks
    purpose_zh = fields.CharField(max_length=200)
    purpose_en = fields.CharField(max_length=300)
    asks_emitted = fields.BooleanField()
    asks_retired = fields.BooleanField()
    granularity = fields.CharField(max_length=8)  # rules.Granularity
    period_from = fields.DateField()  # of the figures, Beijing days, both included
    period_to = fields.DateField()
    share_until = fields.DateField()  # the last Beijing day on which it may be answered and read
    asked_at = fields.DatetimeField()

    class Meta:
        table = "share_request"


class ShareAnswer(Model):
    """What one person said to a request: without grants it is a no. Appended, never changed."""

    request_id = fields.UUIDField(primary_key=True)  # the database refers to it
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    pseudonym = fields.UUIDField()  # as the reader knows them, of this request alone
    language = fields.CharField(max_length=2)  # in which they were asked
    answered_at = fields.DatetimeField()

    class Meta:
        table = "share_answer"


class ShareGrant(Model):
    """A yes to one book of a request, until its day is over or it is revoked, once."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    request_id = fields.UUIDField()  # of an answer
    book = fields.CharField(max_length=8)  # rules.Book
    granted_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "share_grant"


class ShareRead(Model):
    """One read of an account by a reader, written with its answer; the person sees it."""

    id = fields.BigIntField(primary_key=True, generated=True)
    request: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.ShareRequest", related_name=False, on_delete=OnDelete.RESTRICT
    )
    key_id = fields.UUIDField()
    at = fields.DatetimeField()
    outcome = fields.CharField(max_length=8)  # rules.ReadOutcome

    class Meta:
        table = "share_read"


class AccountStatement(Model):
    """Figures of a person's account as they stood when the person asked for a paper of them. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    intent_key = fields.CharField(max_length=255)
    granularity = fields.CharField(max_length=8)  # rules.Granularity
    period_from = fields.DateField()
    period_to = fields.DateField()  # included; not after the day it was made
    figures = fields.JSONField[dict[str, object]]()  # rules.Books
    name_sealed = fields.BinaryField(null=True)  # for the paper; None: 访客 / Visitor
    language = fields.CharField(max_length=2)
    made_at = fields.DatetimeField()

    class Meta:
        table = "account_statement"
