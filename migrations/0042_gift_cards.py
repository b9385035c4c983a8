"""Gifts end by themselves, codes are declined and passed on, cards of grams are used bit by bit."""

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
    dependencies = [("models", "0041_keys_and_sign_up")]

    operations = [
        ops.AlterField(model_name="AuditEntry", name="actor_id", field=fields.UUIDField(null=True)),
        _run("audit_system"),
        ops.AddField(model_name="GiftCampaign", name="ended_at", field=_time(null=True)),
        ops.AddField(model_name="GiftCampaign", name="returned_at", field=_time(null=True)),
        _run("gifts_ending"),
        ops.AddField(model_name="GiftCode", name="passed_from", field=_key("GiftCode", "passed_from_id", null=True)),
        ops.CreateModel(
            name="GiftCodeEnd",
            fields=[
                ("code_id", fields.BigIntField(primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=12)),
                ("at", _time()),
            ],
            options={
                "table": "gift_code_end",
                "app": "models",
                "pk_attr": "code_id",
                "table_description": "A code that its holder declined or passed on: it opens nothing any more. Never changed.",
            },
            bases=["Model"],
        ),
        _run("gifts_codes"),
        ops.AddField(model_name="GiftBatch", name="card_g", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="GiftPool", name="promised_g", field=fields.BigIntField(db_default=0)),
        ops.CreateModel(
            name="GiftCard",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("code", _key("GiftCode", "code_id")),
                ("campaign", _key("GiftCampaign", "campaign_id")),
                ("issued_g", fields.BigIntField()),
                ("left_g", fields.BigIntField()),
                ("state", fields.CharField(max_length=9)),
                ("person", _key("Person", "person_id", null=True)),
                ("bound_at", _time(null=True)),
            ],
            options={
                "table": "gift_card",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A card of grams, opened by its code: issued → bound → part_used → used | expired | killed.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="GiftCollection", name="card", field=_key("GiftCard", "card_id", null=True)),
        ops.CreateModel(
            name="GiftCardEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("card", _key("GiftCard", "card_id")),
                ("kind", fields.CharField(max_length=8)),
                ("mass_g", fields.BigIntField()),
                ("collection", _key("GiftCollection", "collection_id", null=True)),
                ("at", _time()),
            ],
            options={
                "table": "gift_card_event",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A line of a card's history, written with what it tells. Never changed.",
            },
            bases=["Model"],
        ),
        _run("gifts_cards"),
        _run("gifts_collect"),
    ]
