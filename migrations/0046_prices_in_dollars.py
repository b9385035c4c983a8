"""Exchange rates by two people, and orders that keep the rate by which they were priced."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from app.kernel.money import Currency

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0045_bills")]

    operations = [
        ops.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("base", fields.CharEnumField(Currency, max_length=3)),
                ("currency", fields.CharEnumField(Currency, max_length=3)),
                ("day", fields.DateField()),
                ("base_minor", fields.BigIntField()),
                ("currency_minor", fields.BigIntField()),
                ("source", fields.CharField(max_length=200)),
                ("url", fields.CharField(max_length=300)),
                ("approval_id", fields.UUIDField()),
                ("confirmed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "exchange_rate",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What one currency was worth in another on a day, as two people read it in its source. Never changed.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "credits_rates.sql").read_text("utf-8")),
        ops.AddField(model_name="Order", name="rate_id", field=fields.IntField(null=True)),
        ops.AddField(model_name="Order", name="needed_g", field=fields.BigIntField(null=True)),
        ops.AddField(
            model_name="LinePrice", name="is_rated", field=fields.BooleanField(default=False, db_default=False)
        ),
        ops.RunSQL((SQL / "orders_rates.sql").read_text("utf-8")),
    ]
