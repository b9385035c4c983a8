"""What is looked at before others see it, who shows it, and who decided."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class ContentCheck(Model):
    """One text or picture for one purpose, by a keyed digest, and whether others may see it. Written by functions alone."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    kind = fields.CharField(max_length=7)
    purpose = fields.CharField(max_length=8)
    digest = fields.BinaryField()  # HMAC: nobody can try names against it
    state = fields.CharField(max_length=7)
    waits_for = fields.CharField(max_length=6, null=True)  # wechat | people; None: decided
    decided_by = fields.CharField(max_length=6, null=True)  # words | wechat | person; None: waiting
    decider: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    reason = fields.CharField(max_length=16, null=True)  # of a refusal
    reference = fields.CharField(max_length=64, null=True)  # WeChat's trace_id of a picture it looks at
    tries = fields.SmallIntField()
    asked_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)  # when WeChat is to be asked, or given up; None: it is not
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "content_check"


class ContentShowing(Model):
    """Somebody who shows what was checked; a text lies here sealed under their key. Appended, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    check: fields.ForeignKeyRelation[ContentCheck] = fields.ForeignKeyField(
        "models.ContentCheck", related_name=False, on_delete=OnDelete.RESTRICT
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    sealed = fields.BinaryField(null=True)  # None of a picture: the room that keeps it has the bytes
    asked_at = fields.DatetimeField()

    class Meta:
        table = "content_showing"


class ContentDecision(Model):
    """One decision about a check, in turn. Appended, never changed: the history of what was shown and hidden."""

    id = fields.BigIntField(primary_key=True, generated=True)
    check: fields.ForeignKeyRelation[ContentCheck] = fields.ForeignKeyField(
        "models.ContentCheck", related_name=False, on_delete=OnDelete.RESTRICT
    )
    state = fields.CharField(max_length=7)
    decided_by = fields.CharField(max_length=6)
    decider: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    reason = fields.CharField(max_length=16, null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "content_decision"
