"""Photo moments: somebody who stands before the big screen is shown once more, in a slot of its own."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _key(model: str, column: str) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time() -> fields.DatetimeField:
    return fields.DatetimeField(null=False, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0062_decisions_reach_the_wall")]

    operations = [
        ops.CreateModel(
            name="WallPhoto",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("scene", _key("WallScene", "scene_id")),
                ("turn", _key("WallTurn", "turn_id")),
                ("event", _key("WallEvent", "event_id")),
                ("asked_at", _time()),
                ("show_from", _time()),
                ("show_to", _time()),
            ],
            options={
                "table": "wall_photo",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "One photo moment (打卡): a turn that is over, shown once more in a slot of its own. Placed by `wall.take_photo`."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "wall_photos.sql").read_text("utf-8")),
    ]
