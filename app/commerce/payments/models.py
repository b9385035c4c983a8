"""Attempts to be paid, the channels' messages about them, and money given back."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.commerce.payments.rules import NoticeFate, PaymentState, RefundState
from app.kernel.ids import uuid7
from app.kernel.money import Currency


class Payment(Model):
    """One attempt to be paid for a subject through one channel. Its state only ever moves up in rank."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    subject = fields.CharField(max_length=64)  # `order:<id>`: of a kind that a room has declared
    channel = fields.CharField(max_length=16)  # a name of the table of channels, or one that stood there
    method = fields.CharField(max_length=32)  # as its channel declares it
    reference = fields.CharField(max_length=32)  # our number at the channel, kept before it is sent
    amount_minor = fields.BigIntField()
    currency = fields.CharEnumField(Currency, max_length=3)
    description = fields.CharField(max_length=127)
    payer_ip = fields.CharField(max_length=45, null=True)
    return_url = fields.CharField(max_length=255, null=True)
    state = fields.CharEnumField(PaymentState, max_length=16)
    opening = fields.JSONField[dict[str, object]](null=True)  # what the phone needs; None until the channel answered
    transaction_id = fields.CharField(max_length=64, null=True)
    paid_at = fields.DatetimeField(null=True)
    was_late = fields.BooleanField(default=False)
    expires_at = fields.DatetimeField()
    next_query_at = fields.DatetimeField(null=True)
    queries = fields.IntField(default=0)
    last_word = fields.CharField(max_length=64, null=True)  # the channel's last code, for people
    created_at = fields.DatetimeField()
    is_forgotten = fields.BooleanField(
        default=False, db_default=False
    )  # whoever paid was erased: no message of it opens

    class Meta:
        table = "payment"


class PaymentNotice(Model):
    """One authentic message of a channel (支付通知), kept raw. Forged ones leave no row."""

    id = fields.BigIntField(primary_key=True, generated=True)
    channel = fields.CharField(max_length=16)
    event_id = fields.CharField(max_length=64)
    kind = fields.CharField(max_length=32)
    reference = fields.CharField(max_length=64)
    body = fields.BinaryField()
    headers = fields.JSONField[dict[str, str]]()
    content = fields.TextField()
    fate = fields.CharEnumField(NoticeFate, max_length=16)
    fact = fields.CharField(max_length=64, null=True)  # why it was parked
    received_at = fields.DatetimeField()
    transaction_id = fields.CharField(max_length=64, null=True)  # of money it says was paid, with the two after it
    amount_minor = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3, null=True)  # as it says
    reversal = fields.JSONField[dict[str, object]](null=True)  # what it says the channel did without us
    key_id = fields.UUIDField(null=True)  # body, headers and content lie sealed in `body`; None: from before, in clear

    class Meta:
        table = "payment_notice"


class PaymentNoticeKey(Model):
    """What opens one raw message, wrapped; deleted when whoever paid is erased. The facts of the message stay beside it.

    No foreign key, as `person_key` has none: these rows lie in the schema `keys`, which dumps of the rest leave out.
    """

    id = fields.UUIDField(primary_key=True)
    wrapped = fields.BinaryField()
    master_key = fields.CharField(max_length=32)

    class Meta:
        table = "payment_notice_key"


