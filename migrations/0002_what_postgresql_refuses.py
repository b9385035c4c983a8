"""Constraints, triggers, functions and grants of the river, in SQL: what PostgreSQL itself refuses."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0001_the_river")]

    operations = [
        ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))
        for name in ("roles", "outbox", "ledger", "identity", "credits", "retirements", "river")
    ]
