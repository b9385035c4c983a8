"""What a zone says of its scenes, where rooms below it read it: the cashier and the papers."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0054_zones")]

    operations = [
        ops.CreateModel(
            name="ScenarioZone",
            fields=[
                ("scenario_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("said", fields.JSONField()),
            ],
            options={
                "table": "scenario_zone",
                "app": "models",
                "pk_attr": "scenario_id",
                "table_description": "What the zone of a scene says of it now: its name, ways to pay, what papers bear. Written as a version is published.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "zones_scenes.sql").read_text("utf-8")),
    ]
