"""Wrapped keys lie in a schema of their own, so that a dump of everything else can leave them out."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0070_persons_are_linked")]

    operations = [
        ops.RunSQL((SQL / "keys_apart.sql").read_text("utf-8")),
    ]
