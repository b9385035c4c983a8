"""A part of an order is called its line, a line its price; what hangs on them follows. Nothing else changes.

A rename is not safe beside a running release (rule 2 of the README); nothing is released yet, and this step says so.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")
LINE = fields.ForeignKeyField(
    "models.OrderLine", source_field="line_id", db_constraint=True, to_field="id", related_name=False,
    on_delete=OnDelete.RESTRICT,
)  # fmt: skip


class DescribeField(ops.AlterField):
    """The column has its new name; only Tortoise's picture of it has not (`RenameField` keeps the old `source_field`)."""

    async def database_forward(self, *_: object, **__: object) -> None:
        return None


class Migration(migrations.Migration):
    dependencies = [("models", "0032_keys_age_on_older_servers")]

    operations = [
        ops.RenameModel(old_name="OrderLine", new_name="LinePrice"),
        ops.RenameModel(old_name="OrderPart", new_name="OrderLine"),
        ops.RenameField(model_name="LinePrice", old_name="part", new_name="line"),
        ops.RenameField(model_name="OrderReturn", old_name="part", new_name="line"),
        *(DescribeField(model_name=model, name="line", field=LINE) for model in ("LinePrice", "OrderReturn")),
        ops.RunSQL((SQL / "orders_sale_lines.sql").read_text("utf-8")),
        ops.AlterModelOptions(
            name="OrderLine",
            options={
                "table": "sale_line",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One line of an order: what it retires for one claim, or holds in one account. Written with its order, never changed.",
            },
        ),
        ops.AlterModelOptions(
            name="LinePrice",
            options={
                "table": "sale_line_price",
                "app": "models",
                "pk_attr": "id",
                "table_description": "How much of one programme a line takes, and at which price. Written with its order, never changed.",
            },
        ),
    ]
