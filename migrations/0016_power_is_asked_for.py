"""Who changed what others pay."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0015_fonts_are_told")]

    operations: list[ops.Operation] = []
