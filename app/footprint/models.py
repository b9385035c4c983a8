"""A computed figure, frozen with everything it was computed from."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class Footprint(Model):
    """One calculation of one person. Written by `record`, never changed: it recomputes to the gram for ever."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    calculator = fields.CharField(max_length=32)
    calculator_version = fields.CharField(max_length=16)
    factor_set_version = fields.CharField(max_length=16)
    total_g = fields.BigIntField()
    calculation = fields.JSONField[dict[str, object]]()
    computed_at = fields.DatetimeField()

    class Meta:
        table = "footprint"
