"""The first administrators, invitations and second factors."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops
from app.foundation.approvals.rules import State as VerificationState
from app.foundation.identity.access_rules import TryKind
from app.foundation.identity.rules import SessionKind
from app.kernel.ids import uuid7
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise import fields

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0016_power_is_asked_for")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Invitation",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("token_hash", fields.BinaryField()),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "models.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("roles", ArrayField(element_type="VARCHAR(16)")),
                (
                    "inviter",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="inviter_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("label_sealed", fields.BinaryField(null=True)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("accepted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "acceptor",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="acceptor_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "invitation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A link to copy that lets one person into one organisation with some roles, once, for seven days.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OperatorFactor",
            fields=[
                (
                    "person",
                    fields.OneToOneField(
                        "models.Person",
                        source_field="person_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("secret_sealed", fields.BinaryField()),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_step", fields.BigIntField(null=True)),
            ],
            options={
                "table": "operator_factor",
                "app": "models",
                "pk_attr": "person_id",
                "table_description": "What an operator's authenticator shares with us, sealed. Counts once confirmed; deleted by a reset.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OperatorReset",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("token_hash", fields.BinaryField()),
                (
                    "person",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
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
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "operator_reset",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A link with which an operator chooses a new password and authenticator; made by two others, used once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OrganisationVerification",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "models.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("papers", fields.CharField(max_length=500)),
                ("sha256", fields.BinaryField()),
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
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "state",
                    fields.CharEnumField(
                        description="PROPOSED: proposed\nVERIFIED: verified\nRETURNED: returned\nWITHDRAWN: withdrawn",
                        enum_type=VerificationState,
                        max_length=10,
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
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(null=True, max_length=500)),
            ],
            options={
                "table": "organisation_verification",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One person of ours has seen an organisation's papers; a second one agrees, or sends it back.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code_hash", fields.BinaryField()),
                ("key_id", fields.CharField(max_length=16)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "recovery_code",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One of the codes that stand in for an authenticator, each once. Only a keyed hash is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SignInPlace",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("account", fields.BinaryField()),
                ("place", fields.BinaryField()),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sign_in_place",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A network from which somebody came in under this email; strangers elsewhere cannot lock it out there.",
            },
            bases=["Model"],
        ),
        ops.AlterField(
            model_name="IdentitySession",
            name="kind",
            field=fields.CharEnumField(
                description="CITIZEN: citizen\nGUEST: guest\nOPERATOR: operator\nPENDING: pending",
                enum_type=SessionKind,
                max_length=8,
            ),
        ),
        ops.AlterModelOptions(
            name="Membership",
            options={
                "table": "membership",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One role of one person in one organisation. Written by `grant_role`, deleted by `withdraw_role`.",
            },
        ),
        ops.AlterModelOptions(
            name="Organisation",
            options={
                "table": "organisation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Who sponsors, orders, judges or runs the platform. Written by `enrol_organisation`; verified by two people.",
            },
        ),
        ops.AddField(
            model_name="Organisation",
            name="country",
            field=fields.CharField(null=True, max_length=2),
        ),
        ops.AddField(
            model_name="Organisation",
            name="register_number",
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AlterModelOptions(
            name="SignInAttempt",
            options={
                "table": "sign_in_attempt",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A password or code that was wrong or is being checked, by the blind index of the email typed, known or not.",
            },
        ),
        ops.AddField(
            model_name="SignInAttempt",
            name="is_familiar",
            field=fields.BooleanField(default=False),
        ),
        ops.AddField(
            model_name="SignInAttempt",
            name="kind",
            field=fields.CharEnumField(
                default=TryKind.PASSWORD, description="PASSWORD: password\nCODE: code", enum_type=TryKind, max_length=8
            ),
        ),
        ops.AddField(
            model_name="SignInAttempt",
            name="place",
            field=fields.BinaryField(default=b""),
        ),
        ops.AlterModelOptions(
            name="OperatorFactor",
            options={
                "table": "operator_factor",
                "app": "models",
                "pk_attr": "person_id",
                "table_description": "What an operator's authenticator shares with us, sealed. Counts once confirmed; deleted by a reset.",
            },
        ),
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in ("identity_first", "identity_verifying")),
    ]
