"""Claims choose their rule profile, and are judged once more after the upstream cancellation."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from app.registry.claims import Stage

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0010_mixes_as_asked")]

    operations = [
        ops.AddField(model_name="OrderPart", name="profile", field=fields.CharField(null=True, max_length=32)),
        ops.AddField(model_name="Retirement", name="profile", field=fields.CharField(null=True, max_length=32)),
        ops.AddField(
            model_name="RetirementVerdict",
            name="stage",
            field=fields.CharEnumField(
                description="SETTLED: settled\nUPSTREAM: upstream",
                enum_type=Stage,
                max_length=8,
                default=Stage.SETTLED,
                db_default=Stage.SETTLED,
            ),
        ),
        *(
            ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))
            for name in ("cancellations_covered", "retirements_judged_twice", "orders_profiles", "books_claims")
        ),
    ]
