"""Consent to what is told abroad, messages about refunds, and an end for messages to phones."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0082_drained_in_sets")]

    operations = [
        ops.RunSQL((SQL / "consents_abroad.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "messages_refunds.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "retention_phone_messages.sql").read_text("utf-8")),
    ]
