"""One proof asks all parts."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0021_claims_say_how_far")]

    operations = [ops.RunSQL((SQL / "books_gathered.sql").read_text("utf-8"))]
