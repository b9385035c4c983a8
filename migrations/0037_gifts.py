"""Gifts: campaigns, the line of each pool, and who collected which grams of it."""

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
    dependencies = [("models", "0036_gifts_seams")]

    operations = [
        ops.CreateModel(
            name="GiftCampaign",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("scenario", _key("Scenario", "scenario_id")),
                ("sponsor", _key("Organisation", "sponsor_id")),
                ("account", _key("Account", "account_id")),
                ("state", fields.CharField(max_length=8)),
                ("amount", fields.CharField(max_length=8)),
                ("audience", fields.CharField(max_length=8)),
                ("each_g", fields.BigIntField()),
                ("most_people", fields.BigIntField(null=True)),
                ("starts_at", _time()),
                ("ends_at", _time()),
                ("message_zh", fields.CharField(max_length=120, null=True)),
                ("message_en", fields.CharField(max_length=120, null=True)),
                ("made_by", _key("Person", "made_by_id")),
                ("made_at", _time()),
            ],
            options={
                "table": "gift_campaign",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Who gives whom how much, in which scene and from when to when. Goes one way: draft, open and paused, ended.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GiftPool",
            fields=[
                ("campaign_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("next_g", fields.BigIntField()),
                ("people", fields.BigIntField()),
            ],
            options={
                "table": "gift_pool",
                "app": "models",
                "pk_attr": "campaign_id",
                "table_description": "How far along its line a campaign's pool was collected, and by how many. The one row that collecting locks.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GiftSet",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("campaign", _key("GiftCampaign", "campaign_id")),
                ("start_g", fields.BigIntField()),
                ("stop_g", fields.BigIntField()),
                ("first_no", fields.BigIntField()),
                ("people", fields.IntField()),
                ("collected_at", _time()),
            ],
            options={
                "table": "gift_set",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Collections that were committed together: the run [start_g, stop_g) of their pool's line. Never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GiftPart",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("set", _key("GiftSet", "set_id")),
                ("lot", _key("CreditLot", "lot_id")),
                ("start_g", fields.BigIntField()),
                ("stop_g", fields.BigIntField()),
            ],
            options={
                "table": "gift_part",
                "app": "models",
                "pk_attr": "id",
                "table_description": "The grams of a set's run that one lot gives. Never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GiftBatch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("campaign", _key("GiftCampaign", "campaign_id")),
                ("label", fields.CharField(max_length=80)),
                ("size", fields.IntField()),
                ("key_id", fields.CharField(max_length=16)),
                ("made_by", _key("Person", "made_by_id")),
                ("made_at", _time()),
                ("voided_by", _key("Person", "voided_by_id", null=True)),
                ("voided_at", _time(null=True)),
            ],
            options={
                "table": "gift_batch",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One-time codes that were made together, as one file. Voided as a whole, once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GiftCode",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("batch", _key("GiftBatch", "batch_id")),
                ("no", fields.IntField()),
                ("code_hash", fields.BinaryField()),
            ],
            options={
                "table": "gift_code",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One code, as a keyed hash: nobody reads it here. Never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GiftCollection",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("campaign", _key("GiftCampaign", "campaign_id")),
                ("set", _key("GiftSet", "set_id")),
                ("person", _key("Person", "person_id")),
                ("no", fields.BigIntField()),
                ("start_g", fields.BigIntField()),
                ("stop_g", fields.BigIntField()),
                ("emission_g", fields.BigIntField()),
                ("footprint", _key("Footprint", "footprint_id", null=True)),
                ("code", _key("GiftCode", "code_id", null=True)),
                ("language", fields.CharField(max_length=2)),
                ("layer", fields.CharField(max_length=12)),
                ("collected_at", _time()),
                ("name_sealed", fields.BinaryField(null=True)),
                ("named_at", _time(null=True)),
            ],
            options={
                "table": "gift_collection",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What one person collected: [start_g, stop_g) of the pool's line. Only the name moves, once.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "gifts.sql").read_text("utf-8")),
    ]
