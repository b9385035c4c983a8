"""Grams of a gift in an account may be given to another person, by a code of one use."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False, null=null,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0083_told_abroad_and_told_of_refunds")]

    operations = [
        ops.CreateModel(
            name="GiftTransfer",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("collection", _key("GiftCollection", "collection_id")),
                ("giver", _key("Person", "giver_id")),
                ("mass_g", fields.BigIntField()),
                ("code_hash", fields.BinaryField()),
                ("key_id", fields.CharField(max_length=16)),
                ("state", fields.CharField(max_length=10)),
                ("offered_at", _time()),
                ("expires_at", _time()),
                ("ended_at", _time(null=True)),
                ("taker", _key("Person", "taker_id", null=True)),
                ("start_g", fields.BigIntField(null=True)),
                ("stop_g", fields.BigIntField(null=True)),
            ],
            options={
                "table": "gift_transfer",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "Grams of a gift in an account, offered to another person by a code of one use: taken once, taken back, or"
                    " expired."
                ),
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="GiftUse", name="transfer", field=_key("GiftTransfer", "transfer_id", null=True)),
        ops.RunSQL((SQL / "gifts_transfers.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "gifts_transfers_proved.sql").read_text("utf-8")),
    ]
