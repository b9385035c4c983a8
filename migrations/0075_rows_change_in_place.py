"""Rows that change often do so on their own page: what is looked for by what changes stands beside them."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0074_lost_time")]

    operations = [
        ops.RunSQL((SQL / "outbox_open.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "holdings_held.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "payments_open.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "orders_unpaid.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "bills_transactions.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "books_waiting.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "gifts_waiting.sql").read_text("utf-8")),
    ]
