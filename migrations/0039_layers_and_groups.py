"""Layers: which groups of a scene its organiser answers for; claims are put into their layer by PostgreSQL."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _run(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


class Migration(migrations.Migration):
    dependencies = [("models", "0038_bank_transfers")]

    operations = [
        _run("scenarios_layers"),
        _run("claims_layers"),
        ops.AddField(model_name="GiftBatch", name="group_code", field=fields.CharField(max_length=20, null=True)),
        _run("gifts_groups"),
    ]
