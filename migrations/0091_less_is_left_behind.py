"""Entries have one index instead of two, the room of rows that changed is used again; two may agree at once."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0090_certificates_beside_their_form")]

    operations = [
        ops.RunSQL((SQL / "ledger_one_index.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "consents_at_once.sql").read_text("utf-8")),
    ]
