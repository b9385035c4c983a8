"""Transfers in sets; tries of the outbox whose worker never said how they ended; settling with less beside it."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0005_who_holds_which_grams")]

    operations = [
        ops.RunSQL((SQL / "ledger_sets.sql").read_text("utf-8")),
        ops.AddField(model_name="OutboxMessage", name="tries", field=fields.IntField(default=0, db_default=0)),
        ops.RunSQL((SQL / "outbox_tries.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "retirements_settling.sql").read_text("utf-8")),
    ]
