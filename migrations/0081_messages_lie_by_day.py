"""Messages lie by day, and a day that is over is dropped whole."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0080_gifts_and_webhooks_keep_requests")]

    operations = [ops.RunSQL((SQL / "outbox_by_day.sql").read_text("utf-8"))]
