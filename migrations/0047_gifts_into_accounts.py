"""Gifts go into the receiver's account, where the campaign says so; a collection says no layer; consoles open by WeChat.

A dropped column is not safe beside a running release (rule 2 of the README); nothing is released yet, and this step says so.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _run(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, db_constraint=True, to_field="id", related_name=False, null=null,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _time(*, null: bool = False) -> fields.DatetimeField:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0046_prices_in_dollars")]

    operations = [
        ops.AddField(
            model_name="GiftCampaign", name="delivers", field=fields.CharField(max_length=8, db_default="retire")
        ),
        ops.CreateModel(
            name="GiftUse",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("collection", _key("GiftCollection", "collection_id")),
                ("start_g", fields.BigIntField()),
                ("stop_g", fields.BigIntField()),
                ("scenario", _key("Scenario", "scenario_id")),
                ("emission_g", fields.BigIntField()),
                ("footprint", _key("Footprint", "footprint_id", null=True)),
                ("used_at", _time()),
            ],
            options={
                "table": "gift_use",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Grams of a gift that its receiver retired out of their account: [start_g, stop_g)"
                " of its collection. Never changed.",
            },
            bases=["Model"],
        ),
        _run("gifts_accounts"),
        _run("gifts_without_layer"),
        ops.RemoveField(model_name="GiftCollection", name="layer"),
        ops.CreateModel(
            name="WechatTicket",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("secret_hash", fields.BinaryField()),
                ("scan_hash", fields.BinaryField()),
                ("purpose", fields.CharField(max_length=8)),
                ("number", fields.SmallIntField()),
                ("person", _key("Person", "person_id", null=True)),
                ("account", fields.BinaryField(null=True)),
                ("made_at", _time()),
                ("expires_at", _time()),
                ("confirmed_at", _time(null=True)),
                ("used_at", _time(null=True)),
            ],
            options={
                "table": "wechat_ticket",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One try to come into a console by WeChat, or to link one: good for three minutes,"
                " deleted after an hour.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WechatLink",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("person", _key("Person", "person_id")),
                ("account", fields.BinaryField()),
                ("linked_at", _time()),
                ("ended_at", _time(null=True)),
            ],
            options={
                "table": "wechat_link",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A member's WeChat, by which they come into a console, as a keyed hash. Ended once,"
                " never deleted.",
            },
            bases=["Model"],
        ),
        _run("identity_wechat"),
    ]
