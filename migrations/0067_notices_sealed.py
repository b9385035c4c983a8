"""What a channel said word for word lies sealed under a key of its own, which goes when whoever paid is erased."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0066_devices_and_erasure")]

    operations = [
        ops.AddField(model_name="PaymentNotice", name="key_id", field=fields.UUIDField(null=True)),
        ops.CreateModel(
            name="PaymentNoticeKey",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("wrapped", fields.BinaryField()),
                ("master_key", fields.CharField(max_length=32)),
            ],
            options={
                "table": "payment_notice_key",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What opens one raw message, wrapped; deleted when whoever paid is erased. The facts of the message stay"
                    " beside it."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "payments_notices_sealed.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "orders_forget.sql").read_text("utf-8")),
    ]  # fmt: skip
