"""What was given to a zone and retired in it is added up as it happens."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _zone() -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        "models.Zone", source_field="zone_id", db_constraint=True, to_field="id", related_name=False,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _id() -> fields.BigIntField:
    return fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


class Migration(migrations.Migration):
    dependencies = [("models", "0060_support_in_its_own_unit")]

    operations = [
        ops.CreateModel(
            name="DonationSceneTally",
            fields=[
                ("id", _id()),
                ("scene_id", fields.UUIDField()),
                ("zone", _zone()),
                ("guests_g", fields.BigIntField()),
                ("organiser_g", fields.BigIntField()),
            ],
            options={
                "table": "donation_scene_tally",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What is retired in one scene of a zone: a copy that triggers keep, and the proof compares.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DonationTally",
            fields=[
                ("id", _id()),
                ("zone", _zone()),
                ("donors", fields.IntField()),
                ("donated_g", fields.BigIntField()),
                ("retired_g", fields.BigIntField()),
                ("account_g", fields.BigIntField()),
            ],
            options={
                "table": "donation_tally",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What was given to a zone in all: a copy that triggers keep, and the proof compares.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "donations_tallies.sql").read_text("utf-8")),
    ]
