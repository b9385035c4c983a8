"""The big screen: which scenes have one, who may look, each person's turn, and what happened to turns, in order."""

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
    dependencies = [("models", "0056_donations")]

    operations = [
        ops.CreateModel(
            name="WallScene",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("scenario", _key("Scenario", "scenario_id")),
                ("is_open", fields.BooleanField(db_default=True)),
                ("is_premoderated", fields.BooleanField(db_default=True)),
                ("turn_s", fields.SmallIntField(db_default=30)),
                ("wait_s", fields.SmallIntField(db_default=120)),
                ("last_no", fields.IntField(db_default=0)),
                ("told_id", fields.BigIntField(db_default=0)),
                ("seen_at", _time(null=True)),
            ],
            options={
                "table": "wall_scene",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A scene with a big screen (大屏). Opened by its organiser; whoever tells screens writes how far.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WallScreen",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("scene", _key("WallScene", "scene_id")),
                ("label", fields.CharField(max_length=40)),
                ("token_sha256", fields.BinaryField()),
                ("made_by", _key("Person", "made_by_id")),
                ("made_at", _time()),
                ("revoked_by", _key("Person", "revoked_by_id", null=True)),
                ("revoked_at", _time(null=True)),
            ],
            options={
                "table": "wall_screen",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "A token that opens the screen of one scene (屏幕令牌); only its digest is kept. Revoked once, never deleted."
                ),
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WallTurn",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("scene", _key("WallScene", "scene_id")),
                ("cause", fields.CharField(max_length=128)),
                ("certificate", _key("Certificate", "certificate_id")),
                ("person", _key("Person", "person_id")),
                ("consent_version", fields.SmallIntField()),
                ("no", fields.IntField()),
                ("turn_s", fields.SmallIntField()),
                ("moderation", fields.CharField(max_length=7)),
                ("asked_at", _time()),
                ("slot", fields.SmallIntField(null=True)),
                ("slots", fields.SmallIntField(null=True)),
                ("show_from", _time(null=True)),
                ("show_to", _time(null=True)),
                ("hidden_at", _time(null=True)),
                ("hidden_because", fields.CharField(max_length=9, null=True)),
            ],
            options={
                "table": "wall_turn",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "One person's turn on the screen (上屏轮次) for one certificate. Lined up by `wall.line_up`, placed by `wall.place`."
                ),
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WallEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("scene", _key("WallScene", "scene_id")),
                ("kind", fields.CharField(max_length=7)),
                ("turn", _key("WallTurn", "turn_id")),
                ("at", _time()),
            ],
            options={
                "table": "wall_event",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What the screens of a scene are told: a turn was placed, or cleared. Its number is the event's id on the stream."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "wall.sql").read_text("utf-8")),
    ]
