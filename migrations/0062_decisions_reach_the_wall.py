"""What is decided about names, pictures and consents reaches the big screen at once; organisers decide about pictures there."""

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


class Migration(migrations.Migration):
    dependencies = [("models", "0061_tallies_of_zones")]

    operations = [
        ops.AddField(model_name="WallTurn", name="name_check_id", field=fields.UUIDField(null=True)),
        ops.CreateModel(
            name="WallPicture",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("scene", _key("WallScene", "scene_id")),
                ("person", _key("Person", "person_id")),
                ("digest", fields.BinaryField()),
                ("state", fields.CharField(max_length=6)),
                ("decided_by", _key("Person", "decided_by_id")),
                ("decided_at", fields.DatetimeField(null=False, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "wall_picture",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What whoever looks after a scene decided about somebody's picture on its screens; the last word counts."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "wall_checks.sql").read_text("utf-8")),
    ]
