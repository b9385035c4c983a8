"""Codes, sign-in and money are counted in PostgreSQL."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0018_stock_is_bounded")]

    operations = [ops.RunSQL((SQL / "limits_counting.sql").read_text("utf-8"))]
