"""A tonne stands once, by registry, series and serial number; what collides in older books waits for two people."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from app.registry.credits.rules import ProposalKind

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0013_steps_and_proofs")]

    operations = [
        ops.AlterField(
            model_name="CreditProposal",
            name="kind",
            field=fields.CharEnumField(
                description="RAW_LOT: raw_lot\nCORRECTION: correction\nDOUBLE: double",
                enum_type=ProposalKind,
                max_length=12,
            ),
        ),
        ops.RunSQL((SQL / "credits_blocks.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "credits_doubles.sql").read_text("utf-8")),
    ]
