"""Zones: rows made from a file by two people, with the scenes that are in each."""

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
    return fields.DatetimeField(auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0053_a_paper_may_wait_for_its_name")]

    operations = [
        ops.CreateModel(
            name="Zone",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("slug", fields.CharField(max_length=40)),
                ("owner", _key("Party", "owner_id")),
                ("account", _key("Account", "account_id")),
                ("created_at", _time()),
            ],
            options={
                "table": "zone",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A zone (专区): its slug is its identity. Written with its first edition, never changed, never deleted.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ZoneEdition",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("zone", _key("Zone", "zone_id")),
                ("version", fields.IntField()),
                ("document", fields.JSONField()),
                ("document_sha256", fields.BinaryField()),
                ("approval_id", fields.UUIDField()),
                ("published_at", _time()),
            ],
            options={
                "table": "zone_edition",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One version of a zone's document, as two people agreed to it. The newest counts; none is ever changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ZoneScene",
            fields=[
                ("scene_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("zone", _key("Zone", "zone_id")),
                ("added_at", _time()),
            ],
            options={
                "table": "zone_scene",
                "app": "models",
                "pk_attr": "scene_id",
                "table_description": "A scene of a zone: of one zone, and for good, since what its visitors retired is counted there.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "zones.sql").read_text("utf-8")),
    ]
