"""A reader's words about a person's account go when the person is erased."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0078_messages_to_phones")]

    operations = [
        ops.RunSQL((SQL / "releases_from_0079.sql").read_text("utf-8")),
        ops.RunSQL((SQL / "sharing_forgotten.sql").read_text("utf-8")),
    ]
