"""Sealed checkpoints: a day's proof costs the day."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0076_figures_beside_their_form")]

    operations = [
        ops.RunSQL((SQL / "books_checkpoints.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "books_days.sql").read_text("utf-8")),
    ]
