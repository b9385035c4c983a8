"""Webhooks: who is told of what, where, what came of it; and what a gift's sponsor was told of its pool."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
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
    dependencies = [("models", "0039_layers_and_groups")]

    operations = [
        ops.CreateModel(
            name="WebhookKind",
            fields=[
                ("code", fields.CharField(max_length=40, primary_key=True, unique=True, db_index=True)),
                ("is_chosen", fields.BooleanField()),
            ],
            options={
                "table": "webhook_kind",
                "app": "models",
                "pk_attr": "code",
                "table_description": "A kind of event that endpoints may be told of. Written by migrations.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookWait",
            fields=[
                ("failures", fields.SmallIntField(primary_key=True, unique=True, db_index=True)),
                ("wait_s", fields.IntField()),
            ],
            options={
                "table": "webhook_wait",
                "app": "models",
                "pk_attr": "failures",
                "table_description": "How long a delivery waits after so many tries that failed; after the last it is given up. Written by migrations.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("organisation", _key("Organisation", "organisation_id")),
                ("kind", fields.CharField(max_length=8)),
                ("label", fields.CharField(max_length=80)),
                ("shown", fields.CharField(max_length=120)),
                ("language", fields.CharField(max_length=2)),
                ("events", ArrayField(element_type="text")),
                ("state", fields.CharField(max_length=7)),
                ("off_because", fields.CharField(max_length=8, null=True)),
                ("failing_since", _time(null=True)),
                ("busy_until", _time(null=True)),
                ("wrapped", fields.BinaryField(null=True)),
                ("master_key", fields.CharField(max_length=32, null=True)),
                ("url_sealed", fields.BinaryField(null=True)),
                ("secret_sealed", fields.BinaryField(null=True)),
                ("previous_sealed", fields.BinaryField(null=True)),
                ("previous_until", _time(null=True)),
                ("made_by", _key("Person", "made_by_id")),
                ("made_at", _time()),
            ],
            options={
                "table": "webhook_endpoint",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Where an organisation is told of what. Address and secrets lie sealed under a key of its own; removed, they are gone.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("organisation", _key("Organisation", "organisation_id")),
                ("kind", fields.CharField(max_length=40)),
                ("body", fields.TextField()),
                ("text_zh", fields.CharField(max_length=500)),
                ("text_en", fields.CharField(max_length=500)),
                ("at", _time()),
            ],
            options={
                "table": "webhook_event",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What an organisation is told of, as it is sent byte by byte. Never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("endpoint", _key("WebhookEndpoint", "endpoint_id")),
                ("event", _key("WebhookEvent", "event_id")),
                ("state", fields.CharField(max_length=9)),
                ("failures", fields.SmallIntField()),
                ("next_at", _time(null=True)),
                ("delivered_at", _time(null=True)),
                ("made_at", _time()),
            ],
            options={
                "table": "webhook_delivery",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One event for one endpoint: waiting, failed and to be tried again, delivered, or given up.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WebhookTry",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("delivery", _key("WebhookDelivery", "delivery_id")),
                ("began_at", _time()),
                ("duration_ms", fields.IntField(null=True)),
                ("status", fields.SmallIntField(null=True)),
                ("fault", fields.CharField(max_length=8, null=True)),
                ("answer", fields.CharField(max_length=200, null=True)),
            ],
            options={
                "table": "webhook_try",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One sending: written before it, ended once. Without a duration, nobody knows what came of it.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "webhooks.sql").read_text("utf-8")),
        ops.CreateModel(
            name="GiftLevel",
            fields=[
                ("campaign_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("level", fields.CharField(max_length=6)),
                ("rises", fields.IntField()),
            ],
            options={
                "table": "gift_level",
                "app": "models",
                "pk_attr": "campaign_id",
                "table_description": "How full a campaign's pool was when somebody looked last, and how often it had risen. The row that looking locks.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GiftAlert",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("campaign", _key("GiftCampaign", "campaign_id")),
                ("kind", fields.CharField(max_length=20)),
                ("rises", fields.IntField()),
                ("at", _time()),
            ],
            options={
                "table": "gift_alert",
                "app": "models",
                "pk_attr": "id",
                "table_description": "That a campaign's sponsor was told of something, once; its id is the event's. Never changed.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "gifts_alerts.sql").read_text("utf-8")),
    ]
