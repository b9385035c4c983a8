"""What is set aside for whom, and why grams changed hands. The grams themselves stand in the ledger."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7
from app.registry.credits.rules import Programme


class Account(Model):
    """What holds grams: a party's own, a pool, a zone, an allowance. Written by `open_account`, never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    kind = fields.CharField(max_length=12)  # rules.AccountKind, but `platform`
    owner: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    name_zh = fields.CharField(max_length=80, null=True)  # public; None: a party's holding, which has its owner's name
    name_en = fields.CharField(max_length=80, null=True)
    holder = fields.CharField(max_length=64)  # as the ledger has it: `held:<holder>:<lot>`
    opened_at = fields.DatetimeField()

    class Meta:
        table = "account"


class CreditReservation(Model):
    """Grams set aside for one cause until it expires: held → used | delivered | released | split."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    cause = fields.CharField(max_length=96)  # `order:<id>`, unique while held or used; a released one is renamed
    programme = fields.CharEnumField(Programme, max_length=16, null=True)  # None: a mix, whose lots say it
    mass_g = fields.BigIntField()
    state = fields.CharField(max_length=12)
    held_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    holder = fields.CharField(max_length=64, db_default="platform")  # to whom it goes back; a merge moves it
    mix = fields.CharField(max_length=160, null=True)  # as it was asked for; None: one programme
    split_of_id = fields.UUIDField(null=True)  # the reservation that this is a piece of; None: of none

    class Meta:
        table = "credit_reservation"


class CreditReservationLine(Model):
    """The part of a reservation that one lot gives. Which grams it will be is decided when it is retired."""

    id = fields.BigIntField(primary_key=True, generated=True)
    reservation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditReservation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    mass_g = fields.BigIntField()

    class Meta:
        table = "credit_reservation_line"


class HoldingTransfer(Model):
    """Grams that went from one holder to another for one cause: who, why, when. Written by `transfer`, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    cause = fields.CharField(max_length=80)  # unique; the ledger's transfer is `transfer:<cause>`
    content = fields.BinaryField()  # SHA-256 of what was asked for
    source = fields.CharField(max_length=64)
    target = fields.CharField(max_length=64)
    mass_g = fields.BigIntField()
    reason = fields.CharField(max_length=200)
    actor = fields.CharField(max_length=64, null=True)
    transferred_at = fields.DatetimeField()

    class Meta:
        table = "holding_transfer"
