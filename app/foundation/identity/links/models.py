"""Two persons who are one. Checks, triggers and indexes stand in the migrations."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class PersonLink(Model):
    """Two persons who are one: `linked` was a guest, `kept` is who they are from then on. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)  # of the device_move that both confirmed
    linked: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kept: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    linked_at = fields.DatetimeField()

    class Meta:
        table = "person_link"
