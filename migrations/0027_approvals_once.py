"""What takes two people is told once: a payload, its maker, its decider; effects refer to an approved decision."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.foundation.approvals.rules import State
from app.kernel.ids import uuid7

SQL = Path(__file__).with_name("sql")


def _run(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


class Migration(migrations.Migration):
    dependencies = [("models", "0026_sales_and_accounts")]

    operations = [
        ops.CreateModel(
            name="ApprovalKind",
            fields=[
                ("code", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("maker_roles", ArrayField(element_type="VARCHAR(16)")),
                ("decider_roles", ArrayField(element_type="VARCHAR(16)")),
                ("applicant_roles", ArrayField(element_type="VARCHAR(16)")),
                ("is_one_open", fields.BooleanField()),
                ("is_of_party", fields.BooleanField()),
                ("label_zh", fields.CharField(max_length=40)),
                ("label_en", fields.CharField(max_length=60)),
                ("effect_table", fields.CharField(null=True, max_length=63)),
            ],
            options={
                "table": "approval_kind",
                "app": "models",
                "pk_attr": "code",
                "table_description": "What can be approved, and by whom. Written by the migration of the room that brings it, never by the application.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Approval",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=40)),
                ("subject", fields.CharField(max_length=300)),
                ("payload", fields.TextField(unique=False)),
                ("payload_sha256", fields.BinaryField()),
                ("maker_id", fields.UUIDField(null=True)),
                ("party_id", fields.UUIDField(null=True)),
                ("interested", ArrayField(element_type="UUID")),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: proposed\nAPPROVED: approved\nRETURNED: returned\nWITHDRAWN: withdrawn\nSUPERSEDED: superseded",
                        enum_type=State,
                        max_length=10,
                    ),
                ),
                ("is_founding", fields.BooleanField(default=False)),
                ("is_one_open", fields.BooleanField(default=True)),
                ("decider_id", fields.UUIDField(null=True)),
                ("seen_sha256", fields.BinaryField(null=True)),
                ("reason", fields.TextField(null=True, unique=False)),
                ("superseded_by", fields.UUIDField(null=True)),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "approval",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What one person wrote down: proposed → approved | returned | withdrawn | superseded, each final.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ApprovalEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "approval",
                    fields.ForeignKeyField(
                        "models.Approval",
                        source_field="approval_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: proposed\nAPPROVED: approved\nRETURNED: returned\nWITHDRAWN: withdrawn\nSUPERSEDED: superseded",
                        enum_type=State,
                        max_length=10,
                    ),
                ),
                ("actor_id", fields.UUIDField(null=True)),
                ("payload_sha256", fields.BinaryField()),
                ("reason", fields.TextField(null=True, unique=False)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "approval_event",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One state that an approval came into, and who brought it there. Written by a trigger, never changed.",
            },
            bases=["Model"],
        ),
        _run("approvals"),
        _run("approvals_kinds"),
        ops.AddField(model_name="CreditLot", name="approval_id", field=fields.UUIDField(null=True)),
        ops.AddField(model_name="CreditLotCorrection", name="approval_id", field=fields.UUIDField(null=True)),
        _run("credits_approved"),
        ops.AlterField(model_name="CreditLotCorrection", name="approval_id", field=fields.UUIDField()),
        ops.RemoveField(model_name="CreditLot", name="proposal"),
        ops.RemoveField(model_name="CreditLotCorrection", name="proposal"),
        ops.DeleteModel(name="CreditProposal"),
        _run("credits_proposals_gone"),
        ops.AddField(model_name="UpstreamCancellation", name="approval_id", field=fields.UUIDField(null=True)),
        _run("cancellations_approved"),
        ops.RemoveField(model_name="UpstreamCancellation", name="checker"),
        ops.RemoveField(model_name="UpstreamCancellation", name="checked_sha256"),
        ops.RemoveField(model_name="UpstreamCancellation", name="checked_at"),
        ops.AddField(model_name="Organisation", name="approval_id", field=fields.UUIDField(null=True)),
        _run("identity_approved"),
        ops.DeleteModel(name="OrganisationVerification"),
        ops.AddField(model_name="CreditPrice", name="replaced_at", field=fields.DatetimeField(null=True)),
        ops.AddField(model_name="CreditPrice", name="approval_id", field=fields.UUIDField(null=True)),
        _run("credits_prices_approved"),
        ops.AlterField(model_name="CreditPrice", name="approval_id", field=fields.UUIDField()),
        _run("credits_methodologies_approved"),
        _run("payments_by_hand_approved"),
        ops.AddField(model_name="Scenario", name="approval_id", field=fields.UUIDField(null=True)),
        _run("scenarios_approved"),
    ]
