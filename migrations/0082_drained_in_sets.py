"""A worker that goes on takes rows as it writes them, and has what it is about to give covered before it begins."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0081_messages_lie_by_day")]

    operations = [
        ops.RunSQL((SQL / "drained_outbox.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "drained_recovery.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "drained_books.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "drained_claims.sql").read_text("utf-8")),
    ]
