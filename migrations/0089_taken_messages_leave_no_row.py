"""A message whose work is done in the transaction that records it leaves no row."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0088_payments_of_lost_time")]

    operations = [ops.RunSQL((SQL / "outbox_taken.sql").read_text("utf-8"))]
