"""What a channel answers about a bill or a difference is recorded by functions that say so."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0084_gifts_between_people")]

    operations = [ops.RunSQL((SQL / "bills_answers.sql").read_text("utf-8"))]
