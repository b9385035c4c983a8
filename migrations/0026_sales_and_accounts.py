"""Sales have causes of their own, by the kind of what is paid for; proofs are declared by the rooms that own the rows."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

from app.kernel.ids import uuid7

SQL = Path(__file__).with_name("sql")
FILES = (
    "payments_subjects",
    "orders_sold",
    "books_declared",
    "payments_proof",
    "holdings_accounts",
    "orders_lines",
    "retirements_accounts",
)


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, null=null, db_constraint=True, to_field="id", related_name=False,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("models", "0025_claims_are_rows")]

    operations = [
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=12)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "models.Party",
                        source_field="owner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name_zh", fields.CharField(null=True, max_length=80)),
                ("name_en", fields.CharField(null=True, max_length=80)),
                ("holder", fields.CharField(max_length=64)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What holds grams: a party's own, a pool, a zone, an allowance. Written by `open_account`, never changed.",
            },
            bases=["Model"],
        ),
        # The type of a column that a trigger looks at cannot change; holdings_accounts makes it anew.
        ops.RunSQL("DROP TRIGGER credit_reservation_goes_on ON credit_reservation"),
        ops.AlterField(model_name="CreditReservation", name="state", field=fields.CharField(max_length=12)),
        ops.AlterField(model_name="PaymentRefund", name="cause", field=fields.CharField(max_length=64)),
        ops.AddField(model_name="Order", name="sale_cause", field=fields.CharField(null=True, max_length=64)),
        ops.AddField(
            model_name="Order",
            name="payment",
            field=fields.ForeignKeyField(
                "models.Payment",
                source_field="payment_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(model_name="OrderPart", name="claim_id", field=fields.UUIDField(null=True)),
        ops.AddField(model_name="OrderPart", name="account", field=_key("Account", "account_id", null=True)),
        ops.CreateModel(
            name="OrderReturn",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("act", fields.UUIDField()),
                ("order", _key("Order", "order_id")),
                ("part", _key("OrderPart", "part_id")),
                ("key", fields.CharField(max_length=255)),
                ("lot", _key("CreditLot", "lot_id")),
                ("mass_g", fields.BigIntField()),
                ("amount_minor", fields.BigIntField()),
                ("by", _key("Person", "by_id")),
                ("returned_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "purchase_order_return",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Grams of one lot that an act gives back of a line that was held. Written by `orders.give_back`, never changed.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="Retirement", name="account", field=_key("Account", "account_id", null=True)),
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in FILES),
    ]
