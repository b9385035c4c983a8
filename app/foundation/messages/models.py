"""Messages to phones, and the yes that each needs. Checks, triggers and indexes stand in the migrations."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class MessageAnswer(Model):
    """What somebody said when they were asked for one message. A yes is used by one message, and deleted at erasure."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=12)
    template_id = fields.CharField(max_length=64)
    answer = fields.CharField(max_length=6)  # accept | reject | ban
    intent_key = fields.CharField(max_length=255)
    answered_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)  # None: a yes that no message has used

    class Meta:
        table = "message_answer"


class PhoneMessage(Model):
    """One message to one person about one thing, for one yes. Sent at most once; deleted at erasure."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    kind = fields.CharField(max_length=12)
    about = fields.CharField(max_length=80)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    answer: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.MessageAnswer", related_name=False, on_delete=OnDelete.RESTRICT
    )
    page = fields.CharField(max_length=200)
    content = fields.JSONField[dict[str, str]]()
    language = fields.CharField(max_length=2)
    state = fields.CharField(max_length=8)  # waiting | sending | sent | refused | unknown
    reason = fields.CharField(max_length=16, null=True)
    tries = fields.SmallIntField(default=0, db_default=0)
    due_at = fields.DatetimeField()
    made_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "phone_message"
