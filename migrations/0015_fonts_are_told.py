"""What the drawing workers' fonts can print, so that the doors ask what the paper will show."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0014_a_tonne_stands_once")]

    operations = [
        ops.CreateModel(
            name="FontCoverage",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("digest", fields.BinaryField()),
                ("document", fields.TextField(unique=False)),
                ("told_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "font_coverage",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One set of fonts that a drawing worker has, by its digest: written once, told again while it is in use.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "fonts.sql").read_text("utf-8")),
    ]
