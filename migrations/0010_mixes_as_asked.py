"""How the programmes of an order's part were asked for, and under which scheme."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0009_books_are_proved")]

    operations = [
        ops.AddField(model_name="OrderPart", name="mix", field=fields.CharField(null=True, max_length=160)),
        ops.AddField(model_name="OrderPart", name="scheme", field=fields.CharField(null=True, max_length=40)),
        ops.RunSQL((SQL / "orders_mixes.sql").read_text("utf-8")),
    ]
