"""Retirements, the gram ranges they took, and what was judged of them. After settling nothing here changes."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7
from app.registry.claims import Purpose, Stage
from app.registry.retirements.rules import Funding, RetirementState


class Retirement(Model):
    """One request to retire grams for one claim. Written by `request`; once settled or withdrawn never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    cause = fields.CharField(max_length=64)  # `order:<id>`, unique: one cause, one retirement
    number = fields.CharField(max_length=24)  # printed: R-20261122-7K3M9QFX
    claim_id = fields.UUIDField()  # with the next two a key of `claim`
    purpose = fields.CharEnumField(Purpose, max_length=16)  # its claim's
    beneficiary: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(  # its claim's
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    funding = fields.CharEnumField(Funding, max_length=12)
    payer: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    holder: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    account: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # whose owner the holder is; None: bought and retired in one breath
    mandate_id = fields.UUIDField(null=True)  # with payer and beneficiary a key of `mandate`
    mass_g = fields.BigIntField()
    state = fields.CharEnumField(RetirementState, max_length=12)
    requested_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)  # None: not settled
    withdrawn_at = fields.DatetimeField(null=True)  # None: not withdrawn
    withdrawn_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    withdrawn_reason = fields.CharField(max_length=200, null=True)  # empty where it is sealed, in the next
    withdrawn_reason_sealed = fields.BinaryField(null=True)  # under the key of whoever withdrew

    class Meta:
        table = "retirement"


class RetirementVerdict(Model):
    """What one version of one rule profile said of a retirement on a day. Append-only, frozen beside the certificate."""

    id = fields.BigIntField(primary_key=True, generated=True)
    retirement: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Retirement", related_name=False, on_delete=OnDelete.RESTRICT
    )
    profile = fields.CharField(max_length=32)
    version = fields.CharField(max_length=16)
    stage = fields.CharEnumField(Stage, max_length=8, default=Stage.SETTLED, db_default=Stage.SETTLED)
    judged_on = fields.DateField()  # the Beijing day on which it was asked
    document = fields.TextField()  # canonical JSON: every finding with its reason

    class Meta:
        table = "retirement_verdict"


class RetirementLine(Model):
    """How many grams of which lot a retirement will take."""

    id = fields.BigIntField(primary_key=True, generated=True)
    retirement: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Retirement", related_name=False, on_delete=OnDelete.RESTRICT
    )
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    mass_g = fields.BigIntField()

    class Meta:
        table = "retirement_line"


class RetirementCursor(Model):
    """The first gram of a lot that nobody has retired. Moved by `settle` only."""

    lot: fields.OneToOneRelation[Model] = fields.OneToOneField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT, primary_key=True
    )
    next_g = fields.BigIntField(default=0)

    class Meta:
        table = "retirement_cursor"


class RetirementAllocation(Model):
    """The run of grams that one settling took from one lot: [start_g, stop_g). No two of a lot overlap."""

    id = fields.BigIntField(primary_key=True, generated=True)
    batch = fields.UUIDField()
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    start_g = fields.BigIntField()
    stop_g = fields.BigIntField()
    allocated_at = fields.DatetimeField()

    class Meta:
        table = "retirement_allocation"


class RetirementSlice(Model):
    """The part [start_g, stop_g) of an allocation that belongs to one retirement, contiguous with its neighbours. Or to none:
    grams that may have been given in lost time, and are never given again."""

    id = fields.BigIntField(primary_key=True, generated=True)
    allocation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.RetirementAllocation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    retirement: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Retirement", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    start_g = fields.BigIntField()
    stop_g = fields.BigIntField()
    mass_g = fields.BigIntField()

    class Meta:
        table = "retirement_slice"


class RetirementNaming(Model):
    """A member of the organisation that may claim a retirement says whether it agrees to be named with it.

    Append-only, written by `retirements.say_naming` alone; the last row of a retirement counts.
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    retirement: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Retirement", related_name=False, on_delete=OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    agrees = fields.BooleanField()
    said_at = fields.DatetimeField()

    class Meta:
        table = "retirement_naming"


class HoldingRetirement(Model):
    """What somebody retired of an account for its owner, once for its cause. Never changed."""

    cause = fields.CharField(max_length=64, primary_key=True)  # `holding:<intent>`, the retirement's own
    account: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=OnDelete.RESTRICT
    )
    mass_g = fields.BigIntField()
    asked = fields.TextField()  # canonical: what a repeat is compared with, and what two people agreed to
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    made_at = fields.DatetimeField()

    class Meta:
        table = "holding_retirement"
