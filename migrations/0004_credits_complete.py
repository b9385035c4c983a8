"""Methodologies that may be suspended, lots with every fact, price lists with an end, and proposals by two people."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from app.foundation.approvals.rules import State as ProposalState
from app.registry.credits.rules import Programme, ProposalKind, UnitKind
from app.kernel.ids import uuid7
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0003_refunds_queue_lots_are_sellable")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CreditMethodology",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "programme",
                    fields.CharEnumField(
                        description="CCER: CCER\nCDCER: CDCER\nCQCER: CQCER\nVCU: VCU\nFORESTRY: FORESTRY",
                        enum_type=Programme,
                        max_length=16,
                    ),
                ),
                ("code", fields.CharField(max_length=64)),
                ("name_zh", fields.CharField(max_length=200)),
                ("name_en", fields.CharField(max_length=200)),
                ("suspended_from", fields.DateField(null=True)),
                ("note_zh", fields.CharField(max_length=500)),
                ("note_en", fields.CharField(max_length=500)),
                ("source", fields.CharField(max_length=500)),
            ],
            options={
                "table": "credit_methodology",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A published method (方法学) of one programme. Projects refer to it by (programme, code).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CreditProposal",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="RAW_LOT: raw_lot\nCORRECTION: correction", enum_type=ProposalKind, max_length=12
                    ),
                ),
                ("about", fields.CharField(max_length=300)),
                ("payload", fields.TextField(unique=False)),
                ("payload_sha256", fields.BinaryField()),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: proposed\nCONFIRMED: confirmed\nDECLINED: declined",
                        enum_type=ProposalState,
                        max_length=10,
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
                ("seen_sha256", fields.BinaryField(null=True)),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "credit_proposal",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What one person typed about credits and another must confirm: proposed → confirmed | declined.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CreditLotCorrection",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
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
                ("changes", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("note", fields.TextField(unique=False)),
                (
                    "proposal",
                    fields.ForeignKeyField(
                        "models.CreditProposal",
                        source_field="proposal_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "credit_lot_correction",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Facts about a lot that came to be known later; the newest of a fact counts. Never changed itself.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="CreditLot",
            name="certificate_key",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="certificate_number",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="country",
            field=fields.CharField(null=True, max_length=2),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="is_additional",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="is_permanent",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="is_raw_only",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="is_real",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="labels",
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="monitoring_end",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="monitoring_start",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="proposal",
            field=fields.ForeignKeyField(
                "models.CreditProposal",
                source_field="proposal_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="serial_fields",
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="source_market",
            field=fields.CharField(null=True, max_length=100),
        ),
        ops.AddField(
            model_name="CreditLot",
            name="unit_kind",
            field=fields.CharEnumField(
                null=True, description="REDUCTION: reduction\nREMOVAL: removal", enum_type=UnitKind, max_length=12
            ),
        ),
        ops.AlterModelOptions(
            name="CreditPrice",
            options={
                "table": "credit_price",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What a tonne of a programme costs on the days of one line of its price list, both included.",
            },
        ),
        ops.AddField(
            model_name="CreditPrice",
            name="valid_to",
            field=fields.DateField(null=True),
        ),
        ops.AlterModelOptions(
            name="CreditProject",
            options={
                "table": "credit_project",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A project (减排项目) of one programme. Written by an import, never changed.",
            },
        ),
        # What older lots did not say is filled in here, and from then on must be said.
        ops.RunSQL((SQL / "credits_lots_complete.sql").read_text("utf-8")),
        ops.AlterField(model_name="CreditLot", name="country", field=fields.CharField(max_length=2)),
        ops.AlterField(model_name="CreditLot", name="is_raw_only", field=fields.BooleanField()),
        ops.AlterField(
            model_name="CreditLot",
            name="labels",
            field=fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
        ),
        ops.AlterField(
            model_name="CreditLot",
            name="serial_fields",
            field=fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
        ),
        ops.AlterField(
            model_name="CreditLot",
            name="unit_kind",
            field=fields.CharEnumField(
                description="REDUCTION: reduction\nREMOVAL: removal", enum_type=UnitKind, max_length=12
            ),
        ),
    ]
