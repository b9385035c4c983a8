"""Two releases work at once: the database says which one is too old for it, and a message carries its request's id."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0072_what_channels_say_is_forgotten")]

    operations = [
        ops.AddField(
            model_name="OutboxMessage", name="request_id", field=fields.CharField(max_length=40, null=True)
        ),
        ops.RunSQL((SQL / "releases.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "outbox_requests.sql").read_text("utf-8")),
    ]  # fmt: skip
