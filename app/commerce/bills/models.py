"""What channels say that they moved, day by day, and what of it differs from ours."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.commerce.bills.rules import BillState, DifferenceState, Nature
from app.gateways.channels.base import BillKind
from app.kernel.ids import uuid7
from app.kernel.money import Currency


class ChannelBill(Model):
    """What one channel moved on one day of Beijing, as far as it has said: expected, then read, or none."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    channel = fields.CharField(max_length=16)
    day = fields.DateField()
    state = fields.CharEnumField(BillState, max_length=8)
    file_no = fields.IntField(null=True)  # of its files the one that counts
    due_at = fields.DatetimeField(null=True)  # when to ask for it; None: it is there
    tries = fields.IntField()
    last_word = fields.CharField(max_length=64, null=True)  # the channel's last code, for people
    opened_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "channel_bill"


class ChannelBillFile(Model):
    """One file as it was fetched; its bytes lie sealed in the store under its id. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    bill: fields.ForeignKeyRelation[ChannelBill] = fields.ForeignKeyField(
        "models.ChannelBill", related_name=False, on_delete=OnDelete.RESTRICT
    )
    no = fields.IntField()
    digest = fields.BinaryField()  # SHA-256 of the unpacked bytes
    encoding = fields.CharField(max_length=16)
    size = fields.BigIntField()
    lines = fields.IntField()
    unfit = fields.CharField(max_length=16, null=True)  # why it cannot be read
    unfit_line = fields.IntField(null=True)  # where; 0 for the whole
    fetched_at = fields.DatetimeField()

    class Meta:
        table = "channel_bill_file"


class ChannelBillKey(Model):
    """What opens the bytes of one file, wrapped: payers stand in it. Deleted with the bytes, when their legal time is over.

    No foreign key, as `person_key` has none: these rows lie in the schema `keys`, which dumps of the rest leave out.
    """

    file_id = fields.UUIDField(primary_key=True)
    wrapped = fields.BinaryField()
    master_key = fields.CharField(max_length=32)

    class Meta:
        table = "channel_bill_key"


class ChannelBillErasure(Model):
    """A file whose bytes were erased when their legal time was over. Never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    file: fields.ForeignKeyRelation[ChannelBillFile] = fields.ForeignKeyField(
        "models.ChannelBillFile", related_name=False, on_delete=OnDelete.RESTRICT
    )
    erased_at = fields.DatetimeField()

    class Meta:
        table = "channel_bill_erasure"


class ChannelBillLine(Model):
    """One line of a file: money that moved, as the channel counts it. Never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    file: fields.ForeignKeyRelation[ChannelBillFile] = fields.ForeignKeyField(
        "models.ChannelBillFile", related_name=False, on_delete=OnDelete.RESTRICT
    )
    no = fields.IntField()
    kind = fields.CharEnumField(BillKind, max_length=8)
    reference = fields.CharField(max_length=64)
    transaction_id = fields.CharField(max_length=64)
    refund_reference = fields.CharField(max_length=64)
    refund_id = fields.CharField(max_length=64)
    amount_minor = fields.BigIntField()
    currency = fields.CharEnumField(Currency, max_length=3)
    at = fields.DatetimeField()
    fee_minor = fields.BigIntField(null=True)
    other = fields.JSONField[dict[str, str]]()

    class Meta:
        table = "channel_bill_line"


class ChannelBillSum(Model):
    """What a bill, our rows and the ledger add up to in one currency, as they were compared last."""

    id = fields.BigIntField(primary_key=True, generated=True)
    bill: fields.ForeignKeyRelation[ChannelBill] = fields.ForeignKeyField(
        "models.ChannelBill", related_name=False, on_delete=OnDelete.RESTRICT
    )
    currency = fields.CharEnumField(Currency, max_length=3)
    bill_payments = fields.IntField()
    bill_payments_minor = fields.BigIntField()
    bill_refunds = fields.IntField()
    bill_refunds_minor = fields.BigIntField()
    our_payments = fields.IntField()
    our_payments_minor = fields.BigIntField()
    our_refunds = fields.IntField()
    our_refunds_minor = fields.BigIntField()
    posted_payments = fields.IntField()
    posted_payments_minor = fields.BigIntField()
    posted_refunds = fields.IntField()
    posted_refunds_minor = fields.BigIntField()
    fee_minor = fields.BigIntField(null=True)

    class Meta:
        table = "channel_bill_sum"


class BillDifference(Model):
    """What does not fit between a bill and ours, found by comparing: open, then settled by itself or explained by a person."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    channel = fields.CharField(max_length=16)
    day = fields.DateField()
    nature = fields.CharEnumField(Nature, max_length=12)
    moved = fields.CharEnumField(BillKind, max_length=8)
    key = fields.CharField(max_length=64)  # the channel's number of the payment or refund
    state = fields.CharEnumField(DifferenceState, max_length=10)
    theirs_minor = fields.BigIntField(null=True)  # None: no bill has it
    ours_minor = fields.BigIntField(null=True)  # None: we know nothing of it; of `ledger` what was posted
    currency = fields.CharEnumField(Currency, max_length=3)
    at = fields.DatetimeField()
    reference = fields.CharField(max_length=64)
    transaction_id = fields.CharField(max_length=64)
    refund_reference = fields.CharField(max_length=64)
    line: fields.ForeignKeyNullableRelation[ChannelBillLine] = fields.ForeignKeyField(
        "models.ChannelBillLine", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    payment: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Payment", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    refund: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.PaymentRefund", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    owner: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    found_at = fields.DatetimeField()
    asks = fields.IntField()
    next_ask_at = fields.DatetimeField(null=True)
    asked_at = fields.DatetimeField(null=True)
    last_word = fields.CharField(max_length=64, null=True)  # the channel's, when it was asked
    closed_at = fields.DatetimeField(null=True)
    closed_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )
    reason = fields.CharField(max_length=200, null=True)
    evidence = fields.CharField(max_length=120, null=True)

    class Meta:
        table = "bill_difference"


class BillDay(Model):
    """A day of bills that two people signed, with all that they saw. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    day = fields.DateField()
    content = fields.JSONField[dict[str, object]]()
    signed_at = fields.DatetimeField()

    class Meta:
        table = "bill_day"
