"""Invoices: what an organisation wants on one, and which were made."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time() -> fields.DatetimeField:
    return fields.DatetimeField(auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0048_what_channels_did_without_us")]

    operations = [
        ops.CreateModel(
            name="InvoiceAsking",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("order", _key("Order", "order_id")),
                ("title", fields.CharField(max_length=100)),
                ("tax_number", fields.CharField(max_length=20)),
                ("email_sealed", fields.BinaryField()),
                ("by", _key("Person", "by_id")),
                ("asked_at", _time()),
            ],
            options={
                "table": "invoice_asking",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What an organisation wants on the invoice of one order; it changes until that is made."
                ),
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Invoice",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("order", _key("Order", "order_id")),
                ("kind", fields.CharField(max_length=8)),
                ("amount_minor", fields.BigIntField()),
                ("title", fields.CharField(max_length=100)),
                ("tax_number", fields.CharField(max_length=20)),
                ("number", fields.CharField(max_length=20, null=True)),
                ("by", _key("Person", "by_id")),
                ("marked_at", _time()),
            ],
            options={
                "table": "invoice",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "One invoice that was made for an order, or one that reverses a part of it (红冲). By"
                    " `invoices.mark`; never changed."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "invoices.sql").read_text("utf-8")),
    ]
