"""Who paid by bank transfer, why somebody took an order back, and what applicants want here, are sealed."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0086_grams_of_cards_are_given_on")]

    operations = [
        ops.CreateModel(
            name="BankPayerKey",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("wrapped", fields.BinaryField()),
                ("master_key", fields.CharField(max_length=32)),
                ("came_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "bank_payer_key",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What opens who paid, as our bank says it, of one statement or one receipt; wrapped. Deleted when its legal"
                    " time is over."
                ),
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="BankStatement", name="payers_sealed", field=fields.BinaryField(null=True)),
        ops.AddField(model_name="Retirement", name="withdrawn_reason_sealed", field=fields.BinaryField(null=True)),
        ops.AddField(model_name="OrganisationApplication", name="purpose_sealed", field=fields.BinaryField(null=True)),
        ops.RunSQL((SQL / "payments_payers.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "statements_payers.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "retirements_reasons.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "identity_purposes.sql").read_text("utf-8")),
    ]
