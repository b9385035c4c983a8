"""Credits: where they come from, the lots they lie in, and what they cost."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.registry.credits.rules import Programme, UnitKind


class CreditMethodology(Model):
    """A published method (方法学) of one programme. Projects refer to it by (programme, code).

    Written by an import; suspended and resumed by an operator. Suspended, its lots are not sold from that day on.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    programme = fields.CharEnumField(Programme, max_length=16)
    code = fields.CharField(max_length=64)
    name_zh = fields.CharField(max_length=200)
    name_en = fields.CharField(max_length=200)
    suspended_from = fields.DateField(null=True)  # None: in force
    note_zh = fields.CharField(max_length=500)  # for the public, beside certificates; empty while in force
    note_en = fields.CharField(max_length=500)
    source = fields.CharField(max_length=500)  # who says so: of the suspension, else of the name

    class Meta:
        table = "credit_methodology"


class CreditProject(Model):
    """A project (减排项目) of one programme. Written by an import, never changed."""

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
    """A batch (批次) of whole tonnes, seen as a line of grams [0, mass_g). Never changed after its import.

    What makes its tonnes its own stands in tables of PostgreSQL's own, which follow each lot by trigger (Tortoise has no
    range): `credit_block`, `credit_name`, `credit_double` (migrations/sql/credits_blocks.sql).
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    code = fields.CharField(max_length=64)
    project: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditProject", related_name=False, on_delete=OnDelete.RESTRICT
    )
    programme = fields.CharEnumField(Programme, max_length=16)
    vintage_start = fields.DateField()
    vintage_end = fields.DateField()
    monitoring_start = fields.DateField(null=True)  # None: not known; both or none
    monitoring_end = fields.DateField(null=True)
    issued_on = fields.DateField()
    unit_kind = fields.CharEnumField(UnitKind, max_length=12)  # as its project said when it came
    country = fields.CharField(max_length=2)  # ISO 3166-1
    source_market = fields.CharField(max_length=100, null=True)
    serial_raw = fields.TextField()  # byte for byte as the registry wrote it
    serial_key = fields.TextField()  # one spelling of it: `serial_rules.normalised`
    serial_fields: fields.JSONField[dict[str, str]] = fields.JSONField()  # every part of it by its name
    series = fields.TextField()  # what the block numbers count within: `REGISTRY:series`
    series_id = fields.BigIntField()  # a 63-bit hash of `series`: the exclusion constraint needs a number
    block_start = fields.BigIntField()
    block_stop = fields.BigIntField()  # half-open, although registries print inclusive ends
    mass_g = fields.BigIntField()
    trade_number = fields.CharField(max_length=64, null=True)
    certificate_number = fields.CharField(max_length=200, null=True)
    certificate_key = fields.TextField(null=True)  # as `serial_key`
    labels: fields.JSONField[list[str]] = fields.JSONField()  # such as ICVCM CCP
    is_real = fields.BooleanField(null=True)  # None: nobody has said
    is_additional = fields.BooleanField(null=True)
    is_permanent = fields.BooleanField(null=True)
    is_raw_only = fields.BooleanField()
    approval_id = fields.UUIDField(null=True)  # what two people agreed upon, where the serial says too little
    opened_at = fields.DatetimeField()

    class Meta:
        table = "credit_lot"


class CreditLotCorrection(Model):
    """Facts about a lot that came to be known later; the newest of a fact counts. Never changed itself."""

    id = fields.BigIntField(primary_key=True, generated=True)
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    changes: fields.JSONField[dict[str, object]] = fields.JSONField()
    note = fields.TextField()
    approval_id = fields.UUIDField()
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "credit_lot_correction"


class CreditPrice(Model):
    """What a tonne of a programme costs on the days of one line of its price list, both included."""

    id = fields.IntField(primary_key=True, generated=True)
    programme = fields.CharEnumField(Programme, max_length=16)
    currency = fields.CharEnumField(Currency, max_length=3)
    per_tonne_minor = fields.BigIntField()
    valid_from = fields.DateField()
    valid_to = fields.DateField(null=True)  # None: until further notice
    replaced_at = fields.DatetimeField(null=True)  # by a line with the same first day; then it holds no more
    approval_id = fields.UUIDField()

    class Meta:
        table = "credit_price"


class ExchangeRate(Model):
    """What one currency was worth in another on a day, as two people read it in its source. Never changed."""

    id = fields.IntField(primary_key=True, generated=True)
    base = fields.CharEnumField(Currency, max_length=3)  # what price lists are in
    currency = fields.CharEnumField(Currency, max_length=3)
    day = fields.DateField()  # of the source
    base_minor = fields.BigIntField()  # of the base, for `currency_minor` of the other
    currency_minor = fields.BigIntField()
    source = fields.CharField(max_length=200)
    url = fields.CharField(max_length=300)
    approval_id = fields.UUIDField()
    confirmed_at = fields.DatetimeField()

    class Meta:
        table = "exchange_rate"
