"""Which kinds of account grams and money may move between; what the books found is written by the functions that look."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")
FILES = ("ledger_movements", "ledger_causes", "retirements_of_reservations", "books_looks")


class Migration(migrations.Migration):
    dependencies = [("models", "0019_codes_and_money_count")]

    operations = [
        ops.CreateModel(
            name="LedgerMovement",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=32)),
                ("cause", fields.CharField(max_length=48)),
                ("family", fields.CharField(max_length=8)),
                ("source", fields.CharField(max_length=16)),
                ("target", fields.CharField(max_length=16)),
            ],
            options={
                "table": "ledger_movement",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Between which kinds of account a kind of transfer may move a family of units. Rows come by migration only.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BooksLook",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("token", fields.UUIDField()),
                ("part", fields.CharField(max_length=32)),
                ("lot_id", fields.BigIntField(null=True)),
                ("since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("lines", fields.JSONField()),
                ("looked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "books_look",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What one part of a look found, until the look is concluded. Written and deleted by functions of the books alone.",
            },
            bases=["Model"],
        ),
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in FILES),
    ]
