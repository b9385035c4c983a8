"""What an organisation holds is retired at its wish; above a limit two of its people agree."""

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


class Migration(migrations.Migration):
    dependencies = [("models", "0030_consents")]

    operations = [
        ops.CreateModel(
            name="HoldingRetirement",
            fields=[
                ("cause", fields.CharField(primary_key=True, max_length=64, unique=True, db_index=True)),
                ("account", _key("Account", "account_id")),
                ("mass_g", fields.BigIntField()),
                ("asked", fields.TextField(unique=False)),
                ("by", _key("Person", "by_id")),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "holding_retirement",
                "app": "models",
                "pk_attr": "cause",
                "table_description": "What somebody retired of an account for its owner, once for its cause. Never changed.",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="CreditReservation",
            options={
                "table": "credit_reservation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Grams set aside for one purpose until it expires: held → used | delivered | released.",
            },
        ),
        ops.AlterModelOptions(
            name="OrderPart",
            options={
                "table": "purchase_order_part",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One line of an order: what it retires for one claim, or holds in one account. Written with its order, never changed.",
            },
        ),
        ops.RunSQL((SQL / "holdings_retired.sql").read_text("utf-8")),
    ]
