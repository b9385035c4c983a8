"""Figures of somebody's own day or year, kept in their account."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0063_photo_moments")]

    operations = [
        ops.CreateModel(
            name="PersonalFigure",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "models.Person", source_field="person_id", db_constraint=True, to_field="id",
                        related_name=False, on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "footprint",
                    fields.ForeignKeyField(
                        "models.Footprint", source_field="footprint_id", db_constraint=True, to_field="id",
                        related_name=False, on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("span", fields.CharField(max_length=4)),
                ("period_from", fields.DateField()),
                ("period_to", fields.DateField()),
                ("intent_key", fields.CharField(max_length=255)),
                ("kept_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "personal_figure",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What a person emitted in a day or a year of theirs, kept in their account. Of a period the newest counts.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "footprint_personal.sql").read_text("utf-8")),
    ]  # fmt: skip
