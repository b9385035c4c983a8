"""Transfers posted in sets: one statement for a transfer and its legs, one look for a set of transfers."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0002_what_postgresql_refuses")]

    operations = [ops.RunSQL((SQL / "ledger_sets.sql").read_text("utf-8"))]
