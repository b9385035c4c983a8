"""Claims are rows: orders, retirements and certificates hang on them, and so do mandates and actual figures."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from app.registry.claims.rules import Layer, Purpose
from app.foundation.identity.rules import PartyKind
from app.kernel.ids import uuid7
from app.registry.retirements.rules import Funding
from app.scenarios.rules import ScenarioKind

SQL = Path(__file__).with_name("sql")
PURPOSES = "PERSONAL: personal\nEVENT: event\nORGANISATION: organisation\nPRODUCT: product\nSITE: site\nMEETING: meeting\nJUDICIAL: judicial\nADMINISTRATIVE: administrative\nTREE_PLANTING: tree_planting"
FUNDINGS = "OWN: own\nGIFT: gift\nDONATION: donation\nALLOWANCE: allowance\nORDER: order"


def _key(model: str, column: str, *, null: bool = False) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        f"models.{model}", source_field=column, null=null, db_constraint=True, to_field="id", related_name=False,
        on_delete=OnDelete.RESTRICT,
    )  # fmt: skip


def _table(name: str, description: str) -> dict[str, object]:
    return {"table": name, "app": "models", "pk_attr": "id", "table_description": description}


def _sql(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


class Migration(migrations.Migration):
    dependencies = [("models", "0024_power_is_written_by_its_own_ways")]

    operations = [
        ops.CreateModel(
            name="Claim",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("cause", fields.CharField(max_length=96)),
                ("purpose", fields.CharEnumField(description=PURPOSES, enum_type=Purpose, max_length=16)),
                (
                    "layer",
                    fields.CharEnumField(
                        description="OWN: own\nADDITIONAL: additional", enum_type=Layer, max_length=12
                    ),
                ),
                ("group_code", fields.CharField(null=True, max_length=40)),
                ("scenario", _key("Scenario", "scenario_id")),
                ("subject", fields.CharField(null=True, max_length=200)),
                ("beneficiary_id", fields.UUIDField()),
                (
                    "beneficiary_kind",
                    fields.CharEnumField(
                        description="PERSON: person\nORGANISATION: organisation", enum_type=PartyKind, max_length=12
                    ),
                ),
                ("name_sealed", fields.BinaryField(null=True)),
                ("period_from", fields.DateField()),
                ("period_to", fields.DateField()),
                ("footprint", _key("Footprint", "footprint_id", null=True)),
                ("emission_g", fields.BigIntField()),
                ("profile", fields.CharField(null=True, max_length=32)),
                ("language", fields.CharField(max_length=2)),
                ("supplements_id", fields.UUIDField(null=True)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options=_table(
                "claim",
                "Who may say what about which emissions. Written once for its cause; only the name moves, until it is retired for.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ClaimRoot",
            fields=[
                ("identity", fields.BinaryField()),
                ("claim_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
            ],
            options={
                **_table(
                    "claim_root",
                    "The claim of an identity whose grams were settled first; later ones of the same identity supplement it.",
                ),
                "pk_attr": "claim_id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ClaimFigure",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("claim_id", fields.UUIDField()),
                ("actual_g", fields.BigIntField()),
                ("retired_g", fields.BigIntField()),
                ("state", fields.CharField(max_length=8)),
                ("missing_g", fields.BigIntField()),
                ("due_on", fields.DateField()),
                ("entered_by", _key("Person", "entered_by_id")),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options=_table(
                "claim_figure",
                "An actual figure entered after the claimed period, and what followed from it. Append-only; covered is final.",
            ),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Mandate",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("payer", _key("Party", "payer_id")),
                ("beneficiary", _key("Party", "beneficiary_id")),
                ("ground", fields.CharField(max_length=200)),
                ("document", fields.CharField(null=True, max_length=120)),
                ("document_sha256", fields.BinaryField(null=True)),
                ("given_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options=_table(
                "mandate",
                "Why one party pays for another: its own row, said once however often they do. Never changed.",
            ),
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="OrderPart",
            options=_table(
                "purchase_order_part", "What an order retires for one claim. Written with its order, never changed."
            ),
        ),
        *(ops.AddField(model_name=model, name="claim_id", field=fields.UUIDField(null=True))
          for model in ("OrderPart", "Retirement", "Certificate")),
        *(ops.AddField(
            model_name=model, name="funding",
            field=fields.CharEnumField(null=True, description=FUNDINGS, enum_type=Funding, max_length=12),
          ) for model in ("OrderPart", "Retirement")),
        ops.AddField(model_name="OrderPart", name="mandate", field=_key("Mandate", "mandate_id", null=True)),
        ops.AddField(model_name="Retirement", name="mandate_id", field=fields.UUIDField(null=True)),
        ops.AlterField(
            model_name="Scenario",
            name="kind",
            field=fields.CharEnumField(
                description="PERSON: person\nENTERPRISE: enterprise\nMEETING: meeting\nEVENT: event\nPRODUCT: product\nSITE: site\nAGENCY: agency\nRESTORATION: restoration",
                enum_type=ScenarioKind,
                max_length=16,
            ),
        ),
        _sql("claims_keys"),
        _sql("claims_back_fill"),
        # The grants, checks and indexes of columns go with the columns.
        *(ops.RemoveField(model_name="OrderPart", name=name) for name in (
            "purpose", "scenario", "subject", "footprint", "beneficiary", "beneficiary_name_sealed", "ground",
            "mandate_name", "mandate_sha256", "period_from", "period_to", "emission_g", "profile",
        )),
        *(ops.RemoveField(model_name="Retirement", name=name) for name in (
            "scenario", "subject", "footprint", "beneficiary_name_sealed", "ground", "mandate_name", "mandate_sha256",
            "period_from", "period_to", "emission_g", "profile", "language",
        )),
        ops.DeleteModel(name="RetirementTrueUp"),
        ops.AlterField(
            model_name="Retirement", name="purpose",
            field=fields.CharEnumField(description=PURPOSES, enum_type=Purpose, max_length=16),
        ),
        *(ops.AlterField(model_name=model, name="claim_id", field=fields.UUIDField())
          for model in ("OrderPart", "Retirement")),
        *(ops.AlterField(
            model_name=model, name="funding",
            field=fields.CharEnumField(description=FUNDINGS, enum_type=Funding, max_length=12),
          ) for model in ("OrderPart", "Retirement")),
        _sql("claims_refuse"),
        _sql("retirements_of_claims"),
        _sql("books_of_claims"),
    ]  # fmt: skip
