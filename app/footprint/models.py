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
    calculation = fields.JSONField[dict[str, object] | None](null=True)  # whole, as it was kept once; None: by its form
    form_id = fields.IntField(null=True)  # of footprint_form, which SQL makes: what many calculations say alike
    figures = fields.JSONField[list[object] | None](
        null=True
    )  # what this one says itself, in the order of the form's paths
    computed_at = fields.DatetimeField()

    class Meta:
        table = "footprint"


class PersonalFigure(Model):
    """What a person emitted in a day or a year of theirs, kept in their account. Of a period the newest counts."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    footprint: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Footprint", related_name=False, on_delete=OnDelete.RESTRICT
    )
    span = fields.CharField(max_length=4)  # figure_rules.Span
    period_from = fields.DateField()
    period_to = fields.DateField()  # inclusive
    intent_key = fields.CharField(max_length=255)
    kept_at = fields.DatetimeField()

    class Meta:
        table = "personal_figure"
