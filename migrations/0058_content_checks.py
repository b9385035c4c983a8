"""Names and pictures are looked at before others see them; an avatar is its person's, sealed."""

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


def _id() -> fields.UUIDField:
    return fields.UUIDField(primary_key=True, unique=True, db_index=True)


def _no() -> fields.BigIntField:
    return fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


def _text(most: int, *, null: bool = False) -> fields.CharField:
    return fields.CharField(max_length=most, null=null)


def _made(name: str, table: str, about: str, *columns: tuple[str, object]) -> ops.CreateModel:
    options = {"table": table, "app": "models", "pk_attr": "id", "table_description": about}
    return ops.CreateModel(name=name, fields=list(columns), options=options, bases=["Model"])  # type: ignore[arg-type]


_AVATAR = {
    "table": "avatar",
    "app": "models",
    "pk_attr": "person_id",
    "table_description": (
        "The picture of one person, drawn anew by us and sealed under their key; gone when they take it down or are forgotten."
    ),
}


class Migration(migrations.Migration):
    dependencies = [("models", "0057_people_on_the_wall")]

    operations = [
        _made(
            "ContentCheck", "content_check",
            (
                "One text or picture for one purpose, by a keyed digest, and whether others may see it. Written by"
                " functions alone."
            ),
            ("id", _id()),
            ("kind", _text(7)),
            ("purpose", _text(8)),
            ("digest", fields.BinaryField()),
            ("state", _text(7)),
            ("waits_for", _text(6, null=True)),
            ("decided_by", _text(6, null=True)),
            ("decider", _key("Person", "decider_id", null=True)),
            ("reason", _text(16, null=True)),
            ("reference", _text(64, null=True)),
            ("tries", fields.SmallIntField()),
            ("asked_at", _time()),
            ("due_at", _time(null=True)),
            ("decided_at", _time(null=True)),
        ),
        _made(
            "ContentShowing", "content_showing",
            "Somebody who shows what was checked; a text lies here sealed under their key. Appended, never changed.",
            ("id", _no()),
            ("check", _key("ContentCheck", "check_id")),
            ("person", _key("Person", "person_id")),
            ("sealed", fields.BinaryField(null=True)),
            ("asked_at", _time()),
        ),
        _made(
            "ContentDecision", "content_decision",
            (
                "One decision about a check, in turn. Appended, never changed: the history of what was shown and"
                " hidden."
            ),
            ("id", _no()),
            ("check", _key("ContentCheck", "check_id")),
            ("state", _text(7)),
            ("decided_by", _text(6)),
            ("decider", _key("Person", "decider_id", null=True)),
            ("reason", _text(16, null=True)),
            ("at", _time()),
        ),
        ops.CreateModel(
            name="Avatar",
            fields=[
                (
                    "person",
                    fields.OneToOneField(
                        "models.Person", source_field="person_id", primary_key=True, db_index=True,
                        db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("digest", fields.BinaryField()),
                ("sealed", fields.BinaryField()),
                ("check", _key("ContentCheck", "check_id")),
                ("uploaded_at", _time()),
            ],
            options=_AVATAR,
            bases=["Model"],
        ),
        # Tortoise 1.1.9 forgets the key of a model whose key is a relation, and would write this again and again.
        ops.AlterModelOptions(name="Avatar", options=_AVATAR),
        ops.RunSQL((SQL / "moderation.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "avatars.sql").read_text("utf-8")),
    ]  # fmt: skip
