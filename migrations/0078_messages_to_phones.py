"""Messages in WeChat (订阅消息): answers to being asked, and one message for each yes, about one thing once."""

import functools
from json import dumps, loads
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


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0077_a_proof_of_a_day")]

    operations = [
        ops.CreateModel(
            name="MessageAnswer",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("person", _key("Person", "person_id")),
                ("kind", fields.CharField(max_length=12)),
                ("template_id", fields.CharField(max_length=64)),
                ("answer", fields.CharField(max_length=6)),
                ("intent_key", fields.CharField(max_length=255)),
                ("answered_at", _time()),
                ("used_at", _time(null=True)),
            ],
            options={
                "table": "message_answer",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "What somebody said when they were asked for one message. A yes is used by one message, and deleted at"
                    " erasure."
                ),
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PhoneMessage",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=12)),
                ("about", fields.CharField(max_length=80)),
                ("person", _key("Person", "person_id")),
                ("answer", _key("MessageAnswer", "answer_id")),
                ("page", fields.CharField(max_length=200)),
                ("content", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("language", fields.CharField(max_length=2)),
                ("state", fields.CharField(max_length=8)),
                ("reason", fields.CharField(max_length=16, null=True)),
                ("tries", fields.SmallIntField(default=0, db_default=0)),
                ("due_at", _time()),
                ("made_at", _time()),
                ("ended_at", _time(null=True)),
            ],
            options={
                "table": "phone_message",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "One message to one person about one thing, for one yes. Sent at most once; deleted at erasure."
                ),
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "messages.sql").read_text("utf-8")),
    ]
