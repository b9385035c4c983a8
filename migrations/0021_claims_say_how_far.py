"""A claim says how far it reaches."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0020_grams_move_by_kinds")]

    operations: list[ops.Operation] = []
