"""Refunds of one payment queue instead of deadlocking; one view says which lots may be sold."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0002_what_postgresql_refuses")]

    operations = [
        ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in ("payments_refunds_queue", "credits_sellable")
    ]
