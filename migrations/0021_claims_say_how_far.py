"""An organisation says whether it agrees to be named by what was retired for it."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("models", "0020_grams_move_by_kinds")]

    operations = [
        ops.CreateModel(
            name="RetirementNaming",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("retirement", _key("Retirement", "retirement_id")),
                ("organisation", _key("Organisation", "organisation_id")),
                ("person", _key("Person", "person_id")),
                ("agrees", fields.BooleanField()),
                ("said_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "retirement_naming",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A member of the organisation that may claim a retirement says whether it agrees to be named with it.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "retirements_naming.sql").read_text("utf-8")),
    ]
