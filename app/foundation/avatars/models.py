"""The pictures that people gave of themselves."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model


class Avatar(Model):
    """The picture of one person, drawn anew by us and sealed under their key; gone when they take it down or are forgotten."""

    person: fields.OneToOneRelation[Model] = fields.OneToOneField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, primary_key=True
    )
    digest = fields.BinaryField()  # SHA-256 of the plain bytes: its address
    sealed = fields.BinaryField()
    check: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.ContentCheck", related_name=False, on_delete=OnDelete.RESTRICT
    )
    uploaded_at = fields.DatetimeField()

    class Meta:
        table = "avatar"
