"""Payments of lost time are posted, bills know them, and a refused refund of one is led on like any other."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0087_what_people_typed_is_sealed")]

    operations = [
        ops.AlterField(
            model_name="PaymentRefundAct",
            name="refund",
            field=fields.ForeignKeyField(
                "models.PaymentRefund",
                source_field="refund_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                null=True,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.RunSQL((SQL / "payments_lost_time.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "recovery_refused.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "bills_lost_time.sql").read_text("utf-8")),
    ]
