"""Upstream cancellations and their history, with what PostgreSQL refuses of them."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops
from app.registry.cancellations.rules import Mode, State
from app.kernel.ids import uuid7
from tortoise.fields.base import OnDelete
from tortoise import fields


SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0006_sets_and_tries")]

    initial = False

    operations = [
        ops.CreateModel(
            name="UpstreamCancellation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("reference", fields.CharField(max_length=24)),
                (
                    "lot",
                    fields.ForeignKeyField(
                        "models.CreditLot",
                        source_field="lot_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("programme", fields.CharField(max_length=16)),
                ("start_t", fields.BigIntField()),
                ("stop_t", fields.BigIntField()),
                (
                    "mode",
                    fields.CharEnumField(description="HAND: hand\nREGISTRY: registry", enum_type=Mode, max_length=8),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: proposed\nREPORTED: reported\nAPPROVED: approved\nSENDING: sending\nUNKNOWN: unknown\nCANCELLED: cancelled\nRETURNED: returned\nREFUSED: refused",
                        enum_type=State,
                        max_length=12,
                    ),
                ),
                (
                    "maker",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="maker_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "checker",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="checker_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("payload", fields.TextField(unique=False)),
                ("payload_sha256", fields.BinaryField()),
                ("checked_sha256", fields.BinaryField(null=True)),
                ("registry_reference", fields.CharField(null=True, max_length=64)),
                ("cancelled_on", fields.DateField(null=True)),
                ("evidence_sha256", fields.BinaryField(null=True)),
                ("evidence_name", fields.CharField(null=True, max_length=120)),
                ("evidence_kind", fields.CharField(null=True, max_length=4)),
                ("evidence_size", fields.IntField(null=True)),
                ("receipt", fields.TextField(null=True, unique=False)),
                ("receipt_signature", fields.CharField(null=True, max_length=128)),
                ("receipt_key", fields.CharField(null=True, max_length=64)),
                ("reason", fields.TextField(null=True, unique=False)),
                ("last_word", fields.CharField(null=True, max_length=64)),
                ("queries", fields.IntField(default=0)),
                ("next_query_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("reported_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("checked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "upstream_cancellation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Whole tonnes [start_t, stop_t) of one lot on their way to being cancelled at their registry.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="UpstreamCancellationHistory",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "cancellation",
                    fields.ForeignKeyField(
                        "models.UpstreamCancellation",
                        source_field="cancellation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: proposed\nREPORTED: reported\nAPPROVED: approved\nSENDING: sending\nUNKNOWN: unknown\nCANCELLED: cancelled\nRETURNED: returned\nREFUSED: refused",
                        enum_type=State,
                        max_length=12,
                    ),
                ),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="actor_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("payload_sha256", fields.BinaryField()),
                ("note", fields.TextField(null=True, unique=False)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "upstream_cancellation_history",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One state that a cancellation came into, who brought it there (None: the registry) and what was then proposed.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "cancellations.sql").read_text("utf-8")),
    ]
