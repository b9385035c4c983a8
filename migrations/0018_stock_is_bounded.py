"""Unpaid reservations are bounded, and end as a set; one open payment; refused refunds go on; who is unreferenced goes."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from app.kernel.ids import uuid7
from app.commerce.orders.rules import OrderState
from app.commerce.payments.rules import RefundState

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0017_somebody_is_first")]

    operations = [
        ops.AlterField(
            model_name="Order", name="state", field=fields.CharEnumField(enum_type=OrderState, max_length=12)
        ),
        ops.AlterField(
            model_name="PaymentRefund", name="state", field=fields.CharEnumField(enum_type=RefundState, max_length=12)
        ),
        ops.AddField(model_name="Order", name="address_key", field=fields.BinaryField(null=True)),
        ops.CreateModel(
            name="OrderAct",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "models.Order",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("act", fields.CharField(max_length=16)),
                (
                    "by",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", fields.CharField(max_length=200)),
                ("acted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "purchase_order_act",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What a person of ours did to an order, and why. Written by `orders.hold`, never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PaymentRefundAct",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "refund",
                    fields.ForeignKeyField(
                        "models.PaymentRefund",
                        source_field="refund_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("act", fields.CharField(max_length=16)),
                (
                    "by",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", fields.CharField(max_length=200)),
                ("evidence", fields.CharField(null=True, max_length=120)),
                ("reference_before", fields.CharField(max_length=64)),
                ("last_word", fields.CharField(null=True, max_length=64)),
                ("acted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "payment_refund_act",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What a person of ours did about a refund that its channel refused. Never changed.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="RetentionTally", name="reached_id", field=fields.UUIDField(null=True)),
        *(
            ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))
            for name in ("orders_bounds", "payments_one_open", "retention_unreferenced")
        ),
    ]
