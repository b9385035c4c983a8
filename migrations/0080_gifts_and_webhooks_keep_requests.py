"""The id of a request leads on through a set of gifts, and to what an organisation is told."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0079_words_of_readers_go")]

    operations = [
        ops.AddField(model_name="WebhookEvent", name="request_id", field=fields.CharField(max_length=40, null=True)),
        ops.RunSQL((SQL / "gifts_requests.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "webhooks_requests.sql").read_text("utf-8")),
    ]