class PaymentRefund(Model):
    """Money on its way back; the row stands before anything is sent, and its number is sent again on every doubt."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    payment: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Payment", related_name=False, on_delete=OnDelete.RESTRICT
    )
    reference = fields.CharField(max_length=64)
    amount_minor = fields.BigIntField()
    cause = fields.CharField(max_length=64)  # once for each payment; `reverses_sale`, in SQL: whether it was earned
    state = fields.CharEnumField(RefundState, max_length=12)
    channel_refund_id = fields.CharField(max_length=64, null=True)
    requested_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    next_query_at = fields.DatetimeField(null=True)
    queries = fields.IntField(default=0)
    last_word = fields.CharField(max_length=64, null=True)
    is_over = fields.BooleanField(default=False, db_default=False)  # refused, and its number will never move money

    class Meta:
        table = "payment_refund"


class PaymentRefundAct(Model):
    """What a person of ours did about a refund that its channel refused. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    refund: fields.ForeignKeyNullableRelation[PaymentRefund] = fields.ForeignKeyField(
        "models.PaymentRefund", related_name=False, null=True, on_delete=OnDelete.RESTRICT
    )  # NULL: it is about one that lost time took, `recovery_payment_id` in SQL
    act = fields.CharField(max_length=16)  # `asked_again` or `settled`
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    reason = fields.CharField(max_length=200)
    evidence = fields.CharField(max_length=120, null=True)  # of what went back another way: the transfer's number
    reference_before = fields.CharField(max_length=64)
    last_word = fields.CharField(max_length=64, null=True)  # of the channel, before
    acted_at = fields.DatetimeField()

    class Meta:
        table = "payment_refund_act"


class PaymentReversal(Model):
    """What a channel did about a payment without us: money that left besides our refunds, or a dispute. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    payment: fields.ForeignKeyRelation[Payment] = fields.ForeignKeyField(
        "models.Payment", related_name=False, on_delete=OnDelete.RESTRICT
    )
    channel = fields.CharField(max_length=16)
    kind = fields.CharField(max_length=16)  # `is_gone`, in SQL: whether its money left besides our refunds
    reversal_id = fields.CharField(max_length=64)  # the channel's: once for each channel and kind
    amount_minor = fields.BigIntField()  # what left; of a dispute what is contested
    currency = fields.CharEnumField(Currency, max_length=3)
    at = fields.DatetimeField()  # as the channel says
    notice: fields.ForeignKeyRelation[PaymentNotice] = fields.ForeignKeyField(
        "models.PaymentNotice", related_name=False, on_delete=OnDelete.RESTRICT
    )  # its evidence
    refund: fields.ForeignKeyNullableRelation[PaymentRefund] = fields.ForeignKeyField(
        "models.PaymentRefund", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # a refused refund of ours that it stands for
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "payment_reversal"


class PaymentNoticeDecision(Model):
    """What two people decided about a parked message: its money goes back at the channel, or it is noted why not."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    notice: fields.ForeignKeyRelation[PaymentNotice] = fields.ForeignKeyField(
        "models.PaymentNotice", related_name=False, on_delete=OnDelete.RESTRICT
    )
    state = fields.CharField(max_length=12)  # `noted`, or `requested`, `done`, `refused`
    reason = fields.CharField(max_length=200)
    reference = fields.CharField(max_length=64, null=True)  # our number of the refund
    channel_refund_id = fields.CharField(max_length=64, null=True)
    decided_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    next_query_at = fields.DatetimeField(null=True)
    queries = fields.IntField(default=0)
    last_word = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "payment_notice_decision"


class BankPayerKey(Model):
    """What opens who paid, as our bank says it, of one statement or one receipt; wrapped. Deleted when its legal time is over.

    No foreign key, as `person_key` has none: these rows lie in the schema `keys`, which dumps of the rest leave out.
    """

    id = fields.UUIDField(primary_key=True)
    wrapped = fields.BinaryField()
    master_key = fields.CharField(max_length=32)
    came_at = fields.DatetimeField()

    class Meta:
        table = "bank_payer_key"


class BankReceipt(Model):
    """One transfer that came to our account, as two people recorded it. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    payment: fields.ForeignKeyRelation[Payment] = fields.ForeignKeyField(
        "models.Payment", related_name=False, on_delete=OnDelete.RESTRICT
    )
    bank_number = fields.CharField(max_length=40)  # the bank's own, in capitals without blanks: one receipt once
    amount_minor = fields.BigIntField()
    currency = fields.CharEnumField(Currency, max_length=3)
    payer_name = fields.CharField(max_length=120)  # masked; whole where it was recorded before 0087
    value_day = fields.DateField()
    confirmed_at = fields.DatetimeField()

    class Meta:
        table = "bank_receipt"
