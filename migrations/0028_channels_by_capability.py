"""Channels and methods are names of a table, no enum; a way to pay may let its order wait longer; a refund's number may be over."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0027_approvals_once")]

    operations = [
        ops.AlterField(model_name="Payment", name="channel", field=fields.CharField(max_length=16)),
        ops.AlterField(model_name="Payment", name="method", field=fields.CharField(max_length=32)),
        ops.AlterField(model_name="PaymentNotice", name="channel", field=fields.CharField(max_length=16)),
        ops.AddField(
            model_name="PaymentRefund", name="is_over", field=fields.BooleanField(default=False, db_default=False)
        ),
        ops.RunSQL((SQL / "payments_channels.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "orders_waiting.sql").read_text("utf-8")),
    ]
