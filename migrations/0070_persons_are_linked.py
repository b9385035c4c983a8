"""A guest of a browser and a person known by an app become one: linked once by both, grams move, rows stay, reads follow."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _person(column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        "models.Person", source_field=column, db_constraint=True, to_field="id", related_name=False, null=null,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("models", "0069_account_statements")]

    operations = [
        ops.AddField(
            model_name="DeviceMove", name="purpose", field=fields.CharField(max_length=4, default="move", db_default="move")
        ),
        ops.AddField(model_name="DeviceMove", name="taker", field=_person("taker_id", null=True)),
        ops.CreateModel(
            name="PersonLink",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("linked", _person("linked_id")),
                ("kept", _person("kept_id")),
                ("linked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "person_link",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Two persons who are one: `linked` was a guest, `kept` is who they are from then on. Never changed.",
            },
            bases=["Model"],
        ),
        *(
            ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))
            for name in ("identity_links", "holdings_links", "gifts_links", "consents_links", "wall_links")
        ),
    ]  # fmt: skip
