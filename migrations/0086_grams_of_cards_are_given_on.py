"""Grams of a gift card may be given to another person, by a code of one use."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False, null=True,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("models", "0085_answers_of_channels")]

    operations = [
        ops.AlterModelOptions(
            name="GiftTransfer",
            options={
                "table": "gift_transfer",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "Grams of a gift in an account or on a card, offered to another person by a code of one use: taken once, or"
                    " ended."
                ),
            },
        ),
        ops.AlterField(model_name="GiftTransfer", name="collection", field=_key("GiftCollection", "collection_id")),
        ops.AddField(model_name="GiftTransfer", name="card", field=_key("GiftCard", "card_id")),
        ops.AddField(model_name="GiftTransfer", name="new_card", field=_key("GiftCard", "new_card_id")),
        ops.AddField(model_name="GiftCard", name="given_g", field=fields.BigIntField(db_default=0)),
        ops.RunSQL((SQL / "gifts_cards_given.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "gifts_cards_given_proved.sql").read_text("utf-8")),
    ]
