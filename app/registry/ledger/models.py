"""The books: accounts, transfers, entries. Only `ledger.post` writes them; the application may read."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model


class LedgerAccount(Model):
    """One holder's balance in one unit. `balance` follows the entries and never falls below `floor`."""

    id = fields.BigIntField(primary_key=True, generated=True)
    path = fields.CharField(max_length=96)  # who: `inventory:7`, `clearing:hand`
    unit = fields.CharField(max_length=32)  # what: `g:7` (grams of lot 7), `CNY` (fen)
    kind = fields.CharField(max_length=8)  # external (no floor), ordinary, pool (locked last)
    floor = fields.BigIntField(default=0)
    balance = fields.BigIntField(default=0)

    class Meta:
        table = "ledger_account"


class LedgerTransfer(Model):
    """One movement, named by its cause: the same `cause` with the same content is the same transfer."""

    id = fields.BigIntField(primary_key=True, generated=True)
    cause = fields.CharField(max_length=96)
    content = fields.BinaryField()  # SHA-256 of what was to be moved
    kind = fields.CharField(max_length=32)
    legs = fields.IntField()
    actor = fields.CharField(max_length=64, null=True)
    maker = fields.UUIDField(null=True)
    checker = fields.UUIDField(null=True)
    posted_at = fields.DatetimeField()

    class Meta:
        table = "ledger_transfer"


class LedgerEntry(Model):
    """One leg of a transfer, with the balance it left. `legs` repeats the transfer's, so that no leg can be added later."""

    id = fields.BigIntField(primary_key=True, generated=True)
    transfer: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.LedgerTransfer", related_name=False, on_delete=OnDelete.RESTRICT
    )
    account: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.LedgerAccount", related_name=False, on_delete=OnDelete.RESTRICT
    )
    leg = fields.IntField()
    legs = fields.IntField()
    amount = fields.BigIntField()
    balance = fields.BigIntField()

    class Meta:
        table = "ledger_entry"


class LedgerMovement(Model):
    """Between which kinds of account a kind of transfer may move a family of units. Rows come by migration only."""

    id = fields.BigIntField(primary_key=True, generated=True)
    kind = fields.CharField(max_length=32)  # of the transfer: `reserve`
    cause = fields.CharField(max_length=48)  # a LIKE pattern: `reserve:%`
    family = fields.CharField(max_length=8)  # the first word of the unit: `g`, `CNY`
    source = fields.CharField(max_length=16)  # the first word of a path: `inventory`
    target = fields.CharField(max_length=16)

    class Meta:
        table = "ledger_movement"
