"""What channels say of payers ends: messages that come late, messages that are old, bills; and figures nobody comes back for."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0071_keys_apart")]

    operations = [
        ops.AlterModelOptions(
            name="ChannelBillFile",
            options={
                "table": "channel_bill_file", "app": "models", "pk_attr": "id",
                "table_description": "One file as it was fetched; its bytes lie sealed in the store under its id. Never changed.",
            },
        ),
        ops.AddField(
            model_name="Payment", name="is_forgotten", field=fields.BooleanField(default=False, db_default=False)
        ),
        ops.CreateModel(
            name="ChannelBillKey",
            fields=[
                ("file_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("wrapped", fields.BinaryField()),
                ("master_key", fields.CharField(max_length=32)),
            ],
            options={
                "table": "channel_bill_key",
                "app": "models",
                "pk_attr": "file_id",
                "table_description": (
                    "What opens the bytes of one file, wrapped: payers stand in it. Deleted with the bytes, when their legal"
                    " time is over."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "payments_forgotten.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "bills_sealed.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "retention_terms.sql").read_text("utf-8")),
    ]  # fmt: skip
