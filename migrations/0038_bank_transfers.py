"""Bank transfers: what came is recorded by two people, and a payment by transfer is paid by that alone."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from app.kernel.money import Currency

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0037_gifts")]

    operations = [
        ops.CreateModel(
            name="BankReceipt",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "payment",
                    fields.ForeignKeyField(
                        "models.Payment",
                        source_field="payment_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("bank_number", fields.CharField(max_length=40)),
                ("amount_minor", fields.BigIntField()),
                ("currency", fields.CharEnumField(Currency, max_length=3)),
                ("payer_name", fields.CharField(max_length=120)),
                ("value_day", fields.DateField()),
                ("confirmed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "bank_receipt",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One transfer that came to our account, as two people recorded it. Never changed.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "payments_receipts.sql").read_text("utf-8")),
    ]
