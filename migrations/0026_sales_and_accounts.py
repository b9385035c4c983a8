"""Sales have causes of their own, by the kind of what is paid for; proofs are declared by the rooms that own the rows."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")
FILES = ("payments_subjects", "orders_sold", "books_declared", "payments_proof")


class Migration(migrations.Migration):
    dependencies = [("models", "0024_power_is_written_by_its_own_ways")]

    operations = [
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
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in FILES),
    ]
