"""Who holds which grams: a reservation knows its holder and its mix, and what changes hands is written down.

The tables of reservations keep their first names although they are now in another room: the release that still
runs reads them, and a rename would stop it.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from app.registry.credits.rules import Programme

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0004_credits_complete")]

    operations = [
        ops.CreateModel(
            name="HoldingTransfer",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("cause", fields.CharField(max_length=80)),
                ("content", fields.BinaryField()),
                ("source", fields.CharField(max_length=64)),
                ("target", fields.CharField(max_length=64)),
                ("mass_g", fields.BigIntField()),
                ("reason", fields.CharField(max_length=200)),
                ("actor", fields.CharField(null=True, max_length=64)),
                ("transferred_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "holding_transfer",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Grams that went from one holder to another for one cause: who, why, when. Written by `transfer`, never changed.",
            },
            bases=["Model"],
        ),
        ops.AlterField(
            model_name="CreditReservation",
            name="programme",
            field=fields.CharEnumField(
                null=True,
                description="CCER: CCER\nCDCER: CDCER\nCQCER: CQCER\nVCU: VCU\nFORESTRY: FORESTRY",
                enum_type=Programme,
                max_length=16,
            ),
        ),
        ops.AddField(
            model_name="CreditReservation",
            name="holder",
            field=fields.CharField(db_default="platform", max_length=64),
        ),
        ops.AddField(model_name="CreditReservation", name="mix", field=fields.CharField(null=True, max_length=160)),
        ops.RunSQL((SQL / "holdings.sql").read_text("utf-8")),
    ]
