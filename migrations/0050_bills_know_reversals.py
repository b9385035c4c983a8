"""A refund made without us is no difference of a bill, once its notice was recorded."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0049_invoices")]

    operations = [ops.RunSQL((SQL / "bills_reversals.sql").read_text("utf-8"))]
