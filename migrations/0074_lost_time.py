"""Lost time: bounds written outside, a shortened history noticed, what may have been given in it never given again."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0073_releases_roll")]

    operations = [
        ops.AlterModelOptions(
            name="RetirementSlice",
            options={
                "table": "retirement_slice", "app": "models", "pk_attr": "id",
                "table_description": "The part [start_g, stop_g) of an allocation that belongs to one retirement, contiguous with"
                " its neighbours. Or to none:",
            },
        ),
        ops.AlterField(
            model_name="RetirementSlice",
            name="retirement",
            field=fields.ForeignKeyField(
                "models.Retirement", source_field="retirement_id", db_constraint=True, to_field="id", related_name=False,
                null=True, on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.RunSQL((SQL / "recovery.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "recovery_books.sql").read_text("utf-8")),
    ]  # fmt: skip
