"""What looks at the books every minute knows, as the proof does, that a paper may wait for a name."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0052_bank_statements")]

    operations = [ops.RunSQL((SQL / "books_awaited.sql").read_text("utf-8"))]
