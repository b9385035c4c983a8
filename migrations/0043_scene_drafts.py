"""Scenes that their organisers set up by themselves, saved step by step."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False, null=null,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    """The table of drafts, and what PostgreSQL refuses of it."""

    dependencies = [("models", "0042_gift_cards")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SceneDraft",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("organisation", _key("Organisation", "organisation_id")),
                ("content", fields.JSONField()),
                ("revision", fields.IntField()),
                ("gift_id", fields.UUIDField()),
                ("scenario", _key("Scenario", "scenario_id", null=True)),
                ("proposed_revision", fields.IntField(null=True)),
                ("made_at", _time()),
                ("changed_at", _time()),
                ("discarded_at", _time(null=True)),
            ],
            options={
                "table": "scene_draft",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A scene that its organiser still sets up: what was filled in so far, until it becomes a scenario.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "scenarios_drafts.sql").read_text("utf-8")),
    ]
