"""What a channel did without us is a row and a posting; two people decide about a parked message."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from app.commerce.payments.rules import NoticeFate
from app.kernel.money import Currency

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False, null=null,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


def _id() -> fields.UUIDField:
    return fields.UUIDField(primary_key=True, unique=True, db_index=True)


class Migration(migrations.Migration):
    dependencies = [("models", "0047_gifts_into_accounts")]

    operations = [
        ops.AlterField(model_name="PaymentNotice", name="fate", field=fields.CharEnumField(NoticeFate, max_length=16)),
        ops.AddField(
            model_name="PaymentNotice", name="transaction_id", field=fields.CharField(max_length=64, null=True)
        ),
        ops.AddField(model_name="PaymentNotice", name="amount_minor", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="PaymentNotice", name="currency", field=fields.CharField(max_length=3, null=True)),
        ops.AddField(model_name="PaymentNotice", name="reversal", field=fields.JSONField(null=True)),
        ops.CreateModel(
            name="PaymentReversal",
            fields=[
                ("id", _id()),
                ("payment", _key("Payment", "payment_id")),
                ("channel", fields.CharField(max_length=16)),
                ("kind", fields.CharField(max_length=16)),
                ("reversal_id", fields.CharField(max_length=64)),
                ("amount_minor", fields.BigIntField()),
                ("currency", fields.CharEnumField(Currency, max_length=3)),
                ("at", _time()),
                ("notice", _key("PaymentNotice", "notice_id")),
                ("refund", _key("PaymentRefund", "refund_id", null=True)),
                ("recorded_at", _time()),
            ],
            options={
                "table": "payment_reversal",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What a channel did about a payment without us: money that left besides our refunds, or a dispute."
                    " Never changed."
                ),
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PaymentNoticeDecision",
            fields=[
                ("id", _id()),
                ("notice", _key("PaymentNotice", "notice_id")),
                ("state", fields.CharField(max_length=12)),
                ("reason", fields.CharField(max_length=200)),
                ("reference", fields.CharField(max_length=64, null=True)),
                ("channel_refund_id", fields.CharField(max_length=64, null=True)),
                ("decided_at", _time()),
                ("finished_at", _time(null=True)),
                ("next_query_at", _time(null=True)),
                ("queries", fields.IntField(default=0)),
                ("last_word", fields.CharField(max_length=64, null=True)),
            ],
            options={
                "table": "payment_notice_decision",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What two people decided about a parked message: its money goes back at the channel, or it is noted"
                    " why not."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "payments_reversals.sql").read_text("utf-8")),
    ]
