"""When a key was made is read out of its id without a function that only newer servers have."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0031_holdings_are_retired_from")]

    operations = [ops.RunSQL((SQL / "retention_keys_age.sql").read_text("utf-8"))]
