"""Payers and beneficiaries are persons or organisations, orders have parts, a requested retirement may be withdrawn."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops
from app.registry.credits.rules import Programme
from app.foundation.identity.rules import PartyKind
from app.kernel.ids import uuid7
from app.registry.claims.rules import Purpose
from app.registry.retirements.rules import RetirementState
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0007_cancellations")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Party",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "kind",
                    fields.CharEnumField(
                        description="PERSON: person\nORGANISATION: organisation", enum_type=PartyKind, max_length=12
                    ),
                ),
            ],
            options={
                "table": "party",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Whoever may pay, hold or benefit: a person or an organisation, under that row's own id. Written by triggers.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OrderPart",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "models.Order",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("no", fields.SmallIntField()),
                ("cause", fields.CharField(max_length=64)),
                (
                    "purpose",
                    fields.CharEnumField(
                        description="PERSONAL: personal\nEVENT: event\nORGANISATION: organisation\nPRODUCT: product\nSITE: site\nMEETING: meeting\nJUDICIAL: judicial\nADMINISTRATIVE: administrative\nTREE_PLANTING: tree_planting\nDONATION: donation\nGIFT: gift",
                        enum_type=Purpose,
                        max_length=16,
                    ),
                ),
                (
                    "scenario",
                    fields.ForeignKeyField(
                        "models.Scenario",
                        source_field="scenario_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("subject", fields.CharField(null=True, max_length=200)),
                (
                    "footprint",
                    fields.ForeignKeyField(
                        "models.Footprint",
                        source_field="footprint_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "beneficiary",
                    fields.ForeignKeyField(
                        "models.Party",
                        source_field="beneficiary_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("beneficiary_name_sealed", fields.BinaryField(null=True)),
                ("ground", fields.CharField(null=True, max_length=200)),
                ("mandate_name", fields.CharField(null=True, max_length=120)),
                ("mandate_sha256", fields.BinaryField(null=True)),
                ("period_from", fields.DateField()),
                ("period_to", fields.DateField()),
                ("emission_g", fields.BigIntField()),
                ("mass_g", fields.BigIntField()),
            ],
            options={
                "table": "purchase_order_part",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What an order retires for one beneficiary. Written with its order, then only the name moves.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OrderLine",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "part",
                    fields.ForeignKeyField(
                        "models.OrderPart",
                        source_field="part_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "programme",
                    fields.CharEnumField(
                        description="CCER: CCER\nCDCER: CDCER\nCQCER: CQCER\nVCU: VCU\nFORESTRY: FORESTRY",
                        enum_type=Programme,
                        max_length=16,
                    ),
                ),
                ("mass_g", fields.BigIntField()),
                ("per_tonne_minor", fields.BigIntField()),
                ("amount_minor", fields.BigIntField()),
            ],
            options={
                "table": "purchase_order_line",
                "app": "models",
                "pk_attr": "id",
                "table_description": "How much of one programme a part takes, and at which price. Written with its order, never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RetirementVerdict",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "retirement",
                    fields.ForeignKeyField(
                        "models.Retirement",
                        source_field="retirement_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("profile", fields.CharField(max_length=32)),
                ("version", fields.CharField(max_length=16)),
                ("judged_on", fields.DateField()),
                ("document", fields.TextField(unique=False)),
            ],
            options={
                "table": "retirement_verdict",
                "app": "models",
                "pk_attr": "id",
                "table_description": "What one version of one rule profile said of a retirement on a day. Append-only, frozen beside the certificate.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RetirementTrueUp",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "retirement",
                    fields.ForeignKeyField(
                        "models.Retirement",
                        source_field="retirement_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("actual_g", fields.BigIntField()),
                ("retired_g", fields.BigIntField()),
                ("state", fields.CharField(max_length=8)),
                ("missing_g", fields.BigIntField()),
                ("due_on", fields.DateField()),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "models.Person",
                        source_field="entered_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "retirement_true_up",
                "app": "models",
                "pk_attr": "id",
                "table_description": "An actual figure entered after the claimed period, and what followed from it. Append-only; covered is final.",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="Order",
            options={
                "table": "purchase_order",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One order, paid as a whole: all of it is fixed when it is placed; only the state moves.",
            },
        ),
        ops.AddField(
            model_name="Order",
            name="payer",
            field=fields.ForeignKeyField(
                "models.Party",
                source_field="payer_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterModelOptions(
            name="Retirement",
            options={
                "table": "retirement",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One request to retire grams for one claim. Written by `request`; once settled or withdrawn never changed.",
            },
        ),
        ops.RemoveField(model_name="Retirement", name="payer"),
        ops.AddField(
            model_name="Retirement",
            name="payer",
            field=fields.ForeignKeyField(
                "models.Party",
                source_field="payer_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Retirement",
            name="purpose",
            field=fields.CharEnumField(
                description="PERSONAL: personal\nEVENT: event\nORGANISATION: organisation\nPRODUCT: product\nSITE: site\nMEETING: meeting\nJUDICIAL: judicial\nADMINISTRATIVE: administrative\nTREE_PLANTING: tree_planting\nDONATION: donation\nGIFT: gift",
                enum_type=Purpose,
                max_length=16,
            ),
        ),
        ops.AlterField(
            model_name="Retirement",
            name="state",
            field=fields.CharEnumField(
                description="REQUESTED: requested\nSETTLED: settled\nWITHDRAWN: withdrawn",
                enum_type=RetirementState,
                max_length=12,
            ),
        ),
        ops.AddField(
            model_name="Retirement",
            name="ground",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name="Retirement",
            name="mandate_name",
            field=fields.CharField(null=True, max_length=120),
        ),
        ops.AddField(
            model_name="Retirement",
            name="mandate_sha256",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="Retirement",
            name="subject",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name="Retirement",
            name="withdrawn_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Retirement",
            name="withdrawn_by",
            field=fields.ForeignKeyField(
                "models.Person",
                source_field="withdrawn_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Retirement",
            name="withdrawn_reason",
            field=fields.CharField(null=True, max_length=200),
        ),
        # The grants of columns go with the columns, so the old ones are dropped after what stood in them is moved.
        *(
            ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))
            for name in (
                "identity_parties",
                "retirements_parties",
                "orders_parts",
                "certificates_parties",
                "retirements_true_up",
            )
        ),
        ops.AlterField(
            model_name="Retirement",
            name="payer",
            field=fields.ForeignKeyField(
                "models.Party",
                source_field="payer_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Retirement",
            name="holder",
            field=fields.ForeignKeyField(
                "models.Party",
                source_field="holder_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Retirement",
            name="beneficiary",
            field=fields.ForeignKeyField(
                "models.Party",
                source_field="beneficiary_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Order",
            name="payer",
            field=fields.ForeignKeyField(
                "models.Party",
                source_field="payer_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AlterField(
            model_name="Certificate",
            name="holder",
            field=fields.ForeignKeyField(
                "models.Party",
                source_field="holder_id",
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.RemoveField(model_name="Order", name="beneficiary_name_sealed"),
        ops.RemoveField(model_name="Order", name="emission_g"),
        ops.RemoveField(model_name="Order", name="footprint"),
        ops.RemoveField(model_name="Order", name="per_tonne_minor"),
        ops.RemoveField(model_name="Order", name="programme"),
        ops.RemoveField(model_name="Order", name="scenario"),
    ]
