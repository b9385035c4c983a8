"""Credits: where they come from, the lots they lie in, and what they cost."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.credits.rules import Programme, UnitKind
from app.kernel.ids import uuid7
from app.kernel.money import Currency


class CreditProject(Model):
    """A project (减排项目) of one programme. Written by an import, corrected by an operator."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    programme = fields.CharEnumField(Programme, max_length=16)
    number = fields.CharField(max_length=64)
    name_zh = fields.CharField(max_length=200)
    name_en = fields.CharField(max_length=200)
    methodology = fields.CharField(max_length=64)
    unit_kind = fields.CharEnumField(UnitKind, max_length=12)
    place_zh = fields.CharField(max_length=100)
    place_en = fields.CharField(max_length=100)

    class Meta:
        table = "credit_project"


class CreditLot(Model):
    """A batch (批次) of whole tonnes, seen as a line of grams [0, mass_g). Never changed after its import."""

    id = fields.BigIntField(primary_key=True, generated=True)
    code = fields.CharField(max_length=64)
    project: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditProject", related_name=False, on_delete=OnDelete.RESTRICT
    )
    programme = fields.CharEnumField(Programme, max_length=16)
    vintage_start = fields.DateField()
    vintage_end = fields.DateField()
    issued_on = fields.DateField()
    serial_raw = fields.TextField()  # byte for byte as the registry wrote it
    serial_key = fields.TextField()  # NFKC, trimmed, upper case
    series = fields.TextField()  # what the block numbers count within
    series_id = fields.BigIntField()  # a 63-bit hash of `series`: the exclusion constraint needs a number
    block_start = fields.BigIntField()
    block_stop = fields.BigIntField()  # half-open, although registries print inclusive ends
    mass_g = fields.BigIntField()
    trade_number = fields.CharField(max_length=64, null=True)
    opened_at = fields.DatetimeField()

    class Meta:
        table = "credit_lot"


class CreditPrice(Model):
    """What a tonne of a programme costs from a day on, until a later row replaces it."""

    id = fields.IntField(primary_key=True, generated=True)
    programme = fields.CharEnumField(Programme, max_length=16)
    currency = fields.CharEnumField(Currency, max_length=3)
    per_tonne_minor = fields.BigIntField()
    valid_from = fields.DateField()

    class Meta:
        table = "credit_price"
