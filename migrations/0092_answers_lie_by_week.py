"""Answers lie by week, and a week that is over is dropped whole."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0091_less_is_left_behind")]

    operations = [ops.RunSQL((SQL / "intents_by_week.sql").read_text("utf-8"))]
